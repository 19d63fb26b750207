"""What is wrong with the file of a lesson or a course, as its author reads it."""

from __future__ import annotations

from pathlib import Path

from tui_torch.course.naming import on_one_line
from tui_torch.protocol.late_dataclass import dataclass


@dataclass(frozen=True, slots=True)
class LessonError:
    """One mistake in the file of a lesson or a course. Lines and columns count from 1."""

    path: Path
    line: int
    column: int
    message: str
    """What is wrong, and what was expected."""

    def __str__(self) -> str:
        return f"{on_one_line(str(self.path))}:{self.line}:{self.column}: {self.message}"


class LessonErrors(Exception):  # noqa: N818 (it holds several)
    """Everything that is wrong with a lesson or a course, in the order of the files and their lines."""

    def __init__(self, errors: tuple[LessonError, ...]) -> None:
        super().__init__("\n".join(str(error) for error in errors))
        self.errors = errors
