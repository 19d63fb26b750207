"""The curve of a series: what it keeps of a run, and how little room it takes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui_torch.drawing.charts.curve import MAX_SPANS, SMOOTHINGS, Curve, CurvePoint, placer

losses_of_any_kind = st.lists(st.floats(width=32), max_size=200)


def curve_of(losses: Sequence[float], *, capacity: int = MAX_SPANS) -> Curve:
    curve = Curve(capacity=capacity)
    curve.extend(enumerate(losses, 1))
    return curve


def finite(losses: Sequence[float]) -> list[float]:
    return [loss for loss in losses if math.isfinite(loss)]


@given(losses_of_any_kind, st.lists(st.integers(0, 40)), st.integers(2, 20))
def test_the_extremes_are_those_of_the_series_however_it_arrives(losses, sizes, capacity):
    curve = Curve(capacity=capacity)
    begin = 0
    for size in [*sizes, len(losses)]:
        curve.extend(enumerate(losses[begin : begin + size], begin + 1))
        begin = min(begin + size, len(losses))
    assert curve.low == min(finite(losses), default=math.inf)
    assert curve.high == max(finite(losses), default=-math.inf)
    assert min((span.low for span in curve.spans), default=math.inf) == curve.low
    assert max((span.high for span in curve.spans), default=-math.inf) == curve.high
    assert curve.count == len(losses)


@given(losses_of_any_kind, st.integers(0, 200), st.integers(2, 20))
def test_the_picture_does_not_depend_on_how_the_points_were_parcelled(losses, cut, capacity):
    whole = curve_of(losses, capacity=capacity)
    parcelled = Curve(capacity=capacity)
    parcelled.extend(enumerate(losses[:cut], 1))
    parcelled.extend(enumerate(losses[cut:], min(cut, len(losses)) + 1))
    assert repr(parcelled.spans) == repr(whole.spans)


@given(losses_of_any_kind, st.integers(2, 20))
def test_there_are_never_more_spans_than_the_capacity_and_they_follow_each_other(losses, capacity):
    spans = curve_of(losses, capacity=capacity).spans
    assert len(spans) <= capacity
    assert all(left.end < right.start for left, right in pairwise(spans))
    assert all(span.start <= span.end for span in spans)


@given(st.lists(st.floats(-10, 10), min_size=1, max_size=50), st.integers(1, 80))
def test_columns_lose_no_extreme(losses, count):
    columns = curve_of(losses, capacity=20).columns(placer(1, len(losses), count))
    assert all(0 <= column < count for column, _ in columns)
    assert min(span.low for _, span in columns) == min(losses)
    assert max(span.high for _, span in columns) == max(losses)


@given(st.lists(st.floats(-10, 10), min_size=2, max_size=200), st.data(), st.integers(1, 80))
def test_columns_of_a_part_of_the_steps_lose_no_extreme_of_it(losses, data, count):
    first = data.draw(st.integers(1, len(losses) - 1))
    last = data.draw(st.integers(first, len(losses)))
    columns = curve_of(losses, capacity=20).columns(placer(first, last, count))
    inside = [span for column, span in columns if 0 <= column < count]
    assert min(span.low for span in inside) <= min(losses[first - 1 : last])
    assert max(span.high for span in inside) >= max(losses[first - 1 : last])
    assert [column for column, _ in columns] == sorted({column for column, _ in columns})


def averages(values: Sequence[float]) -> list[float]:
    """The bias-corrected moving averages, from their definition: a sum over all the values."""
    found = []
    for weight in SMOOTHINGS:
        shares = [(1 - weight) * weight ** (len(values) - 1 - place) for place in range(len(values))]
        weighted = math.fsum(share * value for share, value in zip(shares, values, strict=True))
        found.append(weighted / math.fsum(shares))
    return found


@given(st.lists(st.floats(-1e6, 1e6) | st.just(math.nan), min_size=1, max_size=120), st.integers(2, 20))
def test_each_span_ends_on_the_average_of_all_finite_values_up_to_there(losses, capacity):
    for span in curve_of(losses, capacity=capacity).spans:
        seen = finite(losses[: span.end])
        if seen:
            assert span.smooth == pytest.approx(averages(seen), rel=1e-6, abs=1e-6)
        else:
            assert all(map(math.isnan, span.smooth))


@given(st.lists(st.floats(width=32), min_size=1, max_size=200), st.integers(2, 20))
def test_a_thinned_curve_keeps_its_extremes_and_its_ends(losses, capacity):
    curve = curve_of(losses)
    thinned = curve.thinned(capacity)
    assert len(thinned.spans) <= capacity
    assert (thinned.low, thinned.high, thinned.count, thinned.best) == (curve.low, curve.high, curve.count, curve.best)
    assert min(span.low for span in thinned.spans) == curve.low
    assert (thinned.first_step, thinned.last_step) == (1, len(losses))


def test_fewer_points_than_spans_are_kept_exactly():
    spans = curve_of([3.0, 1.0, 2.0]).spans
    assert [span[:6] for span in spans] == [
        (1, 1, 3.0, 3.0, 3.0, 3.0),
        (2, 2, 1.0, 1.0, 1.0, 1.0),
        (3, 3, 2.0, 2.0, 2.0, 2.0),
    ]


def test_points_that_the_source_thinned_stay_apart_while_there_is_room():
    curve = Curve(capacity=4)
    curve.extend(((1, 2.0), (400_000, 9.0), (900_000, 1.0)))
    assert [span.start for span in curve.spans] == [1, 400_000, 900_000]


def test_a_full_curve_merges_neighbours():
    spans = curve_of([1.0, 5.0, 2.0, 3.0, 4.0], capacity=4).spans
    assert [span[:6] for span in spans] == [
        (1, 2, 1.0, 1.0, 5.0, 5.0),
        (3, 4, 2.0, 2.0, 3.0, 3.0),
        (5, 5, 4.0, 4.0, 4.0, 4.0),
    ]


def test_a_million_points_take_no_more_room_than_the_spans():
    curve = Curve()
    for begin in range(1, 1_000_001, 1_000):
        losses = [1.0 / (step + 1) for step in range(begin, begin + 1_000)]
        if begin == 500_001:
            losses[123] = 77.0
        curve.extend(enumerate(losses, begin))
    assert curve.count == 1_000_000
    assert len(curve.spans) <= MAX_SPANS
    assert [span.high for span in curve.spans if span.start <= 500_124 <= span.end] == [77.0]


def test_the_first_step_is_on_the_first_column_and_the_last_on_the_last():
    columns = curve_of([4.0, 3.0, 2.0]).columns(placer(1, 3, 9))
    assert [column for column, _ in columns] == [0, 4, 8]


def test_the_points_beside_a_window_are_there_for_the_lines_that_lead_to_them():
    columns = curve_of([5.0, 4.0, 3.0, 2.0, 1.0]).columns(placer(2.5, 3.5, 11))
    assert [(column, span.last) for column, span in columns] == [(-5, 4.0), (5, 3.0), (15, 2.0)]


def test_the_span_of_a_step_is_found_and_else_the_nearest_one():
    curve = Curve()
    curve.extend(((10, 1.0), (20, 2.0)))
    nearest = [curve.nearest(step) for step in (1, 10, 14, 16, 99)]
    assert [span.start for span in nearest if span is not None] == [10, 10, 10, 20, 20]
    assert Curve().nearest(3) is None


def test_an_empty_curve_has_no_columns():
    assert Curve().columns(placer(1, 1, 3)) == []


def test_the_best_loss_is_the_first_smallest_finite_one():
    assert curve_of([3.0, math.nan, 1.0, -math.inf, 1.0]).best == CurvePoint(3, 1.0)


def test_the_first_loss_that_is_no_number_is_remembered():
    curve = curve_of([3.0, math.inf, math.nan])
    assert curve.broken == CurvePoint(2, math.inf)


def test_a_span_without_a_finite_loss_says_so():
    first, second = curve_of([3.0, math.nan]).spans
    assert first.finite
    assert not second.finite


def test_the_smallest_positive_loss_is_where_a_logarithmic_axis_begins():
    assert curve_of([3.0, 0.5, 0.0, -2.0]).low_positive == 0.5


def test_a_curve_without_room_is_refused():
    with pytest.raises(ValueError, match="at least 2 spans"):
        Curve(capacity=1)


def test_a_point_beside_the_range_is_never_merged_into_a_column_of_it():
    columns = curve_of(range(1, 11)).columns(placer(3, 6, 2))
    assert [(column, span.low, span.high) for column, span in columns] == [(-1, 2, 2), (0, 3, 4), (1, 5, 6), (2, 7, 7)]


def test_a_point_that_comes_late_does_not_make_the_curve_shorter():
    curve = Curve()
    curve.extend([(5, 1.0), (3, 2.0)])
    assert (curve.first_step, curve.last_step) == (5, 5)
