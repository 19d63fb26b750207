"""What two streams write never stands on one line, and a line that is being rewritten stays below the rest."""

from __future__ import annotations

import unicodedata
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tui_torch.drawing.text.transcript import HEAD, REACH, Transcript

ESC = "\x1b"
UP, ERASE = f"{ESC}[A", f"{ESC}[K"

Piece = tuple[str, str]

PIECES = st.sampled_from(
    [
        "word",
        "longer words",
        "\n",
        "\r",
        "\b",
        "\t",
        UP,
        f"{ESC}[2A",
        ERASE,
        f"{ESC}[2K",
        "宽",
        f"{ESC}[31m",
        ESC,
        "   ",
    ]
)
WRITTEN = st.lists(
    st.tuples(st.lists(PIECES, max_size=6).map("".join), st.sampled_from(["stdout", "stderr"])), max_size=12
)


def written(*pieces: Piece, ascii_only: bool = False) -> Transcript:
    transcript = Transcript(ascii_only)
    for text, source in pieces:
        transcript.write(text, "stderr" if source == "stderr" else "", source)
    return transcript


def shown(*pieces: Piece) -> list[str]:
    return [line.plain.rstrip() for line in written(*pieces).lines]


def out(text: str) -> Piece:
    return text, "stdout"


def err(text: str) -> Piece:
    return text, "stderr"


def looks(transcript: Transcript) -> list[tuple[str, list[tuple[int, int, object]]]]:
    return [(line.plain, [tuple(span) for span in line.spans]) for line in transcript.lines]


def test_what_is_written_in_turn_is_shown_in_turn() -> None:
    assert shown(out("one\n"), err("two\n"), out("three\n")) == ["one", "two", "three"]


def test_another_stream_begins_a_line_of_its_own() -> None:
    assert shown(out("no end"), err("warning\n"), out("next\n")) == ["no end", "warning", "next"]


def test_a_bar_stays_below_what_is_printed_meanwhile() -> None:
    steps = [err("\r1/3"), out("loss 1\n"), err("\r2/3"), out("loss 2\n"), err("\r3/3")]
    assert shown(*steps[:2]) == ["loss 1", "1/3"]
    assert shown(*steps[:3]) == ["loss 1", "2/3"]
    assert shown(*steps) == ["loss 1", "loss 2", "3/3"]
    assert shown(*steps, err("\n"), out("the end\n")) == ["loss 1", "loss 2", "3/3", "the end"]


def test_a_bar_on_stdout_stays_below_warnings() -> None:
    assert shown(out("1/2\r"), err("careful\n"), out("2/2\r"), err("careful again\n")) == [
        "careful",
        "careful again",
        "2/2",
    ]


def test_a_line_without_its_end_stands_above_a_bar() -> None:
    steps = [err("\r1/2"), out("loading ... "), err("\r2/2")]
    assert shown(*steps[:2]) == ["loading ...", "1/2"]
    assert shown(*steps, out("done\n")) == ["loading ...", "done", "2/2"]


def test_two_bars_of_two_streams_keep_their_places() -> None:
    steps = [err("\rerr 1"), out("\rout 1"), err("\rerr 2"), out("\rout 2")]
    assert shown(*steps[:3]) == ["err 2", "out 1"]
    assert shown(*steps) == ["err 2", "out 2"]


def test_a_bar_that_is_taken_away_leaves_no_line() -> None:
    assert shown(out("before\n"), err("\r1/1"), err("\r   "), err("\r"), out("after\n")) == ["before", "after"]
    assert shown(err("\r1/1"), err(f"\r{ERASE}"), out("after\n")) == ["after"]


def test_a_bar_that_is_left_stands_above_the_error_that_ended_it() -> None:
    transcript = written(err("\r1/3"), out("loss\n"))
    transcript.add_line(("ValueError: ", "error"), ("no", ""))
    assert [line.plain for line in transcript.lines] == ["loss", "1/3", "ValueError: no"]


def test_bars_below_each_other_are_drawn_in_their_lines() -> None:
    inner = [err(f"\n\rinner {step}{UP}") for step in (1, 2)]
    steps = [err("\router 1"), *inner, err("\router 2"), *inner]
    assert shown(*steps[:2]) == ["outer 1", "inner 1"]
    assert shown(*steps) == ["outer 2", "inner 2"]
    assert shown(*steps, out("loss\n")) == ["loss", "outer 2", "inner 2"]
    gone = [err(f"\n\r       {UP}"), err("\router 2\n")]
    assert shown(*steps, *gone, out("done\n")) == ["outer 2", "done"]


def test_moving_up_writes_over_lines_that_had_ended() -> None:
    assert shown(out(f"one\ntwo\n{UP}2\n")) == ["one", "2wo"]
    assert shown(out(f"one\ntwo\n{ESC}[2A{ERASE}1\n")) == ["1", "two"]
    assert shown(out(f"one\ntwo{UP}!\n")) == ["one!", "two"]


def test_no_cursor_moves_above_the_first_line_or_a_line_of_the_tutors() -> None:
    assert shown(out(f"one\n{ESC}[9Aover\n")) == ["over"]
    transcript = Transcript()
    transcript.add_line(("the tutor's", "note"))
    transcript.write(f"mine\n{ESC}[9Aover\n")
    assert [line.plain for line in transcript.lines] == ["the tutor's", "over"]


def test_the_cursor_reaches_no_further_than_a_terminals_rows() -> None:
    lines = [str(number) for number in range(100)]
    seen = shown(out("\n".join(lines) + f"\n{ESC}[999Ahere"))
    assert seen.index("here" + lines[100 - REACH][4:]) == 100 - REACH


def test_what_was_cut_does_not_come_back() -> None:
    transcript = written(out("x\n" * 5_000), out(f"{ESC}[40A\rover"))
    assert len(transcript) == HEAD + 1 + 2_000
    assert transcript.lines[-40].plain == "over"


@given(WRITTEN, st.data())
@settings(deadline=None)
def test_any_chunking_of_two_streams_shows_the_same(pieces: list[Piece], data: st.DataObject) -> None:
    chunks: list[Piece] = []
    for text, source in pieces:
        cuts = sorted(data.draw(st.sets(st.integers(0, len(text)), max_size=4)) | {0, len(text)})
        chunks += [(text[start:end], source) for start, end in pairwise(cuts)]
    assert looks(written(*chunks)) == looks(written(*(piece for piece in pieces if piece[0])))


@given(WRITTEN, st.booleans())
@settings(deadline=None)
def test_no_control_character_of_two_streams_ever_leaves(pieces: list[Piece], ascii_only: bool) -> None:
    for line in written(*pieces, ascii_only=ascii_only).lines:
        assert not [char for char in line.plain if unicodedata.category(char) == "Cc"]


@given(WRITTEN)
@settings(deadline=None)
def test_no_line_holds_what_both_streams_wrote(pieces: list[Piece]) -> None:
    for line in written(*pieces).lines:
        of_stderr = [index for start, end, style in line.spans if style == "stderr" for index in range(start, end)]
        # Whoever moves up writes into lines of the other, as in a terminal.
        if not any("A" in text for text, _ in pieces):
            assert len(set(of_stderr)) in (0, len(line.plain))


@given(WRITTEN)
@settings(deadline=None)
def test_lines_said_to_be_unchanged_are_as_they_were(pieces: list[Piece]) -> None:
    transcript = Transcript()
    before: list[str] = []
    for text, source in pieces:
        transcript.write(text, "", source)
        unchanged = transcript.take_unchanged()
        now = [line.plain for line in transcript.lines[: transcript.lines_finished]]
        assert unchanged <= len(before) and now[:unchanged] == before[:unchanged]
        before = now


@given(WRITTEN)
@settings(deadline=None)
def test_lines_that_are_taken_one_after_the_other_are_those_of_the_whole(pieces: list[Piece]) -> None:
    pieces = [(text.replace(UP, "").replace(f"{ESC}[2A", ""), source) for text, source in pieces]
    whole = written(*pieces)
    whole.end_line()
    transcript, taken = Transcript(), []
    for text, source in pieces:
        transcript.write(text, "stderr" if source == "stderr" else "", source)
        taken += transcript.take_lines()
    taken += transcript.take_lines(to_the_end=True)
    assert [line.plain for line in taken] == [line.plain for line in whole.lines]
    assert len(transcript) == 0


def test_a_bar_is_taken_once_although_it_is_drawn_many_times() -> None:
    transcript, taken = Transcript(), []
    for step in range(1, 4):
        # Between the two, a bar below could move up again.
        for text in (f"\router {step}", "\n", f"\rinner {step}", UP):
            transcript.write(text, "stderr", "stderr")
            taken += transcript.take_lines()
    taken += transcript.take_lines(to_the_end=True)
    assert [line.plain for line in taken] == ["outer 3", "inner 3"]


def test_a_flood_is_taken_as_it_is_shown() -> None:
    transcript = written(out("".join(f"{number}\n" for number in range(5_000))))
    expected = [line.plain for line in transcript.lines]
    assert [line.plain for line in transcript.take_lines()] == expected
    assert len(transcript) == 0
    transcript.write("next\n")
    assert [line.plain for line in transcript.take_lines()] == ["next"]


@pytest.mark.parametrize("count", [1, 3])
def test_what_is_rewritten_and_has_ended_is_kept_until_more_comes(count: int) -> None:
    transcript = written(err("\rbar\n" * count))
    assert len(transcript.take_lines()) in (0, count)
    transcript.write("more\n")
    assert transcript.take_lines()[-1].plain == "more"
