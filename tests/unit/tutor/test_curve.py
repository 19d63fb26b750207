"""The loss curve: what it keeps of a run, and how little room it takes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui_torch.kernel.events import SeriesPoints, TrainingProgress
from tui_torch.tutor.curve import EPOCHS, SPANS, EpochStart, LossCurve, Point, Span

losses_of_any_kind = st.lists(st.floats(width=32), max_size=200)


def progress(
    losses: Sequence[float],
    *,
    begin: int = 1,
    epoch: int | None = None,
    epoch_starts: tuple[int, ...] = (),
    learning_rate: float | None = None,
) -> TrainingProgress:
    last = begin + len(losses) - 1
    return TrainingProgress(
        last, (SeriesPoints("loss", "loss", tuple(enumerate(losses, begin))),), epoch, epoch_starts, learning_rate, last
    )


def curve_of(losses: Sequence[float], *, capacity: int = SPANS) -> LossCurve:
    curve = LossCurve(capacity)
    curve.extend(progress(losses))
    return curve


def finite(losses: Sequence[float]) -> list[float]:
    return [loss for loss in losses if math.isfinite(loss)]


@given(losses_of_any_kind, st.lists(st.integers(0, 40)), st.integers(2, 20))
def test_the_extremes_are_those_of_the_series_however_it_arrives(losses, sizes, capacity):
    curve = LossCurve(capacity)
    begin = 0
    for size in [*sizes, len(losses)]:
        curve.extend(progress(losses[begin : begin + size], begin=begin + 1))
        begin = min(begin + size, len(losses))
    assert curve.low == min(finite(losses), default=math.inf)
    assert curve.high == max(finite(losses), default=-math.inf)
    assert min((span.low for span in curve.spans), default=math.inf) == curve.low
    assert max((span.high for span in curve.spans), default=-math.inf) == curve.high
    assert curve.count == len(losses)


@given(losses_of_any_kind, st.integers(0, 200), st.integers(2, 20))
def test_the_picture_does_not_depend_on_how_the_points_were_parcelled(losses, cut, capacity):
    whole = curve_of(losses, capacity=capacity)
    parcelled = LossCurve(capacity)
    parcelled.extend(progress(losses[:cut]))
    parcelled.extend(progress(losses[cut:], begin=min(cut, len(losses)) + 1))
    assert repr(parcelled.spans) == repr(whole.spans)


@given(losses_of_any_kind, st.integers(2, 20))
def test_there_are_never_more_spans_than_the_capacity_and_they_follow_each_other(losses, capacity):
    spans = curve_of(losses, capacity=capacity).spans
    assert len(spans) <= capacity
    assert all(left.end < right.start for left, right in pairwise(spans))
    assert all(span.start <= span.end for span in spans)


@given(st.lists(st.floats(-10, 10), min_size=1, max_size=50), st.integers(1, 80))
def test_columns_lose_no_extreme(losses, count):
    columns = curve_of(losses, capacity=20).columns(count)
    filled = [column for column in columns if column is not None]
    assert len(columns) == count
    assert min(column.low for column in filled) == min(losses)
    assert max(column.high for column in filled) == max(losses)


def test_fewer_points_than_spans_are_kept_exactly():
    assert curve_of([3.0, 1.0, 2.0]).spans == (
        Span(1, 1, 3.0, 3.0, 3.0, 3.0),
        Span(2, 2, 1.0, 1.0, 1.0, 1.0),
        Span(3, 3, 2.0, 2.0, 2.0, 2.0),
    )


def test_points_that_the_source_thinned_stay_apart_while_there_is_room():
    curve = LossCurve(capacity=4)
    curve.extend(
        TrainingProgress(
            900_000, (SeriesPoints("loss", "loss", ((1, 2.0), (400_000, 9.0), (900_000, 1.0))),), None, (), None, 0
        )
    )
    assert [span.start for span in curve.spans] == [1, 400_000, 900_000]


def test_a_full_curve_merges_neighbours():
    assert curve_of([1.0, 5.0, 2.0, 3.0, 4.0], capacity=4).spans == (
        Span(1, 2, 1.0, 1.0, 5.0, 5.0),
        Span(3, 4, 2.0, 2.0, 3.0, 3.0),
        Span(5, 5, 4.0, 4.0, 4.0, 4.0),
    )


def test_a_million_points_take_no_more_room_than_the_spans():
    curve = LossCurve()
    for begin in range(1, 1_000_001, 1_000):
        losses = [1.0 / (step + 1) for step in range(begin, begin + 1_000)]
        if begin == 500_001:
            losses[123] = 77.0
        epoch = begin // 100 + 10
        curve.extend(progress(losses, begin=begin, epoch=epoch, epoch_starts=tuple(range(begin, begin + 1_000, 100))))
    assert curve.count == 1_000_000
    assert len(curve.spans) <= SPANS
    assert len(curve.epoch_starts) <= EPOCHS
    assert [span.high for span in curve.spans if span.start <= 500_124 <= span.end] == [77.0]


def test_the_first_step_is_on_the_first_column_and_the_last_on_the_last():
    columns = curve_of([4.0, 3.0, 2.0]).columns(9)
    assert [index for index, column in enumerate(columns) if column is not None] == [0, 4, 8]


def test_an_empty_curve_has_empty_columns():
    assert LossCurve().columns(3) == (None, None, None)


def test_the_best_loss_is_the_first_smallest_finite_one():
    assert curve_of([3.0, math.nan, 1.0, -math.inf, 1.0]).best == Point(3, 1.0)


def test_the_first_loss_that_is_no_number_is_remembered():
    curve = curve_of([3.0, math.inf, math.nan])
    assert curve.broke == Point(2, math.inf)


def test_a_span_without_a_finite_loss_says_so():
    first, second = curve_of([3.0, math.nan]).spans
    assert first.finite
    assert not second.finite


def test_the_smallest_positive_loss_is_where_a_logarithmic_axis_begins():
    assert curve_of([3.0, 0.5, 0.0, -2.0]).low_positive == 0.5


def test_the_last_reported_learning_rate_and_epoch_stay():
    curve = LossCurve()
    curve.extend(progress([1.0], epoch=2, epoch_starts=(1,), learning_rate=0.1))
    curve.extend(progress([1.0], begin=2))
    assert (curve.epoch, curve.learning_rate) == (2, 0.1)


def test_epochs_are_numbered_by_the_count_that_came_with_them():
    curve = LossCurve()
    curve.extend(progress([1.0] * 10, epoch=4, epoch_starts=(3, 8)))
    assert curve.epoch_starts == (EpochStart(3, 3), EpochStart(4, 8))


def test_of_very_many_epochs_every_tenth_and_the_first_are_kept():
    curve = LossCurve()
    curve.extend(progress([1.0] * 1_000, epoch=1_000, epoch_starts=tuple(range(1, 1_001))))
    assert [start.epoch for start in curve.epoch_starts] == [1, *range(10, 1_001, 10)]


def test_epoch_numbers_that_do_not_grow_take_no_room():
    curve = LossCurve()
    for step in range(1, EPOCHS + 100):
        curve.extend(progress([1.0], begin=step, epoch=1, epoch_starts=(step,)))
    assert curve.epoch_starts == (EpochStart(1, 1),)


def test_a_curve_without_room_is_refused():
    with pytest.raises(ValueError, match="at least 2 spans"):
        LossCurve(capacity=1)
