"""A note of the probe's that outlives its process: whether it reads the learner's values, and which.

It is at the beginning of a file in the kernel's folder, which the probe has mapped into its memory. Whoever finds the
process ended reads there whether it ended while it looked at something.
"""

from __future__ import annotations

FILE = "looking"
"""The name of the file."""
SIZE = 128
"""Number of bytes of the note: 1 while something is read, the length of its name, and the name in UTF-8."""


def with_name(name: str) -> bytes:
    """The note from its second byte on; of a long name, the beginning."""
    text = name.encode("utf-8", "replace")[: SIZE - 2]
    return bytes((len(text),)) + text


def looked_at(note: bytes) -> str | None:
    """The name of what was read, empty where it had none; None where nothing was."""
    if len(note) < 2 or not note[0]:
        return None
    return note[2 : 2 + note[1]].decode("utf-8", "ignore")
