"""How long a step takes, from when steps were recorded."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.probe.watch.records import BEGUN, progress
from tui_torch.probe.watch.record_writer import RecordWriter
from tui_torch.watching.record_reader import RecordReader
from tui_torch.watching.step_times import seconds_of_step

EVEN = [(step, 0.035 * step) for step in range(1, 40, 3)]


@pytest.mark.parametrize("wait", [1.5, 30.0, 1800.0])
@pytest.mark.parametrize("steps", [3, 13])
def test_a_wait_for_a_rank_that_failed_is_no_step(wait: float, steps: int) -> None:
    last, seconds = EVEN[steps - 1]
    assert seconds_of_step([*EVEN[:steps], (last + 1, seconds + wait)]) == pytest.approx(0.035)


@given(st.lists(st.floats(1.0, 4.9), min_size=1, max_size=30))
def test_without_a_pause_it_is_the_mean_of_the_last(each: list[float]) -> None:
    times = [(step, sum(each[:step])) for step in range(len(each) + 1)]
    latest = each[-8:]
    assert seconds_of_step(times) == pytest.approx(sum(latest) / len(latest))


def test_of_one_step_and_of_none_it_is_not_known() -> None:
    assert (seconds_of_step([]), seconds_of_step([(1, 0.5)])) == (None, None)


def test_the_chart_has_the_speed_of_the_figures_and_the_end_does_not_lower_it(tmp_path: Path) -> None:
    clock = [0.0]
    writer = RecordWriter(BEGUN, tmp_path, clock=lambda: clock[0])
    for step in range(1, 41):
        clock[0] = 0.02 * step
        writer.add_progress(progress(step, 1.0))
    clock[0] += 60.0
    writer.add_progress(progress(40, 1.0))
    writer.add_progress(progress(41, 1.0))
    writer.end()
    (path,) = tmp_path.glob("*.jsonl")
    reader = RecordReader(path)
    reader.read()
    whole = reader.whole()
    assert whole is not None
    assert reader.seconds_per_step() == pytest.approx(0.02)
    assert whole.steps_per_second == pytest.approx(50.0)
