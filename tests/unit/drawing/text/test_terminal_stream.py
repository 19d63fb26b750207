"""What a program writes to its terminal is in the transcript what a terminal would show, and nothing else of it."""

from __future__ import annotations

import re

import pyte
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui_torch.drawing.text.terminal_stream import WHOLE_SCREEN, TerminalStream
from tui_torch.drawing.text.transcript import Transcript
from tui_torch.drawing.text.visible import UNPRINTABLE

ROWS, COLUMNS = 8, 200


def transcript_of(*pieces: bytes, rows: int = ROWS) -> Transcript:
    stream, transcript = TerminalStream(rows), Transcript()
    for piece in pieces:
        transcript.write(stream.feed(piece))
    return transcript


def without_blank_end(lines: list[str]) -> list[str]:
    lines = [line.rstrip() for line in lines]
    while lines and not lines[-1]:
        lines.pop()
    return lines


def shown(*pieces: bytes) -> list[str]:
    return without_blank_end(transcript_of(*pieces).plain.split("\n"))


def as_a_terminal_shows(data: bytes) -> list[str]:
    screen = pyte.Screen(COLUMNS, ROWS)
    pyte.ByteStream(screen).feed(data)
    return without_blank_end(screen.display)


BARS = (
    b"".join(b"\r%3d%%|%s| %d/10" % (10 * n, b"#" * n, n) for n in range(11)) + b"\r\n",
    b"".join(b"outer %d\r\ninner %d\x1b[A\r" % (n // 3, n) for n in range(9)) + b"\n\n",
    b"first\r\n" + b"".join(b"a %d\r\nb %d\r\n\x1b[1A\x1b[2K\x1b[1A\x1b[2K" % (n, n) for n in range(4)) + b"done\r\n",
)
SCREENS = (
    b"one\r\ntwo\r\n\x1b[H\x1b[2J\x1b[3Jthree\r\n",
    b"a\r\nb\r\nc\r\n\x1b[Hloss 0.5\x1b[K\r\n\x1b[Jepoch 2",
    b"".join(b"\x1b[H" + b"".join(b"row %d of %d\x1b[K\r\n" % (row, n) for row in range(3)) for n in range(5)),
    b"x = 12345\x1b[3D\x1b[P9\x1b[2@ab\x1b[12G<\x1b[C>\r\n",
    b"".join(b"line %d\r\n" % n for n in range(20)) + b"\x1b[5;3Hhere\x1b[3Aup\x1b[2Edown\x1b[F!",
)


@pytest.mark.parametrize("data", [*BARS, *SCREENS], ids=range(len(BARS) + len(SCREENS)))
def test_bars_and_screens_are_as_a_terminal_shows_them_in_whatever_pieces_they_come(data: bytes) -> None:
    seen = as_a_terminal_shows(data)
    assert seen
    for size in (len(data), 1, 3, 7):
        pieces = [data[at : at + size] for at in range(0, len(data), size)]
        assert shown(*pieces)[-len(seen) :] == seen, size


MOVES = st.sampled_from(
    [
        *(b"\r", b"\r\n", b"\b", b"\x1b[A", b"\x1b[2A", b"\x1b[B", b"\x1b[C", b"\x1b[3C", b"\x1b[D", b"\x1b[K"),
        *(b"\x1b[1K", b"\x1b[2K", b"\x1b[5G", b"\x1b[2P", b"\x1b[E", b"\x1b[F", b"\x1b[31m", b"\x1b[0m"),
    ]
)
WORDS = st.text("abc 12", min_size=1, max_size=5).map(str.encode)


@given(st.lists(WORDS | MOVES, max_size=25))
def test_any_sequence_of_moves_within_lines_and_up_leaves_what_a_terminal_shows(moves: list[bytes]) -> None:
    # A terminal keeps its column when it goes up or down; among our lines it is the end of a shorter one.
    data = b"".join(move + b"\r" if move[-1:] in (b"A", b"B") else move for move in moves)
    seen = as_a_terminal_shows(data)
    assert shown(data)[-len(seen) :] == seen if seen else True


HOSTILE = (
    *(b"\x1b]0;title\x07", b"\x1b]52;c;c2VjcmV0\x1b\\", b"\x1bP1$r0m\x1b\\", b"\x1b[6n", b"\x1b[c", b"\x1b[?1000h"),
    *(b"\x1b[?25l", b"\x1b[?2004h", b"\x1b[>4;2m", b"\x1b(B", b"\x1b=", b"\x1bc", b"\x07", b"\x0e", b"\x1b[21t"),
    *(b"\x1b[1;5r", b"\x1b[4h", b"\x1b]8;;http://x\x07"),
)


@pytest.mark.parametrize("sequence", HOSTILE)
def test_what_asks_or_changes_the_terminal_is_left_out(sequence: bytes) -> None:
    whole = transcript_of(b"before " + sequence + b"after\r\n")
    pieces = transcript_of(b"before ", *(sequence[at : at + 1] for at in range(len(sequence))), b"after\r\n")
    assert whole.plain == pieces.plain == "before after"


@given(st.lists(st.binary(max_size=40), max_size=8))
def test_no_bytes_bring_a_control_character_into_the_lines(pieces: list[bytes]) -> None:
    text = transcript_of(*pieces).plain
    assert not re.search(f"(?!\n)[{UNPRINTABLE}]", text), ascii(text)


def test_a_program_that_draws_over_the_whole_screen_is_told_of_and_not_drawn() -> None:
    plain = transcript_of(b"begin\r\n", b"\x1b[?1049h\x1b[Hmenu", b"\x1b[2;2Hmore", b"\x1b[?1049lend\r\n").plain
    assert plain == f"begin\n{WHOLE_SCREEN}\nend"


def test_an_endless_sequence_takes_no_memory_and_ends_with_the_next_line() -> None:
    stream = TerminalStream()
    for _ in range(200):
        stream.feed(b"\x1b]0;" + b"x" * 100)
    assert len(stream._held) <= 8192


def test_a_smaller_screen_keeps_its_lowest_rows() -> None:
    stream, transcript = TerminalStream(8), Transcript()
    transcript.write(stream.feed(b"".join(b"line %d\r\n" % n for n in range(7))))
    stream.resize(3)
    transcript.write(stream.feed(b"\x1b[99Atop"))
    assert transcript.plain.split("\n")[-2:] == ["tope 5", "line 6"]
