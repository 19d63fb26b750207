"""Reads the files of lessons and courses, and reports everything that is wrong with them at once."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Generic, TypeVar, cast

from pydantic import ValidationError

from tui_torch.course.course_folder import COURSE_FILE, MAP_FILE, leads_out, lesson_files
from tui_torch.course.format.document import LARGEST_FILE, Document, Fault, compose
from tui_torch.course.format.part import Part, problems_in
from tui_torch.course.format.schema import CourseSchema, LessonSchema
from tui_torch.course.format.topics import MapSchema
from tui_torch.course.lesson import Contents, Lesson
from tui_torch.course.lesson_error import LessonError, LessonErrors
from tui_torch.course.naming import MOST_GUESSES, did_you_mean, in_backticks
from tui_torch.course.problem import Loc, Problem
from tui_torch.course.topics import Topics
from tui_torch.protocol.late_dataclass import dataclass

FORMAT = 1
"""The version of the format of lessons and courses that is read here."""
_LEADS_OUT = "the file is a link to outside the course's folder, expected a file in it"
_ID = re.compile(r"[a-z0-9-]+")
_P = TypeVar("_P", Lesson, Contents, Topics)


def read_lesson(path: Path) -> tuple[Lesson, bytes]:
    """The lesson in a file, inside or outside the course, and the content that it was read from.

    Raises LessonErrors with all that is wrong.
    """
    file = _examine_lesson(path)
    return _sound(file), file.content


def read_member(path: Path, folder: Path, ids: Sequence[str]) -> tuple[Lesson, bytes]:
    """The lesson in a file of the course in a folder, whose lessons have these ids, and the file's content.

    Raises LessonErrors.
    """
    file = _examine_member(path, folder, ids)
    return _sound(file), file.content


def read_contents(folder: Path) -> Contents:
    """The content of a folder's `course.yaml`.

    Raises LessonErrors with all that is wrong in it, including lessons whose files do not exist.
    """
    file = _examine_course(folder)
    entries = list(_listed_lessons(file))
    for entry in entries:
        _check_there(file, folder, entry)
    _check_listed(file, folder, entries)
    return _sound(file)


def read_whole_course(folder: Path) -> tuple[Contents, tuple[tuple[Lesson, bytes], ...]]:
    """The content of a folder's `course.yaml`, and all its lessons in order, each with the content of its file.

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
    return file.part, tuple((lesson.part, lesson.content) for lesson in lessons if lesson.part is not None)


def read_map(folder: Path, ids: Sequence[str]) -> Topics:
    """The content of the `map.yaml` of the course in a folder, whose lessons have these ids; empty without that file.

    Raises LessonErrors with all that is wrong in it.
    """
    path = folder / MAP_FILE
    if not os.path.lexists(path):
        return Topics(topics=())
    file: _File[Topics] = _examine(path, MapSchema)
    if leads_out(path, folder):
        file.fail(Fault(1, 1, _LEADS_OUT))
    for index, topic in enumerate(file.part.topics if file.part is not None else ()):
        if topic.lesson not in ids:
            wrong = f"`lesson` is {in_backticks(topic.lesson)}, which is not a lesson of the course"
            file.report(("topics", index, "lesson"), wrong + did_you_mean(topic.lesson, ids))
    return _sound(file)


@dataclass(slots=True)
class _File(Generic[_P]):
    """The result of reading one file: its part, or its errors, or both."""

    path: Path
    document: Document
    part: _P | None
    errors: list[LessonError]
    content: bytes = b""
    """The file's content; empty if it cannot be read."""

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


def _examine(path: Path, model: type[Part]) -> _File[Any]:
    content = _read(path)
    text = _decode(content) if isinstance(content, bytes) else content
    document = compose(text) if isinstance(text, str) else Document(None, (text,), ())
    file = _File[Any](path, document, None, [], content if isinstance(content, bytes) else b"")
    for fault in document.faults:
        file.fail(fault)
    root = document.root
    if root is None:
        return file
    if not isinstance(root.value, dict):
        if not root.faulty:
            file.report((), "the file holds no keys, expected `schema`, `title` and so on, each with its value")
        return file
    version = file.written.get("schema")
    if isinstance(version, int) and version > FORMAT:
        # Whatever else is wrong with it may be right there.
        said = f"`schema` is {version}, a newer format than {FORMAT}, which this tui-torch reads; upgrade tui-torch"
        file.report(("schema",), said)
        return file
    try:
        file.part = model.model_validate(file.written).plain()
    except ValidationError as error:
        for problem in problems_in(error):
            file.fail(document.fault(problem))
    return file


def _sound(file: _File[_P]) -> _P:
    """The part that was read from a file without mistakes. Raises LessonErrors if there are any."""
    if file.part is None or file.errors:
        raise LessonErrors(file.sorted_errors())
    return file.part


def _examine_course(folder: Path) -> _File[Contents]:
    course: _File[Contents] = _examine(folder / COURSE_FILE, CourseSchema)
    if leads_out(course.path, folder):
        course.fail(Fault(1, 1, _LEADS_OUT))
    return course


def _examine_lesson(path: Path) -> _File[Lesson]:
    file: _File[Lesson] = _examine(path, LessonSchema)
    name = file.written.get("id")
    if isinstance(name, str) and _ID.fullmatch(name) and name != path.stem:
        file.report(("id",), f"`id` is {in_backticks(name)}, expected the file's name, {in_backticks(path.stem)}")
    return file


def _listed_lessons(course: _File[Contents]) -> Iterator[_ListedLesson]:
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


def _examine_listed(course: _File[Contents], folder: Path, entry: _ListedLesson) -> _File[Lesson] | None:
    path = folder / entry.track / f"{entry.lesson}.yaml"
    if not _check_there(course, folder, entry):
        return None
    if leads_out(path, folder):
        place = in_backticks(f"{entry.track}/{path.name}")
        course.report(entry.loc, f"{place} is a link to outside the course's folder, expected a file in it")
        return None
    return _examine_lesson(path)


def _examine_member(path: Path, folder: Path, ids: Sequence[str]) -> _File[Lesson]:
    """One lesson of a course, read by itself."""
    if leads_out(path, folder):
        file = _File[Lesson](path, Document(None, (), ()), None, [])
        file.fail(Fault(1, 1, _LEADS_OUT))
        return file
    file = _examine_lesson(path)
    _check_requires(file, ids)
    return file


def _check_there(course: _File[Contents], folder: Path, entry: _ListedLesson) -> bool:
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


def _check_listed(course: _File[Contents], folder: Path, entries: list[_ListedLesson]) -> None:
    for index, track in enumerate(_items(course.written.get("tracks"))):
        name, _ = _track(track)
        if not _ID.fullmatch(name) or leads_out(folder / name, folder):
            continue
        listed = {f"{entry.lesson}.yaml" for entry in entries if entry.track == name}
        for found in lesson_files(folder / name):
            if found not in listed:
                sentence = (
                    f"the track does not list {in_backticks(f'{name}/{found}')}, expected every lesson of its folder"
                )
                course.report(("tracks", index, "lessons"), sentence)


def _read(path: Path) -> bytes | Fault:
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
    return content


def _decode(content: bytes) -> str | Fault:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = content[: error.start].decode("utf-8-sig", "replace").split("\n")
        byte = f"0x{content[error.start]:02x}"
        return Fault(len(before), len(before[-1]) + 1, f"the byte {byte} is not UTF-8, expected text in UTF-8")
