"""A run recorded line by line, on its way from the kernel, in pieces that fit a message."""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Iterable
from dataclasses import dataclass

from tui_torch.protocol import wire
from tui_torch.protocol.events import Trace

PIECE = 250_000
"""Characters of text in one chunk: a message stays under 256 KiB."""


@dataclass(frozen=True, slots=True)
class TraceChunk:
    """One piece of a trace on its way."""

    number: int
    """0 is the first."""
    count: int
    """How many pieces there are, all together."""
    text: str
    """ASCII, at most PIECE characters; of use only together with the other pieces."""


def split(trace: Trace) -> tuple[TraceChunk, ...]:
    """Cut a trace into pieces that each fit a message, however large the trace is."""
    # A trace says the same words at every position: compressed it is a tenth to a thirtieth of its size.
    packed = zlib.compress(json.dumps(wire.encode(trace)).encode(), level=1)
    text = base64.b64encode(packed).decode("ascii")
    pieces = [text[start : start + PIECE] for start in range(0, len(text), PIECE)]
    return tuple(TraceChunk(number, len(pieces), piece) for number, piece in enumerate(pieces))


def join(chunks: Iterable[TraceChunk]) -> Trace:
    """Put a trace together again from its pieces, in any order. Raises ValueError when one is missing or damaged."""
    pieces = sorted(chunks, key=lambda chunk: chunk.number)
    if not pieces or [piece.number for piece in pieces] != list(range(pieces[0].count)):
        raise ValueError("the recording of the run is incomplete: run it again")
    try:
        packed = base64.b64decode("".join(piece.text for piece in pieces), validate=True)
        return wire.decode(Trace, json.loads(zlib.decompress(packed)))
    except (ValueError, zlib.error) as error:
        raise ValueError("the recording of the run arrived damaged: run it again") from error
