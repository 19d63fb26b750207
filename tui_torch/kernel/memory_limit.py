"""How much memory a kernel process may take, and how much it has taken."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import psutil

SHARE = 0.75
"""The part of the free memory that a kernel may take."""

GB = 1_000_000_000

_CONTROL_GROUP = Path("/sys/fs/cgroup")


def usual_limit() -> int:
    """Bytes that a kernel may take unless config.toml says otherwise: three quarters of what is free now."""
    return int(SHARE * _free())


def taken(pid: int) -> int:
    """Bytes that a process has in memory, or one that it forked if that has more; 0 when it is gone."""
    return max(_resident(process) for process in (pid, *_forks(pid)))


def _resident(pid: int) -> int:
    with suppress(psutil.Error, OSError):
        return psutil.Process(pid).memory_info().rss
    return 0


def _forks(pid: int) -> list[int]:
    # psutil would look through all processes of the machine.
    with suppress(OSError, ValueError):
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text("ascii").split()]
    return []


def _free() -> int:
    free = psutil.virtual_memory().available
    # A container may have less than what is free on the machine.
    with suppress(OSError, ValueError):
        limit = int((_CONTROL_GROUP / "memory.max").read_text("ascii"))
        used = int((_CONTROL_GROUP / "memory.current").read_text("ascii"))
        free = min(free, max(limit - used, 0))
    return free
