"""Prints what came of an exercise's file in a plain terminal."""

from __future__ import annotations

from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from tui_torch.console.code_text import with_code
from tui_torch.console.explained import show_explanation, show_graded, show_note
from tui_torch.course.proof.play import error_line
from tui_torch.formulas.found import with_formulas
from tui_torch.protocol.events import Failed
from tui_torch.tutor.exercise_files.grading import GradedFile


class PrintedGrades:
    """Prints what came of files, and sentences of the lesson's.

    Args:
        ascii_only: Whether only ASCII characters are printed.
    """

    def __init__(self, console: Console, *, ascii_only: bool) -> None:
        self._console = console
        self._ascii_only = ascii_only

    def show(self, found: GradedFile) -> None:
        """Print what came of a file: the explained error, the coach's notes, the checks and what to do about them."""
        if (failed := found.failed) is not None:
            self._show_error(failed, found.advice_on_error)
        elif found.finished.outcome != "ok" and found.finished.reason:
            self._console.print(Text(found.finished.reason, "red"))
        for note in found.notes:
            show_note(self._console, note, self._ascii_only)
        if found.graded is not None:
            show_graded(self._console, found.graded, self._ascii_only, found.advice)

    def say(self, sentence: str) -> None:
        """Print a sentence of the lesson's, below what it is about."""
        said = with_formulas(" ".join(sentence.split()), ascii_only=self._ascii_only)
        self._console.print(Padding(with_code(said), (0, 0, 0, 4)))

    def _show_error(self, failed: Failed, advice: str | None) -> None:
        if failed.in_step is not None:
            said = f"Step {failed.in_step} of the lesson, which runs before your code, raised {error_line(failed)}"
            self._console.print(Text(said, "red"))
            return
        line = next((frame.line for frame in reversed(failed.frames) if frame.file is None), None)
        where = f"line {line}  " if line is not None else ""
        self._console.print(Text.assemble((where, "dim"), (error_line(failed), "red")))
        if failed.explanation is not None:
            show_explanation(self._console, failed.explanation, self._ascii_only)
        if advice is not None:
            self.say(advice)
