"""What the learner goes through, as a row of cards: a lesson, a file, practice, the playground, a problem."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from tui_torch.course.lesson import AnyStep, Example, Exercise, Lesson, Quiz
from tui_torch.course.loader import Course
from tui_torch.course.naming import key_in
from tui_torch.protocol.late_dataclass import dataclass

StudyKind = Literal["lesson", "file", "practice", "playground", "problem"]

PRACTICE = "practice:"
"""Prefix of a lesson's key in that under which practice of it is kept; no course can be called so."""

ARENA = "arena:"
"""Prefix of a problem's key, as `key_in` makes it, in that under which the work on it is kept."""


def item_of(key: str) -> str:
    """The key of the work on a lesson, given that or the key of practice of it."""
    return key.removeprefix(PRACTICE)


def key_of(lesson: Lesson, course: str = "") -> str:
    """The key of the work on a lesson of the course, or on a problem of the arena, which only that has a difficulty.

    `course` is the name of the course that it is of; empty for the tutor's own.
    """
    own = key_in(course, lesson.id)
    return own if lesson.difficulty is None else ARENA + own


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


def path_of(card: Card, kind: StudyKind, course: Course) -> Path | None:
    """The file that a card is from; None in practice and in the playground."""
    match kind:
        case "lesson":
            return course.path_of(card.lesson.id)
        case "problem":
            return course.arena.path_of(card.lesson.id)
        case "file":
            return Path(card.key)
        case "practice" | "playground":
            return None


def of_lesson(lesson: Lesson, *, file: str | None = None, course: str = "") -> StudySession:
    """All steps of a lesson, or of a problem of the arena.

    Args:
        file: Its path if it is of no course; progress is then kept under the path.
        course: The name of its course; empty for the tutor's own.
    """
    key = file or key_of(lesson, course)
    cards = tuple(Card(lesson, step, key) for step in lesson.steps)
    kind = "file" if file is not None else "lesson" if lesson.difficulty is None else "problem"
    return StudySession(kind, lesson.title, cards)


def of_practice(items: Sequence[tuple[Lesson, Exercise | Quiz]], course: str = "", arena: str = "") -> StudySession:
    """A round of exercises and problems, each to be solved again from its starter, and of quizzes.

    Args:
        course: The name of the course that the lessons are of; empty for the tutor's own.
        arena: That of the course that the problems are of.
    """
    cards = tuple(
        Card(lesson, step, PRACTICE + key_of(lesson, course if lesson.difficulty is None else arena))
        for lesson, step in items
    )
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
