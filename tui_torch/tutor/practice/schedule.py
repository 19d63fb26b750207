"""When something is due again, by its reviews: the one module that knows FSRS.

FSRS asks again when the chance of a right answer has fallen to 90 %. Its fuzz is off, so that two windows compute the
same from the same reviews, and so are its steps of minutes, which are for words learned in one sitting: what was wrong
is due after `RETRY` instead.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from fsrs import Card, Scheduler, State
from fsrs import Rating as FsrsRating

from tui_torch.tutor.progress.reviews import CardState, Rating, Review

RETRY = 600
"""Seconds after which what was wrong is due again."""

LONGEST = 365
"""Maximum number of days until something is due."""

_SCHEDULER = Scheduler(learning_steps=(), relearning_steps=(), enable_fuzzing=False, maximum_interval=LONGEST)
_EARLIEST, _LATEST = 0, 4_102_444_800
"""The times that a review can have, in unix seconds: a damaged file may say any, and a date can not be any."""


def state_after(reviews: Sequence[Review]) -> CardState:
    """How well something is remembered after at least one review, given all of them, oldest first."""
    # With an id and a time of its own a card neither asks the clock nor sleeps, which it does for each id.
    card = Card(card_id=0, due=_date(0))
    at = _EARLIEST
    for review in reviews:
        at = max(at, _within(review.at))
        card, _ = _SCHEDULER.review_card(card, FsrsRating(int(review.rating)), _date(at))
    last = reviews[-1]
    due = at + RETRY if last.rating is Rating.AGAIN else int(card.due.timestamp())
    assert card.stability is not None and card.difficulty is not None
    return CardState(card.stability, card.difficulty, due, last.at, last.rating, len(reviews))


def chance(state: CardState, now: int) -> float:
    """The chance, from 0 to 1, that it is still known at `now` (unix seconds); it falls from day to day."""
    reviewed = Card(
        card_id=0,
        state=State.Review,
        stability=state.stability,
        difficulty=state.difficulty,
        due=_date(0),
        last_review=_date(_within(state.reviewed_at)),
    )
    return _SCHEDULER.get_card_retrievability(reviewed, _date(_within(now)))


def _within(at: int) -> int:
    return min(max(at, _EARLIEST), _LATEST)


def _date(at: int) -> datetime:
    return datetime.fromtimestamp(at, UTC)
