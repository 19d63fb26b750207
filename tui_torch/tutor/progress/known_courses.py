"""The courses from elsewhere that were opened, in the progress file: where each is, and what of it may run."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from typing import Any

from tui_torch.protocol.late_dataclass import dataclass
from tui_torch.tutor.progress.database import Statement


@dataclass(frozen=True, slots=True)
class OpenedCourse:
    """A course from elsewhere that was opened."""

    name: str
    origin: str
    """As `FoundCourse` has it."""
    where: str
    folder: str
    """That of its `course.yaml`."""


class KnownCourses(ABC):
    """The part of the progress that is about courses; what holds the file writes and reads."""

    @abstractmethod
    def _write(self, *statements: Statement) -> None: ...

    @abstractmethod
    def _read(self, sql: str, parameters: tuple[object, ...] = ()) -> list[Any]: ...

    def keep_course(self, course: OpenedCourse) -> None:
        """Keep where a course is; of one of that name, where it is now."""
        self._write(
            (
                "INSERT INTO courses (name, origin, place, folder) VALUES (?, ?, ?, ?) ON CONFLICT (name) DO UPDATE "
                "SET origin = excluded.origin, place = excluded.place, folder = excluded.folder",
                (course.name, course.origin, course.where, course.folder),
            )
        )

    def opened_courses(self) -> tuple[OpenedCourse, ...]:
        """The courses that were opened, by name."""
        rows = self._read("SELECT name, origin, place, folder FROM courses WHERE origin != '' ORDER BY name")
        return tuple(OpenedCourse(*row) for row in rows)

    def forget_course(self, name: str) -> None:
        """Forget where a course is, and what of it was agreed to; what was done in it stays."""
        self._write(
            ("DELETE FROM courses WHERE name = ?", (name,)),
            ("DELETE FROM course_files WHERE course = ?", (name,)),
        )

    def agree_to_course(self, name: str, digest: str, files: Mapping[str, str]) -> None:
        """Record that a course of this content may run, and each of its files.

        Args:
            digest: The hash of all of it.
            files: The content hash of each file, by its path in the course.
        """
        now = int(time.time())
        hashes = sorted({digest, *files.values()})
        self._write(
            *(("INSERT INTO trusted VALUES (?, ?) ON CONFLICT DO NOTHING", (one, now)) for one in hashes),
            ("DELETE FROM course_files WHERE course = ?", (name,)),
            *(("INSERT INTO course_files VALUES (?, ?, ?)", (name, *file)) for file in sorted(files.items())),
        )

    def agreed_files(self, name: str) -> dict[str, str]:
        """The content hash of each file of a course as it was last agreed to; empty for one that never was."""
        return dict(self._read("SELECT file, hash FROM course_files WHERE course = ?", (name,)))

    @property
    def open_course(self) -> str:
        """The name of the course that the learner was in last; empty for the tutor's own."""
        rows = self._read("SELECT course FROM place")
        return rows[0][0] if rows else ""

    def place_in(self, course: str) -> tuple[str, str] | None:
        """The keys of the lesson and the step where the learner was last in a course; None if never."""
        rows = self._read("SELECT lesson, step FROM courses WHERE name = ? AND lesson IS NOT NULL", (course,))
        return rows[0] if rows else None

    def move_work(self, keys: Iterable[tuple[str, str]]) -> None:
        """Let what was done under a key be that of another, (from, to), but for steps that have work there already."""
        self._write(
            *(
                (
                    "UPDATE steps SET lesson = ? WHERE lesson = ? AND step NOT IN "
                    "(SELECT step FROM steps WHERE lesson = ?)",
                    (new, old, new),
                )
                for old, new in keys
            )
        )


def remembered_place(lesson: str, step: str, course: str) -> tuple[Statement, ...]:
    """What writes down where the learner is: now, and when that course is next opened."""
    return (
        ("INSERT OR REPLACE INTO place (id, lesson, step, course) VALUES (1, ?, ?, ?)", (lesson, step, course)),
        (
            "INSERT INTO courses (name, origin, place, folder, lesson, step) VALUES (?, '', '', '', ?, ?) "
            "ON CONFLICT (name) DO UPDATE SET lesson = excluded.lesson, step = excluded.step",
            (course, lesson, step),
        ),
    )
