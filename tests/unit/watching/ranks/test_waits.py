"""Who waits for whom is told where it lasts, and not where ranks wait now and then."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui_torch.protocol.records.ranks import RankArrival
from tui_torch.watching.ranks.findings import StoppedRank
from tui_torch.watching.ranks.rank_record import ProcessState, RankRecord
from tui_torch.watching.ranks.waits import at_step, per_step, stopped_ranks, straggler

STEP = 0.1


def rank(number: int, *waits: float, step: float = STEP) -> RankRecord:
    """A rank that has waited so many seconds at each step."""
    times = tuple((at, at * step) for at in range(1, len(waits) + 1))
    waited = tuple((at, sum(waits[:at])) for at in range(1, len(waits) + 1))
    return RankRecord(number, 70 + number, 1000.0, step=len(waits), times=times, waited=waited)


def test_the_rank_that_all_others_wait_for_is_told_with_their_time() -> None:
    ranks = [rank(0, *[0.05] * 60), rank(1, *[0.001] * 60), rank(2, *[0.048] * 60)]
    found = straggler(ranks)
    assert found is not None and found.ranks == (1,)
    assert found.seconds == pytest.approx(0.049)
    assert found.seconds_per_step == pytest.approx(STEP)


@pytest.mark.parametrize(
    "ranks",
    [
        pytest.param([rank(0, *[0.0] * 20, 30.0, *[0.0] * 40), rank(1, *[0.0] * 61)], id="once, for a checkpoint"),
        pytest.param([rank(0, *[*[0.0] * 19, 5.0] * 3), rank(1, *[0.0] * 60)], id="now and then, for an evaluation"),
        pytest.param([rank(0, *[0.05, 0.0] * 30), rank(1, *[0.0, 0.05] * 30)], id="in turns"),
        pytest.param(
            [rank(0, *[0.05] * 30, *[0.0] * 30), rank(1, *[0.0] * 30, *[0.05] * 30)], id="one after the other"
        ),
        pytest.param([rank(0, *[0.06] * 60), rank(1, *[0.05] * 60)], id="both for the network"),
        pytest.param([rank(0, *[0.05] * 20), rank(1, *[0.0] * 20)], id="too early"),
        pytest.param([rank(0, *[1.0] * 8, step=2.0), rank(1, *[0.0] * 8, step=2.0)], id="too few steps"),
        pytest.param([rank(n, *[0.05 * (n == 0)] * 60) for n in range(4)], id="one is fast"),
        pytest.param([rank(0, *[0.05] * 60), RankRecord(1, 71, 0.0, step=60)], id="not measured, as on a GPU"),
        pytest.param([rank(0, *[0.05] * 60)], id="alone"),
        pytest.param([], id="none"),
    ],
)
def test_no_rank_is_a_straggler_where(ranks: list[RankRecord]) -> None:
    assert straggler(ranks) is None


@given(st.lists(st.floats(0.0, 0.019), min_size=40, max_size=80), st.data())
def test_noise_below_a_fifth_of_a_step_is_no_straggler(waits: list[float], data: st.DataObject) -> None:
    other = data.draw(st.lists(st.floats(0.0, 0.019), min_size=len(waits), max_size=len(waits)))
    assert straggler([rank(0, *waits), rank(1, *other)]) is None


def test_a_step_and_its_wait_are_of_the_same_steps() -> None:
    record = rank(0, *[0.0] * 90, *[0.08] * 10)
    assert per_step(record) == (pytest.approx(STEP), pytest.approx(0.08))
    assert per_step(rank(0, 0.1)) == (None, None)
    seconds, waits = per_step(RankRecord(0, 1, 0.0, times=((1, 0.1), (11, 1.1))))
    assert (seconds, waits) == (pytest.approx(0.1), None)


@given(st.lists(st.floats(0.0, 10.0), min_size=1, max_size=30), st.floats(-5.0, 300.0))
def test_between_two_points_a_growing_series_grows(steps: list[float], at: float) -> None:
    points = tuple((7 * place, sum(steps[: place + 1])) for place in range(len(steps)))
    assert points[0][1] <= at_step(points, at) <= points[-1][1] + 1e-9
    assert at_step(points, at) <= at_step(points, at + 1) + 1e-9
    assert all(at_step(points, step) == pytest.approx(value) for step, value in points)


def arrived(
    number: int,
    collective: int,
    at: float,
    process: ProcessState = "runs",
    *,
    is_each: bool = True,
    ended: float | None = None,
) -> RankRecord:
    arrival = RankArrival(collective, collective // 2, at, is_each)
    times = ((1, 0.1), (collective // 2 - 1, at - 1000.0))
    return RankRecord(number, 70 + number, 1000.0, 9, times=times, arrival=arrival, process=process, ended=ended)


def test_a_rank_that_does_not_come_is_told_by_who_has_waited() -> None:
    ranks = [arrived(0, 80, 1010.0), arrived(1, 78, 1009.9), arrived(2, 80, 1011.0)]
    assert stopped_ranks(ranks, 1015.0) == ()
    assert stopped_ranks(ranks, 1030.0) == (StoppedRank(1, "behind", 39, (0, 2), 20.0),)
    ranks[1] = arrived(1, 78, 1009.9, "stopped")
    assert [one.how for one in stopped_ranks(ranks, 1030.0)] == ["stopped"]


@pytest.mark.parametrize(
    "ranks",
    [
        pytest.param([arrived(0, 80, 1010.0), arrived(1, 80, 1010.0)], id="all have come, and compute since"),
        pytest.param([arrived(0, 80, 1010.0, is_each=False), arrived(1, 78, 1009.0)], id="there may be later ones"),
        pytest.param([arrived(0, 80, 1010.0, "stopped"), arrived(1, 78, 1009.0, "stopped")], id="all stopped by hand"),
        pytest.param([arrived(0, 80, 1010.0), RankRecord(1, 71, 1000.0)], id="the other never arrived anywhere"),
        pytest.param([arrived(0, 80, 1010.0), arrived(1, 78, 1009.0, "gone", ended=9.0)], id="the other has ended"),
        pytest.param([arrived(0, 80, 1059.0), arrived(1, 78, 1009.0, "gone")], id="the other gets on without it"),
    ],
)
def test_no_rank_is_said_to_have_stopped_where(ranks: list[RankRecord]) -> None:
    assert stopped_ranks(ranks, 1060.0) == ()


def test_a_process_that_is_gone_is_told_where_the_others_stand() -> None:
    ranks = [arrived(0, 80, 1010.0, is_each=False), arrived(1, 78, 1009.0, "gone", is_each=False)]
    assert stopped_ranks(ranks, 1030.0) == (StoppedRank(1, "gone", 39, (0,), 20.0),)


def test_who_takes_long_steps_is_given_ten_of_them() -> None:
    slow = [
        RankRecord(
            number,
            70,
            1000.0,
            9,
            times=((1, 6.0), (9, 54.0)),
            arrival=RankArrival(count, 10, 1060.0, True),
            process="runs",
        )
        for number, count in enumerate((80, 78))
    ]
    assert stopped_ranks(slow, 1110.0) == ()
    assert [one.rank for one in stopped_ranks(slow, 1125.0)] == [1]
