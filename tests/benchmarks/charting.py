"""What a frame of the chart costs after a thousand steps and after a million, and the memory that a long run takes."""

from __future__ import annotations

import math
import statistics
import time
import tracemalloc
from collections.abc import Callable
from functools import partial

from tui_torch.kernel.events import Fitted, SeriesPoints, TrainingProgress
from tui_torch.tutor.fit_plot import FitNames, draw_fit
from tui_torch.tutor.plot import View, draw
from tui_torch.tutor.runs import EARLIER, Runs
from tui_torch.tutor.window import Window

BUDGET = 1.5
"""Times that a frame after a million steps may take of one after a thousand."""
GROWN = 1.25
"""Times that a run may take of the memory that it took when it first had as many spans as after a million steps."""
SHORT, FULL, LONG = 1_000, 15_625, 1_000_000
AT_ONCE = 500
"""Points in an event, as a tiny loop sends them."""
TIMES = 41
SIZE = (58, 14)
"""Cells of the chart on a screen of 120 by 40."""

VIEWS = {
    "as it is": View(),
    "logarithmic": View(log=True),
    "smoothed": View(smoothing=1),
    "zoomed in": View(window=Window(400.0)),
    "ASCII": View(dots="ascii"),
}


def measure() -> bool:
    """Print each measurement; False when one is over its budget."""
    kept = True
    print(f"a frame of {SIZE[0]}x{SIZE[1]}, {TIMES} times: median after {SHORT:,} steps, after {LONG:,}, ratio")
    short, long = _runs(SHORT), _runs(LONG)
    for name, view in VIEWS.items():
        kept = _compare(name, short, long, view) and kept
    short, long = _runs(SHORT, losses=2, earlier=EARLIER), _runs(LONG, losses=2, earlier=EARLIER)
    kept = _compare(f"two losses, {EARLIER} runs behind", short, long, View()) and kept
    points = tuple((number / 50, math.sin(number)) for number in range(500))
    fit = Fitted(points, points)
    names = FitNames("x", "y", "model(x)")
    print(f"  {'a fit of 500 points':30} {_median(lambda: draw_fit(fit, names, *SIZE)) * 1000:6.2f} ms")
    full, all_of_it = _memory(FULL), _memory(LONG)
    print(f"memory: {full:.2f} MiB after {FULL:,} steps, {all_of_it:.2f} MiB after {LONG:,} (budget {GROWN} times)")
    behind = _memory(FULL, earlier=EARLIER) - full
    print(f"  {EARLIER} earlier runs take {behind:.2f} MiB more")
    return kept and all_of_it <= full * GROWN


def _compare(name: str, short: Runs, long: Runs, view: View) -> bool:
    # In turns, so that what else the machine does falls on both.
    frames = [partial(draw, runs, *SIZE, view=view) for runs in (short, long)]
    pairs = [tuple(map(_seconds, frames)) for _ in range(TIMES)]
    one, other = (statistics.median(times) for times in zip(*pairs, strict=True))
    print(f"  {name:30} {one * 1000:6.2f} ms {other * 1000:6.2f} ms   {other / one:.2f} (budget {BUDGET})")
    return other / one <= BUDGET


def _median(draw: Callable[[], object]) -> float:
    return statistics.median(_seconds(draw) for _ in range(TIMES))


def _seconds(draw: Callable[[], object]) -> float:
    started = time.perf_counter()
    draw()
    return time.perf_counter() - started


def _runs(steps: int, *, losses: int = 1, earlier: int = 0) -> Runs:
    runs = Runs()
    for number in range(earlier + 1):
        runs.begin(f"lr = {number}")
        for begin in range(1, steps + 1, AT_ONCE):
            upto = min(begin + AT_ONCE, steps + 1)
            series = tuple(
                SeriesPoints(f"loss_{which}", "loss", tuple((step, _loss(step + which)) for step in range(begin, upto)))
                for which in range(losses)
            )
            runs.current.extend(TrainingProgress(upto - 1, series, None, (), 0.1, upto - 1))
    return runs


def _loss(step: int) -> float:
    return math.exp(-step / 2_000) + 0.3 + 0.2 * math.sin(step * 12.9898)


def _memory(steps: int, *, earlier: int = 0) -> float:
    """MiB that the runs hold when they are over."""
    tracemalloc.start()
    runs = _runs(steps, earlier=earlier)
    held, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert runs.current.has_loop
    return held / 2**20
