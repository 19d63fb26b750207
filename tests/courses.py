"""A course as `load_course` gives it, whose files are read once for all tests of a process; and what is agreed to."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from tui_torch.course import loader
from tui_torch.course.library import lessons_folder
from tui_torch.course.loader import Course
from tui_torch.tutor.trust import content_hash

QUICK = ("basics", "regression")
"""The ids of the tracks whose lessons run in a moment."""


@cache
def _loaded(folder: Path) -> Course:
    return loader.load_course(folder)


def course_in(folder: Path | None = None) -> Course:
    """The course in a folder, or tui-torch's own: a new one each time, of lessons that nobody can change."""
    loaded = _loaded(folder or lessons_folder())
    course = Course(loaded.folder, loaded.title, loaded.tracks, at_hand=None)
    course.keep(loaded.lessons)
    return course


def that_train() -> frozenset[str]:
    """The ids of the lessons that train networks, which takes seconds.

    `check` plays them, and `-m "slow or not slow"`; what the suite does with lessons that run it does with others.
    """
    return frozenset(name for track in course_in().tracks for name in track.lessons if track.id not in QUICK)


def hash_of(path: Path) -> str:
    """What a learner agrees to who agrees to the content that a file has now."""
    return content_hash(path.read_bytes())
