"""Lets textual-image draw without asking the terminal anything.

When it is imported, and when it draws for the first time, it writes questions to the terminal and reads the answers:
what graphics there are, how large a cell is. In an app that reads the keyboard the answers are typed into the field
with the focus, and a terminal that is silent is waited for.
"""

from __future__ import annotations

import io
import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

CELL = (10, 20)
"""Pixels of a cell, where the terminal's driver does not say: as wide as half its height."""

_WIDTH, _HEIGHT = "TEXTUAL_CELL_WIDTH", "TEXTUAL_CELL_HEIGHT"
"""The variables by which textual-image is told the size of a cell."""

_swapped = threading.RLock()


@contextmanager
def unasked() -> Iterator[None]:
    """A block in which textual-image takes standard output for a file, and is told how large a cell is."""
    with _swapped:
        stdout = sys.__stdout__
        before = {name: os.environ.get(name) for name in (_WIDTH, _HEIGHT)}
        width, height = _cell_size()
        sys.__stdout__ = io.StringIO()  # type: ignore[misc]
        os.environ[_WIDTH], os.environ[_HEIGHT] = str(width), str(height)
        try:
            yield
        finally:
            sys.__stdout__ = stdout  # type: ignore[misc]
            for name, value in before.items():
                if value is None:
                    del os.environ[name]
                else:
                    os.environ[name] = value


def _cell_size() -> tuple[int, int]:
    """The pixels of a cell, which the system knows of some terminals; it writes nothing."""
    if sys.platform != "win32" and sys.__stdout__ is not None:
        import struct
        from fcntl import ioctl
        from termios import TIOCGWINSZ

        with suppress(OSError, ValueError):
            rows, columns, width, height = struct.unpack("4H", ioctl(sys.__stdout__.fileno(), TIOCGWINSZ, bytes(8)))
            if rows and columns and width >= columns and height >= rows:
                return width // columns, height // rows
    return CELL
