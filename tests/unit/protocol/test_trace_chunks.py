"""A recording of a run is cut into pieces, and put together again or refused."""

from __future__ import annotations

import base64
import random
import zlib
from dataclasses import replace

import pytest

from tui_torch.protocol.events import Output, Position, Summary, Trace
from tui_torch.protocol.trace_chunks import CHUNK_LENGTH, TraceChunk, join, split


def trace(count: int) -> Trace:
    generator = random.Random(0)
    positions = tuple(
        Position(
            line=at + 1,
            function="<module>",
            depth=0,
            call=0,
            event="line",
            summaries=(Summary("x", "tensor", "Tensor", values=tuple(generator.random() for _ in range(64))),),
            printed=at,
        )
        for at in range(count)
    )
    return Trace(positions, "x = 1\n", (Output("text"),), None)


def packed(text: str) -> TraceChunk:
    return TraceChunk(0, 1, base64.b64encode(zlib.compress(text.encode())).decode("ascii"))


def test_a_small_recording_is_one_piece() -> None:
    chunks = split(trace(1))
    assert [(chunk.number, chunk.count) for chunk in chunks] == [(0, 1)]
    assert join(chunks) == trace(1)


def test_a_large_recording_is_joined_from_its_pieces_in_any_order() -> None:
    chunks = split(trace(500))
    assert len(chunks) > 1
    assert all(len(chunk.text) <= CHUNK_LENGTH for chunk in chunks)
    assert join(reversed(chunks)) == trace(500)


def test_a_recording_with_a_piece_too_few_or_twice_is_incomplete() -> None:
    chunks = split(trace(500))
    for pieces in ([], chunks[:-1], chunks[1:], [*chunks, chunks[0]], [chunks[0], *chunks[:-1]]):
        with pytest.raises(ValueError, match="the recording of the run is incomplete"):
            join(pieces)


def test_a_piece_that_claims_a_billion_others_is_refused_at_once() -> None:
    with pytest.raises(ValueError, match="incomplete"):
        join([replace(chunk, count=10**15) for chunk in split(trace(1))])


@pytest.mark.parametrize(
    "chunk",
    [
        TraceChunk(0, 1, "no base64"),
        TraceChunk(0, 1, "é"),
        TraceChunk(0, 1, base64.b64encode(b"not compressed").decode("ascii")),
        packed("no JSON"),
        packed("[" * 100_000),
        packed('{"positions": []}'),
    ],
    ids=["no base64", "no ASCII", "not compressed", "no JSON", "nested", "no trace"],
)
def test_a_damaged_recording_is_refused(chunk: TraceChunk) -> None:
    with pytest.raises(ValueError, match="the recording of the run arrived damaged"):
        join([chunk])
