"""A course from elsewhere, as it was found: nothing of it has run, and perhaps it cannot be read."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Literal

from tui_torch.course.course_folder import COURSE_FILE
from tui_torch.course.lesson import Contents
from tui_torch.course.lesson_error import LessonErrors
from tui_torch.course.naming import in_backticks
from tui_torch.protocol.late_dataclass import dataclass

Origin = Literal["package", "folder", "repository"]

OURS = "tui-torch"
"""What the course that comes with the tutor is called, where one of several is named."""
RESERVED = (OURS, "arena", "practice", "playground")
"""Names that no other course can have: the first is ours, and with the others begin the keys of other work."""

_NAME = re.compile(r"[a-z0-9][a-z0-9-]+")
"""Not of one letter, with which a path begins on Windows."""


@dataclass(frozen=True, slots=True)
class FoundCourse:
    """A course that is installed, or that was opened from a folder or a repository."""

    name: str
    """What it is called where a course or a lesson of it is named, and in the keys of what is done in it."""
    origin: Origin
    where: str
    """The package with its version, the folder that was named, or the address of the repository."""
    folder: Path | None
    """The folder of its `course.yaml`; None where there is none."""
    contents: Contents | None = None
    """What its `course.yaml` says; None with a problem."""
    problem: str | None = None
    """Why it cannot be opened, in a sentence with what to do; None if it can be."""


def wrong_name(name: str) -> str | None:
    """Why a name cannot be that of a course; None if it can."""
    if name in RESERVED:
        return f"{in_backticks(name)} cannot be a course's name, as tui-torch itself uses it"
    if not _NAME.fullmatch(name):
        return f"{in_backticks(name)} cannot be a course's name, expected two or more lower-case letters, digits and -"
    return None


def differing_names(entry: str, named: str) -> str | None:
    """What is wrong with an entry point of that name, and that `name` in a `course.yaml`; None if they are the same."""
    if entry == named:
        return None
    said = f"the entry point is called {in_backticks(entry)}, and `name` in {COURSE_FILE} is {in_backticks(named)}"
    return f"{said}, expected the same in both"


def found_at(folder: Path, origin: Origin, where: str, name: str) -> FoundCourse:
    """The course in the folder of a `course.yaml`, whatever is wrong with it.

    Args:
        folder: The folder, at an absolute path.
        where: As `FoundCourse` has it.
        name: What it is called unless its `course.yaml` says; for a package, the entry point's name.
    """
    try:
        contents = contents_of(folder)
    except LessonErrors as wrong:
        first, *others = wrong.errors
        more = f" (and {len(others)} more; `tui-torch check` lists them)" if others else ""
        return FoundCourse(name, origin, where, folder, None, f"{first}{more}")
    named = contents.name or name
    problem = wrong_name(named)
    if origin == "package" and named != name:
        problem, named = differing_names(name, named), name
    elif problem is not None and origin != "package":
        problem += f"; write another as `name` in {folder / COURSE_FILE}"
    return FoundCourse(named, origin, where, folder, None if problem else contents, problem)


def contents_of(folder: Path) -> Contents:
    """What the `course.yaml` of a folder says. Raises LessonErrors."""
    # Nothing that reads YAML is imported before a course from elsewhere is asked for.
    from tui_torch.course.format.examination import read_contents

    return read_contents(folder)
