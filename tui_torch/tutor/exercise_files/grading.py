"""Grades the file of an exercise as the app grades its editor."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from typing import Literal

from tui_torch.course.proof.play import END_OF_INPUT, stopped_after
from tui_torch.protocol.events import Event, Failed, Finished, Graded, InputRequested, Note, Noted
from tui_torch.protocol.late_dataclass import dataclass
from tui_torch.tutor.exercise_files.exercise import ChosenExercise, is_begun
from tui_torch.tutor.progress.own_code import code_in, is_same, last_try, right_code
from tui_torch.tutor.run_outcome import RIGHT
from tui_torch.tutor.trust import content_hash
from tui_torch.tutor.tutor import Tutor

ExerciseState = Literal["to do", "passes", "fails"]
"""How a file stands; what is to do may have been written, and not graded."""


@dataclass(frozen=True, slots=True)
class GradedFile:
    """What came of a file."""

    graded: Graded | None
    failed: Failed | None
    notes: tuple[Note, ...]
    finished: Finished
    advice: dict[str, str]
    """What to say about each failed check, by its name."""
    advice_on_error: str | None
    was_too_long: bool = False
    """Whether it was stopped because it took too long."""

    @property
    def passed(self) -> bool:
        return self.finished.outcome == "ok" and self.graded is not None and self.graded.passed


class FileGrader:
    """Grades the files of exercises, one at a time.

    Args:
        tutor: Runs, grades and records: what it keeps is the learner's progress.
    """

    def __init__(self, tutor: Tutor) -> None:
        self.tutor = tutor
        self._kept: dict[tuple[str, str], str | None] = {}
        """The draft of each exercise as this made it."""

    def open(self, exercise: ChosenExercise) -> None:
        """Go to an exercise, whose hints are then those of the tutor; stay where it is on show already."""
        if self.tutor.step is exercise.step:
            return
        if exercise.is_of_arena:
            self.tutor.open_problem(exercise.lesson)
            return
        if exercise.lesson_file is None or exercise.loaded is None:
            self.tutor.open(exercise.lesson, exercise.step.id)
            return
        loaded = exercise.loaded
        self.tutor.open_file(
            exercise.lesson_file, loaded, agreed=content_hash(loaded.content), step_id=exercise.step.id
        )

    async def grade(
        self, exercise: ChosenExercise, text: str, show: Callable[[Event], None], limit: float | None = None
    ) -> GradedFile:
        """Run the text of an exercise's file, and grade it.

        Args:
            text: All of the file, so that a line has the number that it has there.
            show: Called with what it prints, draws and asks while it runs.
            limit: Seconds after which it is stopped, where nobody watches: then `input()` finds no line. None: somebody
                does, and `show` has it answered.
        """
        self.open(exercise)
        place, code = (self.tutor.key, exercise.step.id), code_in(text)
        if self._may_replace_draft(place):
            self._keep(place, code)
        kernel = self.tutor.kernel
        graded: Graded | None = None
        failed: Failed | None = None
        notes: list[Note] = []
        finished = Finished("died", 0.0, "The run ended without a word.")
        async with stopped_after(limit, kernel) if limit is not None else nullcontext() as stopped:
            async for event in self.tutor.run(text):
                match event:
                    case Graded():
                        graded = event
                    case Failed():
                        failed = event
                    case Noted(note):
                        notes.append(note)
                    case Finished():
                        finished = event
                    case InputRequested() if limit is not None:
                        kernel.answer(END_OF_INPUT)
                    case _:
                        show(event)
        result = GradedFile(
            graded,
            failed,
            tuple(notes),
            finished,
            self.tutor.advice(text, graded) if graded is not None else {},
            self.tutor.advice_on_error(text, failed) if failed is not None else None,
            was_too_long=stopped is not None and stopped.is_set() and finished.outcome == "interrupted",
        )
        if result.passed:
            self._keep(place, code)
        return result

    def _may_replace_draft(self, place: tuple[str, str]) -> bool:
        """Whether code that may fail can be the draft: not in place of what passed, or of what was typed elsewhere."""
        draft = self.tutor.progress.draft(*place)
        if draft is None:
            return True
        right = right_code(self.tutor.progress, *place)
        return draft == self._kept.get(place) and (right is None or not is_same(draft, right))

    def _keep(self, place: tuple[str, str], code: str) -> None:
        self.tutor.save(code)
        self._kept[place] = self.tutor.progress.draft(*place)

    def state_of(self, exercise: ChosenExercise, text: str) -> ExerciseState:
        """How a file with that text stands: by what came of that very code, here or in the app."""
        self.open(exercise)
        if not is_begun(text, exercise.step):
            return "to do"
        tried = last_try(self.tutor.progress, self.tutor.key, exercise.step.id, code_in(text))
        right = RIGHT.get(tried.outcome) if tried is not None else None
        return "to do" if right is None else "passes" if right else "fails"
