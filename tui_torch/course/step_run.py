"""What running a step takes: the code that the lesson itself runs, and the order to the kernel."""

from __future__ import annotations

from tui_torch.course.lesson import AnyStep, Example, Exercise, Lesson, Quiz
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
    return Run(code, standing=lesson.stands_on(step.id), pins=step.pin, checks=checks, plot=plot)
