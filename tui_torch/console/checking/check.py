"""Proves the lessons that have changed since they passed, with several kernels at once, and reports what fails."""

from __future__ import annotations

import asyncio
import os
import time
from collections import deque
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from tui_torch.course.arena.problems import arena_folder
from tui_torch.course.course_folder import COURSE_FILE
from tui_torch.course.lesson import Lesson
from tui_torch.course.lesson_error import LessonError, LessonErrors
from tui_torch.course.library import lessons_folder
from tui_torch.course.loader import load_course_files, load_file
from tui_torch.course.naming import on_one_line
from tui_torch.protocol.late_dataclass import dataclass

if TYPE_CHECKING:
    from tui_torch.course.proof.passed import PassedLessons
    from tui_torch.kernel.session import KernelSession
    from tui_torch.kernel.zygote import Zygote


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
        path = on_one_line(str(self.path))
        if self.lesson is None:
            return f"{path}: cannot be read as {'a course' if self.path.name == COURSE_FILE else 'a lesson'}"
        took = "unchanged" if self.unchanged else f"{self.seconds:.1f} s"
        steps = _count(len(self.lesson.steps), "step")
        if self.errors:
            return f"{path}: {_count(len(self.errors), 'thing')} to fix in {steps} ({took})"
        return f"{path}: {steps} {'does' if steps == '1 step' else 'do'} what the lesson says ({took})"


@dataclass(frozen=True, slots=True)
class LessonFile:
    """A lesson to prove, its file, and what was read from that."""

    path: Path
    lesson: Lesson
    content: bytes

    @property
    def of_course(self) -> bool:
        """Whether it is in the course that comes with the tutor, whose lessons must also be complete."""
        return self.path.resolve().is_relative_to(lessons_folder())


def lessons_at(path: Path) -> tuple[list[LessonFile], list[Verdict]]:
    """The lessons at a path (of a course, a folder, or a file), and the verdicts on files that cannot be read."""
    if path.is_dir() and (path / COURSE_FILE).exists():
        try:
            course, files = load_course_files(path)
            course.topics()  # which raises what is wrong in its map
        except LessonErrors as wrong:
            return [], [Verdict(path / COURSE_FILE, None, wrong.errors)]
        problems, unread = lessons_at(arena) if (arena := arena_folder(path)).is_dir() else ([], [])
        of_course = [LessonFile(course.path_of(file.lesson.id), file.lesson, file.content) for file in files]
        return of_course + problems, unread
    found: list[LessonFile] = []
    broken: list[Verdict] = []
    for file in sorted(path.rglob("*.yaml")) if path.is_dir() else [path]:
        try:
            loaded = load_file(file)
        except LessonErrors as wrong:
            broken.append(Verdict(file, None, wrong.errors))
        else:
            found.append(LessonFile(file, loaded.lesson, loaded.content))
    return found, broken


async def prove(
    found: Sequence[LessonFile],
    passed: PassedLessons | None = None,
    *,
    fresh: bool = False,
    limit: float | None = None,
    zygote: Zygote | None = None,
) -> AsyncIterator[Verdict]:
    """The verdict on each lesson: first on those that are unchanged, then in the order in which proofs finish.

    Raises KernelError when no kernel starts.

    Args:
        passed: Where passes are remembered; None remembers nothing.
        fresh: Prove every lesson, whatever is remembered.
        limit: Seconds that each run may take; None: as long as it takes.
        zygote: What forks the kernels; None: one is started, and closed, where there is enough to prove.
    """
    proofs: list[Proof] = []
    around = _surroundings() if passed is not None else None
    for lesson in found:
        key = _key(passed, lesson, around)
        if passed is not None and not fresh and passed.has(key):
            yield Verdict(lesson.path, lesson.lesson, (), unchanged=True)
        else:
            proofs.append(Proof(lesson, key, limit))
    finished: asyncio.Queue[Proof | Exception] = asyncio.Queue()
    left = len(proofs)
    for proof in proofs:
        if not proof.waiting:  # it has quizzes alone
            finished.put_nowait(proof)
    to_run = [proof for proof in proofs if proof.waiting]
    schedule = Schedule(to_run)
    # Each kernel takes a core and 300 MB; more than four would slow each other down.
    several = range(min(len(to_run), os.cpu_count() or 1, 4))
    own = _started_zygote() if zygote is None and len(several) > 1 else None
    workers = [asyncio.create_task(_prove(schedule, finished, zygote or own)) for _ in several]
    try:
        while left:
            proof = await finished.get()
            if isinstance(proof, Exception):
                raise proof
            left -= 1
            verdict = proof.verdict()
            # What was edited during the proof may not be what passed.
            if passed is not None and not verdict.errors and proof.key == _key(passed, proof.found):
                passed.add(proof.key)
            yield verdict
    finally:
        # A worker that has finished is closing its kernel, and must not be cancelled.
        for worker in workers if left else ():
            worker.cancel()
        await asyncio.gather(*workers, return_exceptions=True)
        if own is not None:
            own.close()


def _started_zygote() -> Zygote:
    from tui_torch.kernel.zygote import Zygote

    return Zygote.started()


class Proof:
    """A lesson that is being proved, trial by trial, perhaps by several workers.

    Args:
        found: The lesson.
        key: The key of its pass, as it was before.
        limit: Seconds that each run may take; None: as long as it takes.
    """

    def __init__(self, found: LessonFile, key: str, limit: float | None = None) -> None:
        # Where nothing has changed, nothing is run, and this is not imported.
        from tui_torch.course.proof.verify import LessonTrials

        self.found = found
        self.key = key
        self.trials = LessonTrials(found.lesson, limit)
        self.waiting = deque(range(len(self.trials)))
        """The indices of the trials that no worker has begun."""
        self.began = time.monotonic()

    def verdict(self) -> Verdict:
        from tui_torch.course.proof.verify import located, shown_problems

        seconds = time.monotonic() - self.began
        problems = shown_problems(self.found.lesson, of_course=self.found.of_course) + self.trials.problems()
        return Verdict(self.found.path, self.found.lesson, located(self.found.path, problems), seconds)


class Schedule:
    """Deals out the trials: lesson by lesson, and once all are begun, from the end of the one with most of them left.

    So that no worker is idle while another proves the last lesson, or its last exercise, which may be the longest.
    """

    def __init__(self, proofs: Sequence[Proof]) -> None:
        self._waiting = deque(proofs)
        self._begun: list[Proof] = []

    def next_trial(self, proof: Proof | None) -> tuple[Proof, int] | None:
        """A trial to run, of the lesson that the worker is at if there is one left; None when all are begun."""
        if proof is not None and proof.waiting:
            return proof, proof.waiting.popleft()
        if self._waiting:
            proof = self._waiting.popleft()
            proof.began = time.monotonic()
            self._begun.append(proof)
            return proof, proof.waiting.popleft()
        proof = max(self._begun, key=lambda begun: len(begun.waiting))
        return (proof, proof.waiting.pop()) if proof.waiting else None


def _key(passed: PassedLessons | None, found: LessonFile, around: str | None = None) -> str:
    if passed is None:
        return ""
    return passed.key(found.path, found.lesson, of_course=found.of_course, around=around)


def _surroundings() -> str:
    from tui_torch.course.proof.surroundings import surroundings

    return surroundings()


async def _prove(schedule: Schedule, finished: asyncio.Queue[Proof | Exception], zygote: Zygote | None) -> None:
    from tui_torch.kernel.session import KernelSession

    kernel = KernelSession(zygote=zygote)
    try:
        await kernel.start()
        await kernel.ready()
        proof, threads = None, _threads(kernel)
        while (trial := schedule.next_trial(proof)) is not None:
            before, (proof, index) = proof, trial
            # With a pool of threads that a lesson has left, no attempt is forked any more: each would run again all of
            # what it stands on.
            if proof is not before and _threads(kernel) > threads:
                await kernel.restart()
                await kernel.ready()
                threads = _threads(kernel)
            await proof.trials.run(index, kernel)
            if proof.trials.are_over:
                finished.put_nowait(proof)
    except Exception as error:
        # Of any type: without a verdict or an error, `prove` would wait forever.
        finished.put_nowait(error)
    finally:
        await kernel.close()


def _threads(kernel: KernelSession) -> int:
    """The number of threads of a kernel's process; 0 where it is not known."""
    import psutil

    try:
        return psutil.Process(kernel.pid).num_threads() if kernel.pid is not None else 0
    except psutil.Error:
        return 0


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
