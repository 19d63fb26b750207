"""Which of CPython's ways to hear a program is taken for it."""

from __future__ import annotations

from tui_torch.probe.replay.listening.listener import Listener
from tui_torch.probe.replay.listening.monitoring import Monitoring, free_tool
from tui_torch.probe.replay.listening.trace_function import TraceFunction


def listener_for(source: str) -> type[Listener]:
    """Return what hears a program with the least cost and without a trace in it.

    A program that speaks of `sys.monitoring` itself finds all of its tools free, as in a run that is not recorded.
    """
    speaks_of_tools = "sys" in source and "monitoring" in source
    return TraceFunction if free_tool() is None or speaks_of_tools else Monitoring
