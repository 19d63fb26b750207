"""Agreeing to what is saved to the files of a course from elsewhere while it is open."""

from __future__ import annotations

from pathlib import Path

from tui_torch.course.loader import Course
from tui_torch.tutor.progress.progress import Progress
from tui_torch.tutor.trust import content_hash


def agree_to_saved(course: Course, path: Path, saved: bytes, progress: Progress) -> None:
    """Record that the learner agrees to what was saved to a file of a course, in place of what was in it."""
    if course.content is None:
        return
    name = path.relative_to(course.folder).as_posix()
    content = course.content.with_file(name, content_hash(saved))
    progress.agree_to_course(course.name, content.digest, content.files)
    course.content = content
