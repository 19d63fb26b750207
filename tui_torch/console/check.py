"""Proves the lessons that have changed since they passed, with several kernels at once, and reports what fails."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from tui_torch.course.library import lessons_folder
from tui_torch.course.loader import COURSE_FILE, LessonError, LessonErrors, load_course, load_lesson
from tui_torch.course.schema import Lesson
from tui_torch.protocol.late_dataclass import dataclass

if TYPE_CHECKING:
    from tui_torch.course.proof.passed import PassedLessons


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was found about one lesson, or about a file that cannot be read as one."""

    path: Path
    lesson: Lesson | None
    """None if the file cannot be read."""
    errors: tuple[LessonError, ...]
    seconds: float = 0.0
    """How long the proof took."""
    unchanged: bool = False
    """Whether the lesson passed earlier and nothing has changed since, so that it was not run."""

    def __str__(self) -> str:
        if self.lesson is None:
            return f"{self.path}: cannot be read as {'a course' if self.path.name == COURSE_FILE else 'a lesson'}"
        took = "unchanged" if self.unchanged else f"{self.seconds:.1f} s"
        steps = _count(len(self.lesson.steps), "step")
        if self.errors:
            return f"{self.path}: {_count(len(self.errors), 'thing')} to fix in {steps} ({took})"
        return f"{self.path}: {steps} {'does' if steps == '1 step' else 'do'} what the lesson says ({took})"


@dataclass(frozen=True, slots=True)
class LessonFile:
    """A lesson to prove, and its file."""

    path: Path
    lesson: Lesson

    @property
    def of_course(self) -> bool:
        """Whether it is in the course that comes with the tutor, whose lessons must also be complete."""
        return self.path.resolve().is_relative_to(lessons_folder())


def lessons_at(path: Path) -> tuple[list[LessonFile], list[Verdict]]:
    """The lessons at a path (of a course, a folder, or a file), and the verdicts on files that cannot be read."""
    if path.is_dir() and (path / COURSE_FILE).exists():
        try:
            course = load_course(path)
        except LessonErrors as wrong:
            return [], [Verdict(path / COURSE_FILE, None, wrong.errors)]
        return [LessonFile(course.path_of(lesson.id), lesson) for lesson in course.lessons], []
    found: list[LessonFile] = []
    broken: list[Verdict] = []
    for file in sorted(path.rglob("*.yaml")) if path.is_dir() else [path]:
        try:
            found.append(LessonFile(file, load_lesson(file)))
        except LessonErrors as wrong:
            broken.append(Verdict(file, None, wrong.errors))
    return found, broken


async def prove(
    found: Sequence[LessonFile], passed: PassedLessons | None = None, *, fresh: bool = False
) -> AsyncIterator[Verdict]:
    """The verdict on each lesson: first on those that are unchanged, then in the order in which proofs finish.

    Raises KernelError when no kernel starts.

    Args:
        passed: Where passes are remembered; None remembers nothing.
        fresh: Prove every lesson, whatever is remembered.
    """
    waiting: asyncio.Queue[_Waiting] = asyncio.Queue()
    for lesson in found:
        key = _key(passed, lesson)
        if passed is not None and not fresh and passed.has(key):
            yield Verdict(lesson.path, lesson.lesson, (), unchanged=True)
        else:
            waiting.put_nowait(_Waiting(lesson, key))
    verdicts: asyncio.Queue[tuple[_Waiting, Verdict] | Exception] = asyncio.Queue()
    left = waiting.qsize()
    # Each kernel takes a core and 300 MB; more than four would slow each other down.
    workers = [asyncio.create_task(_work(waiting, verdicts)) for _ in range(min(left, os.cpu_count() or 1, 4))]
    try:
        while left:
            proved = await verdicts.get()
            if isinstance(proved, Exception):
                raise proved
            left -= 1
            one, verdict = proved
            # What was edited during the proof may not be what passed.
            if passed is not None and not verdict.errors and one.key == _key(passed, one.found):
                passed.add(one.key)
            yield verdict
    finally:
        # A worker that has finished is closing its kernel, and must not be cancelled.
        for worker in workers if left else ():
            worker.cancel()
        await asyncio.gather(*workers, return_exceptions=True)


@dataclass(frozen=True, slots=True)
class _Waiting:
    """A lesson to run, and the key of its pass as it was before."""

    found: LessonFile
    key: str


def _key(passed: PassedLessons | None, found: LessonFile) -> str:
    return passed.key(found.path, found.lesson, of_course=found.of_course) if passed is not None else ""


async def _work(
    waiting: asyncio.Queue[_Waiting], verdicts: asyncio.Queue[tuple[_Waiting, Verdict] | Exception]
) -> None:
    # Where nothing has changed, nothing is run, and neither is imported.
    from tui_torch.course.proof.verify import verify
    from tui_torch.kernel.session import KernelSession

    kernel = KernelSession()
    try:
        await kernel.start()
        await kernel.ready()
        while not waiting.empty():
            one = waiting.get_nowait()
            found = one.found
            began = time.monotonic()
            errors = await verify(kernel, found.lesson, found.path, of_course=found.of_course)
            verdicts.put_nowait((one, Verdict(found.path, found.lesson, errors, time.monotonic() - began)))
    except Exception as error:
        # Of any type: without a verdict or an error, `prove` would wait forever.
        verdicts.put_nowait(error)
    finally:
        await kernel.close()


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
