"""What lists of lessons need of each: a thousand lessons are many, and their outlines are few."""

from __future__ import annotations

from dataclasses import dataclass

from tui_torch.course.schema import Exercise, Lesson


@dataclass(frozen=True, slots=True)
class Outline:
    """A lesson without its texts and its code."""

    id: str
    title: str
    summary: str
    minutes: int
    steps: tuple[str, ...]
    """The ids of its steps, in order."""
    exercises: tuple[str, ...]
    """The ids of those that are exercises."""


def outline_of(lesson: Lesson) -> Outline:
    """What stays of a lesson when it is put away."""
    return Outline(
        lesson.id,
        lesson.title,
        lesson.summary,
        lesson.minutes,
        tuple(step.id for step in lesson.steps),
        tuple(step.id for step in lesson.steps if isinstance(step, Exercise)),
    )
