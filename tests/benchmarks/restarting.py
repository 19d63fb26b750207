"""From a restart to the end of the first run, on kernels that a zygote forks and on kernels that are spawned; and what
the first step of an optimizer, the fork, and the memory of each come to."""

from __future__ import annotations

import asyncio
import resource
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from tests.benchmarks.figure import Figure, Sample, ratio_of
from tests.benchmarks.kernels import events_of, resident
from tui_torch.kernel.process import KernelProcess
from tui_torch.kernel.session import KernelSession
from tui_torch.kernel.zygote import Zygote, can_fork_kernels
from tui_torch.protocol.events import Output
from tui_torch.protocol.orders import Run

TIMES, FORKS = 9, 20
RESTART_BUDGET, OPTIMIZER_BUDGET = 0.2, 0.5
MEMORY_BUDGET = 153
"""MB."""

FIRST = Run("import torch\nprint(torch.ones(3).sum())")
PROCESSOR = Run(
    "import resource\n"
    "used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]\n"
    "print(sum(one.ru_utime + one.ru_stime for one in used))"
)
OPTIMIZER = Run("""\
import time
import torch

began = time.perf_counter()
model = torch.nn.Linear(3, 1)
optimizer = torch.optim.Adam(model.parameters())
model(torch.ones(2, 3)).sum().backward()
optimizer.step()
print(time.perf_counter() - began)
""")


@dataclass
class _Found:
    restarts: list[float] = field(default_factory=list)
    processor: list[float] = field(default_factory=list)
    optimizers: list[float] = field(default_factory=list)
    own: float = 0.0
    resident: float = 0.0


def measure() -> Iterator[Figure]:
    if not can_fork_kernels():
        return
    forked, spawned, forks, zygote_memory = asyncio.run(_measured())
    ratio = ratio_of(forked.restarts, spawned.restarts)
    budget = f"≤ {RESTART_BUDGET} ×"
    what = "restart to the end of the first run"
    against = f"a spawned kernel: {Sample.of(spawned.restarts)}"
    yield Figure(what, str(Sample.of(forked.restarts)), against, f"{ratio:.2f} ×", budget, ratio <= RESTART_BUDGET)
    ratio = ratio_of(forked.processor, spawned.processor)
    against = f"a spawned kernel: {Sample.of(spawned.processor)}"
    what += ", processor time"
    yield Figure(what, str(Sample.of(forked.processor)), against, f"{ratio:.2f} ×", budget, ratio <= RESTART_BUDGET)
    ratio = ratio_of(forked.optimizers, spawned.optimizers)
    yield Figure(
        "the first step of an optimizer",
        str(Sample.of(forked.optimizers)),
        f"a spawned kernel: {Sample.of(spawned.optimizers)}",
        f"{ratio:.2f} ×",
        f"≤ {OPTIMIZER_BUDGET} ×",
        ratio <= OPTIMIZER_BUDGET,
    )
    yield Figure("a kernel asked for until it is forked", str(Sample.of(forks)))
    yield Figure(
        "a kernel's own memory, after its first step of an optimizer",
        f"{forked.own:.0f} MB of {forked.resident:.0f}",
        f"a spawned kernel: {spawned.own:.0f} MB of {spawned.resident:.0f}; the zygote: {zygote_memory:.0f} MB",
        "",
        f"≤ {MEMORY_BUDGET} MB",
        forked.own <= MEMORY_BUDGET,
    )


async def _measured() -> tuple[_Found, _Found, list[float], float]:
    zygote = Zygote()
    zygote.import_more()
    sessions = KernelSession(zygote=zygote), KernelSession()
    found = _Found(), _Found()
    for session in sessions:
        await session.start()
        await session.ready()
    try:
        # A kernel of a zygote that has imported more is forked only once it has.
        await sessions[0].restart()
        for _ in range(TIMES):
            for session, of in zip(sessions, found, strict=True):
                await _restart(session, of)
        forks = [await _fork(zygote) for _ in range(FORKS)]
        assert zygote.pid is not None
        return *found, forks, own_memory(zygote.pid)
    finally:
        for session in sessions:
            await session.close()
        zygote.close()


async def _restart(kernel: KernelSession, found: _Found) -> None:
    await kernel.ready()
    used = _used_here()
    began = time.perf_counter()
    await kernel.restart()
    async for _ in events_of(kernel, FIRST):
        pass
    found.restarts.append(time.perf_counter() - began)
    # The app's part of it, and all that the new process has done.
    found.processor.append(_used_here() - used + await _printed(kernel, PROCESSOR))
    found.optimizers.append(await _printed(kernel, OPTIMIZER))
    assert kernel.pid is not None
    found.own, found.resident = own_memory(kernel.pid), resident(kernel)


async def _fork(zygote: Zygote) -> float:
    process = KernelProcess(zygote)
    began = time.perf_counter()
    await process.be_born()
    took = time.perf_counter() - began
    await asyncio.to_thread(process.end)
    return took


async def _printed(kernel: KernelSession, run: Run) -> float:
    return float("".join([event.text async for event in events_of(kernel, run) if isinstance(event, Output)]))


def _used_here() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def own_memory(pid: int) -> float:
    """MB that a process shares with no other; 0 where that cannot be told."""
    if sys.platform != "linux":
        return 0.0
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return sum(int(line.split()[1]) for line in lines if line.startswith("Private_")) / 1000
