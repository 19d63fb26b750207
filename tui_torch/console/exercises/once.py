"""Grades all files once, as they are."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.text import Text

from tui_torch.console.exercises.printed import PrintedGrades
from tui_torch.tutor.exercise_files.exercise import ChosenExercise, UnreadableFileError, is_begun
from tui_torch.tutor.exercise_files.grading import FileGrader


async def grade_once(
    exercises: Sequence[ChosenExercise], grader: FileGrader, console: Console, limit: float, *, ascii_only: bool
) -> bool:
    """Grade each file, and print what came of it. Whether all pass.

    A file whose code is still the starter does not pass, and is not run.

    Args:
        limit: Seconds that one may run.
    """
    right, wrong = ("+", "x") if ascii_only else ("✓", "✗")
    printed = PrintedGrades(console, ascii_only=ascii_only)
    passed = 0
    for exercise in exercises:
        try:
            text = exercise.read()
        except UnreadableFileError as error:
            console.print(Text(f"{wrong} {exercise.name}: {error}", "red"), soft_wrap=True)
            continue
        if not is_begun(text, exercise.step):
            console.print(Text(f"{wrong} {exercise.name}: not begun", "red"), soft_wrap=True)
            continue
        found = await grader.grade(exercise, text, lambda _: None, limit)  # nothing that it prints is shown
        passed += found.passed
        said = f": stopped after {limit:g} s; `--limit` allows more" if found.was_too_long else ""
        mark, style = (right, "green") if found.passed else (wrong, "red")
        console.print(Text(f"{mark} {exercise.name}{said}", style), soft_wrap=True)
        if not (found.passed or found.was_too_long):
            printed.show(found)
    console.print(Text(f"{passed} of {len(exercises)} pass.", "bold"))
    return passed == len(exercises)
