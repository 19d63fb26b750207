"""Finds the lesson that was named on the command line: an id of the course, or the path of a file."""

from __future__ import annotations

import shlex
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from tui_torch.course.lesson import Lesson
from tui_torch.course.lesson_cache import LessonCache
from tui_torch.course.lesson_error import LessonErrors
from tui_torch.course.library import lessons_folder
from tui_torch.course.loader import Course, LoadedFile, load_course, load_file, open_course
from tui_torch.course.naming import did_you_mean, in_backticks
from tui_torch.course.packages.course_error import CourseError
from tui_torch.protocol.late_dataclass import dataclass
from tui_torch.refused import FAILED, USAGE, RefusedError
from tui_torch.tutor.study_session import ARENA
from tui_torch.tutor.user_files import lesson_cache


class NoSuchLessonError(Exception):
    """What was typed does not name a lesson; the message says what would."""


@dataclass(frozen=True, slots=True)
class ChosenLesson:
    """A lesson, and the file that it is from."""

    lesson: Lesson
    path: Path
    key: str
    """The key under which progress keeps the work on it."""
    loaded: LoadedFile | None = None
    """What was read from a file outside the course's folder, whose code needs the learner's trust; None for one in it.
    """

    @property
    def is_of_arena(self) -> bool:
        """Whether it is a problem of the arena, and no lesson of a course."""
        return self.key.startswith(ARENA)


@contextmanager
def refusing() -> Generator[None]:
    """A block whose lessons and courses may not be there, or be wrong: it raises RefusedError then."""
    try:
        yield
    except (NoSuchLessonError, CourseError) as error:
        raise RefusedError(str(error), USAGE) from None
    except LessonErrors as wrong:
        raise RefusedError(str(wrong), FAILED) from None


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
        return ChosenLesson(course.lesson(name), course.path_of(name), course.key_of(name))
    if name in course.arena.ids:
        arena = course.arena
        return ChosenLesson(arena.problem(name), arena.path_of(name), ARENA + arena.key_of(name))
    if not is_file(name):
        which = f"the course {course.name}" if course.name else "the course"
        raise NoSuchLessonError(f"{which} has no lesson {in_backticks(name)}{did_you_mean(name, course.ids)}")
    path = Path(name)
    if not path.exists():
        raise NoSuchLessonError(
            f"there is no file {in_backticks(name)}, expected the path of a lesson or one of its ids"
        )
    own = next((one for one in course.ids if course.path_of(one).resolve() == path.resolve()), None)
    if own is not None and course.name:  # whose content is known
        return ChosenLesson(course.lesson(own), path, course.key_of(own))
    loaded = load_file(path)
    if not course.name and path.resolve().is_relative_to(course.folder.resolve()):
        is_problem = path.resolve().parent == course.arena.folder.resolve()
        return ChosenLesson(loaded.lesson, path, ARENA + loaded.lesson.id if is_problem else loaded.lesson.id)
    return ChosenLesson(loaded.lesson, path, str(path.resolve()), loaded)
