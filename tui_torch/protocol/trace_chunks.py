"""A recording of a run, cut into pieces that fit a message."""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Iterable

from tui_torch.protocol import wire
from tui_torch.protocol.events import Trace
from tui_torch.protocol.late_dataclass import dataclass

CHUNK_LENGTH = 250_000
"""Characters of text in one chunk: a message stays under 256 KiB."""


@dataclass(frozen=True, slots=True)
class TraceChunk:
    """One piece of a trace."""

    number: int
    """From 0."""
    count: int
    """Number of all pieces."""
    text: str
    """At most CHUNK_LENGTH characters: a part of the base64 of the trace's JSON, compressed by zlib."""


def split(trace: Trace) -> tuple[TraceChunk, ...]:
    """Cut a trace into pieces that each fit a message."""
    # The same words are at every position, so compression leaves a tenth to a thirtieth of it.
    packed = zlib.compress(json.dumps(wire.encode(trace)).encode(), level=1)
    text = base64.b64encode(packed).decode("ascii")
    pieces = [text[start : start + CHUNK_LENGTH] for start in range(0, len(text), CHUNK_LENGTH)]
    return tuple(TraceChunk(number, len(pieces), piece) for number, piece in enumerate(pieces))


def join(chunks: Iterable[TraceChunk]) -> Trace:
    """Join the pieces of a trace, in any order. Raises ValueError when one is missing or damaged."""
    pieces = sorted(chunks, key=lambda chunk: chunk.number)
    if not pieces or len(pieces) != pieces[0].count or any(piece.number != at for at, piece in enumerate(pieces)):
        raise ValueError("the recording of the run is incomplete: run it again")
    try:
        packed = base64.b64decode("".join(piece.text for piece in pieces), validate=True)
        return wire.decode(Trace, json.loads(zlib.decompress(packed)))
    except (ValueError, RecursionError, zlib.error) as error:
        raise ValueError("the recording of the run arrived damaged: run it again") from error
