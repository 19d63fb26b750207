"""What running a step takes: the code that the lesson itself runs, and the order to the kernel."""

from __future__ import annotations

from dataclasses import replace

from tui_torch.course.lesson import AnyStep, Example, Exercise, Lesson, Quiz
from tui_torch.protocol.grading.asked import GradedBy, NamedDrawnCheck
from tui_torch.protocol.orders import Run


def code_of(step: AnyStep) -> str | None:
    """The code that the lesson itself runs in a step: an exercise's solution; None for a quiz without code."""
    match step:
        case Example() | Quiz():
            return step.code
        case Exercise():
            return step.solution


def run_of(lesson: Lesson, step: AnyStep, code: str) -> Run:
    """The order to run `code` in a step: the code that the step stands on, its pins, its checks, its plot."""
    checks = tuple((check.name, check.code) for check in step.checks) if isinstance(step, Exercise) else None
    plot = None if isinstance(step, Quiz) else step.plot
    by = _graded_by(lesson, step) if isinstance(step, Exercise) else None
    standing = lesson.stands_on(step.id)
    return Run(code, standing=standing, pins=step.pin, checks=checks, graded_by=by, plot=plot)


def unmeasured(by: GradedBy | None) -> GradedBy | None:
    """The same without what is timed only to be shown: a limit is a check, and stays."""
    measure = by.measure if by is not None else None
    if by is None or measure is None or measure.most_time is not None or measure.most_memory is not None:
        return by
    return replace(by, measure=None)


def without_smallest(by: GradedBy | None) -> GradedBy | None:
    """The same without a search for the smallest inputs on which an answer fails: whether it does is enough."""
    return replace(by, is_smallest_sought=False) if by is not None else None


def _graded_by(lesson: Lesson, step: Exercise) -> GradedBy | None:
    """What an answer is held to besides the code of its checks; None where a lesson asks for nothing else."""
    drawn = tuple(NamedDrawnCheck(check.name, check.drawn) for check in step.checks if check.drawn is not None)
    limits = tuple((check.name, check.seconds) for check in step.checks if check.seconds is not None)
    hidden = tuple(check.name for check in step.checks if check.hidden)
    if lesson.difficulty is None and not (drawn or limits or hidden or step.rules or step.measure or step.reference):
        return None
    standing = tuple(portion.code for portion in lesson.stands_on(step.id) if not portion.may_raise)
    return GradedBy(standing, step.solution, drawn, step.rules, step.measure, limits, hidden, step.reference or "")
