"""A run's series: every spike is kept, however many points there are, in memory that does not grow."""

from __future__ import annotations

import math

import torch
from hypothesis import given
from hypothesis import strategies as st

from tui_torch.probe.training.series import POINTS as LIMIT
from tui_torch.probe.training.series import SERIES, SeriesBook, SeriesBuffer, joined, thin

POINTS = st.lists(st.floats(), max_size=300).map(lambda losses: [(i + 1, loss) for i, loss in enumerate(losses)])


def test_what_is_on_a_device_is_read_with_the_rest_in_the_order_of_the_steps() -> None:
    # The CPU stands for the device: what waits to be read is treated alike, wherever it is.
    book = SeriesBook()
    series = book.series("loss", "loss")
    assert series is not None
    series.add(2, 5.0)
    series.defer(1, torch.tensor([4.0], requires_grad=True))
    series.defer(3, torch.tensor(6.0, dtype=torch.float64))
    assert joined(book.take_apart())[0].points == ((1, 4.0), (2, 5.0), (3, 6.0))
    assert not book.grew


def test_a_deferred_number_is_the_one_that_was_there_then() -> None:
    book = SeriesBook()
    loss = torch.tensor(1.0)
    series = book.series("loss", "loss")
    assert series is not None
    series.defer(1, loss)
    loss += 1
    assert joined(book.take_apart())[0].points == ((1, 1.0),)


def test_a_series_holds_a_bounded_number_of_points() -> None:
    series, deferred = SeriesBuffer("loss", "loss"), SeriesBuffer("loss", "loss")
    for step in range(1, 20_001):
        series.add(step, 99.0 if step == 7_777 else 1.0)
        deferred.defer(step, torch.ones(()))
        assert len(series.steps) <= 4 * LIMIT and len(deferred.unread) <= 4 * LIMIT
    points = series.take().points
    assert len(points) <= LIMIT and (7_777, 99.0) in points and points[-1] == (20_000, 1.0)


def test_there_are_at_most_sixteen_series_and_no_loss_is_dropped() -> None:
    book = SeriesBook()
    for number in range(20):
        series = book.series("loss", f"losses[{number}]")
        assert series is not None
        series.add(number + 1, float(number))
    assert book.series("logged", "accuracy") is None
    taken = joined(book.take_apart())
    assert len(taken) == SERIES and taken[-1].name == "loss"
    assert sorted(value for series in taken for _, value in series.points) == [float(number) for number in range(20)]


def test_a_name_is_one_series_of_each_kind() -> None:
    book = SeriesBook()
    assert book.series("loss", "loss") is book.series("loss", "loss")
    assert book.series("loss", "loss") is not book.series("logged", "loss")


@given(points=POINTS, limit=st.integers(2, 50))
def test_thinned_points_are_some_of_the_points_in_order(points: list[tuple[int, float]], limit: int) -> None:
    kept = thin(points, limit)
    assert len(kept) <= limit
    by_step = dict(points)
    steps = [step for step, _ in kept]
    assert steps == sorted(set(steps))
    assert all(by_step[step] is loss for step, loss in kept)


@given(points=POINTS, limit=st.integers(4, 50))
def test_thinning_keeps_the_ends_the_lowest_and_the_highest(points: list[tuple[int, float]], limit: int) -> None:
    kept = thin(points, limit)
    if not points:
        assert kept == []
        return
    assert (kept[0], kept[-1]) == (points[0], points[-1])
    told = [loss for _, loss in points if not math.isnan(loss)]
    left = [loss for _, loss in kept if not math.isnan(loss)]
    if told:
        assert min(left, default=None) == min(told)
    if len(told) == len(points):
        assert max(left) == max(told)
    else:
        assert any(math.isnan(loss) for _, loss in kept)


@given(points=POINTS)
def test_few_points_are_left_as_they_are(points: list[tuple[int, float]]) -> None:
    assert thin(points, max(2, len(points))) == points


def test_the_lowest_value_beside_a_nan_is_kept() -> None:
    values = [5.0] * 100
    values[30], values[31], values[32] = math.nan, -7.0, 9.0
    kept = [value for _, value in thin(list(enumerate(values)), 10)]
    assert -7.0 in kept and any(math.isnan(value) for value in kept)
    assert 9.0 not in kept


def test_the_extremes_of_the_stretches_without_a_nan_are_kept_too() -> None:
    values = [5.0] * 100
    values[2], values[60], values[61] = math.nan, -7.0, 9.0
    kept = [value for _, value in thin(list(enumerate(values)), 10)]
    assert -7.0 in kept and 9.0 in kept


def test_of_a_stretch_of_nan_alone_one_is_kept() -> None:
    values = [1.0, *[math.nan] * 98, 2.0]
    kept = thin(list(enumerate(values)), 10)
    steps = [step for step, _ in kept]
    assert len(kept) <= 10 and steps == sorted(set(steps))


def test_losses_of_one_name_are_taken_apart_and_published_as_one_series() -> None:
    book = SeriesBook()
    first, second = book.losses("loss"), book.losses("loss")
    first.extend(1, [1.0, 3.0])
    second.add(2, 2.0)
    first.add(4, 4.0)
    taken = book.take_apart()
    assert taken[first].points == ((1, 1.0), (2, 3.0), (4, 4.0)) and taken[second].points == ((2, 2.0),)
    [series] = joined(taken)
    assert [step for step, _ in series.points] == [1, 2, 2, 4]
    assert (series.name, series.kind) == ("loss", "loss")


def test_series_of_several_sites_are_bounded_together_and_keep_the_spike() -> None:
    book = SeriesBook()
    sites = [book.losses("loss") for _ in range(3)]
    for at, site in enumerate(sites):
        for step in range(900):
            site.add(3 * step + at, 99.0 if (at, step) == (1, 444) else 1.0)
    [series] = joined(book.take_apart())
    assert len(series.points) <= LIMIT and (1333, 99.0) in series.points


def test_merged_buffers_lose_no_point() -> None:
    book = SeriesBook()
    for step in range(1, 5):
        book.losses("loss").add(step, float(step))
    book.merge_buffers()
    taken = book.take_apart()
    assert len(taken) == 1 and joined(taken)[0].points == ((1, 1.0), (2, 2.0), (3, 3.0), (4, 4.0))
