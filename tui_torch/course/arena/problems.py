"""The problems of the arena, which come with the tutor beside its course: each a file of one exercise."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path

from tui_torch.course.course_folder import leads_out, lesson_files
from tui_torch.course.lesson import Lesson
from tui_torch.course.lesson_cache import LessonCache
from tui_torch.course.lesson_error import LessonErrors
from tui_torch.course.library import lessons_folder
from tui_torch.course.naming import key_in
from tui_torch.protocol.late_dataclass import dataclass

ARENA = "arena"
"""The name of the folder of problems in that of the course."""


def arena_folder(lessons: Path | None = None) -> Path:
    """The folder of the problems, which need not be there."""
    return (lessons or lessons_folder()) / ARENA


@dataclass(frozen=True, slots=True)
class Arena:
    """The folder of problems: each is read from its file when it is asked for.

    `cache` keeps what was read until the next start; None keeps nothing.
    """

    folder: Path
    cache: LessonCache | None = None
    course: str = ""
    """The name of the course that they are of; empty for the tutor's own."""
    check: Callable[[Path, bytes], None] | None = None
    """What raises LessonErrors unless the content of a file may be read; None where all may."""

    def key_of(self, problem: str) -> str:
        """What a problem is called where several courses may have one of its id."""
        return key_in(self.course, problem)

    @property
    def ids(self) -> tuple[str, ...]:
        """The ids of the problems, by name."""
        return tuple(Path(name).stem for name in lesson_files(self.folder))

    def path_of(self, problem: str) -> Path:
        """The file of a problem."""
        return self.folder / f"{problem}.yaml"

    @property
    def paths(self) -> tuple[Path, ...]:
        """The files of the problems."""
        return tuple(map(self.path_of, self.ids))

    def problem(self, name: str) -> Lesson:
        """The problem of that id. Raises KeyError where there is none, LessonErrors where its file is wrong."""
        if name not in self.ids:
            raise KeyError(name)
        path = self.path_of(name)

        def read() -> Lesson:
            from tui_torch.course.format.examination import read_lesson

            lesson, content = read_lesson(path)
            if self.check is not None:
                self.check(path, content)
            return lesson

        def is_sound(lesson: Lesson) -> bool:
            return lesson.id == name and not leads_out(path, self.folder)

        return read() if self.cache is None else self.cache.get(path, Lesson, is_sound, read)

    def problems(self) -> tuple[Lesson, ...]:
        """All problems that can be read, the easy ones first, and of these the short ones."""
        found: list[Lesson] = []
        for name in self.ids:
            with suppress(LessonErrors):
                found.append(self.problem(name))
        return in_order(problem for problem in found if problem.difficulty is not None)


def in_order(problems: Iterable[Lesson]) -> tuple[Lesson, ...]:
    """Problems from easy to hard, and of one difficulty by their minutes and then by their titles."""
    ranks = {"easy": 0, "medium": 1, "hard": 2}
    return tuple(sorted(problems, key=lambda one: (ranks[one.difficulty or "easy"], one.minutes, one.title)))
