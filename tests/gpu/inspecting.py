"""Looking at a large tensor on the device: no page of the inspector copies it, there or here."""

from __future__ import annotations

import resource
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import get_args

import torch

from tests.benchmarks.figure import Figure
from tui_torch.probe.inspector.answer import look
from tui_torch.probe.inspector.namespace_diff import Inspector
from tui_torch.protocol.orders import Request, Side

SIDE = {"cuda": 1 << 14, "cpu": 3 << 11}
"""Rows and columns of a tensor of float32: 1 GiB, and 144 MiB on a CPU."""
GROWN = 64
"""MiB that may be taken meanwhile, on the device and beside it."""
MIB = 1 << 20


def measure(device: str) -> Iterator[Figure]:
    side = SIDE[device]
    size = f"{side * side * 4 // MIB} MiB"
    small: dict[str, object] = {"small": torch.ones(1500, 1500, device=device)}
    Inspector().inspect(small, ())  # what is made once, for the first
    for how in ("", ", transposed"):
        big = torch.ones(side, side, device=device)
        names: dict[str, object] = {"big": big.T if how else big}
        yield _judged(f"inspecting a namespace with {size}{how}", device, partial(Inspector().inspect, names, ()))
        sides: tuple[Side, ...] = get_args(Side)
        for page in sides[:4]:
            yield _judged(f"looking at {size}{how}: {page}", device, partial(look, Request(page, "big"), names))
        del big, names


def _judged(what: str, device: str, do: Callable[[], object]) -> Figure:
    here, there = _peak(afresh=True), 0
    if device == "cuda":
        torch.cuda.synchronize()
        torch.cuda.reset_peak_memory_stats()
        there = torch.cuda.memory_allocated()
    answer = do()
    taken = {"here": _peak() - here}
    if device == "cuda":
        torch.cuda.synchronize()
        taken["on the GPU"] = (torch.cuda.max_memory_allocated() - there) / MIB
    told = ", ".join(f"{grown:+.0f} MiB {where}" for where, grown in taken.items())
    note = getattr(answer, "note", None) or ""
    is_seen = not note.startswith("cannot be read")
    return Figure(what, note, "", told, f"≤ +{GROWN} MiB", is_seen and max(taken.values()) <= GROWN)


def _peak(*, afresh: bool = False) -> float:
    """MiB of memory that this process had at its most since this was last asked `afresh`; ever, beside Linux."""
    if sys.platform == "linux":
        if afresh:
            Path("/proc/self/clear_refs").write_text("5")
        lines = Path("/proc/self/status").read_text().splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:")) / 1024
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / MIB if sys.platform == "darwin" else peak / 1024
