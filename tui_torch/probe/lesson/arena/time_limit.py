"""Stopping code that takes longer than it may."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


class TooSlowError(BaseException):
    """Code took longer than it may. Like KeyboardInterrupt, it is no error that code is expected to catch."""


@contextmanager
def stopped_after(seconds: float) -> Iterator[None]:
    """A block that raises TooSlowError once it has taken that long.

    What runs within one call of PyTorch comes to its end first. Where there are no timers, as on Windows, or in another
    thread than the main one, nothing is stopped.
    """
    if not hasattr(signal, "setitimer") or threading.current_thread() is not threading.main_thread():
        yield
        return
    is_over = False

    def stop(number: int, frame: FrameType | None) -> None:
        if not is_over:
            raise TooSlowError

    handler = signal.signal(signal.SIGALRM, stop)
    began = time.monotonic()
    # Code that catches everything is stopped again.
    left, interval = signal.setitimer(signal.ITIMER_REAL, seconds, 0.1)
    try:
        yield
    finally:
        is_over = True
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, handler)
        if left:
            signal.setitimer(signal.ITIMER_REAL, max(left - (time.monotonic() - began), 0.001), interval)
