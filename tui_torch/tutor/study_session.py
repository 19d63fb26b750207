"""What the learner goes through: a lesson, a file, a round of practice or the playground, each as a row of cards."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from tui_torch.course.lesson import AnyStep, Example, Exercise, Lesson, Quiz
from tui_torch.protocol.late_dataclass import dataclass

StudyKind = Literal["lesson", "file", "practice", "playground"]

PRACTICE = "practice:"
"""Prefix of a lesson's id in the key under which practice of it is kept; an id contains no colon."""


def item_of(key: str) -> str:
    """The id of the lesson, given the key of the work on it or of practice of it."""
    return key.removeprefix(PRACTICE)


PLAYGROUND_KEY = "playground:"
"""The key under which the work in the playground is kept."""


@dataclass(frozen=True, slots=True)
class Card:
    """One step, and the key under which progress keeps the work on it."""

    lesson: Lesson
    """The lesson that contains the step; the step's code uses the names that earlier steps define."""
    step: AnyStep
    key: str


@dataclass(frozen=True, slots=True)
class StudySession:
    """A row of cards that the learner goes through."""

    kind: StudyKind
    title: str
    cards: tuple[Card, ...]

    def index(self, step_id: str) -> int | None:
        """The index of the card with that step; None if there is none."""
        return next((at for at, card in enumerate(self.cards) if card.step.id == step_id), None)


def of_lesson(lesson: Lesson, *, file: str | None = None) -> StudySession:
    """All steps of a lesson. `file` is its path if it is not in the course; progress is then kept under the path."""
    key = file or lesson.id
    cards = tuple(Card(lesson, step, key) for step in lesson.steps)
    return StudySession("lesson" if file is None else "file", lesson.title, cards)


def of_practice(items: Sequence[tuple[Lesson, Exercise | Quiz]]) -> StudySession:
    """A round of exercises, each to be solved again from its starter, and of quizzes."""
    cards = tuple(Card(lesson, step, PRACTICE + lesson.id) for lesson, step in items)
    return StudySession("practice", "Practise", cards)


def of_playground() -> StudySession:
    """The playground: a lesson of one step, which is an empty editor."""
    step = Example(
        id="playground",
        title="Playground",
        text="The editor is yours, and what you write in it stays.\n\n"
        # The app writes the keys in, as they are bound.
        "{edit} goes into it, {run} runs it, {replay} goes through it line by line. The tensors and the chart show "
        "what it does.\n\n"
        "A line `# %%` begins a cell, and {run} runs the one around the cursor. What was run stays until {restart} "
        "restarts the kernel, or {reset} takes the code back.",
        code="import torch\n",
    )
    lesson = Lesson(id="playground", title="Playground", summary="An empty editor.", minutes=1, steps=(step,))
    return StudySession("playground", lesson.title, (Card(lesson, step, PLAYGROUND_KEY),))
