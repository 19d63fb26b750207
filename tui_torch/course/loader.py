"""Reads lessons and courses from their files, and reports everything that is wrong with them at once."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Generic, TypeVar, cast

from pydantic import ValidationError

from tui_torch.course.document import LARGEST_FILE, Document, Fault, compose
from tui_torch.course.naming import MOST_GUESSES, did_you_mean, in_backticks
from tui_torch.course.outline import Outline, outline_of
from tui_torch.course.part import Part, problems_in
from tui_torch.course.problem import Loc, Problem
from tui_torch.course.schema import CourseFile, Lesson, Track
from tui_torch.protocol.late_dataclass import dataclass

COURSE_FILE = "course.yaml"
"""The name of the file that makes a folder a course."""

_LEADS_OUT = "the file is a link to outside the course's folder, expected a file in it"
_ID = re.compile(r"[a-z0-9-]+")
_P = TypeVar("_P", bound=Part)


@dataclass(frozen=True, slots=True)
class LessonError:
    """One mistake in the file of a lesson or a course. Lines and columns count from 1."""

    path: Path
    line: int
    column: int
    message: str
    """What is wrong, and what was expected."""

    def __str__(self) -> str:
        return f"{self.path}:{self.line}:{self.column}: {self.message}"


class LessonErrors(Exception):  # noqa: N818 (it holds several)
    """Everything that is wrong with a lesson or a course, in the order of the files and their lines."""

    def __init__(self, errors: tuple[LessonError, ...]) -> None:
        super().__init__("\n".join(str(error) for error in errors))
        self.errors = errors


AT_HAND = 20
"""Number of lessons that an opened course keeps in full, for a learner who goes back and forth between a few."""


class Course:
    """The lessons of a folder, in order.

    Each is read from its file when it is asked for. The outlines of all that were read are kept, and the lessons that
    were asked for last are kept in full.
    """

    def __init__(self, folder: Path, title: str, tracks: tuple[Track, ...], *, at_hand: int | None = AT_HAND) -> None:
        """`at_hand` is the number of lessons that are kept in full; None means all."""
        self.folder = folder
        self.title = title
        self.tracks = tracks
        self.ids = tuple(lesson for track in tracks for lesson in track.lessons)
        """The ids of its lessons, in order."""
        self._at_hand = at_hand
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
            lesson = _sound(_examine_member(self.path_of(lesson_id), self.folder, self.ids))
        except LessonErrors as errors:
            self._broken[lesson_id] = errors
            raise
        self._broken.pop(lesson_id, None)
        return lesson

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

        Each lesson that is not kept takes 5 ms to read. A list needs only `outlines`.
        """
        lessons: list[Lesson] = []
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


def load_lesson(path: Path) -> Lesson:
    """The lesson in a file, inside or outside the course. Raises LessonErrors with all that is wrong."""
    return _sound(_examine_lesson(path))


def open_course(folder: Path) -> Course:
    """The course in a folder with a `course.yaml`, without reading its lessons.

    Raises LessonErrors with all that is wrong in `course.yaml`, including lessons whose files do not exist.
    """
    file = _examine_course(folder)
    entries = list(_listed_lessons(file))
    for entry in entries:
        _check_there(file, folder, entry)
    _check_listed(file, folder, entries)
    course = _sound(file)
    return Course(folder, course.title, course.tracks)


def load_course(folder: Path) -> Course:
    """The course in a folder with a `course.yaml`, with all its lessons read.

    Raises LessonErrors with all that is wrong in any of its files.
    """
    file = _examine_course(folder)
    entries = list(_listed_lessons(file))
    lessons = [lesson for entry in entries if (lesson := _examine_listed(file, folder, entry)) is not None]
    ids = [entry.lesson for entry in entries]
    for lesson in lessons:
        _check_requires(lesson, ids)
    _check_listed(file, folder, entries)
    errors = [error for one in (file, *lessons) for error in one.sorted_errors()]
    if errors or file.part is None:
        raise LessonErrors(tuple(errors))
    course = Course(folder, file.part.title, file.part.tracks, at_hand=None)
    course.keep(lesson.part for lesson in lessons if lesson.part is not None)
    return course


@dataclass(slots=True)
class _File(Generic[_P]):
    """The result of reading one file: its part, or its errors, or both."""

    path: Path
    document: Document
    part: _P | None
    errors: list[LessonError]

    def sorted_errors(self) -> tuple[LessonError, ...]:
        # The value of an anchor that is used twice is one mistake.
        return tuple(sorted(dict.fromkeys(self.errors), key=lambda error: (error.line, error.column)))

    @property
    def written(self) -> dict[str, object]:
        """The data as written; empty if the file is not a mapping."""
        value = self.document.root.value if self.document.root is not None else None
        return cast("dict[str, object]", value) if isinstance(value, dict) else {}

    def report(self, loc: Loc, sentence: str) -> None:
        self.fail(self.document.fault(Problem(loc, sentence)))

    def fail(self, fault: Fault | None) -> None:
        if fault is not None:
            self.errors.append(LessonError(self.path, fault.line, fault.column, fault.message))


@dataclass(frozen=True, slots=True)
class _ListedLesson:
    """A lesson that `course.yaml` lists."""

    loc: Loc
    track: str
    lesson: str


def _examine(path: Path, model: type[_P]) -> _File[_P]:
    text = _read(path)
    document = compose(text) if isinstance(text, str) else Document(None, (text,), ())
    file = _File[_P](path, document, None, [])
    for fault in document.faults:
        file.fail(fault)
    root = document.root
    if root is None:
        return file
    if not isinstance(root.value, dict):
        if not root.faulty:
            file.report((), "the file holds no keys, expected `schema`, `title` and so on, each with its value")
        return file
    try:
        file.part = model.model_validate(file.written)
    except ValidationError as error:
        for problem in problems_in(error):
            file.fail(document.fault(problem))
    return file


def _sound(file: _File[_P]) -> _P:
    """The part that was read from a file without mistakes. Raises LessonErrors if there are any."""
    if file.part is None or file.errors:
        raise LessonErrors(file.sorted_errors())
    return file.part


def _examine_course(folder: Path) -> _File[CourseFile]:
    course = _examine(folder / COURSE_FILE, CourseFile)
    if _leads_out(course.path, folder):
        course.fail(Fault(1, 1, _LEADS_OUT))
    return course


def _examine_lesson(path: Path) -> _File[Lesson]:
    file = _examine(path, Lesson)
    name = file.written.get("id")
    if isinstance(name, str) and _ID.fullmatch(name) and name != path.stem:
        file.report(("id",), f"`id` is {in_backticks(name)}, expected the file's name, {in_backticks(path.stem)}")
    return file


def _listed_lessons(course: _File[CourseFile]) -> Iterator[_ListedLesson]:
    """The entries of `course.yaml` that can name a file, whatever else is wrong with it; each lesson once."""
    seen: set[str] = set()
    for index, track in enumerate(_items(course.written.get("tracks"))):
        name, lessons = _track(track)
        for place, lesson in enumerate(lessons):
            if isinstance(lesson, str) and _ID.fullmatch(lesson) and _ID.fullmatch(name) and lesson not in seen:
                seen.add(lesson)
                yield _ListedLesson(("tracks", index, "lessons", place), name, lesson)


def _track(written: object) -> tuple[str, list[object]]:
    """The id and the lessons of a track as written; empty if they are something else."""
    track = cast("dict[str, object]", written) if isinstance(written, dict) else {}
    name = track.get("id")
    return name if isinstance(name, str) else "", _items(track.get("lessons"))


def _items(written: object) -> list[object]:
    return cast("list[object]", written) if isinstance(written, list) else []


def _examine_listed(course: _File[CourseFile], folder: Path, entry: _ListedLesson) -> _File[Lesson] | None:
    path = folder / entry.track / f"{entry.lesson}.yaml"
    if not _check_there(course, folder, entry):
        return None
    if _leads_out(path, folder):
        place = in_backticks(f"{entry.track}/{path.name}")
        course.report(entry.loc, f"{place} is a link to outside the course's folder, expected a file in it")
        return None
    return _examine_lesson(path)


def _examine_member(path: Path, folder: Path, ids: Sequence[str]) -> _File[Lesson]:
    """One lesson of a course, read by itself."""
    if _leads_out(path, folder):
        file = _File[Lesson](path, Document(None, (), ()), None, [])
        file.fail(Fault(1, 1, _LEADS_OUT))
        return file
    file = _examine_lesson(path)
    _check_requires(file, ids)
    return file


def _check_there(course: _File[CourseFile], folder: Path, entry: _ListedLesson) -> bool:
    name = f"{entry.lesson}.yaml"
    there = os.path.lexists(folder / entry.track / name)
    if not there:
        place = in_backticks(f"{entry.track}/{name}")
        course.report(entry.loc, f"there is no file {place}, expected the lesson {in_backticks(entry.lesson)} in it")
    return there


def _check_requires(file: _File[Lesson], ids: Sequence[str]) -> None:
    own = ids.index(file.path.stem)
    others = [name for name in ids if name != file.path.stem]
    guesses = 0
    for place, required in enumerate(_items(file.written.get("requires"))):
        if not isinstance(required, str) or not _ID.fullmatch(required):
            continue
        loc = ("requires", place)
        if required not in ids:
            guess = did_you_mean(required, others) if guesses < MOST_GUESSES else ""
            guesses += 1
            file.report(loc, f"`requires` names {in_backticks(required)}, which is not a lesson of the course{guess}")
        elif ids.index(required) >= own:
            wrong = f"`requires` names {in_backticks(required)}, which does not come before this one"
            file.report(loc, f"{wrong}, expected an earlier lesson")


def _check_listed(course: _File[CourseFile], folder: Path, entries: list[_ListedLesson]) -> None:
    for index, track in enumerate(_items(course.written.get("tracks"))):
        name, _ = _track(track)
        if not _ID.fullmatch(name) or _leads_out(folder / name, folder):
            continue
        listed = {f"{entry.lesson}.yaml" for entry in entries if entry.track == name}
        for found in _lesson_files(folder / name):
            if found not in listed:
                sentence = (
                    f"the track does not list {in_backticks(f'{name}/{found}')}, expected every lesson of its folder"
                )
                course.report(("tracks", index, "lessons"), sentence)


def _lesson_files(folder: Path) -> list[str]:
    try:
        names = [file.name for file in folder.iterdir()]
    except OSError:
        # A missing folder is reported with each lesson that is not in it.
        return []
    return sorted(name for name in names if name.endswith((".yaml", ".yml")) and not name.startswith("."))


def _leads_out(path: Path, folder: Path) -> bool:
    # Unlike Path.resolve, realpath returns a path even for links that form a circle.
    return not Path(os.path.realpath(path)).is_relative_to(os.path.realpath(folder))


def _read(path: Path) -> str | Fault:
    try:
        status = path.stat()
        if stat.S_ISDIR(status.st_mode):
            return Fault(1, 1, "this is a folder, expected a YAML file")
        # Reading a pipe or a device may never end.
        if not stat.S_ISREG(status.st_mode):
            return Fault(1, 1, "this is not a regular file, expected a YAML file")
        with path.open("rb") as file:
            content = file.read(LARGEST_FILE + 1)
    except FileNotFoundError:
        return Fault(1, 1, "there is no such file, expected a YAML file")
    except OSError as error:
        return Fault(1, 1, f"the file cannot be read ({error.strerror}), expected a YAML file")
    except ValueError:
        return Fault(1, 1, "this cannot be the name of a file, expected a path")
    if len(content) > LARGEST_FILE:
        return Fault(1, 1, f"the file is too large, expected at most {LARGEST_FILE:,} bytes")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = content[: error.start].decode("utf-8-sig", "replace").split("\n")
        byte = f"0x{content[error.start]:02x}"
        return Fault(len(before), len(before[-1]) + 1, f"the byte {byte} is not UTF-8, expected text in UTF-8")
