"""Hearing the learner's code by `sys.settrace`, which Python calls for each frame of everybody's."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

from tui_torch.probe.replay.listening.frame_state import begins, goes_on_after, way_of_leaving
from tui_torch.probe.replay.listening.listener import Listener, Told

LocalTracer = Callable[[FrameType, str, Any], Any]
"""A trace function, called with a frame, an event and its argument."""


class TraceFunction(Listener):
    """Hears by a trace function, of which Python has room for one.

    Before Python 3.13, a function that is running when it is paused keeps the values that its names had then until it
    returns: Python itself keeps them for a trace function, which cannot let go of them.
    """

    name = "sys.settrace"
    is_trace_function = True

    def __init__(self, filename: str, told: Told) -> None:
        """Prepare to hear code that is compiled under a filename."""
        super().__init__(filename, told)
        # Made once: each attribute access makes a new bound method, and these are compared by identity.
        self._tracer = _of_file(filename, self._enter)
        self._local_tracer: LocalTracer = self._within
        self._marker = _marker(filename)
        self._work: Callable[[], object] | None = None
        self._raised_in: int | None = None

    def start(self) -> None:
        """Become Python's trace function in this thread."""
        self._process = os.getpid()
        self._is_listening = True
        self._previous = sys.gettrace()
        sys.settrace(self._tracer)

    def pause(self, frame: FrameType | None = None) -> None:
        """Give the place of the trace function back, in this thread and in the frames that are running."""
        self._is_listening = False
        if sys.gettrace() is self._tracer:
            sys.settrace(self._previous)
        while frame is not None:
            if frame.f_trace is self._local_tracer:
                frame.f_trace = None
            frame = frame.f_back

    def stop(self) -> None:
        """Give the place of the trace function back."""
        self.pause()

    def why_lost(self) -> str | None:
        """Whether another trace function, or none, is in the place of ours."""
        current = sys.gettrace()
        if current is self._tracer:
            return None
        if current is None:  # Python removes a trace function that it cannot call.
            return "the code ran out of stack, or called sys.settrace"
        return "the code called sys.settrace, and Python has room for one trace function only"

    def out_of_hearing(self, work: Callable[[], object]) -> None:
        """Do a work inside our trace function: Python would call it for our own functions, and double their time."""
        self._work = work
        try:
            self._marker()
        except RecursionError:  # the code is about to run out of stack too, and gets an error of its own
            self._work = None
        if self._work is not None:  # another trace function has taken the place of ours
            self._work = None
            work()

    def _enter(self, frame: FrameType, event: str, argument: object) -> LocalTracer | None:
        """Decide, as the trace function of a new frame, whether it is traced further: only the learner's own are."""
        if not self.is_followed(frame.f_code):
            return None
        if os.getpid() != self._process:  # a worker process that was forked during the run
            sys.settrace(None)
            return None
        if not self._is_listening:
            return None
        if frame.f_code is self._marker.__code__:
            if (work := self._work) is not None:
                self._work = None
                work()
            return None
        self._meet(frame.f_code)
        self._told.entered(frame, begins(frame))
        return self._local_tracer

    def _within(self, frame: FrameType, event: str, argument: Any) -> LocalTracer | None:
        """Tell what happens in one of the learner's frames, as its trace function."""
        if not self._is_listening:
            return None
        try:
            match event:
                case "line":
                    self._raised_in = None
                    if self._inlined and frame.f_lasti in self._inlined.get(id(frame.f_code), ()):
                        return self._local_tracer
                    self._told.line_reached(frame)
                case "return":
                    unwinding, self._raised_in = self._raised_in == id(frame), None
                    self._told.left(frame, None if unwinding else way_of_leaving(frame), argument)
                case "exception":
                    if not goes_on_after(frame, argument[1]):
                        self._raised_in = id(frame)
                    self._told.raised(frame, argument[1])
                case _:
                    pass
        except RecursionError:  # the code is about to run out of stack too, and gets an error of its own
            pass
        except BaseException:  # an interrupt while values are looked at, which is meant for the run
            self._told.interrupted(frame)
            raise
        return self._local_tracer


def _marker(filename: str) -> Any:
    """Return a function that does nothing, of the file that is traced: Python tells a trace function of its call."""
    names: dict[str, Any] = {}
    exec(compile("def marker():\n    pass\n", filename, "exec"), names)
    return names["marker"]


def _of_file(filename: str, enter: LocalTracer) -> LocalTracer:
    """Return a trace function that calls `enter` for code of one file.

    It is called for every frame of PyTorch's too, and therefore as short as possible.
    """

    def tracer(frame: FrameType, event: str, argument: object) -> LocalTracer | None:
        return enter(frame, event, argument) if frame.f_code.co_filename == filename else None

    return tracer
