"""An interrupt that lasts until a run is over, though its code swallows KeyboardInterrupt or ignores the signal."""

from __future__ import annotations

import asyncio
import inspect
import sys
import threading
from collections.abc import Callable
from types import FrameType
from typing import Any

_AWAITS = inspect.CO_COROUTINE | inspect.CO_ASYNC_GENERATOR
_HEARS_EVERY_INSTRUCTION = sys.version_info < (3, 12)
"""Whether a trace function is asked to: Python 3.11 tells of no line while a loop of one line goes on."""


class LastingInterrupt:
    """Raises an interrupt in the learner's code, and once more whenever that goes on after it.

    A trace function raises it. Python removes a trace function that raises; it is installed again once the exception
    is gone, which is when the code has swallowed it, and then raises outside of what has swallowed it. An exception
    that outlives its run, in a name or until garbage is collected, raises nothing in a later one. Code that is not the
    learner's is never interrupted, nor is a single call of it that does not end.
    """

    def __init__(self, is_learners: Callable[[str], bool]) -> None:
        """`is_learners` says whether code of a file name is the learner's."""
        self._is_learners = is_learners
        self._is_running = False
        self._run = ""
        """Id of the last run that began."""
        self._is_installed = False
        self._callback: Any = None

    def begin(self, run: str) -> None:
        """A run begins, in this thread, which has to be the main one. Its id is unlike that of any other."""
        self._thread = threading.get_ident()
        self._run = run
        self._is_running = True

    def end(self) -> None:
        """The run is over; nothing is raised any more."""
        self._is_running = False
        if self._is_installed:
            self._is_installed = False
            sys.settrace(self._previous)

    def insist(self, run: str) -> None:
        """Interrupt the run of that id, if it is in progress. May be called in any thread."""
        if self._is_running and run == self._run:
            import ctypes

            # Python calls it in the main thread, between two instructions.
            self._callback = ctypes.PYFUNCTYPE(ctypes.c_int, ctypes.c_void_p)(self.install)
            ctypes.pythonapi.Py_AddPendingCall(self._callback, None)

    def install(self, _: object = None) -> int:
        """Have the interrupt raised at the next line of the learner's code. Nothing once the run is over."""
        if not self._is_running or threading.get_ident() != self._thread:
            return 0
        if not self._is_installed:
            self._is_installed = True
            self._previous = sys.gettrace()
        frame: FrameType | None = sys._getframe(1)
        while frame is not None:
            if self._is_learners(frame.f_code.co_filename):
                frame.f_trace = self._within
                frame.f_trace_opcodes = _HEARS_EVERY_INSTRUCTION
            frame = frame.f_back
        sys.settrace(self._entered)
        return 0

    def install_again(self, run: str) -> None:
        """Have it raised once more in the run of that id. Nothing in a later one."""
        if run == self._run:
            self.install()

    def _entered(self, frame: FrameType, event: str, argument: object) -> Callable[..., Any] | None:
        return self._within if self._is_learners(frame.f_code.co_filename) else None

    def _within(self, frame: FrameType, event: str, argument: object) -> Callable[..., Any] | None:
        if self._is_running and event in ("line", "opcode"):
            # Held by this frame, and thus by the exception's traceback, as long as there is an exception.
            again = _Again(self, self._run)  # noqa: F841
            # KeyboardInterrupt would end the event loop that awaits the code, and the kernel with it.
            raise asyncio.CancelledError if self._is_awaited(frame) else KeyboardInterrupt
        return self._within

    def _is_awaited(self, frame: FrameType | None) -> bool:
        while frame is not None:
            if self._is_learners(frame.f_code.co_filename) and frame.f_code.co_flags & _AWAITS:
                return True
            frame = frame.f_back
        return False


class _Again:
    """Has the interrupt raised once more when it goes, unless it was kept beyond its run."""

    def __init__(self, interrupt: LastingInterrupt, run: str) -> None:
        self._interrupt = interrupt
        self._run = run

    def __del__(self) -> None:
        self._interrupt.install_again(self._run)
