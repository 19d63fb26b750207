"""Proves a lesson: every expectation holds, starters fail, solutions pass, each mistake fails its named check; what it
shows fits the screen; and a lesson of the course has all that such a lesson must."""

from __future__ import annotations

from pathlib import Path

from tui_torch.course.complete import incomplete
from tui_torch.course.document import compose
from tui_torch.course.fit import unfit
from tui_torch.course.loader import LessonError
from tui_torch.course.part import Broken, Loc
from tui_torch.course.play import Played, Problem, attempt, play, said
from tui_torch.course.schema import Exercise, Lesson
from tui_torch.kernel.session import KernelSession


async def verify(
    kernel: KernelSession, lesson: Lesson, path: Path, *, of_course: bool = False
) -> tuple[LessonError, ...]:
    """Everything that the lesson in the file at `path` claims and does not do, or lacks, by line.

    `of_course`: hold it also to what a lesson of the course must have.
    """
    broken = [*unfit(lesson), *(incomplete(lesson) if of_course else ())]
    for index, step in enumerate(lesson.steps):
        problems = [*await _played(kernel, lesson, step.id), *await _exercised(kernel, lesson, step.id)]
        broken += (
            Broken(("steps", index, *problem.loc), f"step `{step.id}`: {problem.sentence}") for problem in problems
        )
    document = compose(path.read_text("utf-8"))  # noqa: ASYNC240 - a small file, read once
    faults = [fault for one in broken if (fault := document.fault(one)) is not None]
    errors = (LessonError(path, fault.line, fault.column, fault.message) for fault in faults)
    return tuple(sorted(errors, key=lambda error: (error.line, error.column)))


async def _played(kernel: KernelSession, lesson: Lesson, step_id: str) -> tuple[Problem, ...]:
    played = await play(kernel, lesson, lesson.step(step_id))
    return played.problems if played is not None else ()


async def _exercised(kernel: KernelSession, lesson: Lesson, step_id: str) -> list[Problem]:
    """What is wrong with an exercise's starter and mistakes. A snippet's own words say what to change."""
    exercise = lesson.step(step_id)
    if not isinstance(exercise, Exercise):
        return []
    found: list[Problem] = []
    starter = await attempt(kernel, lesson, exercise, exercise.starter)
    if starter.graded is not None and starter.graded.passed:
        found.append(Problem(("starter",), "the starter passes every check already, expected it to fail one"))
    for index, mistake in enumerate(exercise.mistakes):
        played = await attempt(kernel, lesson, exercise, mistake.code)
        sentence = _not_caught(played, mistake.fails)
        if sentence is not None:
            found.append(Problem(_mistake(index), sentence))
    return found


def _mistake(index: int) -> Loc:
    return ("mistakes", index, "code")


def _not_caught(played: Played, fails: str) -> str | None:
    """Why a mistake is not caught by the check that should; None when it is."""
    if played.failed is not None:
        return f"the mistake raised {said(played.failed)} before any check, expected code that runs"
    if played.graded is None:
        return f"the mistake could not be graded: {played.reason}"
    caught = [check.name for check in played.graded.checks if not check.passed]
    if fails in caught:
        return None
    others = f"only {', '.join(f'“{name}”' for name in caught)} fails" if caught else "it passes every check"
    return f"the mistake is not caught by its check “{fails}”: {others}"
