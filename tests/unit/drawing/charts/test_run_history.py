"""The numbers of a run, and the earlier runs that are kept behind it."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from tui_torch.drawing.charts.run_history import MAX_EARLIER_RUNS, RunHistory
from tui_torch.drawing.charts.training_run import (
    EARLIER_RUN_SPANS,
    MAX_CURVES,
    MAX_EPOCH_STARTS,
    EpochStart,
    TrainingRun,
)
from tui_torch.protocol.events import SeriesPoints, TrainingProgress


def progress(
    losses: Sequence[float],
    *,
    begin: int = 1,
    epoch: int | None = None,
    epoch_starts: tuple[int, ...] = (),
    learning_rate: float | None = None,
    speed: float | None = None,
) -> TrainingProgress:
    last = begin + len(losses) - 1
    series = (SeriesPoints("loss", "loss", tuple(enumerate(losses, begin))),)
    return TrainingProgress(last, series, epoch, epoch_starts, learning_rate, last, speed)


def run_of(*events: TrainingProgress) -> TrainingRun:
    run = TrainingRun()
    for event in events:
        run.extend(event)
    return run


def test_series_are_kept_apart_by_name_and_kind():
    points = ((1, 2.0), (2, 1.0))
    run = run_of(
        TrainingProgress(
            2,
            (
                SeriesPoints("accuracy", "logged", points),
                SeriesPoints("loss_d", "loss", points),
                SeriesPoints("loss_g", "loss", points),
                SeriesPoints("lr", "learning rate", points),
                SeriesPoints("gradient norm", "gradient norm", points),
            ),
            None,
            (),
            None,
            0,
        )
    )
    assert [curve.name for curve in run.of("loss")] == ["loss_d", "loss_g", "accuracy"]
    assert [curve.name for curve in run.of("learning rate")] == ["lr"]
    assert [curve.name for curve in run.of("gradient norm")] == ["gradient norm"]
    assert run.loss is not None and run.loss.name == "loss_d"


def test_a_run_with_more_series_than_it_keeps_leaves_out_the_last():
    run = TrainingRun()
    for number in range(MAX_CURVES + 5):
        run.extend(TrainingProgress(1, (SeriesPoints(f"s{number}", "logged", ((1, 1.0),)),), None, (), None, 0))
    assert len(run.curves) == MAX_CURVES and run.curves[0].name == "s0"


def test_one_backward_is_no_loop_and_two_are():
    assert not run_of(progress([1.0])).has_loop
    assert run_of(progress([1.0, 0.5])).has_loop


def test_the_last_reported_learning_rate_epoch_and_speed_stay():
    run = run_of(progress([1.0], epoch=2, epoch_starts=(1,), learning_rate=0.1, speed=9.0), progress([1.0], begin=2))
    assert (run.epoch, run.learning_rate, run.steps_per_second) == (2, 0.1, 9.0)


def test_the_count_of_steps_never_falls():
    assert run_of(progress([1.0], begin=10), progress([2.0], begin=4)).steps == 10


def test_epochs_are_numbered_by_the_count_that_came_with_them():
    assert run_of(progress([1.0] * 10, epoch=4, epoch_starts=(3, 8))).epoch_starts == (
        EpochStart(3, 3),
        EpochStart(4, 8),
    )


def test_of_very_many_epochs_every_tenth_and_the_first_are_kept():
    run = run_of(progress([1.0] * 1_000, epoch=1_000, epoch_starts=tuple(range(1, 1_001))))
    assert [start.epoch for start in run.epoch_starts] == [1, *range(10, 1_001, 10)]
    assert len(run.epoch_starts) <= MAX_EPOCH_STARTS


def test_epoch_numbers_that_do_not_grow_take_no_room():
    run = run_of(
        *(progress([1.0], begin=step, epoch=1, epoch_starts=(step,)) for step in range(1, MAX_EPOCH_STARTS + 100))
    )
    assert run.epoch_starts == (EpochStart(1, 1),)


def runs_with(*codes: str) -> RunHistory:
    """Runs of these codes, all of them loops; the last one is the current one."""
    runs = RunHistory()
    for code in codes:
        runs.begin(code)
        runs.current.extend(progress([2.0, 1.0]))
    return runs


def test_a_run_alone_needs_no_name():
    runs = runs_with("lr = 1")
    assert (runs.name, runs.earlier) == ("", ())


def test_an_earlier_run_and_the_current_one_are_named_by_what_differs():
    runs = runs_with("lr = 1e-5", "lr = 1e-4", "lr = 1e-2")
    assert runs.name == "lr=1e-2"
    assert [named.name for named in runs.earlier] == ["lr=1e-4", "lr=1e-5"]


def test_the_same_code_again_takes_the_place_of_its_earlier_run():
    runs = runs_with("lr = 1", "lr = 2", "lr = 2", "lr = 2")
    assert [named.name for named in runs.earlier] == ["lr=2 (run 3)", "lr=1"]


def test_no_more_than_a_few_earlier_runs_are_kept():
    runs = runs_with(*(f"lr = {number}" for number in range(MAX_EARLIER_RUNS + 4)))
    assert [named.name for named in runs.earlier] == ["lr=7", "lr=6", "lr=5", "lr=4", "lr=3"]


def test_a_run_without_a_loop_is_not_kept():
    runs = runs_with("lr = 1")
    runs.begin("oops")
    runs.begin("lr = 2")
    assert [named.name for named in runs.earlier] == ["lr=1"]


def test_earlier_runs_can_be_forgotten_and_the_current_one_stays():
    runs = runs_with("lr = 1", "lr = 2")
    runs.forget_earlier()
    assert (runs.name, runs.earlier, runs.current.has_loop) == ("", (), True)


@pytest.mark.parametrize("count", [10, 5_000])
def test_an_earlier_run_takes_little_room_and_keeps_its_extremes(count):
    losses = [1.0 / (number + 1) for number in range(count)]
    losses[count // 2] = 50.0
    curve = run_of(progress(losses)).thinned().of("loss")[0]
    assert len(curve.spans) <= EARLIER_RUN_SPANS
    assert max(span.high for span in curve.spans) == 50.0
