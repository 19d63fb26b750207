"""What tries at an exercise or a quiz say of how well it is remembered: the reviews of it, each with a rating.

A review is one time of being asked, from the first try to the right one. An exercise that is right at once is `GOOD`;
one that took hints or several tries `HARD`; one whose solution was read first is `AGAIN`, and so is what stays wrong.
Of a quiz the first answer counts: after it, there are fewer to choose from.
"""

from __future__ import annotations

from enum import IntEnum

from tui_torch.protocol.late_dataclass import dataclass

HALF_DAY = 43_200
"""Seconds after which the same item counts as asked again; until then a try belongs to the review that is begun."""


class Rating(IntEnum):
    """How well something was remembered, by the numbers of FSRS; its fourth, `EASY`, is nothing that a try says."""

    AGAIN = 1
    HARD = 2
    GOOD = 3


@dataclass(frozen=True, slots=True)
class Tried:
    """One try at an exercise that was graded, or one answer to a quiz."""

    at: int
    """UTC, in unix seconds."""
    right: bool
    is_quiz: bool = False
    hints: bool = False
    """Whether a hint was shown before it."""
    solution: bool = False
    """Whether the solution was shown before it."""
    seconds: int | None = None
    """How long it took since the item was shown or last tried; None if unknown."""
    in_round: bool = False
    """Whether a round of practice asked for it, from its starter and without what helped before."""


@dataclass(frozen=True, slots=True)
class Review:
    """One time of being asked."""

    rating: Rating
    at: int
    """When it was last tried, UTC, in unix seconds."""
    right: bool
    """Whether it ended in the right answer."""
    seconds: int | None
    """How long it took; None if unknown."""


@dataclass(frozen=True, slots=True)
class Reviewed:
    """What there is to say of an item without going through all of its reviews."""

    reviews: int
    """Number of its reviews."""
    at: int
    """When its last review was, UTC, in unix seconds."""
    rating: Rating
    """What came out of that."""
    seconds: float | None
    """How long it took on average; None if unknown."""


@dataclass(frozen=True, slots=True)
class CardState:
    """How well an item is remembered after its reviews so far, as FSRS counts it."""

    stability: float
    """Days after which it is still known with a chance of 90 %."""
    difficulty: float
    """From 1 to 10."""
    due: int
    """When it is to be asked again, UTC, in unix seconds."""
    reviewed_at: int
    """When its last review was."""
    rating: Rating
    """What came out of that."""
    reviews: int
    """Number of its reviews."""


def rating_of(number: int) -> Rating:
    """The rating of that number; `AGAIN` where a damaged file has another one."""
    return Rating(number) if number in (1, 2, 3) else Rating.AGAIN


def review_after(last: Review | None, tried: Tried) -> tuple[Review, bool] | None:
    """The review that a try makes, given the item's last one.

    Returns:
        The review, and whether it takes the place of the last one, which the try belongs to. None for a try that says
        nothing: the same was right a short while ago, without the solution, and no round has asked for it since.
    """
    # The clock may have been set back.
    at = tried.at if last is None else max(tried.at, last.at)
    if last is not None and at - last.at < HALF_DAY:
        if not last.right:
            seconds = None if last.seconds is None or tried.seconds is None else last.seconds + tried.seconds
            return Review(_rating(tried, is_first=False), at, tried.right, seconds), True
        if tried.right and last.rating is not Rating.AGAIN and not tried.in_round:
            return None
    return Review(_rating(tried, is_first=True), at, tried.right, tried.seconds), False


def _rating(tried: Tried, *, is_first: bool) -> Rating:
    if not tried.right or tried.solution or (tried.is_quiz and not is_first):
        return Rating.AGAIN
    return Rating.GOOD if is_first and not tried.hints else Rating.HARD
