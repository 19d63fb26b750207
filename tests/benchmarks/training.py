"""What a training loop pays for being watched: in the kernel, with a pinned tensor, against the file in bare Python."""

from __future__ import annotations

import asyncio
import statistics
import sys
from collections.abc import Iterator
from dataclasses import dataclass

from tests.benchmarks.figure import Figure, ratio_of
from tests.benchmarks.kernels import events_of, ready_kernel, resident
from tui_torch.kernel.session import KernelSession
from tui_torch.protocol.events import Output, TrainingProgress, Watched
from tui_torch.protocol.orders import Plot, PlotSeries, Run

ROUNDS = 20
"""Pairs of a loop alone and a loop that is watched. Fewer cannot tell 1.01 from 1."""
GROWN = 32
"""MiB that the kernel may grow by between 100,000 steps and 1,000,000."""

LOOP = """
import time, torch
torch.manual_seed(0)
torch.set_num_threads(1)  # or else others on the machine decide how long a step takes
{setup}
def train(steps):
    started, worked = time.perf_counter(), time.process_time()
    for step in range(steps):
        optimizer.zero_grad()
        loss = torch.nn.functional.mse_loss(model(x), y)
        loss.backward()
        optimizer.step()
    return (time.perf_counter() - started) / steps, (time.process_time() - worked) / steps
train({steps} // 5)
print(*train({steps}))
"""
TINY = """
x, y = torch.randn(64, 3), torch.randn(64, 1)
model = torch.nn.Sequential(torch.nn.Linear(3, 16), torch.nn.Tanh(), torch.nn.Linear(16, 1))
optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
"""
REAL = """
x, y = torch.randn(64, 3, 32, 32), torch.randn(64, 10)
model = torch.nn.Sequential(
    torch.nn.Conv2d(3, 16, 3), torch.nn.ReLU(), torch.nn.MaxPool2d(2), torch.nn.Conv2d(16, 32, 3), torch.nn.ReLU(),
    torch.nn.Flatten(), torch.nn.Linear(32 * 13 * 13, 128), torch.nn.ReLU(), torch.nn.Linear(128, 10),
)
optimizer = torch.optim.Adam(model.parameters())
"""
PINS = ("model", "x", "loss")
PLOTTED = Plot((PlotSeries("x[:, 0]", "y[:, 0]", "model(x)[:, 0]"),))
LOOPS = {
    "tiny": (LOOP.format(setup=TINY, steps=8_000), 1.03, None),
    "tiny, with its fit": (LOOP.format(setup=TINY, steps=8_000), 1.03, PLOTTED),
    "a real one": (LOOP.format(setup=REAL, steps=40), 1.01, None),
}
LONG = """
import torch
w = torch.ones(3, requires_grad=True)
for step in range({steps}):
    loss = w.sum()
    loss.backward()
"""


def measure() -> Iterator[Figure]:
    yield from asyncio.run(_measure())


async def _measure() -> list[Figure]:
    pairs: dict[str, list[tuple[_Step, _Step]]] = {name: [] for name in LOOPS}
    for _ in range(ROUNDS):
        # A kernel of its own for each round, as the bare loop has a process: where its memory lies makes some percents.
        async with ready_kernel() as kernel:
            for name, (code, _, plot) in LOOPS.items():
                pairs[name].append((await _alone(code), await _watched(kernel, code, plot)))
    figures = [_compared(name, found, LOOPS[name][1]) for name, found in pairs.items()]
    async with ready_kernel() as kernel:
        before = await _memory_after(kernel, 100_000)
        grown = await _memory_after(kernel, 1_000_000) - before
    what = "the kernel's memory, from 100,000 steps to 1,000,000"
    figures.append(Figure(what, "", "", f"{grown:+.1f} MiB", f"≤ +{GROWN} MiB", grown <= GROWN))
    return figures


def _compared(name: str, pairs: list[tuple[_Step, _Step]], budget: float) -> Figure:
    theirs, ours = zip(*pairs, strict=True)
    ratio = ratio_of([step.took for step in ours], [step.took for step in theirs])
    ratios = sorted(our.worked / their.worked for our, their in zip(ours, theirs, strict=True))
    worked, quarter = statistics.median(ratios), len(ratios) // 4
    least, most = ratios[quarter], ratios[-1 - quarter]
    return Figure(
        f"a step of a training loop, {name}",
        _told([step.took for step in ours]),
        f"the same file in bare `python`: {_told([step.took for step in theirs])}",
        # Half of the pairs lie between the two that stand in brackets.
        f"{worked:.3f} × of the processor ({least:.3f} to {most:.3f}), {ratio:.3f} × by the clock",
        f"≤ {budget} × of the processor",
        worked <= budget,
    )


def _told(seconds: list[float]) -> str:
    return f"{statistics.median(seconds) * 1e6:.0f} µs ({min(seconds) * 1e6:.0f} to {max(seconds) * 1e6:.0f})"


@dataclass(frozen=True)
class _Step:
    """Seconds of a step, by the clock, and of all of the process's threads together, which others do not disturb."""

    took: float
    worked: float


async def _alone(code: str) -> _Step:
    """A step in a process of its own."""
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", code, stdout=asyncio.subprocess.PIPE)
    output, _ = await process.communicate()
    return _Step(*map(float, output.split()))


async def _watched(kernel: KernelSession, code: str, plot: Plot | None) -> _Step:
    """A step in the kernel, its series recorded and a few values looked at."""
    printed = ""
    came: set[type] = set()
    async for event in events_of(kernel, Run(code, pins=PINS, plot=plot)):
        came.add(type(event))
        if isinstance(event, Output):
            printed += event.text
    assert {TrainingProgress, Watched} <= came
    return _Step(*map(float, printed.split()))


async def _memory_after(kernel: KernelSession, steps: int) -> float:
    """MiB that the kernel process takes after a loop of so many steps."""
    async for _ in events_of(kernel, Run(LONG.format(steps=steps), pins=("w",))):
        pass
    return resident(kernel)
