"""Commands that are typed below what is printed: a letter, and enter."""

from __future__ import annotations

import os
import sys

from tui_torch.line_mode import read_in_lines

QUIT = "q"
_AT_ONCE = 1024
"""Maximum number of bytes that are read of a line."""


class TypedCommands:
    """The lines that were typed since they were last asked for, where standard input is a terminal."""

    def __init__(self) -> None:
        self._descriptor = sys.stdin.fileno() if sys.platform != "win32" and sys.stdin.isatty() else None
        read_in_lines()

    @property
    def are_read(self) -> bool:
        """Whether there is somebody to type."""
        return self._descriptor is not None

    def take(self) -> list[str]:
        """Each command that was typed meanwhile; QUIT at the end of the input. Waits for nothing."""
        import select

        taken: list[str] = []
        while (descriptor := self._descriptor) is not None and _is_in_front(descriptor):
            if not select.select([descriptor], [], [], 0)[0]:
                break
            line = os.read(descriptor, _AT_ONCE)
            if not line:
                return [*taken, QUIT]
            taken.append(line.decode("utf-8", "replace").strip().lower())
        return taken


def _is_in_front(descriptor: int) -> bool:
    """Whether this program may read: the system stops one in the background that does."""
    if sys.platform == "win32":
        return False
    try:
        return os.tcgetpgrp(descriptor) == os.getpgrp()
    except OSError:  # the terminal is gone
        return False
