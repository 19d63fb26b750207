"""The terminal: what it sends for F3, and how it is stopped, resumed, or closed while something is written to it."""

from __future__ import annotations

import asyncio
import os
import selectors
import signal
import threading
from codecs import getincrementaldecoder
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from types import FrameType
from typing import IO

from textual.events import CursorPosition, Key
from textual.message import Message

from tui_torch.ui.textual_internals import EveryKeyParser, SignalledDriver

ENDS = (signal.SIGHUP, signal.SIGTERM)
"""Signals that end the app with everything saved: the terminal was closed, or the machine shuts down."""

TIME_TO_END = 3.0
"""Seconds after one of ENDS until the process is ended, if the app has not ended by itself."""

KEY_PAUSE = 0.1
"""Seconds without more of a key after which what came is taken for the whole."""

READ_AT_ONCE = 4096
"""Maximum number of bytes that are read in one go."""

_MODIFIERS = ((2, "alt"), (4, "ctrl"), (1, "shift"))
"""The bits of the modifiers of a key, in the order in which Textual names them."""


class TerminalDriver(SignalledDriver):
    """Textual's driver, for terminals that go away."""

    _is_stopped = False

    def output(self, file: IO[str]) -> LastingFile:
        # A closed terminal takes no writes, and nothing would be seen of them.
        return LastingFile(file)

    def stopped(self) -> None:
        self._is_stopped = True

    def resumes(self) -> bool:
        # An app that ends takes nothing over: whoever stopped it meanwhile would have it read keys for good.
        if self.is_over:
            return False
        # SIGCONT also comes at the end of the terminal, and after a SIGSTOP, for which nothing was prepared. Taking the
        # terminal over then would start a second thread that reads keys, and that never ends.
        if self._is_stopped:
            self._is_stopped = False
            return True
        self.call_in_app(partial(self.app.call_later, self.app.refresh, layout=True))
        return False

    def stop(self) -> bool:
        """Stop this program until its shell continues it.

        Returns:
            False if no shell waits for the program and could continue it; nothing is stopped then.
        """
        if not _has_shell():
            return False
        # The whole process group, as a terminal's own ctrl+z does: a launcher may stand between the shell and it.
        self.stop_group()
        return True

    def run_input_thread(self) -> None:
        """Read keys until the driver stops that, or the terminal is gone.

        Textual's would go on: whatever waits for a closed terminal to say something is answered at once, with nothing.
        """
        parser = EveryKeyParser()
        decode = getincrementaldecoder("utf-8")().decode
        with selectors.SelectSelector() as selector:
            selector.register(self.fileno, selectors.EVENT_READ)
            while not self.exit_event.is_set():
                if selector.select(KEY_PAUSE):
                    try:
                        read = os.read(self.fileno, READ_AT_ONCE)
                    except OSError:
                        read = b""
                    if not read:
                        self.hung_up()
                        return
                    # Of a character that came in part there is nothing yet; the parser would take that for the end.
                    for message in parser.feed(text) if (text := decode(read)) else ():
                        self.process_message(message)
                for message in parser.tick():
                    self.process_message(message)

    def hung_up(self) -> None:
        """The terminal is gone: end as if it had said so."""
        os.kill(os.getpid(), signal.SIGHUP)

    def process_message(self, message: Message) -> None:
        # Nothing here asks where the cursor is: what reads like an answer is F3 with shift, alt or ctrl.
        if isinstance(message, CursorPosition):
            held = [name for bit, name in _MODIFIERS if message.x & bit]
            if message.y or not held:
                return
            message = Key("+".join([*held, "f3"]), None)
        super().process_message(message)


def end_on_signals(end: Callable[[], None]) -> None:
    """Call `end` in the event loop when a signal of ENDS comes; end the process if it still runs TIME_TO_END later."""
    loop = asyncio.get_running_loop()

    def ended(number: int, frame: FrameType | None) -> None:
        # The thread that writes may hang with the terminal, and so may the event loop once much is to be written.
        # The guardian ends the kernel then.
        last = threading.Timer(TIME_TO_END, os._exit, [128 + number])
        last.daemon = True
        last.start()
        loop.call_soon_threadsafe(end)

    # Not `loop.add_signal_handler`: a loop that hangs would not call it.
    for number in ENDS:
        signal.signal(number, ended)


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
    """A file whose writes never fail, even if its terminal is gone."""

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
