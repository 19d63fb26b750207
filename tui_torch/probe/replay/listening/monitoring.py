"""Hearing the learner's code by `sys.monitoring`, which Python 3.12 and later have, set for that code alone."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable
from types import CodeType, FrameType
from typing import Any

from tui_torch.probe.replay.listening.frame_state import line_numbers, way_of_yielding
from tui_torch.probe.replay.listening.listener import Listener, Told

_MONITORING: Any = getattr(sys, "monitoring", None)
_TOOL = "tui-torch"
_IDS = (4, 3)
"""The tools that Python has no name for; 0 and 1 are a debugger's and a measurement of coverage's."""


def free_tool() -> int | None:
    """Return a tool of `sys.monitoring` that nobody uses; None if there is none, or Python is older than 3.12."""
    return None if _MONITORING is None else next((id for id in _IDS if _MONITORING.get_tool(id) is None), None)


class Monitoring(Listener):
    """Hears by a tool of `sys.monitoring`. Code that is not the learner's runs at full speed after its first call."""

    name = "sys.monitoring"
    is_trace_function = False

    def __init__(self, filename: str, told: Told) -> None:
        """Prepare to hear code that is compiled under a filename."""
        super().__init__(filename, told)
        self._tool: int | None = None
        self._lines: dict[int, dict[int, int | None]] = {}
        """The line of each instruction of code, by the code's id; made for code with a loop of one line."""

    def start(self) -> None:
        """Take a tool, and hear in which code frames are entered.

        Raises:
            RuntimeError: All tools are in use, or Python has none.
        """
        tool = free_tool()
        if tool is None:
            raise RuntimeError("no tool of sys.monitoring is free")
        self._tool, self._thread, self._process = tool, threading.get_ident(), os.getpid()
        _MONITORING.use_tool_id(tool, _TOOL)
        self._is_listening = True
        for event, callback in self._callbacks().items():
            _MONITORING.register_callback(tool, event, callback)
        # A place where an earlier recording wanted to hear nothing more is heard of again.
        _MONITORING.restart_events()
        events = _MONITORING.events
        everywhere = events.PY_START | events.PY_RESUME | events.PY_THROW | events.PY_UNWIND | events.RAISE
        _MONITORING.set_events(tool, everywhere)

    def pause(self, frame: FrameType | None = None) -> None:
        """Hear nothing more. Places that have an event of the learner's code alone lose it when they are next run."""
        self._is_listening = False
        if self._owns_tool():
            _MONITORING.set_events(self._tool, 0)

    def stop(self) -> None:
        """Give the tool back."""
        self.pause()
        if self._owns_tool():
            for code in self._met.values():
                _MONITORING.set_local_events(self._tool, code, 0)
            for event in self._callbacks():
                _MONITORING.register_callback(self._tool, event, None)
            _MONITORING.free_tool_id(self._tool)
        self._tool = None

    def why_lost(self) -> str | None:
        """Whether the code has taken the tool, or its events, away."""
        if self._owns_tool() and _MONITORING.get_events(self._tool):
            return None
        return "the code changed the tool of sys.monitoring that records it"

    def out_of_hearing(self, work: Callable[[], object]) -> None:
        """Do a work: our own functions are not heard of."""
        work()

    def _owns_tool(self) -> bool:
        return self._tool is not None and _MONITORING.get_tool(self._tool) == _TOOL

    def _callbacks(self) -> dict[int, Callable[..., object]]:
        events = _MONITORING.events
        return {
            events.PY_START: self._on_start,
            events.PY_RESUME: self._on_resume,
            events.PY_THROW: self._on_throw,
            events.LINE: self._on_line,
            events.JUMP: self._on_jump,
            events.PY_RETURN: self._on_return,
            events.PY_YIELD: self._on_yield,
            events.PY_UNWIND: self._on_unwind,
            events.RAISE: self._on_raise,
        }

    # Python calls these, and tells of nothing that they do. What they return is DISABLE if a place need not be heard of
    # again, which cannot be said of RAISE, PY_THROW and PY_UNWIND.

    def _on_start(self, code: CodeType, offset: int) -> object:
        return self._entered(code, sys._getframe(1), begins=True)

    def _on_resume(self, code: CodeType, offset: int) -> object:
        return self._entered(code, sys._getframe(1), begins=False)

    def _on_throw(self, code: CodeType, offset: int, error: BaseException) -> None:
        self._entered(code, sys._getframe(1), begins=False)

    def _entered(self, code: CodeType, frame: FrameType, *, begins: bool) -> object:
        if not self._is_listening or not self.is_followed(code):
            return _MONITORING.DISABLE
        if threading.get_ident() != self._thread:
            return None
        if os.getpid() != self._process:  # a worker process that was forked during the run
            self.pause()
            return None
        if self._meet(code):
            events = _MONITORING.events
            its_own = events.LINE | events.JUMP | events.PY_RETURN | events.PY_YIELD
            _MONITORING.set_local_events(self._tool, code, its_own)
        return self._tell(self._told.entered, frame, begins)

    def _on_line(self, code: CodeType, line: int) -> object:
        if not self._is_listening:
            return _MONITORING.DISABLE
        frame = sys._getframe(1)
        if self._inlined and frame.f_lasti in self._inlined.get(id(code), ()):
            return _MONITORING.DISABLE
        return self._tell(self._told.line_reached, frame)

    def _on_jump(self, code: CodeType, offset: int, destination: int) -> object:
        """Hear of the turns of a loop that has one line, which are no new line."""
        if not self._is_listening or destination > offset or offset in self._inlined.get(id(code), ()):
            return _MONITORING.DISABLE
        lines = self._lines.get(id(code))
        if lines is None:
            lines = self._lines[id(code)] = line_numbers(code)
        if lines[offset] != lines[destination]:
            return _MONITORING.DISABLE
        return self._tell(self._told.line_reached, sys._getframe(1))

    def _on_return(self, code: CodeType, offset: int, value: object) -> object:
        if not self._is_listening:
            return _MONITORING.DISABLE
        return self._tell(self._told.left, sys._getframe(1), "returns", value)

    def _on_yield(self, code: CodeType, offset: int, value: object) -> object:
        if not self._is_listening:
            return _MONITORING.DISABLE
        return self._tell(self._told.left, sys._getframe(1), way_of_yielding(code), value)

    def _on_unwind(self, code: CodeType, offset: int, error: BaseException) -> None:
        if self._is_listening and self.is_followed(code):
            self._tell(self._told.left, sys._getframe(1), None, None)

    def _on_raise(self, code: CodeType, offset: int, error: BaseException) -> None:
        if self._is_listening and self.is_followed(code):
            self._tell(self._told.raised, sys._getframe(1), error)

    def _tell(self, told: Callable[..., None], frame: FrameType, *arguments: object) -> None:
        if threading.get_ident() != self._thread:
            return
        try:
            told(frame, *arguments)
        except RecursionError:  # the code is about to run out of stack too, and gets an error of its own
            pass
        except BaseException:  # an interrupt while values are looked at, which is meant for the run
            self._told.interrupted(frame)
            raise
