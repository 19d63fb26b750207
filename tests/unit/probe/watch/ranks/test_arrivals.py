"""Where a process waits is in a file before it waits, as often as that costs nothing, and harms nobody."""

from __future__ import annotations

from pathlib import Path

import pytest

from tui_torch.probe.watch.ranks.arrivals import Arrivals
from tui_torch.protocol.records.ranks import RankArrival
from tui_torch.watching.ranks.rank_record import arrival_beside


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        self.now += 1e-5
        return self.now


def arrivals(folder: Path, clock: Clock) -> Arrivals:
    return Arrivals(lambda: folder / "77-0.at", clock, lambda: 1e9 + clock.now)


def test_each_arrival_of_long_steps_is_written_and_says_so(tmp_path: Path) -> None:
    clock = Clock()
    written = arrivals(tmp_path, clock)
    for step in range(1, 6):
        clock.now += 0.1
        written.arrive(2 * step, step)
        arrival = arrival_beside(tmp_path / "77-0.jsonl")
        assert arrival == RankArrival(2 * step, step, pytest.approx(1e9 + clock.now, abs=0.01), step > 1)
    clock.now += 0.1
    written.arrive(12, 6, False)  # of a loop of which not every step is measured
    arrival = arrival_beside(tmp_path / "77-0.jsonl")
    assert arrival is not None and (arrival.step, arrival.is_each) == (6, False)
    size = (tmp_path / "77-0.at").stat().st_size
    written.arrive(10**12, 10**9)
    assert (tmp_path / "77-0.at").stat().st_size == size


def test_of_short_steps_few_are_written_and_none_says_that_each_is(tmp_path: Path) -> None:
    clock = Clock()
    written = arrivals(tmp_path, clock)
    found: set[RankArrival] = set()
    for step in range(1, 1001):
        clock.now += 1e-4
        written.arrive(step, step)
        arrival = arrival_beside(tmp_path / "77-0.jsonl")
        assert arrival is not None and not arrival.is_each
        found.add(arrival)
    assert 10 < len(found) < 200


def test_a_loop_that_becomes_fast_says_so_before_an_arrival_is_left_out(tmp_path: Path) -> None:
    clock = Clock()
    written = arrivals(tmp_path, clock)
    last: RankArrival | None = None
    for step in range(1, 200):
        clock.now += 0.1 if step < 100 else 1e-5
        written.arrive(step, step)
        before, last = last, arrival_beside(tmp_path / "77-0.jsonl")
        assert last is not None
        if before is not None and before.is_each:
            assert last.step == step


@pytest.mark.parametrize("obstacle", ["a folder", "no folder", "a link"])
def test_where_nothing_can_be_written_nothing_is(tmp_path: Path, obstacle: str) -> None:
    clock = Clock()
    path = tmp_path / "77-0.at"
    if obstacle == "a folder":
        path.mkdir()
    elif obstacle == "a link":
        path.symlink_to(tmp_path / "other")
    written = arrivals(tmp_path / "none" if obstacle == "no folder" else tmp_path, clock)
    for step in range(3):
        clock.now += 1.0
        written.arrive(step, step)
    assert arrival_beside(tmp_path / "77-0.jsonl") is None
    assert not (tmp_path / "other").exists()


@pytest.mark.parametrize("text", ["", "{", "[1]", '{"collective": "3"}', "[" * 10_000])
def test_what_is_no_arrival_is_none(tmp_path: Path, text: str) -> None:
    (tmp_path / "77-0.at").write_text(text)
    assert arrival_beside(tmp_path / "77-0.jsonl") is None
