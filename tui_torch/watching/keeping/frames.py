"""What crosses a keeper's socket: frames of a letter, a length and the content. Imports the standard library alone."""

from __future__ import annotations

import struct

VERSION = 1
KEPT_OUTPUT = ("output.1", "output")
"""The files of a run's folder with what the command wrote last, the older first."""
SEGMENT = 2**20
"""Size of such a file in bytes at which it becomes the older one."""
TAIL_LENGTH = 2**18
"""Maximum number of bytes that whoever joins is sent at once."""
LONGEST = 2**20
"""Maximum length of a frame's content in bytes."""

# From the keeper.
HELLO, TAIL, OUTPUT, END = b"h", b"t", b"o", b"e"
"""JSON of version and process; what was written last, which replaces all before; what is new; JSON of the end."""
# To the keeper.
INPUT, SIZE, SIGNAL = b"i", b"w", b"s"
"""Bytes that are typed; columns and lines; the number of a signal for all processes of the command."""

HEAD = struct.Struct(">cI")
WINDOW = struct.Struct(">HH")
NUMBER = struct.Struct(">B")


class FrameError(Exception):
    """The other side sent what is no frame."""


def frame(kind: bytes, content: bytes) -> bytes:
    """One frame."""
    return HEAD.pack(kind, len(content)) + content


class FrameReader:
    """Finds the frames in bytes that come in pieces."""

    def __init__(self) -> None:
        self._waiting = bytearray()

    def feed(self, data: bytes) -> list[tuple[bytes, bytes]]:
        """The (kind, content) of frames that are complete with `data`. Raises FrameError for one that is too long."""
        self._waiting += data
        found: list[tuple[bytes, bytes]] = []
        at = 0
        while len(self._waiting) - at >= HEAD.size:
            kind, length = HEAD.unpack_from(self._waiting, at)
            if length > LONGEST:
                raise FrameError(f"a frame of {length} bytes")
            if len(self._waiting) - at < HEAD.size + length:
                break
            at += HEAD.size
            found.append((kind, bytes(self._waiting[at : at + length])))
            at += length
        del self._waiting[:at]
        return found
