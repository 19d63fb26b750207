"""Series in bounded room: what they keep, whatever comes in whatever order."""

from __future__ import annotations

import math
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from tui_torch.protocol.records.bounded_series import STRETCHES, BoundedSeries

POINTS = st.lists(
    st.tuples(st.integers(1, 10**6), st.floats(allow_nan=False, width=32)),
    min_size=1,
    max_size=200,
    unique_by=lambda p: p[0],
)


@given(POINTS)
def test_few_points_are_kept_by_step_in_whatever_order_they_come(points: list[tuple[int, float]]) -> None:
    series = BoundedSeries()
    series.add(points[::2])
    series.add(points[1::2])
    if series.stretch == 1:
        assert series.points() == tuple(sorted(points))
    assert series.last == max(points)


@given(POINTS, st.integers(1, 50))
def test_any_points_leave_a_bounded_number_with_both_extremes_and_the_last(
    points: list[tuple[int, float]], repeated: int
) -> None:
    series = BoundedSeries()
    for again in range(repeated):
        series.add((step + again * 10**6, value) for step, value in points)
    kept = series.points()
    assert len(kept) <= 2 * STRETCHES + 1
    assert list(kept) == sorted(kept, key=lambda point: point[0])
    values = [value for _, value in points]
    assert min(value for _, value in kept) == min(values)
    assert max(value for _, value in kept) == max(values)
    last_step, last_value = max(points)
    assert kept[-1] == (last_step + (repeated - 1) * 10**6, last_value)


@given(
    st.lists(st.floats(allow_infinity=False, width=16), min_size=1, max_size=40),
    st.integers(1, 2000),
    st.lists(st.integers(1, 900), min_size=1, max_size=8),
)
def test_points_that_come_together_leave_what_they_leave_one_by_one(
    values: list[float], steps: int, sizes: list[int]
) -> None:
    points = [(step, values[step * step % len(values)]) for step in range(steps)]
    one_by_one, together = BoundedSeries(), BoundedSeries()
    for point in points:
        one_by_one.add([point])
    while points:
        size = sizes[len(points) % len(sizes)]
        together.add(points[:size])
        del points[:size]
    assert together.stretch == one_by_one.stretch
    assert repr(together.points()) == repr(one_by_one.points())  # in which a NaN is like another
    assert repr(together.last) == repr(one_by_one.last)


def test_the_beginning_of_a_million_steps_is_kept_as_well_as_the_end() -> None:
    series = BoundedSeries()
    for first in range(0, 1_000_000, 1000):
        series.add((step, float(step)) for step in range(first, first + 1000))
    kept = [step for step, _ in series.points()]
    assert kept[0] == 0
    assert kept[-1] == 999_999
    gaps = [later - earlier for earlier, later in pairwise(kept)]
    assert max(gaps) < 2 * series.stretch == 2 * 4096
    assert sum(step < 500_000 for step in kept) >= len(kept) * 0.45


def test_a_nan_is_kept_as_the_highest_of_its_stretch_and_hides_no_lowest() -> None:
    series = BoundedSeries()
    series.add((step, math.nan if step == 5000 else 1.0 / step) for step in range(1, 10_001))
    kept = dict(series.points())
    assert math.isnan(kept[5000])
    assert min(value for value in kept.values() if not math.isnan(value)) == 1 / 10_000


def test_adding_returns_what_is_kept_of_the_stretches_that_grew() -> None:
    series = BoundedSeries()
    assert series.add([(1, 3.0), (2, 1.0)]) == ((1, 3.0), (2, 1.0))
    assert series.add([(3, 2.0)]) == ((3, 2.0),)
    other = BoundedSeries()
    for first in range(0, 100_000, 100):
        other.add(series.add((step, math.sin(step)) for step in range(first, first + 100)))
    assert {value for _, value in series.points()} <= {value for _, value in other.points()} | {3.0, 1.0, 2.0}
    assert other.last == series.last
