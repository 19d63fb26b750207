"""Teaching, with no screen: where the learner is, what a run needs, what it earns, and what is kept of it."""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections.abc import AsyncGenerator, Iterable
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from tui_torch.course.loader import Course, LessonErrors, load_lesson
from tui_torch.course.outline import Outline
from tui_torch.course.schema import AnyStep, Choice, Example, Exercise, Lesson, Quiz
from tui_torch.course.step_run import run_of
from tui_torch.kernel.session import KernelSession
from tui_torch.protocol.events import Event, Failed, Finished, Graded
from tui_torch.tutor import practice
from tui_torch.tutor.known_mistakes import recognise
from tui_torch.tutor.practice import Memory
from tui_torch.tutor.progress.progress import AttemptOutcome, Progress
from tui_torch.tutor.study_session import PRACTICE, Card, StudyKind, StudySession, of_lesson, of_playground, of_practice

if TYPE_CHECKING:
    from tui_torch.protocol.autograd_graph import Graph
    from tui_torch.protocol.views import Request, View


def content_hash(path: Path) -> str:
    """What trust in a lesson file is kept by: a changed file is another file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


class UntrustedError(Exception):
    """A lesson file from outside the course would run code that the learner has not agreed to."""

    def __init__(self, path: Path, content_hash: str) -> None:
        super().__init__(f"{path} is not part of the course; its code runs on this machine only when you trust it.")
        self.path = path
        self.content_hash = content_hash


@dataclass(frozen=True, slots=True)
class Standing:
    """How far a lesson has been done."""

    lesson: Outline
    done: frozenset[str]

    @property
    def complete(self) -> bool:
        return len(self.done) == len(self.lesson.steps)


class Tutor:
    """A learner, a course, and one kernel. The two faces, `ui` and `console`, ask this and draw what it says."""

    def __init__(self, course: Course, progress: Progress, kernel: KernelSession) -> None:
        self.course = course
        self.progress = progress
        self.kernel = kernel
        self._session = of_lesson(course.lesson(course.ids[0]))
        self.at = 0
        """Which of the cards the learner is at; 0 is the first."""
        self._solved: set[int] = set()
        """The cards of a round of practice that were solved in it."""
        self._known: dict[tuple[str, str], str | None] = {}
        """Of each step that was shown, the draft as it was read or saved here last; another window may have its own."""
        self._followed: set[Path] = set()
        """Files from outside the course of which the learner agreed, in this session, to whatever is saved to them."""

    async def read_course(self) -> None:
        """Read every lesson that was not read yet, one at a time, while the event loop goes on."""
        for lesson_id in self.course.ids:
            with suppress(LessonErrors):
                if not self.course.has_read(lesson_id):
                    await asyncio.to_thread(self.course.lesson, lesson_id)

    # Where the learner is

    @property
    def kind(self) -> StudyKind:
        """What the learner has sat down to."""
        return self._session.kind

    @property
    def title(self) -> str:
        """What the learner has sat down to, by its name."""
        return self._session.title

    @property
    def card(self) -> Card:
        """Where the learner is in it."""
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
        """Go to where the learner left off; to the first step of all when there is no such place any more.

        Raises LessonErrors when the lesson there cannot be read.
        """
        place = self.progress.place()
        if place is None:
            return
        key, step_id = place
        if key == of_playground().cards[0].key:
            self.play()
        elif key in self.course.ids:
            self.open(self.course.lesson(key), step_id)
        elif Path(key).is_absolute():
            # A file that is gone, broken or changed since is no place to be any more.
            with suppress(LessonErrors, UntrustedError, OSError):
                self.open_file(Path(key), step_id=step_id)

    @property
    def in_course(self) -> bool:
        """Whether the learner goes through a lesson of the course."""
        return self.kind == "lesson"

    @property
    def key(self) -> str:
        """What the work on the current step is kept under: its lesson's id; for a file from elsewhere, its path."""
        return self.card.key

    def open(self, lesson: Lesson, step_id: str | None = None) -> None:
        """Go to a lesson: to the step named, or to the first one not done yet."""
        self._open(of_lesson(lesson), step_id)

    def open_file(self, path: Path, *, agreed: str | None = None, step_id: str | None = None) -> None:
        """Go to the lesson in a file. `agreed`: the hash of the content that the learner agreed to run.

        Agreeing goes for what is saved to the file from then on too, until the session ends: see `reload`.
        Raises LessonErrors, and UntrustedError when the learner is to be asked (again, when the file changed).
        """
        path = path.resolve()
        lesson = load_lesson(path)
        if any(self.course.path_of(known).resolve() == path for known in self.course.ids):
            self.open(lesson, step_id)
            return
        self._check_trust(path, agreed)
        self._open(of_lesson(lesson, file=str(path)), step_id)

    def _check_trust(self, path: Path, agreed: str | None) -> None:
        if path.is_relative_to(self.course.folder.resolve()):
            return
        fingerprint = content_hash(path)
        if agreed == fingerprint:
            self._followed.add(path)
        if path in self._followed:
            self.progress.trust(fingerprint)
        if not self.progress.trusted(fingerprint):
            raise UntrustedError(path, fingerprint)

    @property
    def path(self) -> Path | None:
        """The file of the lesson that the learner goes through; None in practice and in the playground."""
        match self.kind:
            case "lesson":
                return self.course.path_of(self.lesson.id)
            case "file":
                return Path(self.key)
            case "practice" | "playground":
                return None

    def reload(self, *, agreed: str | None = None) -> None:
        """Read the current lesson's file again, and stay at the step, or at its place when there is none of its id.

        The lesson stays as it was when this raises: LessonErrors; OSError; UntrustedError, for a file from outside the
        course, unless the learner agreed to it in this session, or now (`agreed`, as in `open_file`).
        """
        path = self.path
        if path is None:
            return
        lesson = load_lesson(path)
        if self.in_course:
            self.course.keep([lesson])
            session = of_lesson(lesson)
        else:
            self._check_trust(path, agreed)
            session = of_lesson(lesson, file=self.key)
        at = session.index(self.step.id)
        at = min(self.at, len(session.cards) - 1) if at is None else at
        self._session = session
        self._go(at)

    def play(self) -> None:
        """Go to the playground."""
        self._open(of_playground(), None)

    def practise(self, now: int | None = None) -> bool:
        """Begin a round of the exercises that are due; False when none was ever tried. `now`: unix seconds."""
        now = int(time.time()) if now is None else now
        drawn: list[tuple[Lesson, Exercise]] = []
        for lesson_id, step_id in practice.draw(self._memories(), now):
            # Its file may have changed since its outline was taken.
            with suppress(LessonErrors, KeyError):
                lesson = self.course.lesson(lesson_id)
                step = lesson.step(step_id)
                if isinstance(step, Exercise):
                    drawn.append((lesson, step))
        if not drawn:
            return False
        session = of_practice(drawn)
        for card in session.cards:
            # Solved anew means begun anew; what was typed the last time is kept among the attempts.
            draft = self.progress.draft(card.key, card.step.id)
            if draft is not None:
                self.progress.record_attempt(card.key, card.step.id, draft, card.step.kind, "set aside")
                self.progress.forget_draft(card.key, card.step.id)
        self._open(session, None)
        return True

    def due(self, now: int | None = None) -> int:
        """How many exercises it is time to practise. `now`: unix seconds."""
        return len(practice.due(self._memories(), int(time.time()) if now is None else now))

    def _memories(self) -> dict[tuple[str, str], Memory]:
        """What is known of each exercise that was tried, by its lesson's id and its own."""
        attempts = self.progress.all_attempts("exercise")
        memories: dict[tuple[str, str], Memory] = {}
        for lesson in self._outlines():
            for step_id in lesson.exercises:
                first, again = (attempts.get((key, step_id), ()) for key in (lesson.id, PRACTICE + lesson.id))
                seen = not again and self.progress.solution_seen(lesson.id, step_id)
                memory = practice.memory_of(sorted((*first, *again), key=lambda tried: tried.at), solution_seen=seen)
                if memory is not None:
                    memories[lesson.id, step_id] = memory
        return memories

    def _outlines(self) -> tuple[Outline, ...]:
        """Of every lesson that can be read, once it was."""
        for lesson_id in self.course.ids:
            with suppress(LessonErrors):
                if not self.course.has_read(lesson_id):
                    self.course.lesson(lesson_id)
        return self.course.outlines

    def _open(self, session: StudySession, step_id: str | None) -> None:
        self._session, self._solved = session, set()
        at = None if step_id is None else session.index(step_id)
        self._go(self.marks.index(False) if at is None and False in self.marks else at or 0)

    def move(self, by: int) -> bool:
        """Go `by` steps on or back; False when there is no such step."""
        if not 0 <= self.at + by < len(self._session.cards):
            return False
        self._go(self.at + by)
        return True

    @property
    def is_last(self) -> bool:
        """Whether there is no step after this one."""
        return self.at == len(self._session.cards) - 1

    @property
    def marks(self) -> tuple[bool, ...]:
        """Of each card, whether it is done; in practice, done in this round."""
        if self.kind == "practice":
            return tuple(at in self._solved for at in range(len(self._session.cards)))
        done = self.progress.done(self._session.cards[0].key)
        return tuple(card.step.id in done for card in self._session.cards)

    def following(self) -> Lesson | None:
        """The lesson after this one; None after the last, and after anything that is no lesson of the course.

        Raises LessonErrors when it cannot be read.
        """
        following = self.course.following(self.lesson.id) if self.in_course else None
        return None if following is None else self.course.lesson(following)

    def _go(self, at: int) -> None:
        self.at = at
        if self.kind != "practice":  # it is drawn anew each time, and the place in the course is not lost by it
            self.progress.remember_place(self.key, self.step.id)

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
        """The code as the learner left it."""
        place = self.key, self.step.id
        draft = self._known[place] = self.progress.draft(*place)
        return self.original if draft is None else draft

    def save(self, code: str) -> None:
        """Keep the code as it is now. What another window saved of the same step meanwhile is set aside."""
        place = self.key, self.step.id
        draft = None if code == self.original else code
        self.progress.replace_draft(*place, draft, known=self._known.get(place), kind=self.step.kind)
        self._known[place] = draft

    def set_aside(self, code: str) -> None:
        """Keep code that is about to be replaced in the editor."""
        self.progress.record_attempt(self.key, self.step.id, code, self.step.kind, "set aside")

    def swap_with_original(self, code: str) -> str | None:
        """What a reset puts in place of `code`: the code that the step begins with; and in place of that, the code that
        was last set aside. None when there is nothing to swap with."""
        if code != self.original:
            self.set_aside(code)
            return self.original
        attempts = self.progress.attempts(self.key, self.step.id)
        aside = [attempt.code for attempt in attempts if attempt.outcome == "set aside" and attempt.code != code]
        return aside[-1] if aside else None

    async def run(self, code: str) -> AsyncGenerator[Event, None]:
        """Run code in the current step; keep the attempt; the step is done when it did what it is there for."""
        key, lesson, step, at, session = self.key, self.lesson, self.step, self.at, self._session
        failed: Failed | None = None
        graded: Graded | None = None
        async for event in self.kernel.run(run_of(lesson, step, code)):
            match event:
                case Failed():
                    failed = event
                case Graded():
                    graded = event
                case Finished():
                    # Before the event is shown: what the screen says is done is in the file.
                    self.progress.record_attempt(key, step.id, code, step.kind, _outcome(event, graded))
                    if _did_its_job(step, event, failed, graded):
                        self.progress.mark_done(key, step.id)
                        if session is self._session:
                            self._solved.add(at)
                case _:
                    pass
            yield event

    async def record(self, code: str) -> AsyncGenerator[Event, None]:
        """Run code in the current step with its lines recorded, for a `Replay`: no attempt, nothing graded, nothing
        done by it."""
        order = run_of(self.lesson, self.step, code)
        async for event in self.kernel.run(replace(order, checks=None, trace=True)):
            yield event

    # What a run left

    async def graph(self, expression: str) -> Graph | None:
        """The autograd graph of an expression's value, in the namespace as it is. Waits for a run in progress; None
        when the kernel cannot say."""
        from tui_torch.protocol.views import GraphSide, Request

        found = await self.kernel.look(GraphSide, "side", request=Request("graph", expression))
        return None if found is None else found.graph

    async def look(self, request: Request) -> View | None:
        """One side of one value, as the kernel has it now; after a run in progress. None when the kernel is gone."""
        from tui_torch.protocol.views import ANSWERS

        return await self.kernel.look(ANSWERS[request.side], "side", request=request)

    def watch(self, expression: str) -> None:
        """Have the value of an expression told as `Watched` while loops run, beside the step's pins; in a run that is
        under way, too."""
        self.kernel.watch((expression,))

    # Quizzes and exercises

    def answer(self, index: int) -> Choice:
        """Answer the current quiz with its choice number `index`, from 0. A right answer makes the step done."""
        assert isinstance(self.step, Quiz)
        choice = self.step.choices[index]
        self.progress.answer(self.key, self.step.id, index, choice.correct)
        if choice.correct:
            self.progress.mark_done(self.key, self.step.id)
        return choice

    @property
    def hints(self) -> tuple[str, ...]:
        """The hints that the learner has asked for so far."""
        if not isinstance(self.step, Exercise):
            return ()
        return self.step.hints[: self.progress.hints_shown(self.key, self.step.id)]

    def next_hint(self) -> str | None:
        """One more hint; None when the step has no further one."""
        if not isinstance(self.step, Exercise) or len(self.hints) == len(self.step.hints):
            return None
        self.progress.show_hint(self.key, self.step.id)
        return self.hints[-1]

    def solution(self) -> str | None:
        """The exercise's solution, and a note in the progress that it was looked at; None in other steps."""
        if not isinstance(self.step, Exercise):
            return None
        self.progress.show_solution(self.key, self.step.id)
        return self.step.solution

    def advice(self, code: str, graded: Graded) -> dict[str, str]:
        """What to tell about the checks that failed, by the check's name: what the lesson says of a known mistake, when
        the code has it, or else the check's own hint."""
        if not isinstance(self.step, Exercise):
            return {}
        failed = {check.name for check in graded.checks if not check.passed}
        told = {check.name: check.hint for check in self.step.checks if check.hint and check.name in failed}
        mistake = recognise(self.step, code, graded)
        return told if mistake is None else told | {mistake.fails: mistake.says}

    # How far it is done

    @property
    def done(self) -> frozenset[str]:
        """The steps that are done of what the current one is kept with."""
        return self.progress.done(self.key)

    def standings(self) -> Iterable[Standing]:
        """Every lesson of the course that can be read, with what is done of it, in order."""
        done = self.progress.all_done()
        for lesson in self._outlines():
            yield Standing(lesson, done.get(lesson.id, frozenset()) & frozenset(lesson.steps))


def _outcome(finished: Finished, graded: Graded | None) -> AttemptOutcome:
    if finished.outcome == "ok" and graded is not None:
        return "passed" if graded.passed else "not passed"
    return finished.outcome


def _did_its_job(step: AnyStep, finished: Finished, failed: Failed | None, graded: Graded | None) -> bool:
    """An example that ran (or raised what it is there to show), an exercise that passed. A quiz needs its answer."""
    match step:
        case Example():
            wanted = step.expect.raises if step.expect else None
            raised = failed.error if failed and failed.in_step is None else None
            return finished.outcome == "ok" or (raised is not None and raised == wanted)
        case Exercise():
            return graded is not None and graded.passed
        case Quiz():
            return False
