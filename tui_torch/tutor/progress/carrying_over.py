"""Makes reviews of what an earlier progress file holds: of its attempts, answers, hints and times.

Up to version 3 there were no reviews at all, and up to version 6 none of the arena's problems.
"""

from __future__ import annotations

import sqlite3
from collections import defaultdict

from tui_torch.protocol.late_dataclass import dataclass
from tui_torch.tutor.progress.reviews import Rating, Review, Tried, review_after
from tui_torch.tutor.study_session import item_of

BREAK = 600
"""Seconds between two things done after which the learner is taken to have been away."""

_RIGHT = {"passed": True, "not passed": False, "failed": False}
"""By the outcome of an attempt, whether the answer was right; other attempts say nothing of it."""

_EVENTS = """
    SELECT at, step_id, kind, outcome, id, 0 AS of_quiz FROM attempts
    UNION ALL SELECT at, step_id, 'quiz answer', CASE correct WHEN 0 THEN 'failed' ELSE 'passed' END, id, 1 FROM answers
    ORDER BY at, of_quiz, id
"""


@dataclass(frozen=True, slots=True)
class _Step:
    """A row of `steps`; the same step has another one for practice."""

    item: tuple[str, str]
    hints: int
    solution_at: int | None
    done_at: int | None


def carry_over(database: sqlite3.Connection, prefix: str = "") -> None:
    """Fill the table of reviews from the other tables: from the same rows always the same. Raises sqlite3.Error.

    Only items whose key begins with `prefix` are filled in, and only those that have no reviews yet.
    """
    reviewed = "SELECT lesson, step FROM steps WHERE id IN (SELECT step_id FROM reviews)"
    known = {(lesson, step) for lesson, step in database.execute(reviewed)}
    steps = {
        id: _Step((item_of(lesson), step), hints, solution_at, done_at)
        for id, lesson, step, hints, solution_at, done_at in database.execute(
            "SELECT id, lesson, step, hints, solution_at, done_at FROM steps ORDER BY id"
        )
    }
    found = _reviews(database, steps)
    for (lesson, step), reviews in found.items():
        if (lesson, step) in known or not lesson.startswith(prefix):
            continue
        # What was practised and has no row of its lesson's own gets one.
        database.execute("INSERT INTO steps (lesson, step) VALUES (?, ?) ON CONFLICT DO NOTHING", (lesson, step))
        database.executemany(
            "INSERT INTO reviews (step_id, rating, correct, at, seconds) "
            "SELECT id, ?, ?, ?, ? FROM steps WHERE lesson = ? AND step = ?",
            [(int(one.rating), int(one.right), one.at, one.seconds, lesson, step) for one in reviews],
        )


def _reviews(database: sqlite3.Connection, steps: dict[int, _Step]) -> dict[tuple[str, str], list[Review]]:
    reviews: defaultdict[tuple[str, str], list[Review]] = defaultdict(list)
    helped = {id for id, step in steps.items() if step.hints}
    solved: set[int] = set()
    examples: set[tuple[str, str]] = set()
    before: int | None = None
    for at, id, kind, outcome, *_ in database.execute(_EVENTS).fetchall():
        took = None if before is None or at - before > BREAK else at - before
        before = at
        step = steps.get(id)
        if step is None:
            continue
        if kind == "example":
            examples.add(step.item)
        right = _RIGHT.get(outcome)
        if right is None or kind not in ("exercise", "quiz answer"):
            continue
        # When a hint was shown was not kept: it is taken to have helped to the first right answer.
        seen = step.solution_at is not None and step.solution_at <= at and id not in solved
        one = Tried(at, right, kind == "quiz answer", id in helped, seen, took)
        _add(reviews[step.item], one)
        if right:
            helped.discard(id)
            if seen:
                solved.add(id)
    for step in steps.values():
        if step.done_at is not None and not reviews[step.item] and step.item not in examples:
            reviews[step.item].append(Review(Rating.GOOD, step.done_at, True, None))
    return reviews


def _add(reviews: list[Review], tried: Tried) -> None:
    made = review_after(reviews[-1] if reviews else None, tried)
    if made is not None:
        review, takes_its_place = made
        if takes_its_place:
            reviews.pop()
        reviews.append(review)
