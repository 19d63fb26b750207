"""Lessons and courses at hand: read from their files, or from the cache of what was read before."""

from __future__ import annotations

import gc
from collections.abc import Generator, Iterable
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from tui_torch.course.arena.problems import Arena, arena_folder
from tui_torch.course.course_folder import COURSE_FILE, leads_out, lesson_files
from tui_torch.course.lesson import Contents, Lesson, Track
from tui_torch.course.lesson_cache import LessonCache
from tui_torch.course.lesson_error import LessonError, LessonErrors
from tui_torch.course.naming import key_in
from tui_torch.course.outline import Outline, outline_of
from tui_torch.course.topics import Topic
from tui_torch.protocol.late_dataclass import dataclass

if TYPE_CHECKING:
    from tui_torch.course.packages.content import CourseContent

AT_HAND = 8
"""Number of lessons that an opened course keeps in full, for a learner who goes back and forth between a few."""


class Course:
    """The lessons of a folder, in order.

    Each is read from its file when it is asked for. The outlines of all that were read are kept, and the lessons that
    were asked for last are kept in full.
    """

    def __init__(
        self,
        folder: Path,
        title: str,
        tracks: tuple[Track, ...],
        *,
        at_hand: int | None = AT_HAND,
        cache: LessonCache | None = None,
        name: str = "",
        content: CourseContent | None = None,
    ) -> None:
        """Nothing is read yet.

        Args:
            at_hand: The number of lessons that are kept in full; None means all.
            cache: Keeps them until later.
            name: What it is called where a course or a lesson of it is named; empty for the one of the tutor's own.
            content: The only content of its files that is read, as somebody agreed to it; None for whatever is there.
        """
        self.name = name
        self.content = content
        self.folder = folder
        self.title = title
        self.tracks = tracks
        self.ids = tuple(lesson for track in tracks for lesson in track.lessons)
        """The ids of its lessons, in order."""
        self._at_hand = at_hand
        self._cache = cache
        self._read: dict[str, Lesson] = {}
        self._outlines: dict[str, Outline] = {}
        self._broken: dict[str, LessonErrors] = {}

    def lesson(self, lesson_id: str) -> Lesson:
        """The lesson with that id. Raises KeyError when there is none, LessonErrors when its file is wrong."""
        lesson = self._read.pop(lesson_id, None) or self._read_file(lesson_id)
        self.keep([lesson])
        return lesson

    def _read_file(self, lesson_id: str) -> Lesson:
        try:
            lesson = self._cached_or_read(self.path_of(lesson_id))
        except LessonErrors as errors:
            self._broken[lesson_id] = errors
            raise
        self._broken.pop(lesson_id, None)
        return lesson

    def _cached_or_read(self, path: Path) -> Lesson:
        def read() -> Lesson:
            from tui_torch.course.format.examination import read_member

            lesson, content = read_member(path, self.folder, self.ids)
            self._check_agreed(path, content)
            return lesson

        return read() if self._cache is None else self._cache.get(path, Lesson, self._is_sound, read)

    def _check_agreed(self, path: Path, content: bytes) -> None:
        if self.content is None:
            return
        from hashlib import sha256

        if self.content.files.get(path.relative_to(self.folder).as_posix()) != sha256(content).hexdigest():
            changed = (
                "the file is another than when you agreed to the course; choose the course again, and you are asked"
            )
            raise LessonErrors((LessonError(path, 1, 1, changed),))

    def key_of(self, lesson_id: str) -> str:
        """What a lesson is called where several courses may have one of its id: the id alone for one of ours."""
        return key_in(self.name, lesson_id)

    def _is_sound(self, lesson: Lesson) -> bool:
        """Whether a lesson that was right before is right still, in this course and at this place."""
        earlier = self.ids[: self.ids.index(lesson.id)] if lesson.id in self.ids else ()
        return set(lesson.requires).issubset(earlier) and not leads_out(self.path_of(lesson.id), self.folder)

    def keep(self, lessons: Iterable[Lesson]) -> None:
        """Keep lessons of the course that were read elsewhere."""
        for lesson in lessons:
            self._outlines[lesson.id] = outline_of(lesson)
            self._read[lesson.id] = lesson
        if self._at_hand is not None:
            for lesson_id in list(self._read)[: -self._at_hand]:
                self._read.pop(lesson_id, None)

    @property
    def lessons(self) -> tuple[Lesson, ...]:
        """All lessons that can be read, in order; `errors` says why the others cannot.

        Each lesson that is not kept takes up to 5 ms to read. A list needs only `outlines`.
        """
        lessons: list[Lesson] = []
        with _no_search_for_garbage():
            for lesson_id in self.ids:
                with suppress(LessonErrors):
                    lessons.append(self.lesson(lesson_id))
        return tuple(lessons)

    def has_read(self, lesson_id: str) -> bool:
        """Whether the lesson was read, so that its outline is available."""
        return lesson_id in self._outlines

    @property
    def outlines(self) -> tuple[Outline, ...]:
        """The outlines of the lessons that were read so far, in order."""
        return tuple(outline for lesson_id in self.ids if (outline := self._outlines.get(lesson_id)) is not None)

    @property
    def at_hand(self) -> tuple[Lesson, ...]:
        """The lessons that are kept in full, in order."""
        return tuple(lesson for lesson_id in self.ids if (lesson := self._read.get(lesson_id)) is not None)

    @property
    def errors(self) -> tuple[LessonError, ...]:
        """What is wrong in the lessons that were asked for so far."""
        return tuple(error for broken in list(self._broken.values()) for error in broken.errors)

    def topics(self) -> tuple[Topic, ...]:
        """The topics that the course leads to, in the order of its `map.yaml`; empty if it has none.

        Raises LessonErrors with all that is wrong in that file.
        """
        from tui_torch.course.format.examination import read_map

        return read_map(self.folder, self.ids).topics

    @property
    def arena(self) -> Arena:
        """The problems from scratch that are in the course's folder; for a course from elsewhere without any, ours."""
        own = arena_folder(self.folder)
        if self.name and not own.is_dir():
            return Arena(arena_folder())
        return Arena(own, self._cache, self.name, self._check_agreed)

    def track_of(self, lesson_id: str) -> Track:
        """The track that contains the lesson. Raises KeyError when the course has no such lesson."""
        for track in self.tracks:
            if lesson_id in track.lessons:
                return track
        raise KeyError(lesson_id)

    def path_of(self, lesson_id: str) -> Path:
        """The lesson's file. Raises KeyError when the course has no such lesson."""
        return self.folder / self.track_of(lesson_id).id / f"{lesson_id}.yaml"

    def following(self, lesson_id: str) -> str | None:
        """The id of the next lesson, which may be in the next track; None after the last.

        Raises KeyError when the course has no such lesson.
        """
        if lesson_id not in self.ids:
            raise KeyError(lesson_id)
        return next(iter(self.ids[self.ids.index(lesson_id) + 1 :]), None)

    def preceding(self, lesson_id: str) -> str | None:
        """The id of the lesson before, which may be in the track before; None for the first.

        Raises KeyError when the course has no such lesson.
        """
        if lesson_id not in self.ids:
            raise KeyError(lesson_id)
        return next(reversed(self.ids[: self.ids.index(lesson_id)]), None)


@dataclass(frozen=True, slots=True)
class LoadedFile:
    """A lesson, and the very content of its file that it was read from: who is asked about one is asked about both."""

    lesson: Lesson
    content: bytes


def load_file(path: Path) -> LoadedFile:
    """The lesson in a file, inside or outside the course, from one reading of it.

    Raises LessonErrors with all that is wrong.
    """
    from tui_torch.course.format.examination import read_lesson

    return LoadedFile(*read_lesson(path))


def load_lesson(path: Path) -> Lesson:
    """The lesson in a file, inside or outside the course. Raises LessonErrors with all that is wrong."""
    return load_file(path).lesson


def open_course(
    folder: Path, cache: LessonCache | None = None, *, name: str = "", content: CourseContent | None = None
) -> Course:
    """The course in a folder with a `course.yaml`, without reading its lessons.

    Args:
        folder: The course's folder.
        cache: Where what was read before is kept, and what is read will be; None keeps nothing.
        name: As `Course` has it.
        content: As `Course` has it.

    Raises LessonErrors with all that is wrong in `course.yaml`, including lessons whose files do not exist.
    """

    def read() -> Contents:
        from tui_torch.course.format.examination import read_contents

        return read_contents(folder)

    def is_sound(contents: Contents) -> bool:
        return _is_as_listed(folder, contents)

    contents = read() if cache is None else cache.get(folder / COURSE_FILE, Contents, is_sound, read)
    return Course(folder, contents.title, contents.tracks, cache=cache, name=name, content=content)


def load_course(folder: Path, name: str = "") -> Course:
    """The course in a folder with a `course.yaml`, with all its lessons read. `name` is as `Course` has it.

    Raises LessonErrors with all that is wrong in any of its files.
    """
    return load_course_files(folder, name)[0]


def load_course_files(folder: Path, name: str = "") -> tuple[Course, tuple[LoadedFile, ...]]:
    """The course in a folder with all its lessons read, and these with the content that each was read from, in order.

    Raises LessonErrors with all that is wrong in any of its files.
    """
    from tui_torch.course.format.examination import read_whole_course

    with _no_search_for_garbage():
        contents, lessons = read_whole_course(folder)
    course = Course(folder, contents.title, contents.tracks, at_hand=None, name=name)
    course.keep(lesson for lesson, _ in lessons)
    return course, tuple(LoadedFile(lesson, content) for lesson, content in lessons)


@contextmanager
def _no_search_for_garbage() -> Generator[None]:
    """A block that reads many lessons: a search would go through all that are there, for next to no garbage."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def _is_as_listed(folder: Path, contents: Contents) -> bool:
    """Whether the folder of each track holds the lessons that are listed, and no other."""
    return not leads_out(folder / COURSE_FILE, folder) and all(
        lesson_files(folder / track.id) == sorted(f"{lesson}.yaml" for lesson in track.lessons)
        and not leads_out(folder / track.id, folder)
        for track in contents.tracks
    )
