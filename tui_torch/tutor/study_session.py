"""What the learner has sat down to: a lesson, a file, a round of practice, the playground; each a row of cards."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from tui_torch.course.schema import AnyStep, Example, Exercise, Lesson

StudyKind = Literal["lesson", "file", "practice", "playground"]

PRACTICE = "practice:"
"""What comes before a lesson's id in the key under which practice of it is kept: no id has a colon."""

PLAYGROUND = Lesson(
    schema=1,
    id="playground",
    title="Playground",
    summary="An empty editor.",
    minutes=1,
    steps=(
        Example(
            id="playground",
            kind="example",
            title="Playground",
            text="The editor is yours, and what you write in it stays.\n\n"
            "`e` goes into it, `F5` runs it, `F6` goes through it line by line. The tensors and the chart show what it "
            "does.",
            code="import torch\n",
        ),
    ),
)
"""An empty editor, with everything that a step has around it."""


@dataclass(frozen=True, slots=True)
class Card:
    """One step, and what the learner's work on it is kept under."""

    lesson: Lesson
    """The lesson that the step is in, whose earlier steps its code stands on."""
    step: AnyStep
    key: str


@dataclass(frozen=True, slots=True)
class StudySession:
    """Cards to go through, back and forth."""

    kind: StudyKind
    title: str
    cards: tuple[Card, ...]

    def index(self, step_id: str) -> int | None:
        """Where a step is; None when it is none of these."""
        return next((at for at, card in enumerate(self.cards) if card.step.id == step_id), None)


def of_lesson(lesson: Lesson, *, file: str | None = None) -> StudySession:
    """All of a lesson, from its first step to its last. `file`: the path that it is kept under, when it is from
    elsewhere than the course."""
    key = file or lesson.id
    cards = tuple(Card(lesson, step, key) for step in lesson.steps)
    return StudySession("lesson" if file is None else "file", lesson.title, cards)


def of_practice(exercises: Sequence[tuple[Lesson, Exercise]]) -> StudySession:
    """A round of exercises, each to be solved anew."""
    cards = tuple(Card(lesson, step, PRACTICE + lesson.id) for lesson, step in exercises)
    return StudySession("practice", "Practice", cards)


def of_playground() -> StudySession:
    """The empty editor."""
    return StudySession("playground", PLAYGROUND.title, (Card(PLAYGROUND, PLAYGROUND.steps[0], "playground:"),))
