"""Which points of a series are kept when there are too many, and which steps they belong to."""

from __future__ import annotations

import math

import pytest
import torch

from tui_torch.probe.training.backward_log import BackwardLog, SiteLosses
from tui_torch.probe.training.series import POINTS, SERIES, SeriesBook, SeriesBuffer, joined, thin

NAN = math.nan


def kept(values: list[float], limit: int) -> list[int]:
    """The positions of the values that are kept, from 0."""
    return [step for step, _ in thin(list(enumerate(values)), limit)]


@pytest.mark.parametrize(
    ("values", "limit", "positions"),
    [
        # Two stretches of four between the ends: 1 to 4 and 5 to 8.
        ([5, 4, 1, 9, 4, 4, 8, 2, 4, 5], 6, [0, 2, 3, 6, 7, 9]),
        ([5, 4, 9, 1, 4, 4, 2, 8, 4, 5], 7, [0, 2, 3, 6, 7, 9]),
        ([0, 1, 2, 3, 4, 5, 6, 7, 8, 9], 6, [0, 1, 4, 5, 8, 9]),
        ([9, 8, 7, 6, 5, 4, 3, 2, 1, 0], 6, [0, 1, 4, 5, 8, 9]),
        ([7, 3, 3, 3, 3, 3, 3, 3, 3, 7], 6, [0, 1, 5, 9]),
        ([5, 4, 1, 9, 4, 4, 8, 2, 4, 5], 4, [0, 2, 3, 9]),
        ([5, 4, 1, 9], 2, [0, 3]),
        ([5, 4, 1, 9], 3, [0, 3]),
        ([5, 4, 1, 9], 4, [0, 1, 2, 3]),
    ],
)
def test_of_equal_stretches_the_lowest_and_the_highest_are_kept(
    values: list[float], limit: int, positions: list[int]
) -> None:
    assert kept(values, limit) == positions


@pytest.mark.parametrize(
    ("values", "positions"),
    [
        ([5, 4, 1, NAN, 9, 4, 8, 2, 4, 5], [0, 2, 3, 6, 7, 9]),
        ([5, NAN, 4, 1, NAN, 4, 8, 2, 4, 5], [0, 1, 3, 6, 7, 9]),
        ([5, NAN, NAN, NAN, NAN, 4, 8, 2, 4, 5], [0, 1, 6, 7, 9]),
        ([NAN, 4, 1, 9, 4, 4, 8, 2, 4, 5], [0, 2, 3, 6, 7, 9]),
        ([5, 4, math.inf, -math.inf, 4, 4, 8, 2, 4, 5], [0, 2, 3, 6, 7, 9]),
    ],
)
def test_nan_is_kept_as_the_highest_and_the_lowest_number_beside_it(values: list[float], positions: list[int]) -> None:
    assert kept(values, 6) == positions


def points_of(buffer: SeriesBuffer) -> list[tuple[int, float]]:
    return list(zip(buffer.steps, buffer.values, strict=True))


def test_steps_in_a_row_are_added_from_the_first_on() -> None:
    buffer = SeriesBuffer("loss", "loss")
    buffer.extend(3, [0.5, 0.4])
    buffer.extend(5, [0.3])
    assert points_of(buffer) == [(3, 0.5), (4, 0.4), (5, 0.3)]
    assert buffer.steps == range(3, 6)


@pytest.mark.parametrize("first", [1, 4, 5, 7, 9])
def test_steps_that_do_not_follow_keep_their_numbers(first: int) -> None:
    buffer = SeriesBuffer("loss", "loss")
    buffer.extend(3, [0.5, 0.4, 0.3])
    buffer.extend(first, [0.2, 0.1])
    assert points_of(buffer) == [(3, 0.5), (4, 0.4), (5, 0.3), (first, 0.2), (first + 1, 0.1)]


def test_what_is_not_a_float_leaves_its_step_out() -> None:
    buffer = SeriesBuffer("loss", "loss")
    buffer.extend(1, [0.5, 2j, 0.4, 3j, 0.3])
    buffer.extend(6, [0.2])
    assert points_of(buffer) == [(1, 0.5), (3, 0.4), (5, 0.3), (6, 0.2)]


def test_points_wait_unthinned_up_to_four_times_those_of_an_event() -> None:
    buffer = SeriesBuffer("loss", "loss")
    for step in range(1, 4 * POINTS):
        buffer.add(step, 1.0)
    assert len(buffer.steps) == 4 * POINTS - 1
    buffer.add(4 * POINTS, 1.0)
    assert len(buffer.steps) == len(buffer.values) < POINTS


def test_more_points_at_once_than_may_wait_are_thinned_at_once() -> None:
    buffer = SeriesBuffer("loss", "loss")
    buffer.extend(1, [1.0] * 3000 + [9.0] + [1.0] * 3000)
    assert len(buffer.steps) == len(buffer.values) < POINTS
    assert (3001, 9.0) in points_of(buffer)


def test_an_event_has_a_thousand_points_whole_and_of_more_two_hundred() -> None:
    for count, expected in [(1000, 1000), (1001, 200)]:
        buffer = SeriesBuffer("loss", "loss")
        buffer.extend(1, [float(number) for number in range(count)])
        assert len(buffer.take().points) == expected


def test_a_number_on_a_device_is_not_read_before_the_event_unless_there_are_too_many() -> None:
    buffer = SeriesBuffer("loss", "loss")
    for step in range(1, 4 * POINTS):
        buffer.defer(step, torch.ones(()))
    assert (len(buffer.unread), buffer.steps) == (4 * POINTS - 1, [])
    buffer.defer(4 * POINTS, torch.ones(()))
    assert buffer.unread == []
    assert 0 < len(buffer.steps) < POINTS
    assert buffer.steps[-1] == 4 * POINTS


def test_what_was_taken_does_not_come_again() -> None:
    buffer = SeriesBuffer("loss", "loss")
    buffer.add(1, 0.5)
    assert buffer.grew
    assert (buffer.take().points, buffer.grew, buffer.take().points) == (((1, 0.5),), False, ())
    buffer.defer(2, torch.ones(()))
    assert buffer.grew
    assert buffer.take().points == ()
    assert buffer.grew, "what is unread waits for the next event"


def test_the_points_of_a_joined_buffer_come_in_the_order_of_their_steps() -> None:
    one, other = SeriesBuffer("loss", "loss"), SeriesBuffer("loss", "loss")
    one.extend(1, [0.5, 0.4])
    one.add(7, 0.1)
    other.extend(3, [0.3, 0.2])
    other.defer(9, torch.zeros(()))
    one.join(other)
    assert [step for step, _ in one.unread] == [9]
    assert one.take().points == ((1, 0.5), (2, 0.4), (3, 0.3), (4, 0.2), (7, 0.1))


def test_a_device_that_cannot_give_its_numbers_costs_no_other_its_own() -> None:
    book = SeriesBook()
    lost, read = book.series("loss", "lost"), book.series("loss", "read")
    assert lost is not None and read is not None
    lost.defer(1, torch.ones((), device="meta"))
    read.defer(2, torch.ones(()))
    assert [(points.name, points.points) for points in joined(book.take_apart())] == [("read", ((2, 1.0),))]
    assert not book.grew


def test_a_place_is_kept_for_the_series_of_any_loss() -> None:
    book = SeriesBook()
    for number in range(SERIES - 1):
        assert book.series("logged", f"value {number}") is not None
    assert book.series("logged", "one too many") is None
    assert book.series("gradient norm", "gradient norm") is None
    loss = book.series("loss", "total")
    assert loss is not None and loss.name == "loss"
    assert book.series("loss", "aux") is loss
    assert book.series("loss", "loss") is loss


def test_a_loss_that_came_first_leaves_fifteen_others() -> None:
    book = SeriesBook()
    assert book.series("loss", "loss") is not None
    found = [book.series("logged", f"value {number}") for number in range(SERIES)]
    assert [series is not None for series in found] == [True] * (SERIES - 1) + [False]


def test_a_series_that_is_adopted_brings_its_points() -> None:
    book = SeriesBook()
    own = SeriesBuffer("learning rate", "lr")
    own.add(2, 0.1)
    assert book.adopt(own) is own
    assert book.adopt(own) is own
    another = SeriesBuffer("learning rate", "lr")
    another.add(1, 0.2)
    assert book.adopt(another) is own
    assert [points.points for points in joined(book.take_apart())] == [((1, 0.2), (2, 0.1))]


def log_of(*losses: tuple[SiteLosses, float]) -> BackwardLog:
    log = BackwardLog()
    for source, value in losses:
        log.sources.append(source)
        log.values.append(value)
    return log


def site(name: str) -> SiteLosses:
    return SiteLosses(site=None, code=None, series=SeriesBuffer("loss", name))


def test_losses_go_to_their_own_series_at_the_steps_at_which_they_came() -> None:
    a, b = site("a"), site("b")
    log = log_of((a, 0.9), (a, 0.8), (b, 0.7), (a, 0.6))
    assert log.flush_to_series(10) == 14
    assert points_of(a.series) == [(11, 0.9), (12, 0.8), (14, 0.6)]
    assert points_of(b.series) == [(13, 0.7)]
    assert (log.values, log.sources) == ([], [])


def test_where_one_call_site_is_the_only_one_all_losses_are_its() -> None:
    a, b = site("a"), site("b")
    log = log_of((b, 0.9), (b, 0.8))
    log.only = a
    log.sources.clear()
    assert log.flush_to_series(0) == 2
    assert (points_of(a.series), points_of(b.series)) == ([(1, 0.9), (2, 0.8)], [])


def test_a_loss_whose_source_an_interrupt_kept_from_the_log_counts_as_a_step() -> None:
    a = site("a")
    log = log_of((a, 0.9))
    log.values.append(0.8)
    assert log.flush_to_series(0) == 2
    assert points_of(a.series) == [(1, 0.9)]


def test_a_log_of_nothing_leaves_the_steps_as_they_are() -> None:
    assert BackwardLog().flush_to_series(7) == 7


def test_a_cleared_log_has_nothing_and_no_room() -> None:
    a = site("a")
    log = log_of((a, 0.9))
    log.known[3], log.only, log.room, log.unchecked_room = a, a, 5, 6
    values, sources, known = log.values, log.sources, log.known
    log.clear()
    assert (log.values, log.sources, log.known, log.only) == ([], [], {}, None)
    assert (log.room, log.unchecked_room) == (0, 0)
    assert log.values is values and log.sources is sources and log.known is known, "the hot path holds the same objects"
