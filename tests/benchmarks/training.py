"""What a training loop pays for being watched: in the kernel, with a pinned tensor, against the file in bare Python."""

from __future__ import annotations

import asyncio
import os
import statistics
import sys
from dataclasses import dataclass
from pathlib import Path

from tui_torch.kernel.events import Failed, Output, TrainingProgress, Watched
from tui_torch.kernel.orders import Plot, Run
from tui_torch.kernel.session import KernelSession

ROUNDS = 7
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
PLOTTED = Plot("x[:, 0]", "y[:, 0]", "model(x)[:, 0]")
LOOPS = {
    "tiny": (LOOP.format(setup=TINY, steps=8_000), 1.05, None),
    "tiny, with its fit": (LOOP.format(setup=TINY, steps=8_000), 1.05, PLOTTED),
    "a real one": (LOOP.format(setup=REAL, steps=40), 1.02, None),
}
LONG = """
import torch
w = torch.ones(3, requires_grad=True)
for step in range({steps}):
    loss = w.sum()
    loss.backward()
"""


def measure() -> bool:
    """Print each measurement; False when one is over its budget."""
    return asyncio.run(_measure())


async def _measure() -> bool:
    kernel = KernelSession()
    await kernel.start()
    await kernel.ready()
    kept = True
    try:
        print(f"a step of a loop: in bare Python, in the kernel; the median of {ROUNDS} ratios, one after the other")
        for name, (code, budget, plot) in LOOPS.items():
            pairs = [(await _alone(code), await _watched(kernel, code, plot)) for _ in range(ROUNDS)]
            bare, watched = (statistics.median(pair[side].took for pair in pairs) * 1e6 for side in (0, 1))
            ratios = [ours.took / theirs.took for theirs, ours in pairs]
            worked = statistics.median(ours.worked / theirs.worked for theirs, ours in pairs)
            ratio = statistics.median(ratios)
            kept = kept and ratio <= budget
            spread = f"({min(ratios):.3f} to {max(ratios):.3f})"
            times = f"{ratio:.3f} times {spread}, budget {budget}; in time of the processor {worked:.3f} times"
            print(f"  {name:18} {bare:9.1f} us {watched:9.1f} us  {times}")
        if sys.platform == "linux":
            before = await _memory_after(kernel, 100_000)
            grown = await _memory_after(kernel, 1_000_000) - before
            kept = kept and grown <= GROWN
            print(f"memory of the kernel, from 100,000 steps to 1,000,000: {grown:+.1f} MiB, budget +{GROWN}")
        print("load of the machine: " + ", ".join(f"{load:.2f}" for load in os.getloadavg()))
    finally:
        await kernel.close()
    return kept


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
    async for event in kernel.run(Run(code, pins=PINS, plot=plot)):
        came.add(type(event))
        match event:
            case Output(text):
                printed += text
            case Failed():
                raise RuntimeError(event.message)
            case _:
                pass
    assert {TrainingProgress, Watched} <= came
    return _Step(*map(float, printed.split()))


async def _memory_after(kernel: KernelSession, steps: int) -> float:
    """MiB that the kernel process takes after a loop of so many steps."""
    async for event in kernel.run(Run(LONG.format(steps=steps), pins=("w",))):
        match event:
            case Failed():
                raise RuntimeError(event.message)
            case _:
                pass
    return _resident(kernel)


def _resident(kernel: KernelSession) -> float:
    lines = Path(f"/proc/{kernel.pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS:")) / 1024
