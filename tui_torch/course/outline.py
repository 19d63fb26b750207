"""What a list of lessons needs of each, so that a long course need not be kept in memory."""

from __future__ import annotations

from tui_torch.course.lesson import Exercise, Lesson, Quiz
from tui_torch.protocol.late_dataclass import dataclass


@dataclass(frozen=True, slots=True)
class Outline:
    """A lesson without its texts and its code."""

    id: str
    title: str
    summary: str
    minutes: int
    steps: tuple[str, ...]
    """The ids of its steps, in order."""
    titles: tuple[str, ...]
    """What each of them is called; a quiz without a title by its id."""
    exercises: tuple[str, ...]
    """The ids of those that are exercises."""
    requires: tuple[str, ...] = ()
    """The ids of the lessons that it stands on."""
    quizzes: tuple[str, ...] = ()
    """The ids of its steps that are quizzes."""


def outline_of(lesson: Lesson) -> Outline:
    """The outline of a lesson."""
    return Outline(
        lesson.id,
        lesson.title,
        lesson.summary,
        lesson.minutes,
        tuple(step.id for step in lesson.steps),
        tuple(step.title or step.id.replace("-", " ").capitalize() for step in lesson.steps),
        tuple(step.id for step in lesson.steps if isinstance(step, Exercise)),
        lesson.requires,
        tuple(step.id for step in lesson.steps if isinstance(step, Quiz)),
    )
