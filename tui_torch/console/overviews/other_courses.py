"""The courses from elsewhere in the table and the JSON of `tui-torch list`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rich.console import Console
from rich.text import Text

from tui_torch.console.overviews.listing import course_json, show_tracks
from tui_torch.course.lesson_error import LessonErrors
from tui_torch.course.loader import Course, load_course
from tui_torch.course.packages.found import FoundCourse
from tui_torch.tutor.courses.trusted_course import source_of
from tui_torch.tutor.progress.progress import Progress


def _read(found: FoundCourse) -> Course | str:
    """The course with its lessons, of which nothing runs; or why it cannot be read."""
    if found.folder is None or found.problem is not None:
        return found.problem or "it has no folder"
    try:
        return load_course(found.folder, name=found.name)
    except LessonErrors as wrong:
        first, *others = wrong.errors
        more = f" (and {len(others)} more; `tui-torch check --course {found.name}` lists them)" if others else ""
        return f"{first}{more}"


def other_courses_json(courses: Sequence[FoundCourse], progress: Progress) -> list[dict[str, Any]]:
    """Each course: its name, where it is from, and its lessons as those of ours, or the problem with it."""
    return [_course_json(one, progress) for one in courses]


def _course_json(found: FoundCourse, progress: Progress) -> dict[str, Any]:
    course = _read(found)
    told = {
        "name": found.name,
        "origin": found.origin,
        "where": found.where,
        "folder": str(found.folder) if found.folder is not None else None,
        "problem": course if isinstance(course, str) else None,
    }
    return told if isinstance(course, str) else told | course_json(course, progress)


def show_other_courses(console: Console, courses: Sequence[FoundCourse], progress: Progress) -> None:
    """Print each course with its tracks, or why it cannot be opened, and how to open one."""
    for found in courses:
        course = _read(found)
        title = found.name if isinstance(course, str) else course.title
        console.print()
        console.print(Text.assemble((title, "bold cyan"), (f"  {source_of(found)}", "dim")), soft_wrap=True)
        if isinstance(course, str):
            console.print(Text(f"It cannot be opened: {course}.", "yellow"), soft_wrap=True)
            continue
        console.print()
        show_tracks(console, course, progress)
        how = f"`tui-torch launch --course {found.name}` opens it; `{found.name}:LESSON` is a lesson of it."
        console.print(how, style="dim", markup=False)
