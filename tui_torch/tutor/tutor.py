"""Teaching without a screen: where the learner is, what a run needs, what it earns, and what is kept of it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Iterable, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from tui_torch.course.lesson import AnyStep, Choice, Example, Exercise, Lesson, Quiz
from tui_torch.course.lesson_error import LessonErrors
from tui_torch.course.loader import Course, LoadedFile, load_file
from tui_torch.course.outline import Outline
from tui_torch.course.step_run import run_of
from tui_torch.kernel.session import KernelSession
from tui_torch.protocol.events import Event, Failed, Finished, Graded
from tui_torch.tutor import study_session
from tui_torch.tutor.choice_order import choice_order, place_of_answer
from tui_torch.tutor.courses.places import go_to_place, nearest_undone
from tui_torch.tutor.courses.saved import agree_to_saved
from tui_torch.tutor.graphs import graph_of
from tui_torch.tutor.known_mistakes import advice_of, recognise_error
from tui_torch.tutor.playground import PlaygroundCells
from tui_torch.tutor.practice.tries import Tries
from tui_torch.tutor.progress.own_code import in_place_of
from tui_torch.tutor.progress.progress import Progress
from tui_torch.tutor.progress.standing import Standing, standings
from tui_torch.tutor.run_outcome import RIGHT, attempt_outcome, completes_step, failed_at, keep_time
from tui_torch.tutor.study_session import Card, StudyKind, StudySession
from tui_torch.tutor.trust import trusted_files

if TYPE_CHECKING:
    from tui_torch.protocol.autograd_graph import Graph
    from tui_torch.protocol.orders import Run
    from tui_torch.tutor.code_help.writing import WritingHelp
    from tui_torch.tutor.practice.items import Item


class Tutor:
    """A learner, a course and one kernel. The faces call it and draw what it returns."""

    def __init__(self, course: Course, progress: Progress, kernel: KernelSession, *, agreed: bool = False) -> None:
        """`agreed`: whether the learner has agreed to the course since the start, and so to what is saved to it."""
        self.course = course
        self.progress = progress
        self.kernel = kernel
        self._session = study_session.of_lesson(course.lesson(course.ids[0]), course=course.name)
        self.at = 0
        """The index of the current card in the study session; 0 is the first."""
        self._solved: set[int] = set()
        """Indices of the cards that were solved in this round of practice."""
        self._answers: dict[int, int] = {}
        """The choice made last in each quiz of this round of practice, both by their indices."""
        self._tries = Tries(progress)
        self._last_drafts: dict[tuple[str, str], str | None] = {}
        """The draft of each shown step as this window last read or saved it; another window may save its own."""
        self._trusted_files = trusted_files(course, progress, agreed=agreed)
        self.playground = PlaygroundCells()
        self._last_run: Run | None = None
        self._learner: int | None = None
        """The learner's own number, once it was asked for: what is on the screen stays in its order."""

    async def read_course(self) -> None:
        """Read every lesson that has not been read, one at a time in a thread; skip those that cannot be read."""
        course = self.course  # which may be another before the end
        for lesson_id in course.ids:
            with suppress(LessonErrors):
                if not course.has_read(lesson_id):
                    await asyncio.to_thread(course.lesson, lesson_id)

    # Where the learner is

    @property
    def kind(self) -> StudyKind:
        """What the learner is going through: a lesson, a file, a round of practice or the playground."""
        return self._session.kind

    @property
    def title(self) -> str:
        """The title of the lesson, or of what else the learner is going through."""
        return self._session.title

    @property
    def card(self) -> Card:
        """The current card."""
        return self._session.cards[self.at]

    @property
    def lesson(self) -> Lesson:
        """The lesson that the current step is in."""
        return self.card.lesson

    @property
    def step(self) -> AnyStep:
        """The current step."""
        return self.card.step

    def resume(self) -> None:
        """Go to where the learner left off; stay at the first step of the course if that place no longer exists.

        Raises LessonErrors when that lesson of the course cannot be read.
        """
        progress, course = self.progress, self.course.name
        place = progress.place() if progress.open_course == course else progress.place_in(course)
        if place is not None:
            go_to_place(self, place)

    def change_course(self, course: Course, *, agreed: bool = False) -> None:
        """Go to another course: to where the learner was in it, or else to its first step that is not done.

        Raises LessonErrors when its first lesson cannot be read, and nothing changes then.
        """
        first, place = course.lesson(course.ids[0]), self.progress.place_in(course.name)
        self.course, self._trusted_files = course, trusted_files(course, self.progress, agreed=agreed)
        self.playground.reset()
        self.open(first)
        if place is not None:
            with suppress(LessonErrors):
                go_to_place(self, place)

    @property
    def in_course(self) -> bool:
        """Whether the learner is going through a lesson of the course."""
        return self.kind == "lesson"

    @property
    def key(self) -> str:
        """The key under which progress keeps the current step's work: the lesson's id, or the path of a file."""
        return self.card.key

    def open(self, lesson: Lesson, step_id: str | None = None) -> None:
        """Go to a lesson of the course: to that step, or else to the first one that is not done."""
        self._open(study_session.of_lesson(lesson, course=self.course.name), step_id)

    def open_problem(self, problem: Lesson) -> None:
        """Go to a problem of the arena. One that the course lists is a lesson of it."""
        self._open(study_session.of_problem(problem, self.course.arena.course), None)

    def open_file(
        self, path: Path, loaded: LoadedFile | None = None, *, agreed: str | None = None, step_id: str | None = None
    ) -> None:
        """Go to the lesson in a file: to the given step, or else to the first one that is not done.

        Args:
            loaded: What was read from the file; None reads it.
            agreed: The content hash that the learner agreed to run; it also covers what is saved to the file later.

        Raises:
            LessonErrors: The file is not a lesson.
            UntrustedError: The learner has not agreed to this content.
        """
        path = path.resolve()
        loaded = load_file(path) if loaded is None else loaded
        is_problem = any(known.resolve() == path for known in self.course.arena.paths)
        if is_problem or any(self.course.path_of(one).resolve() == path for one in self.course.ids):
            self._accept(path, loaded.content, agreed)
            if is_problem:
                self.open_problem(loaded.lesson)
            else:
                self.open(loaded.lesson, step_id)
            return
        self._trusted_files.check(path, loaded.content, agreed)
        self._open(study_session.of_lesson(loaded.lesson, file=str(path)), step_id)

    @property
    def path(self) -> Path | None:
        """The file of the current lesson; None in practice and in the playground."""
        return study_session.path_of(self.card, self.kind, self.course)

    def reload(self, *, agreed: str | None = None) -> None:
        """Read the current lesson's file again, and stay at the step, or at its index if its id is gone.

        Raises what `open_file` raises, and OSError; the lesson then stays as it was.
        """
        path = self.path
        if path is None:
            return
        loaded = load_file(path)
        if self.kind == "file":
            self._trusted_files.check(path, loaded.content, agreed)
        else:
            self._accept(path, loaded.content, agreed)
        if self.in_course:
            self.course.keep([loaded.lesson])
        session = study_session.whole(loaded.lesson, self.kind, self.key)
        at = session.index(self.step.id)
        at = min(self.at, len(session.cards) - 1) if at is None else at
        self._session = session
        self._go(at)

    def _accept(self, path: Path, saved: bytes, agreed: str | None) -> None:
        """Raise UntrustedError unless what was saved to a file of the course may run."""
        if self.course.content is not None and path.is_relative_to(self.course.folder):
            self._trusted_files.check(path, saved, agreed)
            agree_to_saved(self.course, path, saved, self.progress)

    def open_playground(self) -> None:
        """Go to the playground."""
        self._open(study_session.of_playground(), None)

    def begin_practice(
        self, now: int | None = None, *, minutes: float | None = None, first: tuple[str, str] | None = None
    ) -> Sequence[Item]:
        """Begin a round of what is due, or due soonest. Returns what is in it: nothing if nothing was ever tried.

        Args:
            now: In unix seconds; None is the current time.
            minutes: How long the round may take; None is the usual length.
            first: The ids of the lesson and step that it begins with; None for what is most due.
        """
        from tui_torch.tutor.practice.rounds import draw, round_of

        now = int(time.time()) if now is None else now
        drawn = draw(self.practised(now), now, minutes, first)
        session = round_of(drawn, self.course, self.progress)
        if session is None:
            return ()
        self._open(session, None)
        return drawn

    def practised(self, now: int | None = None) -> list[Item]:
        """What was tried of the course and solved of the arena, the most due first, as of `now` (unix seconds)."""
        from tui_torch.tutor.practice.items import items  # not before it is asked for

        at = int(time.time()) if now is None else now
        return items(self._outlines(), self.course.arena, self.progress, at, self.course.name)

    def due(self, now: int | None = None) -> int:
        """Number of exercises, quizzes and problems that are due at `now` (unix seconds); None is the current time."""
        now = int(time.time()) if now is None else now
        return sum(item.group(now) == "due" for item in self.practised(now))

    def _outlines(self) -> tuple[Outline, ...]:
        """The outlines of all lessons that can be read; reads those that have not been."""
        for lesson_id in self.course.ids:
            with suppress(LessonErrors):
                if not self.course.has_read(lesson_id):
                    self.course.lesson(lesson_id)
        return self.course.outlines

    def _open(self, session: StudySession, step_id: str | None) -> None:
        self._session, self._solved, self._answers = session, set(), {}
        at = None if step_id is None else session.index(step_id)
        self._go(self.marks.index(False) if at is None and False in self.marks else at or 0)

    def move(self, by: int) -> bool:
        """Go `by` cards forward (or back, if negative). Returns False and stays if there are not that many."""
        if not 0 <= self.at + by < len(self._session.cards):
            return False
        self._go(self.at + by)
        return True

    @property
    def is_last(self) -> bool:
        """Whether the current card is the last one."""
        return self.at == len(self._session.cards) - 1

    @property
    def marks(self) -> tuple[bool, ...]:
        """Whether each card is done; in practice, done in this round."""
        if self.kind == "practice":
            return tuple(at in self._solved for at in range(len(self._session.cards)))
        done = self.progress.done(self._session.cards[0].key)
        return tuple(card.step.id in done for card in self._session.cards)

    def following(self) -> Lesson | None:
        """The next lesson of the course; None after the last, and outside the course.

        Raises LessonErrors when it cannot be read.
        """
        following = self.course.following(self.lesson.id) if self.in_course else None
        return None if following is None else self.course.lesson(following)

    def preceding(self) -> Lesson | None:
        """The lesson of the course before this one; None before the first, and outside the course.

        Raises LessonErrors when it cannot be read.
        """
        preceding = self.course.preceding(self.lesson.id) if self.in_course else None
        return None if preceding is None else self.course.lesson(preceding)

    def nearest_undone(self, direction: int) -> int | tuple[Lesson, str] | None:
        """The nearest step that is not done: after the current one (1), or before it (-1).

        Returns:
            Its index in the study session; of another lesson of the course, that lesson and the step's id; None if
            there is none.

        Raises:
            LessonErrors: The lesson that has it cannot be read.
        """
        return nearest_undone(self, direction)

    def _go(self, at: int) -> None:
        self.at = at
        self._tries.shown()
        if self.kind != "practice":  # each round draws other exercises, and the place in the course is kept
            self.progress.remember_place(self.key, self.step.id, self.course.name)

    # What the learner writes

    @property
    def original(self) -> str:
        """The code that the step begins with."""
        match self.step:
            case Example():
                return self.step.code
            case Exercise():
                return self.step.starter
            case Quiz():
                return self.step.code or ""

    @property
    def code(self) -> str:
        """The code as the learner left it, or the original."""
        place = self.key, self.step.id
        draft = self._last_drafts[place] = self.progress.draft(*place)
        return self.original if draft is None else draft

    def save(self, code: str) -> None:
        """Keep the code as the draft. A different draft that another window saved meanwhile is set aside."""
        place = self.key, self.step.id
        draft = None if code == self.original else code
        self.progress.save_draft(*place, draft, known=self._last_drafts.get(place), kind=self.step.kind)
        self._last_drafts[place] = draft

    def set_aside(self, code: str) -> None:
        """Keep code that is about to be replaced in the editor, among the attempts."""
        self.progress.record_attempt(self.key, self.step.id, code, self.step.kind, "set aside")

    def swap_with_original(self, code: str) -> str | None:
        """What a reset puts in place of `code`: the original, then the code that passed last, then what came since.

        `code` is set aside unless it is the original. Returns None if there is nothing to swap with.
        """
        self.playground.reset()
        back = in_place_of(code, self.original, self.progress, self.key, self.step.id)
        if code != self.original:
            self.set_aside(code)
        return back

    async def run(self, code: str) -> AsyncGenerator[Event, None]:
        """Run code in the current step, yield its events, record the attempt and mark the step done if it is."""
        card, at, session = self.card, self.at, self._session
        key, step = card.key, card.step
        failed: Failed | None = None
        graded: Graded | None = None
        order = self._last_run = self._order(code)
        async for event in self.playground.followed(self.kernel.run(order)):
            match event:
                case Failed():
                    failed = event
                case Graded():
                    graded = event
                case Finished():
                    # Before the event is shown, so that what the screen shows as done is in the file.
                    outcome = attempt_outcome(event, graded)
                    self.progress.record_attempt(key, step.id, code, step.kind, outcome, failed_at(failed, graded))
                    if isinstance(step, Exercise) and outcome in RIGHT:
                        self._tried(card, at, session, right=RIGHT[outcome])
                    keep_time(self.progress, card, graded)
                    if completes_step(step, event, failed, graded):
                        self.progress.mark_done(key, step.id)
                        if session is self._session:
                            self._solved.add(at)
                case _:
                    pass
            yield event

    async def record(self, code: str) -> AsyncGenerator[Event, None]:
        """Run code in the current step and record it line by line, for a `Replay`.

        It is not an attempt, is not graded, and does not complete the step.
        """
        order = self._last_run = replace(self._order(code), checks=None, graded_by=None, trace=True)
        async for event in self.playground.followed(self.kernel.run(order)):
            yield event

    def _order(self, code: str) -> Run:
        if self.kind == "playground":
            return self.playground.begin(code)
        self.playground.reset()  # its names do not outlast a step's run
        return run_of(self.lesson, self.step, code)

    @cached_property
    def writing(self) -> WritingHelp:
        """Help with code that is being written in the current step."""
        # Nothing needs it before the editor has the focus.
        from tui_torch.tutor.code_help.writing import WritingHelp, codes_of

        return WritingHelp(
            self.kernel, lambda: codes_of(self.lesson.stands_on(self.step.id)), lambda: codes_of((), self._last_run)
        )

    # What a run left

    async def graph(self, expression: str, place: tuple[int, ...], rows: int, frame: int | None = None) -> Graph | None:
        """The autograd graph of an expression's value, as `graph_of` gives it."""
        return await graph_of(self.kernel, expression, place, rows, frame)

    # Quizzes and exercises

    @property
    def answered(self) -> int | None:
        """The index of the choice that was made last in the current quiz, wherever its author has moved it since.

        None if there was none, if its author has taken the choice out or changed what it says, or if the step is no
        quiz.
        """
        if not isinstance(self.step, Quiz):
            return None
        if self.kind == "practice":  # each round asks as if for the first time
            return self._answers.get(self.at)
        last = self.progress.last_answer(self.key, self.step.id)
        return None if last is None else place_of_answer(last, [choice.text for choice in self.step.choices])

    @property
    def choice_order(self) -> tuple[int, ...]:
        """The indices of the current quiz's choices, in the order in which the learner sees them; empty if it is none.

        An index is always that of the choice in the lesson: so are those that progress keeps.
        """
        if not isinstance(self.step, Quiz):
            return ()
        if self._learner is None:
            self._learner = self.progress.learner
        return choice_order(self._learner, self.lesson.id, self.step.id, [choice.text for choice in self.step.choices])

    def answer(self, index: int) -> Choice:
        """Answer the current quiz with the choice at `index` in the lesson. A correct answer completes the step."""
        assert isinstance(self.step, Quiz)
        choice = self.step.choices[index]
        self.progress.answer(self.key, self.step.id, index, choice.correct, choice.text)
        self._tried(self.card, self.at, self._session, right=choice.correct)
        self._answers[self.at] = index
        if choice.correct:
            self.progress.mark_done(self.key, self.step.id)
            self._solved.add(self.at)
        return choice

    def _tried(self, card: Card, at: int, session: StudySession, *, right: bool) -> None:
        """Keep what a try at an exercise or a quiz says, unless that was solved before it."""
        if session.kind == "practice":
            is_solved = session is self._session and at in self._solved
        else:
            is_solved = card.step.id in self.progress.done(card.key)
        if not is_solved:
            self._tries.record(card, right=right)

    @property
    def hints(self) -> tuple[str, ...]:
        """The hints of the current step that the learner has asked for."""
        if not isinstance(self.step, Exercise):
            return ()
        return self.step.hints[: self.progress.hints_shown(self.key, self.step.id)]

    def next_hint(self) -> str | None:
        """Show one more hint; None when the step has no more."""
        if not isinstance(self.step, Exercise) or len(self.hints) == len(self.step.hints):
            return None
        self.progress.show_hint(self.key, self.step.id)
        return self.hints[-1]

    def solution(self) -> str | None:
        """Show the exercise's solution, which progress records; None in other steps."""
        if not isinstance(self.step, Exercise):
            return None
        self.progress.show_solution(self.key, self.step.id)
        return self.step.solution

    def advice(self, code: str, graded: Graded) -> dict[str, str]:
        """What to say about each failed check, by its name.

        That is what the lesson says of the known mistake, if the code makes it, and otherwise the check's own hint.
        """
        if not isinstance(self.step, Exercise):
            return {}
        return advice_of(self.step, code, graded)

    def advice_on_error(self, code: str, failed: Failed) -> str | None:
        """What the lesson says of the known mistake that raises this error; None if the code makes none."""
        mistake = recognise_error(self.step, code, failed) if isinstance(self.step, Exercise) else None
        return mistake.says if mistake is not None else None

    # How far it is done

    @property
    def done(self) -> frozenset[str]:
        """The ids of the done steps that are kept under the same key as the current one."""
        return self.progress.done(self.key)

    def standings(self) -> Iterable[Standing]:
        """Every lesson of the course that can be read, in order, with its done steps."""
        return standings(self._outlines(), self.progress, self.course.name)
