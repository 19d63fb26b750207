"""What tries say, and when something is due after them: FSRS without its fuzz, by a clock of the tests' own."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui_torch.tutor.practice.schedule import LONGEST, RETRY, chance, state_after
from tui_torch.tutor.progress.reviews import Rating, Review, Tried, review_after

DAY = 86_400
AGAIN, HARD, GOOD = Rating

TRIES = st.lists(
    st.builds(
        Tried,
        st.integers(0, 400 * DAY),
        st.booleans(),
        is_quiz=st.booleans(),
        hints=st.booleans(),
        solution=st.booleans(),
        in_round=st.booleans(),
        seconds=st.none() | st.integers(0, 600),
    ),
    min_size=1,
    max_size=12,
)
"""Tries in any order: the clock may be set back between them."""


def reviews_of(*tries: Tried) -> list[Review]:
    reviews: list[Review] = []
    for tried in tries:
        made = review_after(reviews[-1] if reviews else None, tried)
        if made is not None:
            review, takes_its_place = made
            reviews[len(reviews) - takes_its_place :] = [review]
    return reviews


@pytest.mark.parametrize(
    ("tries", "ratings"),
    [
        ([Tried(0, True)], [GOOD]),
        ([Tried(0, True, hints=True)], [HARD]),
        ([Tried(0, True, hints=True, solution=True)], [AGAIN]),
        ([Tried(0, False)], [AGAIN]),
        ([Tried(0, False), Tried(60, False), Tried(90, True)], [HARD]),
        ([Tried(0, False, is_quiz=True), Tried(9, True, is_quiz=True)], [AGAIN]),
        ([Tried(0, True), Tried(60, True)], [GOOD]),
        ([Tried(0, True), Tried(60, True, in_round=True)], [GOOD, GOOD]),
        ([Tried(0, True, solution=True), Tried(900, True)], [AGAIN, GOOD]),
        ([Tried(0, True), Tried(60, False)], [GOOD, AGAIN]),
        ([Tried(0, False), Tried(DAY, True)], [AGAIN, GOOD]),
    ],
)
def test_what_is_right_at_once_is_good_with_help_hard_and_what_was_read_or_wrong_comes_again(
    tries: list[Tried], ratings: list[Rating]
) -> None:
    assert [review.rating for review in reviews_of(*tries)] == ratings


def test_the_time_of_all_tries_until_the_right_one_is_that_of_the_review() -> None:
    [review] = reviews_of(Tried(0, False, seconds=40), Tried(30, False, seconds=30), Tried(50, True, seconds=20))
    assert (review.seconds, review.at) == (90, 50)
    [unknown] = reviews_of(Tried(0, False, seconds=None), Tried(30, True, seconds=30))
    assert unknown.seconds is None


def test_what_is_right_each_time_it_is_due_is_asked_for_after_2_11_and_46_days_and_at_most_a_year() -> None:
    reviews: list[Review] = []
    days: list[int] = []
    at = 0
    for _ in range(6):
        reviews.append(Review(GOOD, at, True, None))
        due = state_after(reviews).due
        days.append((due - at) // DAY)
        at = due
    assert days == [2, 11, 46, 163, LONGEST, LONGEST]


@given(TRIES)
def test_what_was_tried_is_due_after_its_last_try_and_known_with_some_chance_that_only_falls(
    tries: list[Tried],
) -> None:
    state = state_after(reviews_of(*tries))
    assert state.reviewed_at < state.due <= state.reviewed_at + LONGEST * DAY
    assert (state.due == state.reviewed_at + RETRY) == (state.rating is AGAIN)
    chances = [chance(state, state.reviewed_at + days * DAY) for days in (0, 1, 7, 30, 365)]
    assert chances[0] == 1 and all(0 < chance <= 1 for chance in chances)
    assert chances == sorted(chances, reverse=True)


@given(TRIES, st.integers(0, 100 * DAY), st.booleans(), st.booleans())
def test_a_right_answer_without_the_solution_never_brings_it_back_sooner(
    tries: list[Tried], later: int, hints: bool, in_round: bool
) -> None:
    before = state_after(reviews_of(*tries))
    right = Tried(before.reviewed_at + later, True, hints=hints, in_round=in_round)
    after = state_after(reviews_of(*tries, right))
    assert after.due >= before.due
    assert after.stability >= before.stability


@given(TRIES)
def test_a_wrong_answer_never_makes_it_better_known(tries: list[Tried]) -> None:
    before = reviews_of(*tries)
    after = reviews_of(*tries, Tried(before[-1].at + DAY, False))
    assert state_after(after).stability <= state_after(before).stability


@given(TRIES)
def test_the_same_tries_give_the_same_schedule(tries: list[Tried]) -> None:
    assert state_after(reviews_of(*tries)) == state_after(reviews_of(*tries))


def test_no_card_asks_the_clock_or_sleeps_and_a_time_that_no_date_has_is_moved(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError

    monkeypatch.setattr(time, "sleep", refuse)
    for at in (-(10**12), 0, 10**18):
        assert chance(state_after([Review(GOOD, at, True, None)]), 10**18) > 0
