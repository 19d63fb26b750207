"""Grades files once, for whoever is not there to watch: a line for each, and below one that fails what it fails at."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.text import Text

from tui_torch.console.exercises.chosen import ChosenExercise
from tui_torch.console.exercises.grading import FileGrader
from tui_torch.console.exercises.text import is_begun
from tui_torch.console.exercises.watching import UnreadableFileError, read


async def grade_once(
    exercises: Sequence[ChosenExercise], grader: FileGrader, console: Console, limit: float, *, ascii_only: bool
) -> bool:
    """Grade each file, and print what came of it. Whether all pass.

    A file whose code is still the starter does not pass, and is not run.

    Args:
        limit: Seconds that one may run.
    """
    right, wrong = ("+", "x") if ascii_only else ("✓", "✗")
    passed = 0
    for exercise in exercises:
        try:
            text = read(exercise)
        except UnreadableFileError as error:
            console.print(Text(f"{wrong} {exercise.name}: {error}", "red"), soft_wrap=True)
            continue
        if not is_begun(text, exercise.step):
            console.print(Text(f"{wrong} {exercise.name}: not begun", "red"), soft_wrap=True)
            continue
        found = await grader.grade(exercise, text, limit)
        passed += found.passed
        said = f": stopped after {limit:g} s; `--limit` allows more" if found.was_too_long else ""
        mark, style = (right, "green") if found.passed else (wrong, "red")
        console.print(Text(f"{mark} {exercise.name}{said}", style), soft_wrap=True)
        if not (found.passed or found.was_too_long):
            grader.show(found)
    console.print(Text(f"{passed} of {len(exercises)} pass.", "bold"))
    return passed == len(exercises)
