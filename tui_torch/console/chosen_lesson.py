"""Finds the lesson that was named on the command line: an id of the course, or the path of a file."""

from __future__ import annotations

import shlex
from pathlib import Path

from tui_torch.course.lesson import Lesson
from tui_torch.course.lesson_cache import LessonCache
from tui_torch.course.library import lessons_folder
from tui_torch.course.loader import Course, LoadedFile, load_course, load_file, open_course
from tui_torch.course.naming import did_you_mean, in_backticks
from tui_torch.protocol.late_dataclass import dataclass
from tui_torch.tutor.user_files import lesson_cache


class NoSuchLessonError(Exception):
    """What was typed does not name a lesson; the message says what would."""


@dataclass(frozen=True, slots=True)
class ChosenLesson:
    """A lesson, and the file that it is from."""

    lesson: Lesson
    path: Path
    loaded: LoadedFile | None = None
    """What was read from a file outside the course's folder, whose code needs the learner's trust; None for one in it.
    """


def the_course() -> Course:
    """The course that comes with the tutor, with every lesson read. Raises LessonErrors."""
    return load_course(lessons_folder())


def the_course_unread() -> Course:
    """The course that comes with the tutor, without reading its lessons. Raises LessonErrors."""
    return open_course(lessons_folder(), LessonCache(lesson_cache()))


def is_file(name: str) -> bool:
    """Whether `name` means a file: it looks like a path, or a file of that name exists."""
    return "/" in name or name.endswith((".yaml", ".yml")) or Path(name).is_file()


def is_program(name: str) -> bool:
    """Whether `name` is that of a script or a notebook, which is no lesson."""
    return name.lower().endswith((".py", ".ipynb"))


def no_lesson(name: str) -> str:
    """What is said to whoever names a program in place of a lesson."""
    return f"{name} is no lesson, but a program of your own: `tui-torch open {shlex.quote(name)}` opens it"


def choose(course: Course, name: str) -> ChosenLesson:
    """The lesson named `name`. Raises NoSuchLessonError, and LessonErrors when its file is wrong."""
    if is_program(name):
        raise NoSuchLessonError(no_lesson(name))
    if name in course.ids:
        return ChosenLesson(course.lesson(name), course.path_of(name))
    if name in course.arena.ids:
        return ChosenLesson(course.arena.problem(name), course.arena.path_of(name))
    if not is_file(name):
        raise NoSuchLessonError(f"the course has no lesson {in_backticks(name)}{did_you_mean(name, course.ids)}")
    path = Path(name)
    if not path.exists():
        raise NoSuchLessonError(
            f"there is no file {in_backticks(name)}, expected the path of a lesson or one of its ids"
        )
    loaded = load_file(path)
    inside = path.resolve().is_relative_to(course.folder.resolve())
    return ChosenLesson(loaded.lesson, path, None if inside else loaded)
