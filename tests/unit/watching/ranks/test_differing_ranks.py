"""Ranks whose parameters differ are told from those that train apart, and from the last digit."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui_torch.protocol.records.ranks import DIGESTS, GroupDigest, RecordDigest, kept_counts
from tui_torch.watching.ranks.differing import averaged_over, differing_ranks
from tui_torch.watching.ranks.findings import DifferingRanks
from tui_torch.watching.ranks.rank_record import RankRecord

BOTH = (0, 1)


def digest(count: int, value: float, *, replicas: tuple[int, ...] = BOTH, gradients: int = 7) -> RecordDigest:
    """Of two groups, of which only the second has that value."""
    same = GroupDigest("body", 3, 4, 5.0, 10.0)
    own = GroupDigest("head", hash(value), gradients, value, 10.0)
    return RecordDigest("ab-0", count, 2 * count, replicas, (same, own))


def rank(number: int, digests: Sequence[RecordDigest]) -> RankRecord:
    return RankRecord(number, 70 + number, 0.0, digests=tuple(digests))


def compared(
    first: Sequence[float],
    second: Sequence[float],
    replicas: tuple[int, ...] = BOTH,
    gradients: tuple[int, int] = (7, 7),
) -> DifferingRanks | None:
    """What is found of two ranks with these values, and these gradients, after steps 1, 2, 3, and so on."""
    digests = [
        [digest(count, value, replicas=replicas, gradients=bits) for count, value in enumerate(values, 1)]
        for values, bits in zip((first, second), gradients, strict=True)
    ]
    ranks = [rank(number, of_rank) for number, of_rank in enumerate(digests)]
    return next(iter(differing_ranks(ranks)), None)


def test_the_first_step_at_which_they_differ_and_what_differs_are_told() -> None:
    found = compared([1.0, 2.0, 3.0, 4.0], [1.0, 2.0, 3.1, 4.5])
    assert found == DifferingRanks(
        sides=((0,), (1,)),
        groups=("head",),
        of=2,
        step=6,
        same_until=4,
        are_gradients_different=False,
        relative=pytest.approx(0.1 / math.sqrt(200)),
        is_promised=True,
    )


@given(st.lists(st.floats(allow_nan=True, allow_infinity=True), min_size=1, max_size=20))
def test_ranks_with_the_same_bits_never_differ(values: list[float]) -> None:
    assert compared(values, values) is compared(values, values, ()) is None


@given(st.permutations(range(5)), st.sets(st.integers(0, 4), min_size=1, max_size=4))
def test_sides_are_the_ranks_that_agree_whatever_their_order(order: list[int], odd: set[int]) -> None:
    everyone = tuple(range(5))
    ranks = [
        rank(number, [digest(1, 1.0, replicas=everyone), digest(2, 2.0 + (number in odd), replicas=everyone)])
        for number in order
    ]
    (found,) = differing_ranks(ranks)
    assert {frozenset(side) for side in found.sides} == {frozenset(odd), frozenset(everyone) - frozenset(odd)}
    assert len(found.sides[0]) >= len(found.sides[1])


def test_what_came_together_again_is_no_difference() -> None:
    assert compared([1.0, 2.0, 3.0], [1.0, 2.5, 3.0]) is None


def test_the_last_digit_is_no_difference() -> None:
    assert compared([1.0, 2.0], [1.0, 2.0 + 1e-7]) is None
    assert compared([1.0, 2.0], [1.0, 2.0 + 1e-4]) is not None


def test_nan_on_both_is_no_difference_and_on_one_it_is() -> None:
    ranks = [rank(number, [digest(1, math.nan)]) for number in BOTH]
    other_nan = replace(ranks[1].digests[0].groups[1], parameters=99)
    ranks[1] = rank(1, [replace(ranks[1].digests[0], groups=(ranks[1].digests[0].groups[0], other_nan))])
    assert not differing_ranks(ranks)
    found = compared([1.0, math.nan], [1.0, 2.0])
    assert found is not None and found.relative == math.inf


def test_ranks_of_other_replicas_are_not_compared() -> None:
    """Two stages of a pipeline, each on two ranks: what is the same in name is not the same."""
    stages = {0: (0, 1), 1: (0, 1), 2: (2, 3), 3: (2, 3)}
    ranks = [
        rank(number, [digest(count, count + group[0], replicas=group) for count in (1, 2)])
        for number, group in stages.items()
    ]
    assert not differing_ranks(ranks)
    ranks[3] = rank(3, [digest(1, 2.9, replicas=(2, 3)), digest(2, 4.9, replicas=(2, 3))])
    (found,) = differing_ranks(ranks)
    assert found.sides == ((2,), (3,))


@pytest.mark.parametrize(
    ("first", "second", "is_told"),
    [
        pytest.param([1, 2, 3, 4, 5, 6, 7], [8, 9, 10, 11, 12, 13, 14], False, id="parts of one model"),
        pytest.param([1, 2, 3, 4, 5, 6, 7], [1, 9, 10, 11, 12, 13, 14], False, id="begun alike"),
        pytest.param([1, 2, 3, 4, 5, 6, 7, 8], [1, 20, 3, 40, 5, 60, 7, 80], False, id="brought together in turns"),
        pytest.param([1, 1, 1, 1, 2, 3, 4], [1, 1, 1, 1, 20, 30, 40], False, id="not moved before"),
        pytest.param([1, 2, 3, 4, 5, 6, 7], [1, 2, 3, 4, 50, 60, 70], True, id="the same, and then not"),
        pytest.param([1, 2, 3, 4, 5, 6], [1, 2, 3, 4, 50, 60], False, id="not yet for long"),
    ],
)
def test_where_nothing_promises_it_only_ranks_differ_that_moved_together_before(
    first: list[float], second: list[float], is_told: bool
) -> None:
    found = compared(first, second, ())
    assert (found is not None) == is_told
    assert found is None or (not found.is_promised and found.same_until == 8)


def test_where_nothing_promises_it_ranks_that_step_by_their_own_gradients_are_trained_apart() -> None:
    """As in local SGD, which begins after some steps of the usual kind."""
    assert compared([1, 2, 3, 4, 5, 6, 7], [1, 2, 3, 4, 50, 60, 70], (), (7, 8)) is None


def test_gradients_are_averaged_where_they_are_seen_to_be_the_same() -> None:
    def found(gradients: tuple[int, int], replicas: tuple[int, ...] = BOTH) -> dict[int, int]:
        return averaged_over(
            [rank(number, [digest(3, 1.0, replicas=replicas, gradients=gradients[number])]) for number in BOTH]
        )

    assert found((7, 7)) == {0: 2, 1: 2}
    assert found((7, 8)) == {}  # of a model that is called past its wrapper
    assert found((7, 7), ()) == {}
    assert averaged_over([rank(0, [digest(3, 1.0)])]) == {}


@given(st.integers(1, 5_000), st.integers(0, 6), st.integers(0, 2))
def test_two_ranks_keep_digests_of_the_same_steps_also_where_one_makes_four_times_as_many(
    steps: int, power: int, more: int
) -> None:
    def kept(steps: int, power: int) -> list[int]:
        counts: list[int] = []
        for count in range(1, steps + 1):
            if count & (count - 1) == 0 or count % 2**power == 0:
                counts = kept_counts([*counts, count])
        return counts

    first, second = kept(steps, power), kept(steps, power + more)
    assert max(len(first), len(second)) <= DIGESTS
    assert first == sorted(first) and second == sorted(second)
    stride = 2 ** (power + more)
    latest = steps // stride * stride
    powers = {2**number for number in range(steps.bit_length())}
    assert set(first) & set(second) >= powers | {latest} - {0}
