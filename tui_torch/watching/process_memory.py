"""How much main memory a process has that trains."""

from __future__ import annotations

import platform

from tui_torch.protocol.records.lines import RecordBegun

_SLACK = 5.0
"""Seconds by which the clocks of a record and of the system may differ."""


def process_memory(begun: RecordBegun) -> int | None:
    """Bytes of main memory that the process of a record has now; None where it is over, or on another machine."""
    if begun.host != platform.node():
        return None
    import psutil

    try:
        process = psutil.Process(begun.pid)
        if process.create_time() > begun.began + _SLACK:  # another one has its number now
            return None
        return int(process.memory_info().rss)
    except psutil.Error:
        return None
