"""A step of a training loop in the kernel beside one busy program, against the same step when the machine is free.

The kernel, a bare Python and the busy program each have a session of their own, as the programs of different terminals
have, and Linux gives each session the same share. Where this may be done, all of them get the highest one, so that what
else the machine does counts for little. On a machine with two processors the busy program leaves one, on which a step
cannot take less than it does with one thread: that is measured, too.
"""

from __future__ import annotations

import asyncio
import statistics
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from tests.benchmarks.figure import Figure, milliseconds, ratio_of
from tests.benchmarks.kernels import events_of, ready_kernel
from tui_torch.kernel.session import KernelSession
from tui_torch.protocol.events import Output
from tui_torch.protocol.orders import Run

ROUNDS = 5
BUDGET = 1.2
BUSY = "while True: pass"
ONE_THREAD = "import torch; torch.set_num_threads(1)"

LOOP = """
import time, torch
from torch import nn
from torch.nn import functional as F
torch.manual_seed(0)
{setup}
def train(seconds):
    took, worked, until = [], time.process_time(), time.perf_counter() + seconds
    while (began := time.perf_counter()) < until:
        step()
        took.append(time.perf_counter() - began)
    return sorted(took)[len(took) // 2], (time.process_time() - worked) / len(took)
train(1.5)  # by then it is decided where the threads run
print(*train(1.5))
"""
TINY = """
x, y = torch.randn(64, 3), torch.randn(64, 1)
model = nn.Sequential(nn.Linear(3, 16), nn.Tanh(), nn.Linear(16, 1))
optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
def step():
    optimizer.zero_grad()
    F.mse_loss(model(x), y).backward()
    optimizer.step()
"""
GAN = """
G = nn.Sequential(nn.Linear(64, 128), nn.ReLU(), nn.Linear(128, 256), nn.ReLU(), nn.Linear(256, 2))
D = nn.Sequential(nn.Linear(2, 256), nn.LeakyReLU(0.2), nn.Linear(256, 128), nn.LeakyReLU(0.2), nn.Linear(128, 1))
opt_g, opt_d = torch.optim.Adam(G.parameters(), lr=1e-3), torch.optim.Adam(D.parameters(), lr=1e-3)
real, ones, zeros = torch.randn(256, 2), torch.ones(256, 1), torch.zeros(256, 1)
bce = F.binary_cross_entropy_with_logits
def step():
    fake = G(torch.randn(256, 64))
    opt_d.zero_grad()
    (bce(D(real), ones) + bce(D(fake.detach()), zeros)).backward()
    opt_d.step()
    opt_g.zero_grad()
    bce(D(fake), ones).backward()
    opt_g.step()
"""
CNN = """
x, y = torch.randn(64, 3, 32, 32), torch.randn(64, 10)
model = nn.Sequential(
    nn.Conv2d(3, 16, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(16, 32, 3), nn.ReLU(),
    nn.Flatten(), nn.Linear(32 * 13 * 13, 128), nn.ReLU(), nn.Linear(128, 10),
)
optimizer = torch.optim.Adam(model.parameters())
def step():
    optimizer.zero_grad()
    F.mse_loss(model(x), y).backward()
    optimizer.step()
"""
LOOPS = {"a GAN": (GAN, BUDGET), "a tiny one": (TINY, BUDGET), "a CNN": (CNN, None)}
"""Each with the budget of its slow-down; a CNN uses both cores of a machine that has two, and gets one of them."""


@dataclass(frozen=True, slots=True)
class StepSeconds:
    """Of one step, the median by the clock and the mean of the processors."""

    took: float
    worked: float


def measure() -> Iterator[Figure]:
    yield from asyncio.run(_measure())


async def _measure() -> list[Figure]:
    found: dict[tuple[str, str], list[StepSeconds]] = {}
    async with ready_kernel() as kernel:
        _put_first(kernel.pid)
        for _ in range(ROUNDS):
            for name, (setup, _) in LOOPS.items():
                code = LOOP.format(setup=setup)
                found.setdefault((name, "free, bare"), []).append(await _alone(code))
                found.setdefault((name, "free, bare, one thread"), []).append(await _alone(ONE_THREAD + code))
                found.setdefault((name, "free"), []).append(await _watched(kernel, code))
                with _busy_neighbour():
                    found.setdefault((name, "busy"), []).append(await _watched(kernel, code))
                    found.setdefault((name, "busy, bare"), []).append(await _alone(code))
    return [figure for name, (_, budget) in LOOPS.items() for figure in _figures(name, found, budget)]


def _figures(name: str, found: dict[tuple[str, str], list[StepSeconds]], budget: float | None) -> Iterator[Figure]:
    bare, ours, theirs = (found[name, when] for when in ("free, bare", "busy", "busy, bare"))
    slower = ratio_of([step.took for step in ours], [step.took for step in bare])
    single = found[name, "free, bare, one thread"]
    yield Figure(
        f"a step beside a busy program, {name}",
        _told(ours),
        f"in bare `python`: {_told(theirs)}; with the machine free: {_told(bare)}, with one thread: {_told(single)}",
        f"{slower:.2f} × the free one, {_took(ours) / _took(single):.2f} × that with one thread, "
        f"bare {_took(theirs) / _took(bare):.1f} × "
        f"(in time of the processor {_worked(ours) / _worked(bare):.2f} ×, {_worked(theirs) / _worked(bare):.1f} ×)",
        "" if budget is None else f"≤ {budget} ×",
        None if budget is None else slower <= budget,
    )
    free = found[name, "free"]
    yield Figure(
        f"a step with the machine free, {name}",
        _told(free),
        f"in bare `python`: {_told(bare)}",
        f"{_took(free) / _took(bare):.2f} × (in time of the processor {_worked(free) / _worked(bare):.2f} ×)",
    )


def _took(steps: list[StepSeconds]) -> float:
    return statistics.median(step.took for step in steps)


def _worked(steps: list[StepSeconds]) -> float:
    return statistics.median(step.worked for step in steps)


def _told(steps: list[StepSeconds]) -> str:
    took = [step.took for step in steps]
    return f"{milliseconds(_took(steps))} ({milliseconds(min(took))} to {milliseconds(max(took))})"


async def _alone(code: str) -> StepSeconds:
    """A step in a bare Python."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", code, stdout=asyncio.subprocess.PIPE, start_new_session=True
    )
    _put_first(process.pid)
    output, _ = await process.communicate()
    return StepSeconds(*map(float, output.split()))


async def _watched(kernel: KernelSession, code: str) -> StepSeconds:
    printed = ""
    async for event in events_of(kernel, Run(code)):
        if isinstance(event, Output):
            printed += event.text
    return StepSeconds(*map(float, printed.split()))


@contextmanager
def _busy_neighbour() -> Iterator[None]:
    with subprocess.Popen([sys.executable, "-c", BUSY], start_new_session=True) as process:
        _put_first(process.pid)
        try:
            yield
        finally:
            process.kill()


def _put_first(pid: int | None) -> None:
    """Give a process's session the largest share of the processors, if this user may do that."""
    with suppress(OSError):
        Path(f"/proc/{pid}/autogroup").write_text("-20", "ascii")
