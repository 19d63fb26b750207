"""Tells a process from another that has its number later: also after a reboot, whatever the clock says.

Imports the standard library alone.
"""

from __future__ import annotations

from pathlib import Path

_BOOT = Path("/proc/sys/kernel/random/boot_id")
_BEGAN = 19
"""The place of the time since boot among what follows the name in `/proc/PID/stat`; see proc_pid_stat(5)."""


def process_identity(pid: int) -> str | None:
    """What no other process of this machine ever has; None for one that is gone or a zombie, and where none is told."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
        boot = _BOOT.read_text(encoding="ascii").strip()
    except OSError:
        return None
    state, *rest = stat.rpartition(")")[2].split()
    return None if state in "ZX" else f"{boot} {rest[_BEGAN - 1]}"
