"""Counts of what a lesson or a course contains."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import fields

from tui_torch.course.lesson import Example, Exercise, Lesson, Quiz
from tui_torch.protocol.late_dataclass import dataclass


@dataclass(frozen=True, slots=True)
class Counts:
    """Number of each kind of thing in one lesson, or in several."""

    steps: int
    examples: int
    examples_with_expect: int
    """Examples whose `expect` claims something, which `check` proves."""
    quizzes: int
    exercises: int
    checks: int
    hints: int
    also: int
    """Right answers in other styles than the solution's."""
    mistakes: int


def counts_of(lesson: Lesson) -> Counts:
    """The counts of one lesson."""
    examples = [step for step in lesson.steps if isinstance(step, Example)]
    exercises = [step for step in lesson.steps if isinstance(step, Exercise)]
    return Counts(
        steps=len(lesson.steps),
        examples=len(examples),
        examples_with_expect=sum(states_something(example) for example in examples),
        quizzes=sum(isinstance(step, Quiz) for step in lesson.steps),
        exercises=len(exercises),
        checks=sum(len(exercise.checks) for exercise in exercises),
        hints=sum(len(exercise.hints) for exercise in exercises),
        also=sum(len(exercise.also) for exercise in exercises),
        mistakes=sum(len(exercise.mistakes) for exercise in exercises),
    )


def total(counts: Iterable[Counts]) -> Counts:
    """The sum of several counts, field by field; all zero for none."""
    counts = list(counts)
    return Counts(**{field.name: sum(getattr(one, field.name) for one in counts) for field in fields(Counts)})


def right_places(lessons: Iterable[Lesson]) -> tuple[int, ...]:
    """How many quizzes have their right choice as the lesson's first, as its second, and so on."""
    places: list[int] = []
    for lesson in lessons:
        for quiz in (step for step in lesson.steps if isinstance(step, Quiz)):
            places += [0] * (len(quiz.choices) - len(places))
            places[next(at for at, choice in enumerate(quiz.choices) if choice.correct)] += 1
    return tuple(places)


def states_something(example: Example) -> bool:
    """Whether an example's `expect` claims anything; an empty one does not."""
    expect = example.expect
    return expect is not None and any(
        one.output is not None or bool(one.values) or bool(one.within) or one.raises is not None
        for one in (expect, *expect.versions)
    )
