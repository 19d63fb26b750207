"""Grades each exercise's file when it is saved, and knows which of them pass and which is the first to do."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from typing import Protocol

from tui_torch.protocol.events import Event
from tui_torch.tutor.exercise_files.exercise import ChosenExercise, UnreadableFileError
from tui_torch.tutor.exercise_files.grading import ExerciseState, FileGrader, GradedFile

LONG = 10.0
"""Seconds of a run after which it is said how to stop it."""


class ExerciseFace(Protocol):
    """What is shown while files are followed."""

    def show_begin(self, at: int, text: str) -> None:
        """The file of the exercise with that number begins to run, with this text."""
        ...

    def show_event(self, event: Event) -> None:
        """It prints, draws or asks something."""
        ...

    def show_long_run(self) -> None:
        """It has been running for LONG seconds."""
        ...

    def show_stopped(self) -> None:
        """It was saved again meanwhile, or was stopped, and nothing came of it."""
        ...

    def show_unreadable(self, at: int, reason: str) -> None:
        """It cannot be read."""
        ...

    def show_result(self, at: int, found: GradedFile, was_passed: bool) -> None:
        """What came of it, and whether it had passed before."""
        ...


class FollowedExercises:
    """Exercises of which each file is graded when it is saved.

    Args:
        grader: Runs them, one at a time.
        is_saved: Whether the file of an exercise was saved since this was last asked; False when first asked.
        interval: Seconds between two looks at the files.
    """

    def __init__(
        self,
        exercises: Sequence[ChosenExercise],
        grader: FileGrader,
        is_saved: Callable[[ChosenExercise], bool],
        face: ExerciseFace,
        *,
        interval: float,
    ) -> None:
        self.exercises = exercises
        self.grader = grader
        self._is_saved = is_saved
        self._face = face
        self._interval = interval
        self.states: list[ExerciseState] = [self._found(one) for one in exercises]
        """How each file stands."""
        self.at = self.first
        """The number of the exercise that is on show, 0 for the first."""
        self.runs = False
        """Whether a file runs."""

    def _found(self, exercise: ChosenExercise) -> ExerciseState:
        """How a file stands as it is found."""
        try:
            return self.grader.state_of(exercise, exercise.read())
        except UnreadableFileError:
            return "to do"

    @property
    def exercise(self) -> ChosenExercise:
        """The exercise that is on show."""
        return self.exercises[self.at]

    @property
    def first(self) -> int:
        """The number of the first exercise that does not pass; 0 where all do."""
        return next((at for at, state in enumerate(self.states) if state != "passes"), 0)

    @property
    def passed(self) -> int:
        """How many pass."""
        return self.states.count("passes")

    @property
    def all_pass(self) -> bool:
        """Whether nothing is left to do."""
        return self.passed == len(self.states)

    def open(self, at: int) -> None:
        """Have another exercise on show. Only while no file runs: what comes of one is said by its lesson."""
        self.at = at
        self.grader.open(self.exercise)

    def begin(self) -> None:
        """Take the files as they are now: only what is saved from now on is graded."""
        for exercise in self.exercises:
            self._is_saved(exercise)
        self.open(self.at)

    async def look(self) -> None:
        """Grade each file that was saved since the last look."""
        for at, exercise in enumerate(self.exercises):
            if self._is_saved(exercise):
                await self.grade(at)

    async def grade(self, at: int) -> None:
        """Grade a file; once more when it was saved meanwhile, which stops code that does not end."""
        self.at, self.runs = at, True
        try:
            while not await self._is_graded(at):
                self._face.show_stopped()
        finally:
            self.runs = False

    async def _is_graded(self, at: int) -> bool:
        """Grade a file as it is. Whether something came of it: not where it was saved meanwhile."""
        exercise = self.exercises[at]
        try:
            text = exercise.read()
        except UnreadableFileError as error:
            self._face.show_unreadable(at, str(error))
            return True
        self._face.show_begin(at, text)
        grading = asyncio.create_task(self.grader.grade(exercise, text, self._face.show_event))
        try:
            is_newer = await self._is_saved_meanwhile(exercise, grading)
        finally:
            grading.cancel()
        if is_newer:
            return False
        found, was_passed = grading.result(), self.states[at] == "passes"
        self.states[at] = "passes" if found.passed else "fails"
        self._face.show_result(at, found, was_passed)
        return True

    async def _is_saved_meanwhile(self, exercise: ChosenExercise, grading: asyncio.Task[GradedFile]) -> bool:
        """Wait until a file is graded. Whether it was saved meanwhile, and so has to be graded again."""
        began, is_told, is_newer = time.monotonic(), False, False
        while not (await asyncio.wait({grading}, timeout=self._interval))[0]:
            is_newer = self._is_saved(exercise) or is_newer
            if is_newer:
                await self.grader.tutor.kernel.interrupt()
            elif not is_told and time.monotonic() - began > LONG:
                is_told = True
                self._face.show_long_run()
        return is_newer
