"""What this Python has to hear a program by, for tests: the trace function, and `sys.monitoring` since Python 3.12."""

from __future__ import annotations

import sys
from typing import Any

from tui_torch.probe.replay.listening.listener import Listener
from tui_torch.probe.replay.listening.monitoring import Monitoring
from tui_torch.probe.replay.listening.trace_function import TraceFunction

MONITORING: Any = getattr(sys, "monitoring", None)
LISTENERS: tuple[type[Listener], ...] = (TraceFunction,) if MONITORING is None else (TraceFunction, Monitoring)


def tools() -> list[str | None]:
    """Who uses each tool of `sys.monitoring`."""
    return [] if MONITORING is None else [MONITORING.get_tool(tool) for tool in range(6)]
