"""A recording crosses in pieces that fit a message; one that is not whole is not shown."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from tui_torch.protocol.events import Output, Position, Trace
from tui_torch.protocol.trace_chunks import CHUNK_LENGTH, TraceChunk, join, split

SMALL = Trace((Position(1, "<module>", 0, 0, "line", (), 0),), "x = 1", (Output("1\n"),), None)


@pytest.fixture(scope="module")
def large() -> Trace:
    """What does not compress: a little more than two pieces of it."""
    draw = random.Random(0)
    return replace(SMALL, source="".join(chr(draw.randrange(32, 127)) for _ in range(500_000)))


def test_a_small_recording_is_one_piece() -> None:
    (piece,) = split(SMALL)
    assert (piece.number, piece.count) == (0, 1)
    assert join([piece]) == SMALL


def test_a_large_recording_is_cut_into_numbered_pieces_that_fit_a_message(large: Trace) -> None:
    pieces = split(large)
    assert CHUNK_LENGTH < 256 * 1024
    assert [piece.number for piece in pieces] == list(range(len(pieces)))
    assert {piece.count for piece in pieces} == {len(pieces)}
    assert [len(piece.text) for piece in pieces[:-1]] == [CHUNK_LENGTH] * (len(pieces) - 1)
    assert len(pieces) > 2 and 0 < len(pieces[-1].text) <= CHUNK_LENGTH


def test_pieces_are_joined_in_any_order(large: Trace) -> None:
    pieces = split(large)
    assert join(pieces) == large
    assert join(reversed(pieces)) == large


def test_a_recording_that_repeats_itself_takes_less_than_a_tenth() -> None:
    text = "the same words at every position\n" * 20_000
    assert sum(len(piece.text) for piece in split(replace(SMALL, source=text))) < len(text) / 10


@pytest.mark.parametrize("missing", [0, 1, 2, None])
def test_a_recording_with_a_piece_missing_says_so(large: Trace, missing: int | None) -> None:
    pieces = [] if missing is None else [piece for piece in split(large) if piece.number != missing]
    with pytest.raises(ValueError, match="incomplete: run it again"):
        join(pieces)


@pytest.mark.parametrize("text", ["", "AAAA", "!", "eJwDAAAAAAE=", "not base64"])
def test_a_damaged_recording_says_so(text: str) -> None:
    with pytest.raises(ValueError, match="arrived damaged: run it again"):
        join([TraceChunk(0, 1, text)])


def test_one_letter_that_is_not_base64_is_damage_however_little_it_changes() -> None:
    (piece,) = split(SMALL)
    with pytest.raises(ValueError, match="arrived damaged"):
        join([replace(piece, text=piece.text[:8] + "\n" + piece.text[8:])])
