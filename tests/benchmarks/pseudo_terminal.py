"""Driving any program in a real pseudo-terminal by keys, and timing what it writes. No screen is drawn: a terminal
emulator in Python would take more time than the programs that are timed."""

from __future__ import annotations

import os
import re
import select
import time
from collections.abc import Callable, Mapping, Sequence
from types import TracebackType

import psutil
from ptyprocess import PtyProcess

PATIENCE = 120.0
"""Seconds until something that should come is given up."""
SIZE = (40, 120)
"""Lines and columns."""
KEPT = 1 << 18
"""Bytes of what was written that are kept at least, to look for what is waited for."""

F5, END, ESCAPE = "\x1b[15~", "\x1b[F", "\x1b"

# The last one is set in containers: what is installed has its bytecode all the same, and ours would have none.
NOT_OURS = ("COLUMNS", "LINES", "NO_COLOR", "PYTHONDONTWRITEBYTECODE")
USUAL = {"TERM": "xterm-256color", "COLORTERM": "truecolor", "LANG": "C.UTF-8"}

_WHERE = b"\x1b[6n"
"""Asks the terminal where its cursor is; some programs do not go on without an answer."""
_ESCAPES = re.compile(
    rb"\x1b\[[0-?]*[ -/]*[@-~]"  # colours, the cursor
    rb"|\x1b[\]PX^_].*?(?:\x07|\x1b\\)"  # titles and the like
    rb"|\x1b[ -/]*[0-~]",
    re.DOTALL,
)


class PseudoTerminal:
    """A program in a terminal of 120 by 40. `began` is when it was started, by `time.perf_counter()`."""

    def __init__(self, command: Sequence[str], environment: Mapping[str, str] | None = None) -> None:
        said = {name: value for name, value in os.environ.items() if name not in NOT_OURS}
        self.began = time.perf_counter()
        self._program = PtyProcess.spawn(list(command), env=said | USUAL | dict(environment or {}), dimensions=SIZE)
        self._written = bytearray()
        self._forgotten = bytearray()

    def __enter__(self) -> PseudoTerminal:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    @property
    def process(self) -> psutil.Process:
        return psutil.Process(self._program.pid)

    @property
    def text(self) -> str:
        """What was written since `forget()`, without colours and movements."""
        return _plain(self._written)

    @property
    def text_before(self) -> str:
        """What the last key had forgotten."""
        return _plain(self._forgotten)

    def forget(self) -> None:
        """Look no more for what was written until now."""
        self._forgotten, self._written = self._written, bytearray()

    def press(self, keys: str) -> float:
        """Press keys; when that was."""
        self.forget()
        now = time.perf_counter()
        self._program.write(keys.encode())
        return now

    def seen(self, *words: str) -> float:
        """Wait until all of these were written since the last key, in any order; when that was."""
        return self.until(lambda: all(word in self.text for word in words), f"{words}")

    def until(self, holds: Callable[[], bool], what: str, patience: float = PATIENCE) -> float:
        """Wait until something holds of what was written; when that was. Raises TimeoutError."""
        deadline = time.perf_counter() + patience
        while not holds():
            if time.perf_counter() > deadline:
                raise TimeoutError(f"waited in vain for {what}; last seen: {self.text[-2000:]!r}")
            self._read(0.5)
        return time.perf_counter()

    def settle(self, seconds: float = 0.3) -> None:
        """Wait until nothing has been written for so long."""
        while self._read(seconds):
            pass

    def look(self, seconds: float) -> None:
        """Take in what is written in so many seconds."""
        end = time.perf_counter() + seconds
        while (left := end - time.perf_counter()) > 0:
            self._read(left)

    def _read(self, seconds: float) -> bool:
        ready, _, _ = select.select([self._program.fd], [], [], seconds)
        if not ready:
            return False
        try:
            written = os.read(self._program.fd, 1 << 16)
        except OSError:
            written = b""
        if not written:
            raise EOFError(f"the program has ended; last seen: {self.text[-2000:]!r}")
        if _WHERE in written:
            self._program.write(b"\x1b[1;1R")
        self._written += written
        if len(self._written) > 2 * KEPT:
            del self._written[:-KEPT]
        return True

    def close(self) -> None:
        """End the program, and what it started."""
        started = self.process.children(recursive=True) if self._program.isalive() else []
        self._program.close(force=True)
        for process in psutil.wait_procs(started, timeout=5)[1]:
            process.kill()


def _plain(written: bytearray) -> str:
    return _ESCAPES.sub(b"", bytes(written)).decode("utf-8", "replace")
