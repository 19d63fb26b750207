"""The terminal as the app meets it: stopped and resumed, or closed while something is written to it."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from types import FrameType
from typing import IO

from tui_torch.ui.textual_internals import SignalledDriver

ENDS = (signal.SIGHUP, signal.SIGTERM)
"""Signals that end the app, everything being saved: the terminal was closed, or the machine shuts down."""

PATIENCE = 3.0
"""Seconds that the app may take to end by itself after one of ENDS."""


class TerminalDriver(SignalledDriver):
    """Textual's driver, for terminals that go away."""

    _is_stopped = False

    def output(self, file: IO[str]) -> LastingFile:
        # A closed terminal takes no writes, and nobody would see them.
        return LastingFile(file)

    def stopped(self) -> None:
        self._is_stopped = True

    def resumes(self) -> bool:
        # SIGCONT also comes at the end of the terminal, and after a SIGSTOP, for which nothing was prepared. Taking the
        # terminal over then would start a second thread that reads keys, and that never ends.
        if self._is_stopped:
            self._is_stopped = False
            return True
        self.call_in_app(partial(self.app.call_later, self.app.refresh, layout=True))
        return False


def end_on_signals(end: Callable[[], None]) -> None:
    """Call `end` in the event loop when a signal of ENDS comes; end the process if that has not done it in time."""
    loop = asyncio.get_running_loop()

    def ended(number: int, frame: FrameType | None) -> None:
        # The thread that writes may hang with the terminal, and so may the event loop, once enough is to be written.
        # The guardian takes care of the kernel.
        last = threading.Timer(PATIENCE, os._exit, [128 + number])
        last.daemon = True
        last.start()
        loop.call_soon_threadsafe(end)

    # Not the loop's own way, by which a loop that hangs hears of no signal.
    for number in ENDS:
        signal.signal(number, ended)


def stop() -> bool:
    """Stop this program until its shell brings it back; False where no shell waits for it, as nobody could then."""
    if not _has_shell():
        return False
    # All that the shell waits for, as a terminal's own ctrl+z does: what started the program may stand between them.
    os.killpg(os.getpgrp(), signal.SIGTSTP)
    return True


def _has_shell() -> bool:
    import psutil

    with suppress(OSError, psutil.Error):
        own, session = os.getpgrp(), os.getsid(0)
        for process in psutil.Process().parents():
            if os.getsid(process.pid) != session:
                return False
            if os.getpgid(process.pid) != own:
                return True
    return False


class LastingFile:
    """A file that takes what is written to it, whether or not it can still be seen."""

    def __init__(self, file: IO[str]) -> None:
        self._file = file

    def write(self, text: str) -> None:
        with suppress(OSError, ValueError):
            self._file.write(text)

    def flush(self) -> None:
        with suppress(OSError, ValueError):
            self._file.flush()

    def fileno(self) -> int:
        return self._file.fileno()
