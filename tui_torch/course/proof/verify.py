"""Proves a lesson by running it.

Every expectation holds, starters fail, solutions pass, and each mistake fails its named check. What the lesson shows
fits the screen, and a lesson of the course is complete.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from tui_torch.course.format.document import compose
from tui_torch.course.lesson import AnyStep, Exercise, Lesson
from tui_torch.course.lesson_error import LessonError
from tui_torch.course.problem import Problem
from tui_torch.course.proof.complete import incomplete
from tui_torch.course.proof.fit import unfit
from tui_torch.course.proof.play import Played, attempt, error_line, play
from tui_torch.kernel.session import KernelSession


async def verify(
    kernel: KernelSession, lesson: Lesson, path: Path, *, of_course: bool = False
) -> tuple[LessonError, ...]:
    """Everything that the lesson in the file at `path` claims but does not do, or lacks, ordered by line.

    Args:
        of_course: Whether it must also have what a lesson of the course must have.
    """
    problems = shown_problems(lesson, of_course=of_course)
    for index in range(len(lesson.steps)):
        problems += await step_problems(kernel, lesson, index)
    return located(path, problems)


def shown_problems(lesson: Lesson, *, of_course: bool) -> list[Problem]:
    """What is wrong with a lesson without running it: what does not fit the screen, and what it lacks."""
    return [*unfit(lesson), *(incomplete(lesson) if of_course else ())]


async def step_problems(kernel: KernelSession, lesson: Lesson, index: int) -> list[Problem]:
    """What is wrong with one step. Steps can be proved in any order, and with several kernels."""
    step = lesson.steps[index]
    found = [*await _play_problems(kernel, lesson, step), *await _exercise_problems(kernel, lesson, step)]
    return [
        replace(problem, loc=("steps", index, *problem.loc), sentence=f"step `{step.id}`: {problem.sentence}")
        for problem in found
    ]


def located(path: Path, problems: Iterable[Problem]) -> tuple[LessonError, ...]:
    """The problems of the lesson in the file at `path`, each at its line, ordered by line."""
    if not (problems := list(problems)):
        return ()
    document = compose(path.read_text("utf-8"))
    faults = [fault for problem in problems if (fault := document.fault(problem)) is not None]
    errors = (LessonError(path, fault.line, fault.column, fault.message) for fault in faults)
    return tuple(sorted(errors, key=lambda error: (error.line, error.column)))


async def _play_problems(kernel: KernelSession, lesson: Lesson, step: AnyStep) -> tuple[Problem, ...]:
    played = await play(kernel, lesson, step, inspect=False)
    return played.problems if played is not None else ()


async def _exercise_problems(kernel: KernelSession, lesson: Lesson, step: AnyStep) -> list[Problem]:
    """What is wrong with an exercise's starter and mistakes; nothing for another kind of step."""
    if not isinstance(step, Exercise):
        return []
    found: list[Problem] = []
    starter = await attempt(kernel, lesson, step, step.starter, inspect=False)
    if starter.graded is not None and starter.graded.passed:
        found.append(Problem(("starter",), "the starter passes every check already, expected it to fail one"))
    for index, mistake in enumerate(step.mistakes):
        sentence = _not_caught(await attempt(kernel, lesson, step, mistake.code, inspect=False), mistake.fails)
        if sentence is not None:
            found.append(Problem(("mistakes", index, "code"), sentence))
    return found


def _not_caught(played: Played, fails: str) -> str | None:
    """Why a mistake is not caught by the check named `fails`; None when it is."""
    if played.failed is not None:
        return f"the mistake raised {error_line(played.failed)} before any check, expected code that runs"
    if played.graded is None:
        return f"the mistake could not be graded: {played.reason}"
    failing = played.graded.failing
    if fails in failing:
        return None
    instead = f"only {', '.join(f'“{name}”' for name in failing)} fails" if failing else "it passes every check"
    return f"the mistake is not caught by its check “{fails}”: {instead}"
