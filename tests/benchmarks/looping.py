"""What long loops cost: ten million steps that log a loss, and a million that compute one and its gradients.

The last tenths of each are held against early ones, in processor time, which others on the machine disturb little.
Beside them is the memory, and the chart, which takes and draws what really came.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise

from tests.benchmarks.figure import Figure, Sample, milliseconds
from tests.benchmarks.kernels import events_of, ready_kernel, resident
from tui_torch.drawing.charts.loss_plot import draw_runs
from tui_torch.drawing.charts.run_history import RunHistory
from tui_torch.protocol.events import Output, TrainingProgress
from tui_torch.protocol.orders import Run

PARTS = 10
"""Times that a loop says how far it is."""
GROWN = 32
"""MiB that the kernel may grow by after the first tenth."""
JUDGED = 3
"""Tenths at the beginning and at the end that are compared by their medians: the first of all warms up."""
SLOWER = 1.25
"""Times that the one may take of the other."""
FRAME = 1 / 60
"""Seconds that a frame of the chart may take."""
FRAMES = 41
SIZE = (58, 14)
"""Cells of the chart on a screen of 120 by 40."""

LOOP = """
import time, torch, tui_torch
w = torch.ones(3, requires_grad=True)
for part in range({parts}):
    for step in range({steps}):
        {step}
    print(time.process_time())
"""
LOOPS = {
    "10,000,000 logged steps": (1_000_000, "tui_torch.log(loss=1 / (step + 1))"),
    "1,000,000 steps of training": (100_000, "loss = w.sum(); loss.backward()"),
}
"""The steps of a tenth, and what a step does."""


def measure() -> Iterator[Figure]:
    for name, (steps, step) in LOOPS.items():
        found = asyncio.run(_run(LOOP.format(parts=PARTS, steps=steps, step=step)))
        yield from _figures(name, found)


@dataclass
class _Found:
    """What was measured at the end of each tenth."""

    ends: list[float] = field(default_factory=list[float])
    """Seconds of processor time of the kernel until then."""
    memory: list[float] = field(default_factory=list[float])
    """MiB of the kernel."""
    frames: list[Sample] = field(default_factory=list[Sample])
    """Seconds to draw the chart."""
    taken: list[float] = field(default_factory=list[float])
    """Seconds to take what came, for each time that something did."""


async def _run(code: str) -> _Found:
    runs, found = RunHistory(), _Found()
    runs.begin(code)
    async with ready_kernel() as kernel:
        async for event in events_of(kernel, Run(code, pins=("w",))):
            match event:
                case TrainingProgress():
                    found.taken.append(_seconds(runs, event))
                case Output(text):
                    for told in text.split():
                        found.ends.append(float(told))
                        found.memory.append(resident(kernel))
                        found.frames.append(Sample.of(_seconds(runs) for _ in range(FRAMES)))
                case _:
                    pass
    assert len(found.ends) == PARTS
    assert runs.current.has_loop
    return found


def _seconds(runs: RunHistory, progress: TrainingProgress | None = None) -> float:
    """Seconds of processor time to take some progress, or to draw the chart."""
    began = time.process_time()
    if progress is not None:
        runs.current.extend(progress)
    else:
        draw_runs(runs, *SIZE)
    return time.process_time() - began


def _figures(name: str, found: _Found) -> Iterator[Figure]:
    parts = [end - began for began, end in pairwise(found.ends)]
    early, late = Sample.of(parts[:JUDGED]), Sample.of(parts[-JUDGED:])
    slower = late.median / early.median
    against = f"of the second to the fourth: {early}"
    told, budget = f"{slower:.2f} ×", f"linear (≤ {SLOWER} ×)"
    yield Figure(f"{name}: a tenth, of the last three", str(late), against, told, budget, slower <= SLOWER)
    grown = found.memory[-1] - found.memory[0]
    yield Figure(f"{name}: the kernel's memory", "", "", f"{grown:+.1f} MiB", f"≤ +{GROWN} MiB", grown <= GROWN)
    budget = f"p95 ≤ {milliseconds(FRAME)}"
    first, last, taken = found.frames[0], found.frames[-1], Sample.of(found.taken)
    against = f"after a tenth: {milliseconds(first.median)}"
    told = milliseconds(last.p95)
    yield Figure(f"{name}: a frame of the chart", str(last), against, told, budget, last.p95 <= FRAME)
    against = f"{len(found.taken):,} times"
    told = milliseconds(taken.p95)
    yield Figure(f"{name}: taking what came", str(taken), against, told, budget, taken.p95 <= FRAME)
