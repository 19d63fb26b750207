"""Notes, where it outlives this process, that the learner's values are being read: to read them may end the process.

`undisturbed` sets the first byte of `note` while it lets values be read, which is many times in a loop.
"""

from __future__ import annotations

import mmap
import os
import sys
from contextlib import suppress
from pathlib import Path

from tui_torch.protocol.processes.looking import FILE, SIZE, with_name

note: bytearray | mmap.mmap = bytearray(SIZE)
"""What the file holds; in memory alone until there is one."""


def keep_note_in(folder: Path) -> None:
    """Keep the note in a file of this folder from now on, where it can be made."""
    global note
    if sys.platform == "win32":  # a file that is mapped could not be removed there
        return
    with suppress(OSError):
        descriptor = os.open(folder / FILE, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            os.ftruncate(descriptor, SIZE)
            note = mmap.mmap(descriptor, SIZE)
        finally:
            os.close(descriptor)


def look_at(name: str) -> None:
    """Note the name of what is read next; an empty one where it has none."""
    text = with_name(name)
    note[1 : 1 + len(text)] = text
