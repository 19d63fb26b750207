"""Where in its course a learner goes: back to where they left off, or to the nearest step that is not done."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from tui_torch.course.lesson_error import LessonErrors
from tui_torch.course.naming import key_in
from tui_torch.tutor.study_session import ARENA, PLAYGROUND_KEY
from tui_torch.tutor.trust import UntrustedError

if TYPE_CHECKING:
    from tui_torch.course.lesson import Lesson
    from tui_torch.course.loader import Course
    from tui_torch.tutor.progress.progress import Progress


class CourseReader(Protocol):
    """Who goes through a course: the tutor, for a learner."""

    course: Course
    progress: Progress
    at: int

    @property
    def marks(self) -> tuple[bool, ...]: ...
    @property
    def in_course(self) -> bool: ...
    @property
    def lesson(self) -> Lesson: ...
    def open(self, lesson: Lesson, step_id: str | None = None) -> None: ...
    def open_problem(self, problem: Lesson) -> None: ...
    def open_file(self, path: Path, *, step_id: str | None = None) -> None: ...
    def open_playground(self) -> None: ...


def go_to_place(tutor: CourseReader, place: tuple[str, str]) -> None:
    """Go to a key and a step; stay at the first step of the course if that place no longer exists.

    Raises LessonErrors when that lesson of the course cannot be read.
    """
    key, step_id = place
    course = tutor.course
    lesson_id = _id_in(course.name, key)
    if key == PLAYGROUND_KEY:
        tutor.open_playground()
    elif lesson_id in course.ids:
        tutor.open(course.lesson(lesson_id), step_id)
    elif key.startswith(ARENA):
        arena = course.arena
        with suppress(LessonErrors, KeyError):
            tutor.open_problem(arena.problem(_id_in(arena.course, key.removeprefix(ARENA))))
    elif Path(key).is_absolute():
        # The file may be gone, broken, or changed since it was trusted.
        with suppress(LessonErrors, UntrustedError, OSError):
            tutor.open_file(Path(key), step_id=step_id)


def _id_in(course: str, key: str) -> str:
    """The id of a lesson by its key; no id for a lesson of another course."""
    start = key_in(course, "")
    return key.removeprefix(start) if key.startswith(start) else key


def nearest_undone(tutor: CourseReader, direction: int) -> int | tuple[Lesson, str] | None:
    """As `Tutor.nearest_undone` says."""
    marks = tutor.marks
    here = range(tutor.at + 1, len(marks)) if direction > 0 else range(tutor.at - 1, -1, -1)
    index = next((at for at in here if not marks[at]), None)
    if index is not None or not tutor.in_course:
        return index
    course = tutor.course
    at = course.ids.index(tutor.lesson.id)
    for lesson_id in course.ids[at + 1 :] if direction > 0 else reversed(course.ids[:at]):
        lesson = course.lesson(lesson_id)
        done = tutor.progress.done(course.key_of(lesson_id))
        undone = [step.id for step in lesson.steps if step.id not in done]
        if undone:
            return lesson, undone[0] if direction > 0 else undone[-1]
    return None
