"""What it costs to inspect after a run, and to look at one value: with 1 GiB in the namespace, and with 500 names."""

from __future__ import annotations

import asyncio
import statistics
import sys
import time
from pathlib import Path
from typing import get_args

from tui_torch.kernel.events import Failed, Inspected, Started
from tui_torch.kernel.orders import Run
from tui_torch.kernel.session import KernelSession
from tui_torch.kernel.view import ANSWERS, Request, Side

BUDGET = 0.050
"""Seconds that an inspection may add to a run."""
TIMES = 15
GROWN = 64
"""MiB that the kernel may grow by while it looks at a tensor of 1,024."""

SETUPS = {
    "nothing": "pass",
    "1 GiB": "import torch\nbig = torch.zeros(1 << 28)\nbig += 1",
    "1 GiB, transposed": "import torch\nbig = torch.zeros(1 << 14, 1 << 14).T\nbig += 1",
    "500 names": "import torch\nfor i in range(500): globals()[f'v{i}'] = torch.randn(20, 20)",
    "500 sharers": "import torch\nbase = torch.randn(500, 400)\nfor i in range(499): globals()[f'v{i}'] = base[i]",
}


class _Portion:
    def __init__(self, code: str) -> None:
        self.step, self.code, self.may_raise = "setup", code, False


def measure() -> bool:
    """Print each measurement; False when one is over its budget."""
    return asyncio.run(_measure())


async def _measure() -> bool:
    kernel = KernelSession()
    await kernel.start()
    await kernel.ready()
    kept = True
    try:
        print(f"after a run of `pass`, {TIMES} times: median (least to most)")
        usual = 0.0
        for name, setup in SETUPS.items():
            seconds = [await _ran(kernel, setup) for _ in range(TIMES)]
            middle = statistics.median(seconds)
            usual = usual or middle
            added = middle - usual
            kept = kept and added <= BUDGET
            spread = f"({min(seconds) * 1000:.1f} to {max(seconds) * 1000:.1f})"
            ratio = f"{middle / usual:.1f} times `pass` alone, budget +{BUDGET * 1000:.0f} ms"
            print(f"  {name:18} {middle * 1000:6.1f} ms {spread:18} {ratio}")
        print("one side of a value of 1 GiB: median (least to most), memory grown")
        await _ran(kernel, SETUPS["1 GiB, transposed"])
        sides: tuple[Side, ...] = get_args(Side)
        for side in sides[:4]:
            seconds, grown = await _looked(kernel, side)
            kept = kept and grown <= GROWN
            spread = f"({min(seconds) * 1000:.1f} to {max(seconds) * 1000:.1f})"
            print(f"  {side:18} {statistics.median(seconds) * 1000:6.1f} ms {spread:18} {grown:.0f} MiB of 1,024")
    finally:
        await kernel.close()
    return kept


async def _ran(kernel: KernelSession, setup: str) -> float:
    """Seconds from the beginning of `pass` until its inspection is here, after a setup that was inspected."""
    started = seconds = 0.0
    async for event in kernel.run(Run("pass", standing=(_Portion(setup),))):
        match event:
            case Started():
                started = time.perf_counter()
            case Inspected():
                seconds = time.perf_counter() - started
            case Failed():
                raise RuntimeError(event.message)
            case _:
                pass
    return seconds


async def _looked(kernel: KernelSession, side: Side) -> tuple[list[float], float]:
    seconds: list[float] = []
    before = _peak(kernel, afresh=True)
    for _ in range(TIMES):
        started = time.perf_counter()
        await kernel.look(ANSWERS[side], "side", request=Request(side, "big"))
        seconds.append(time.perf_counter() - started)
    return seconds, _peak(kernel) - before


def _peak(kernel: KernelSession, afresh: bool = False) -> float:
    """MiB that the kernel process took at its largest since this was last asked `afresh`; 0 where it cannot be told."""
    if sys.platform != "linux":
        return 0.0
    process = Path(f"/proc/{kernel.pid}")
    if afresh:
        (process / "clear_refs").write_text("5")
    lines = (process / "status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:")) / 1024
