"""Holding broken answers to the checks of their problem, in a real kernel."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Literal

from tests.arena.breaks import Break
from tests.arena.equivalents import excused
from tui_torch.course.lesson import Exercise, Lesson
from tui_torch.course.proof.play import Unattended, attempt
from tui_torch.kernel.session import KernelSession

Outcome = Literal["caught", "equivalent", "survived"]
LIMIT = 60.0
"""Seconds after which a check is stopped that its own limit does not stop."""


@dataclass(frozen=True)
class Trial:
    """What came of a broken answer."""

    problem: str
    broken: Break
    outcome: Outcome
    by: str
    """The first check that failed, or how the answer ended; for an equivalent one the reason."""


def exercise_of(problem: Lesson) -> Exercise:
    """The one exercise of a problem."""
    (step,) = problem.steps
    assert isinstance(step, Exercise)
    return step


async def tried(kernel: KernelSession, problem: Lesson, broken: Iterable[Break]) -> list[Trial]:
    """Hold each broken answer to the checks of the problem, in forks of the kernel."""
    step, reasons = exercise_of(problem), excused()
    trials: list[Trial] = []
    for one in broken:
        by = await _caught_by(kernel, problem, step, one.code)
        reason = reasons.get((problem.id, one.change))
        if by is not None:
            trials.append(Trial(problem.id, one, "caught", by))
        elif reason is not None:
            trials.append(Trial(problem.id, one, "equivalent", reason))
        else:
            trials.append(Trial(problem.id, one, "survived", ""))
    return trials


async def _caught_by(kernel: KernelSession, problem: Lesson, step: Exercise, code: str) -> str | None:
    """The first check that fails; those after it, which an endless loop keeps busy as well, are not made."""
    for check in step.checks:
        played = await attempt(
            kernel,
            problem,
            replace(step, checks=(check,)),
            code,
            inspect=False,
            unattended=Unattended(LIMIT),
            apart=True,
            plot=False,
            smallest=False,
        )
        if played.failed is not None:
            return played.failed.error
        if played.graded is None:
            return played.reason or played.outcome
        if not played.graded.passed:
            return played.graded.failing[0]
    return None
