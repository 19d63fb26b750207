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


def problem_key(problem: str, course: str = "") -> str:
    """The key of the work on the problem of that id in the arena of a course; in the tutor's own, which has no name.

    One that a course lists among its lessons is kept as these are.
    """
    return ARENA + key_in(course, problem)


PLAYGROUND_KEY = "playground:"
"""The key under which the work in the playground is kept."""


@dataclass(frozen=True, slots=True)
class Card:
    """One step, and the key under which progress keeps the work on it."""

    lesson: Lesson
    """The lesson that contains the step; the step's code uses the names that earlier steps define."""
    step: AnyStep
    key: str

    @property
    def is_of_arena(self) -> bool:
        """Whether it is a problem of the arena, also in practice."""
        return item_of(self.key).startswith(ARENA)


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
    """All steps of a lesson.

    Args:
        file: Its path if it is of no course; progress is then kept under the path.
        course: The name of its course; empty for the tutor's own.
    """
    return whole(lesson, "lesson" if file is None else "file", file or key_in(course, lesson.id))


def of_problem(problem: Lesson, course: str = "") -> StudySession:
    """A problem of the arena. `course`: the name of the course whose arena it is; empty for the tutor's own."""
    return whole(problem, "problem", problem_key(problem.id, course))


def whole(lesson: Lesson, kind: StudyKind, key: str) -> StudySession:
    """All steps of a lesson, whose work is kept under that key."""
    return StudySession(kind, lesson.title, tuple(Card(lesson, step, key) for step in lesson.steps))


def of_practice(items: Sequence[tuple[Lesson, Exercise | Quiz, str]]) -> StudySession:
    """A round of exercises and problems, each to be solved again from its starter, and of quizzes.

    Each comes with the key of the work on its lesson or problem.
    """
    cards = tuple(Card(lesson, step, PRACTICE + key) for lesson, step, key in items)
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
