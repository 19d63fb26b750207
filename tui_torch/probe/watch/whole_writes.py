"""Writing to a file without keeping it open, in a program that may do anything with its descriptors."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path


def write_all(path: str | Path, flags: int, text: bytes) -> None:
    """Write to a file, all or an OSError; what is written half is of no line that decodes."""
    descriptor = os.open(path, flags | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        if descriptor < 3:  # the program has closed its own, and another of its threads may write there meanwhile
            low, descriptor = descriptor, fcntl.fcntl(descriptor, fcntl.F_DUPFD_CLOEXEC, 3)
            os.close(low)
        while text:
            text = text[os.write(descriptor, text) :]
    finally:
        os.close(descriptor)
