"""Keeps how a program ends that ctrl+c ended: by the signal, as the shell and `timeout` look for."""

from __future__ import annotations

import sys
from contextlib import suppress


def keep_unhandled_interrupt() -> None:
    """Let Python end this process by SIGINT if an interrupt that nobody handled ended the program; to be called last.

    CPython notes that in a flag, and clears it when source is executed, as it is to make a dataclass or a namedtuple:
    then the process ends by 1. Source that ends by an interrupt sets it again.
    """
    if isinstance(getattr(sys, "last_value", None), KeyboardInterrupt):
        with suppress(KeyboardInterrupt):
            exec("raise KeyboardInterrupt")
