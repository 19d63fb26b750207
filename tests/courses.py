"""A course as `load_course` gives it; and what is agreed to.

The files of tui-torch's own lessons are read once for all tests of a process, by whichever way: to read all of them
took each of the tests of a command that names lessons a second of a core. A file that has changed is read again.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path

from tui_torch.course import loader
from tui_torch.course.format import examination
from tui_torch.course.lesson import Contents, Lesson
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


class FilesReadOnce:
    """Stands for what reads lessons; of files elsewhere than in tui-torch's own folder it keeps nothing."""

    def __init__(self) -> None:
        self._whole: dict[bytes, tuple[Contents, tuple[tuple[Lesson, bytes], ...]]] = {}
        self._lessons: dict[tuple[Path, bytes], Lesson] = {}
        self._members: dict[tuple[Path, bytes, tuple[str, ...]], Lesson] = {}
        self._read_whole_course = examination.read_whole_course
        self._read_lesson = examination.read_lesson
        self._read_member = examination.read_member

    def read_whole_course(self, folder: Path) -> tuple[Contents, tuple[tuple[Lesson, bytes], ...]]:
        if folder != lessons_folder():
            return self._read_whole_course(folder)
        written = b"".join(str(path).encode() + path.read_bytes() for path in sorted(folder.glob("**/*.yaml")))
        if written not in self._whole:
            contents, lessons = self._whole[written] = self._read_whole_course(folder)
            ids = tuple(lesson.id for lesson, _ in lessons)
            places = {
                lesson: folder / track.id / f"{lesson}.yaml" for track in contents.tracks for lesson in track.lessons
            }
            self._lessons |= {(places[lesson.id], content): lesson for lesson, content in lessons}
            self._members |= {(places[lesson.id], content, ids): lesson for lesson, content in lessons}
        return self._whole[written]

    def read_lesson(self, path: Path) -> tuple[Lesson, bytes]:
        if not path.is_relative_to(lessons_folder()) or not path.is_file():
            return self._read_lesson(path)
        content = path.read_bytes()
        if (path, content) not in self._lessons:
            lesson, content = self._read_lesson(path)
            self._lessons[path, content] = lesson
        return self._lessons[path, content], content

    def read_member(self, path: Path, folder: Path, ids: Sequence[str]) -> tuple[Lesson, bytes]:
        if folder != lessons_folder() or not path.is_file():
            return self._read_member(path, folder, ids)
        content = path.read_bytes()
        key = (path, content, tuple(ids))
        if key not in self._members:
            self._members[key], _ = self._read_member(path, folder, ids)
        return self._members[key], content


_files = FilesReadOnce()
examination.read_whole_course = _files.read_whole_course
examination.read_lesson = _files.read_lesson
examination.read_member = _files.read_member
