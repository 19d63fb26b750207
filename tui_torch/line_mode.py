"""A terminal that a killed program left passing on each key as it is pressed is brought back to lines."""

from __future__ import annotations

import sys
from contextlib import suppress
from typing import Any


def read_in_lines() -> None:
    """Have the terminal of standard input give lines, which enter ends, if it does not, and show what is typed.

    A program that is killed cannot put back what it has changed: a question would never have its answer. Most shells
    mend this before their next prompt.
    """
    if sys.platform == "win32":
        return
    import os
    import termios

    try:
        descriptor = sys.stdin.fileno()
        # Whoever asks from the background is stopped by the system, and mends nothing of whoever is in front.
        if os.tcgetpgrp(descriptor) != os.getpgrp():
            return
        mode: list[Any] = termios.tcgetattr(descriptor)
    except (OSError, ValueError, termios.error):  # no terminal
        return
    if mode[3] & termios.ICANON:
        return
    mode[0] |= termios.BRKINT | termios.ICRNL | termios.IXON
    mode[1] |= termios.OPOST | termios.ONLCR
    mode[3] |= termios.ICANON | termios.ECHO | termios.ECHOE | termios.ECHOK | termios.ISIG | termios.IEXTEN
    with suppress(termios.error):
        termios.tcsetattr(descriptor, termios.TCSANOW, mode)
