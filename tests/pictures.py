"""Pictures made by hand, byte by byte."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable

Pixel = tuple[int, int, int]

RED, GREEN, BLUE, BLACK, WHITE = (255, 0, 0), (0, 255, 0), (0, 0, 255), (0, 0, 0), (255, 255, 255)


def chunk(kind: bytes, data: bytes) -> bytes:
    """One chunk of a PNG."""
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png_of(width: int, height: int, depth: int, colour_type: int, rows: bytes, *more: bytes) -> bytes:
    """A PNG of rows as they are stored, each with its filter in front."""
    header = struct.pack(">IIBBBBB", width, height, depth, colour_type, 0, 0, 0)
    data = (chunk(b"IHDR", header), *more, chunk(b"IDAT", zlib.compress(rows)), chunk(b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(data)


def png(width: int, height: int, colour: Callable[[int, int], Pixel] = lambda x, y: RED) -> bytes:
    """A PNG in RGB, of the colour at each (x, y)."""
    rows = b"".join(b"\0" + b"".join(bytes(colour(x, y)) for x in range(width)) for y in range(height))
    return png_of(width, height, 8, 2, rows)


def curve(x: int, y: int) -> Pixel:
    """A falling curve between two axes, at (x, y) of 160 x 120 pixels."""
    if x == 20 or y == 100:
        return BLACK
    return (31, 119, 180) if x > 20 and abs(y - 100 + 3200 // (x + 16)) < 3 else WHITE
