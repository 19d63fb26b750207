"""What the pieces of a recording look like, and what is taken for damage."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from tui_torch.protocol.events import Output, Position, Trace
from tui_torch.protocol.trace_chunks import CHUNK_LENGTH, TraceChunk, join, split

SMALL = Trace((Position(1, "<module>", 0, 0, "line", (), 0),), "x = 1", (Output("1\n"),), None)


def test_a_large_recording_is_cut_into_numbered_pieces_that_fit_a_message() -> None:
    draw = random.Random(0)
    incompressible = "".join(chr(draw.randrange(32, 127)) for _ in range(500_000))
    pieces = split(replace(SMALL, source=incompressible))
    assert CHUNK_LENGTH < 256 * 1024
    assert [piece.number for piece in pieces] == list(range(len(pieces)))
    assert {piece.count for piece in pieces} == {len(pieces)}
    assert [len(piece.text) for piece in pieces[:-1]] == [CHUNK_LENGTH] * (len(pieces) - 1)
    assert len(pieces) > 2 and 0 < len(pieces[-1].text) <= CHUNK_LENGTH


def test_a_recording_that_repeats_itself_takes_less_than_a_tenth() -> None:
    text = "the same words at every position\n" * 20_000
    assert sum(len(piece.text) for piece in split(replace(SMALL, source=text))) < len(text) / 10


def test_a_piece_too_many_makes_a_recording_incomplete() -> None:
    (piece,) = split(SMALL)
    with pytest.raises(ValueError, match="incomplete: run it again"):
        join([piece, TraceChunk(1, 1, "")])


def test_a_piece_with_the_wrong_number_makes_a_recording_incomplete() -> None:
    (piece,) = split(SMALL)
    for number in (-1, 1):
        with pytest.raises(ValueError, match="incomplete: run it again"):
            join([replace(piece, number=number)])


def test_one_letter_that_is_not_base64_is_damage_however_little_it_changes() -> None:
    (piece,) = split(SMALL)
    with pytest.raises(ValueError, match="arrived damaged"):
        join([replace(piece, text=piece.text[:8] + "\n" + piece.text[8:])])
