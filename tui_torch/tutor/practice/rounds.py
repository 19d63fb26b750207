"""Rounds of practice: which exercises, problems and quizzes fit in the learner's time, and how they begin."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress

from tui_torch.course.lesson import Example, Exercise, Lesson, Quiz
from tui_torch.course.lesson_error import LessonErrors
from tui_torch.course.loader import Course
from tui_torch.tutor.practice.items import Item, ItemKind, when
from tui_torch.tutor.progress.progress import Progress
from tui_torch.tutor.study_session import ARENA, StudySession, of_practice, problem_key

MINUTES = 10.0
"""How long a round takes unless the learner says otherwise."""

MOST = 30
"""Maximum number of items in a round."""


def draw(
    items: Sequence[Item], now: int, minutes: float | None = None, first: tuple[str, str] | None = None
) -> list[Item]:
    """What fits into that many minutes by the learner's own times; where nothing does, what is asked for first.

    What is known is not asked for as long as something else is due or fading.

    Args:
        items: All that was tried, in the order in which to ask for it.
        now: In unix seconds.
        minutes: How long the round may take; None is MINUTES.
        first: The ids of the lesson and step that the round begins with; None for that of the order.
    """
    asked_for = [item for item in items if item.group(now) != "known" or item.name == first] or items
    in_order = sorted(asked_for, key=lambda item: item.name != first)
    drawn: list[Item] = []
    left = (MINUTES if minutes is None else minutes) * 60
    for item in in_order:
        if item.name == first or (item.seconds <= left and len(drawn) < MOST):
            drawn.append(item)
            left -= item.seconds
    return drawn or in_order[:1]


def nothing_due(items: Sequence[Item], now: int) -> str:
    """What to say where all is known, so that a round would ask too early; empty where something is due or fading."""
    if not items or any(item.group(now) != "known" for item in items):
        return ""
    following = min(items, key=lambda item: item.state.due)
    return f"nothing is due; the next is “{following.title}”, due {when(following.state.due, now)}"


def ended(marks: Sequence[bool]) -> str:
    """What to say of a round that is over, given whether each of it was solved: `the round is over, 2 of 3 solved`."""
    solved, count = sum(marks), len(marks)
    return f"the round is over, {solved} of {count} solved"


def round_of(drawn: Iterable[Item], course: Course, progress: Progress) -> StudySession | None:
    """The round of those that can still be read, each with its starter and without help; None if none can be."""
    found: list[tuple[Lesson, Exercise | Quiz, str]] = []
    for item in drawn:
        # The file may have changed since its outline was made.
        with suppress(LessonErrors, KeyError):
            lesson, key = _lesson_of(item, course)
            step = lesson.step(item.step)
            if not isinstance(step, Example):
                found.append((lesson, step, key))
    if not found:
        return None
    session = of_practice(found)
    for card in session.cards:
        # What was typed the last time is kept among the attempts.
        draft = progress.draft(card.key, card.step.id)
        if draft is not None:
            progress.record_attempt(card.key, card.step.id, draft, card.step.kind, "set aside")
            progress.forget_draft(card.key, card.step.id)
        progress.forget_help(card.key, card.step.id)
    return session


def _lesson_of(item: Item, course: Course) -> tuple[Lesson, str]:
    """The lesson or the problem that an item is from, and the key of the work on it. Raises KeyError, LessonErrors."""
    if item.kind != "problem":
        return course.lesson(item.lesson), course.key_of(item.lesson)
    arena, name = course.arena, item.lesson.removeprefix(ARENA)
    return arena.problem(name), problem_key(name, arena.course)


_MANY: dict[ItemKind, str] = {"exercise": "exercises", "problem": "problems", "quiz": "quizzes"}


def said_of(drawn: Sequence[Item]) -> str:
    """What a round holds, in words: `2 exercises, 1 problem and 1 quiz, about 16 minutes`."""
    counts = [(sum(item.kind == kind for item in drawn), kind, many) for kind, many in _MANY.items()]
    *most, last = [f"{count} {kind if count == 1 else many}" for count, kind, many in counts if count]
    parts = f"{', '.join(most)} and {last}" if most else last
    minutes = max(1, round(sum(item.seconds for item in drawn) / 60))
    return f"{parts}, about {minutes} {'minute' if minutes == 1 else 'minutes'}"
