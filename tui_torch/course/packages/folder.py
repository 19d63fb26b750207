"""Where the course is in a folder that somebody names: there, or in a folder of it, as in a package's repository."""

from __future__ import annotations

import re
from pathlib import Path

from tui_torch.course.course_folder import COURSE_FILE
from tui_torch.course.packages.course_error import CourseError
from tui_torch.course.packages.found import FoundCourse, Origin, found_at


def course_folder_in(folder: Path) -> Path:
    """The folder of the `course.yaml`: the one named, or the only one in it, or in its `src`, that has one.

    Raises CourseError.
    """
    if not folder.is_dir():
        raise CourseError(f"there is no folder {folder}, expected that of a course")
    if (folder / COURSE_FILE).is_file():
        return folder
    inside = _in(folder)
    if len(inside) > 1:
        names = " and ".join(str(one.relative_to(folder)) for one in inside[:3])
        raise CourseError(f"there are several courses in {folder}, such as {names}; name one of these folders")
    if not inside:
        said = f"there is no {COURSE_FILE} in {folder} or in a folder of it"
        raise CourseError(f"{said}; `tui-torch new --course NAME` begins a course")
    return inside[0]


def _in(folder: Path) -> list[Path]:
    below = [*folder.glob(f"*/{COURSE_FILE}"), *folder.glob(f"src/*/{COURSE_FILE}")]
    return sorted(file.parent for file in below if not file.parent.name.startswith("."))


def courses_below(folder: Path) -> list[Path]:
    """The folders that have a course, where there are several in this one: of a `course.yaml`, or of a package."""
    if (folder / COURSE_FILE).is_file() or len(inside := _in(folder)) == 1:
        return []
    if not inside:
        inside = sorted(one for one in folder.glob("*/") if not one.name.startswith(".") and _in(one))
    return inside if len(inside) > 1 else []


def course_in(folder: Path, origin: Origin = "folder", where: str | None = None) -> FoundCourse:
    """The course in a folder that was named, or that a repository was cloned into.

    Raises CourseError where there is none.
    """
    folder = folder.resolve()
    return found_at(course_folder_in(folder), origin, where or str(folder), name_from(folder.name))


def name_from(text: str) -> str:
    """A course's name, made of what a folder or a repository is called."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower().removesuffix(".git")).strip("-") or "course"
