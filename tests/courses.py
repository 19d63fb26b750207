"""A course as `load_course` gives it, whose files are read once for all tests of a process."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from tui_torch.course import loader
from tui_torch.course.library import lessons_folder
from tui_torch.course.loader import Course


@cache
def _loaded(folder: Path) -> Course:
    return loader.load_course(folder)


def course_in(folder: Path | None = None) -> Course:
    """The course in a folder, or tui-torch's own: a new one each time, of lessons that nobody can change."""
    loaded = _loaded(folder or lessons_folder())
    course = Course(loaded.folder, loaded.title, loaded.tracks, at_hand=None)
    course.keep(loaded.lessons)
    return course
