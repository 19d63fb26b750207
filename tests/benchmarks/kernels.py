"""A kernel that is ready, and what its process takes."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from tui_torch.kernel.session import KernelSession
from tui_torch.protocol.events import Event, Failed
from tui_torch.protocol.orders import Run


@asynccontextmanager
async def ready_kernel() -> AsyncIterator[KernelSession]:
    kernel = KernelSession()
    await kernel.start()
    try:
        await kernel.ready()
        yield kernel
    finally:
        await kernel.close()


async def events_of(kernel: KernelSession, run: Run) -> AsyncIterator[Event]:
    """What happens in a run. Raises RuntimeError when the code does."""
    async for event in kernel.run(run):
        if isinstance(event, Failed):
            raise RuntimeError(event.message)  # noqa: TRY004 - no type is wrong
        yield event


def resident(kernel: KernelSession) -> float:
    """MiB that the kernel's process takes now; 0 where that cannot be told."""
    return _status(kernel, "VmRSS:")


def peak(kernel: KernelSession, *, afresh: bool = False) -> float:
    """MiB that it took at its largest since this was last asked `afresh`; 0 where that cannot be told."""
    if afresh and sys.platform == "linux":
        Path(f"/proc/{kernel.pid}/clear_refs").write_text("5")
    return _status(kernel, "VmHWM:")


def _status(kernel: KernelSession, what: str) -> float:
    if sys.platform != "linux":
        return 0.0
    lines = Path(f"/proc/{kernel.pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(what)) / 1024
