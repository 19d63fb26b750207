"""What it costs to inspect after a run, and to look at one value: with 1 GiB in the namespace, with 500 names and with
10,000, and with a module of 124 million parameters."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from typing import get_args

from tests.benchmarks.figure import Figure, Sample, milliseconds
from tests.benchmarks.kernels import events_of, peak, ready_kernel
from tui_torch.kernel.session import KernelSession
from tui_torch.protocol.events import Inspected, Started
from tui_torch.protocol.orders import Portion, Request, Run, Side

BUDGET, UNCHANGED_BUDGET = 0.050, 0.004
"""Seconds that an inspection may add to a run, and that one of 500 names may that have not changed."""
UNCHANGED = ("500 names", "500 sharers")
TIMES = 15
GROWN = 64
"""MiB that the kernel may grow by while it looks at a tensor of 1,024."""

SETUPS = {
    "nothing": "pass",
    "1 GiB": "import torch\nbig = torch.zeros(1 << 28)\nbig += 1",
    "1 GiB, transposed": "import torch\nbig = torch.zeros(1 << 14, 1 << 14).T\nbig += 1",
    "500 names": "import torch\nfor i in range(500): globals()[f'v{i}'] = torch.randn(20, 20)",
    "10,000 names": "import torch\nfor i in range(10_000): globals()[f'v{i}'] = torch.randn(20, 20)",
    "500 sharers": "import torch\nbase = torch.randn(500, 400)\nfor i in range(499): globals()[f'v{i}'] = base[i]",
    "a module of 124 million parameters": (
        "import torch\nmodel = torch.nn.Sequential(torch.nn.Embedding(50_257, 768), *(torch.nn.Sequential("
        "torch.nn.Linear(768, 2_304), torch.nn.Linear(768, 768), torch.nn.Linear(768, 3_072), "
        "torch.nn.Linear(3_072, 768)) for _ in range(12)))"
    ),
}


def measure() -> Iterator[Figure]:
    yield from asyncio.run(_measure())


async def _measure() -> list[Figure]:
    figures: list[Figure] = []
    async with ready_kernel() as kernel:
        usual: Sample | None = None
        for name, setup in SETUPS.items():
            sample = Sample.of([await _ran(kernel, setup) for _ in range(TIMES)])
            usual = usual or sample
            if sample is not usual:
                figures.append(_added(name, sample, usual))
        await _ran(kernel, SETUPS["1 GiB, transposed"])
        sides: tuple[Side, ...] = get_args(Side)
        for side in sides[:4]:
            seconds, grown = await _looked(kernel, side)
            what = f"looking at 1 GiB: {side}"
            told = f"{grown:+.0f} MiB"
            figures.append(Figure(what, str(seconds), "", told, f"no copy (≤ +{GROWN} MiB)", grown <= GROWN))
        await _ran(kernel, SETUPS["a module of 124 million parameters"])
        seconds, grown = await _looked(kernel, "layers", "model")
        what = "looking at a module of 124 million parameters"
        figures.append(Figure(what, str(seconds), "", f"{grown:+.0f} MiB", f"no copy (≤ +{GROWN} MiB)", grown <= GROWN))
    return figures


def _added(name: str, sample: Sample, usual: Sample) -> Figure:
    added = sample.median - usual.median
    most = UNCHANGED_BUDGET if name in UNCHANGED else BUDGET
    told, budget = f"+{milliseconds(added)}", f"≤ +{milliseconds(most)}"
    against = f"a run of `pass` alone: {usual}"
    return Figure(f"inspecting after a run: {name}", str(sample), against, told, budget, added <= most)


async def _ran(kernel: KernelSession, setup: str) -> float:
    """Seconds from the beginning of `pass` until its inspection is here, after a setup that was inspected."""
    started = seconds = 0.0
    async for event in events_of(kernel, Run("pass", standing=(Portion("setup", setup),))):
        match event:
            case Started():
                started = time.perf_counter()
            case Inspected():
                seconds = time.perf_counter() - started
            case _:
                pass
    return seconds


async def _looked(kernel: KernelSession, side: Side, name: str = "big") -> tuple[Sample, float]:
    """Seconds that the answers took, and MiB that the kernel grew by meanwhile."""
    seconds: list[float] = []
    before = peak(kernel, afresh=True)
    for _ in range(TIMES):
        started = time.perf_counter()
        await kernel.look(Request(side, name))
        seconds.append(time.perf_counter() - started)
    return Sample.of(seconds), peak(kernel) - before
