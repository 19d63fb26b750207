"""What a frame of the chart costs after a thousand steps and after a million, and the memory that a long run takes."""

from __future__ import annotations

import math
import time
import tracemalloc
from collections.abc import Callable, Iterator
from functools import partial

from tests.benchmarks.figure import Figure, Sample, milliseconds
from tui_torch.drawing.charts.loss_plot import PlotSettings, draw_runs
from tui_torch.drawing.charts.run_history import MAX_EARLIER_RUNS, RunHistory
from tui_torch.drawing.charts.step_plot import draw_plot
from tui_torch.drawing.charts.zoom import StepWindow
from tui_torch.protocol.events import SeriesPoints, TrainingProgress
from tui_torch.protocol.orders import Plot, PlotSeries
from tui_torch.protocol.plots.plotted import Fitted, Plotted

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

SETTINGS = {
    "as it is": PlotSettings(),
    "logarithmic": PlotSettings(log=True),
    "smoothed": PlotSettings(smoothing=1),
    "zoomed in": PlotSettings(window=StepWindow(400.0)),
    "ASCII": PlotSettings(dots="ascii"),
}


def measure() -> Iterator[Figure]:
    short, long = _runs(SHORT), _runs(LONG)
    for name, settings in SETTINGS.items():
        yield _compared(name, short, long, settings)
    short, long = _runs(SHORT, losses=2, earlier=MAX_EARLIER_RUNS), _runs(LONG, losses=2, earlier=MAX_EARLIER_RUNS)
    yield _compared(f"two losses, {MAX_EARLIER_RUNS} runs behind", short, long, PlotSettings())
    points = tuple((number / 50, math.sin(number)) for number in range(500))
    fit = Plotted((Fitted(points, points),))
    plot = Plot((PlotSeries("x", "y", "model(x)"),))
    yield Figure("a frame of a fit of 500 points", str(_sample(lambda: draw_plot(fit, plot, *SIZE))))
    full, all_of_it = _memory(FULL), _memory(LONG)
    kept = all_of_it <= full * GROWN
    what = f"the chart's memory after {LONG:,} steps"
    told = f"{all_of_it / full:.2f} ×"
    yield Figure(what, f"{all_of_it:.2f} MiB", f"after {FULL:,}: {full:.2f} MiB", told, f"flat (≤ {GROWN} ×)", kept)


def _compared(name: str, short: RunHistory, long: RunHistory, settings: PlotSettings) -> Figure:
    # In turns, so that what else the machine does falls on both.
    frames = [partial(draw_runs, runs, *SIZE, settings=settings) for runs in (short, long)]
    pairs = [tuple(map(_seconds, frames)) for _ in range(TIMES)]
    few, many = (Sample.of(seconds) for seconds in zip(*pairs, strict=True))
    ratio = many.median / few.median
    what = f"a frame of the chart after {LONG:,} steps, {name}"
    against = f"after {SHORT:,}: {milliseconds(few.median)}"
    return Figure(what, milliseconds(many.median), against, f"{ratio:.2f} ×", f"≤ {BUDGET} ×", ratio <= BUDGET)


def _sample(draw: Callable[[], object]) -> Sample:
    return Sample.of(_seconds(draw) for _ in range(TIMES))


def _seconds(draw: Callable[[], object]) -> float:
    started = time.perf_counter()
    draw()
    return time.perf_counter() - started


def _runs(steps: int, *, losses: int = 1, earlier: int = 0) -> RunHistory:
    runs = RunHistory()
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
