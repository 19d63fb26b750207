from __future__ import annotations

import tracemalloc
import unicodedata
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.console import Console
from rich.style import Style
from rich.text import Text

from tui_torch.drawing.text.transcript import Transcript
from tui_torch.drawing.text.visible import visible

ESC = "\x1b"
PIECES = st.sampled_from(
    [
        *(
            "\n",
            "\r\n",
            "\r",
            "\b",
            "\t",
            "word",
            "宽字",
            "é",
            "🔥",
            "x" * 50,
            "[red]",
            "\x07",
            "\x7f",
            "\x9b",
            "\u202e",
        ),
        *(
            "\u2028",
            "\udc80",
            ESC,
            f"{ESC}[",
            f"{ESC}[3",
            f"{ESC}[31m",
            f"{ESC}[m",
            f"{ESC}[0m",
            f"{ESC}[2J",
            f"{ESC}]52;",
        ),
        *(f"{ESC}[38;2;1;2;3m", f"{ESC}[4:3m", f"{ESC}[{'1;' * 40}m", "\n" * 300),
    ]
)
PRINTED = st.lists(PIECES | st.text(st.characters(codec=None), max_size=5), max_size=40).map("".join)


def transcript(*chunks: str, ascii_only: bool = False) -> Transcript:
    transcript = Transcript(ascii_only)
    for chunk in chunks:
        transcript.write(chunk)
    return transcript


def shown(*chunks: str, ascii_only: bool = False) -> list[str]:
    return [line.plain for line in transcript(*chunks, ascii_only=ascii_only).lines]


def style_at(line: Text, offset: int) -> Style:
    return line.get_style_at_offset(Console(), offset)


def looks(transcript: Transcript) -> list[tuple[str, list[tuple[int, int, object]]]]:
    return [(line.plain, [tuple(span) for span in line.spans]) for line in transcript.lines]


def test_nothing_printed_is_no_line() -> None:
    assert shown() == []


def test_a_line_end_at_the_end_opens_no_empty_line() -> None:
    assert shown("one\ntwo\n") == ["one", "two"]


def test_a_line_that_is_not_finished_is_shown() -> None:
    assert shown("one\ntw") == ["one", "tw"]


def test_empty_lines_are_lines() -> None:
    assert shown("\n\none\n\n") == ["", "", "one", ""]


def test_windows_line_ends_end_a_line_once() -> None:
    assert shown("one\r\ntwo\r", "\nthree") == ["one", "two", "three"]


def test_a_carriage_return_writes_over_the_line() -> None:
    assert shown("10% done\r", "95%") == ["95% done"]


def test_a_progress_bar_leaves_its_last_state() -> None:
    assert shown(*(f"\r{percent:3}% {'#' * (percent // 10):10}" for percent in range(101)), "\n") == ["100% ##########"]


def test_a_backspace_steps_back_and_the_next_character_writes_over() -> None:
    assert shown("\babc\b\bX") == ["aXc"]


def test_a_backspace_over_a_wide_character_steps_back_by_two_columns() -> None:
    assert shown("宽\bX\tY") == ["X       Y"]


def test_a_tab_goes_to_the_next_multiple_of_eight_columns() -> None:
    assert shown("a\tb\n12345678\tc\n宽\td") == ["a       b", "12345678        c", "宽      d"]


def test_a_tab_moves_over_what_stands_there() -> None:
    assert shown("abcdefghij\r\tX") == ["abcdefghXj"]


def test_colours_become_styles() -> None:
    (line,) = transcript(f"plain {ESC}[1;31mred{ESC}[0m plain").lines
    assert line.plain == "plain red plain"
    assert style_at(line, 7) == Style(bold=True, color="color(1)")
    assert not style_at(line, 0)
    assert not style_at(line, 11)


def test_colours_carry_over_lines_and_chunks_until_they_are_reset() -> None:
    lines = transcript(f"{ESC}[3", "2mone\n", "two\n", "three\n", f"{ESC}[mfour").lines
    assert [style_at(line, 0) for line in lines] == [Style(color="color(2)")] * 3 + [Style.null()]


def test_a_colour_set_among_lines_that_are_cut_holds_after_them() -> None:
    text = "head\n" * 600 + f"{ESC}[34mblue\n" + "more\n" * 5_000
    assert style_at(transcript(text).lines[-1], 0) == Style(color="color(4)")


def test_markup_is_plain_text() -> None:
    (line,) = transcript("[red]**x**[/red]").lines
    assert line.plain == "[red]**x**[/red]"
    assert not line.spans


@pytest.mark.parametrize(
    ("printed", "seen", "seen_in_ascii"),
    [
        (f"{ESC}[2J", "␛[2J", "^[[2J"),
        (f"{ESC}]52;c;aGk=\x07", "␛]52;c;aGk=␇", "^[]52;c;aGk=^G"),
        (f"{ESC}]0;title{ESC}\\", "␛]0;title␛\\", "^[]0;title^[\\"),
        (f"{ESC}[?1049h", "␛[?1049h", "^[[?1049h"),
        ("\x00\x7f", "␀␡", "^@^?"),
        ("\x9b2J", "\\x9b2J", "\\x9b2J"),
        ("a\u202eb", "a\\u202eb", "a\\u202eb"),
        ("a\u2028b\x85c", "a\\u2028b\\x85c", "a\\u2028b\\x85c"),
        ("\udc80", "\\udc80", "\\udc80"),
        (f"end {ESC}[3", "end ␛[3", "end ^[[3"),
    ],
)
def test_what_could_steer_the_terminal_is_written_out(printed: str, seen: str, seen_in_ascii: str) -> None:
    assert shown(printed) == [seen]
    assert shown(printed, ascii_only=True) == [seen_in_ascii]


def test_visible_writes_out_tabs_and_line_ends_too() -> None:
    assert visible("a\tb\nc") == "a␉b␊c"


def test_the_first_500_and_the_last_2000_lines_are_kept_and_the_cut_is_said() -> None:
    lines = shown("".join(f"{number}\n" for number in range(10_000)))
    assert lines[:500] == [str(number) for number in range(500)]
    assert lines[500] == "… 7,500 lines cut …"
    assert lines[501:] == [str(number) for number in range(8_000, 10_000)]


def test_nothing_is_said_to_be_cut_when_everything_fits() -> None:
    assert len(shown("x\n" * 2_500)) == 2_500
    assert shown("x\n" * 2_501)[500] == "… 1 line cut …"
    assert shown("x\n" * 2_502, ascii_only=True)[500] == "... 2 lines cut ..."


def test_a_line_is_cut_at_10000_characters_and_says_so() -> None:
    assert shown("x" * 10_000 + "\n") == ["x" * 10_000]
    assert shown("x" * 12_345 + "\n") == ["x" * 10_000 + " … 2,345 more characters"]
    assert shown("x" * 10_001, ascii_only=True) == ["x" * 10_000 + " ... 1 more character"]


def test_roles_name_the_style_of_what_was_written() -> None:
    written = Transcript()
    written.write("out ")
    written.write("err", "stderr")
    assert looks(written) == [("out err", [(4, 7, "stderr")])]


def test_colours_carry_over_from_one_role_to_another() -> None:
    written = Transcript()
    written.write(f"{ESC}[31mout ")
    written.write("err", "stderr")
    assert looks(written) == [
        ("out err", [(0, 4, Style(color="color(1)")), (4, 7, "stderr"), (4, 7, Style(color="color(1)"))])
    ]


def test_a_line_of_its_own_stands_apart_from_what_was_printed() -> None:
    written = transcript(f"{ESC}[31mno line end")
    written.add_line(("line 3  ", "where"), ("y = x[0]", ""))
    written.write("after")
    assert looks(written) == [
        ("no line end", [(0, 11, Style(color="color(1)"))]),
        ("line 3  y = x[0]", [(0, 8, "where")]),
        ("after", []),
    ]


def test_clearing_forgets_lines_colours_and_what_was_held_back() -> None:
    written = transcript(f"{ESC}[31mone\n" * 3_000, f"two{ESC}[3")
    written.clear()
    assert len(written) == written.lines_cut == written.lines_finished == 0
    written.write("1mthree")
    assert looks(written) == [("1mthree", [])]


def test_a_line_that_does_not_exist_is_an_index_error() -> None:
    with pytest.raises(IndexError):
        transcript("one\n").line(1)
    with pytest.raises(IndexError):
        transcript("one\n").line(-1)


@given(PRINTED, st.data())
@settings(deadline=None)
def test_any_chunking_shows_the_same(text: str, data: st.DataObject) -> None:
    cuts = sorted(data.draw(st.sets(st.integers(0, len(text)), max_size=12)) | {0, len(text)})
    assert looks(transcript(*(text[start:end] for start, end in pairwise(cuts)))) == looks(transcript(text))


@given(PRINTED)
@settings(deadline=None)
def test_character_by_character_shows_the_same(text: str) -> None:
    assert looks(transcript(*text)) == looks(transcript(text))


@given(st.text(st.sampled_from(f"ab\t\b\r{ESC}[m1宽"), max_size=60), st.integers(9_950, 10_010))
@settings(deadline=None)
def test_any_chunking_of_a_line_near_its_limit_shows_the_same(text: str, before: int) -> None:
    text = "-" * before + text + "\n"
    assert looks(transcript(text[:7], *text[7:])) == looks(transcript(text))


@given(PRINTED, st.booleans())
@settings(deadline=None)
def test_no_control_character_ever_leaves(text: str, ascii_only: bool) -> None:
    for line in transcript(text, ascii_only=ascii_only).lines:
        assert not [char for char in line.plain if unicodedata.category(char) in ("Cc", "Cs", "Zl", "Zp")]
        assert not [
            char for char in line.plain if unicodedata.bidirectional(char) in ("LRO", "RLO", "RLE", "LRE", "PDF")
        ]


@given(st.text(st.characters(codec="ascii"), max_size=50))
def test_in_ascii_mode_ascii_stays_ascii(text: str) -> None:
    assert transcript(text, ascii_only=True).plain.isascii()


@given(PRINTED, st.integers(1, 30))
@settings(deadline=None)
def test_a_line_that_is_said_to_be_short_fits(text: str, width: int) -> None:
    written = transcript(text)
    for index, line in enumerate(written.lines):
        # Asked before it was styled, and after.
        if transcript(text).is_short(index, width) or written.is_short(index, width):
            assert line.cell_len <= width


def test_of_a_flood_the_short_lines_are_known_without_being_styled() -> None:
    written = transcript("".join(f"line {number}\n" for number in range(5_000)))
    shown = [written.is_short(index, 20) for index in range(len(written))]
    assert shown == [index != 500 for index in range(2_501)], "all but the line that says what was cut"
    assert not written.is_short(0, 5)


def test_a_million_lines_take_no_more_memory_than_what_is_kept() -> None:
    chunk = "".join(f"step {number}, loss 0.123\n" for number in range(20_000))
    written = Transcript()
    written.write(chunk)
    tracemalloc.start()
    for _ in range(49):
        written.write(chunk)
    held, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert written.lines_finished == 1_000_000
    assert len(written) == 2_501
    assert held < 1_000_000


@pytest.mark.parametrize("before", [0, 3, 499, 500, 501, 4000])
def test_the_last_lines_can_be_taken_back(before: int) -> None:
    kept, taken = Transcript(), Transcript()
    for transcript in (kept, taken):
        transcript.write("".join(f"{number}\n" for number in range(before)))
    taken.add_line(("one", ""))
    taken.add_line(("two", ""))
    taken.drop(2)
    assert taken.lines_finished == kept.lines_finished == before
    assert taken.plain.splitlines()[-1:] == kept.plain.splitlines()[-1:]
    taken.write("on\n")
    assert taken.plain.endswith("on")


def test_an_unfinished_colour_sequence_keeps_the_role_that_it_was_written_in() -> None:
    transcript = Transcript()
    transcript.write(f"a{ESC}[")
    transcript.write("b", "stderr")
    (line,) = transcript.lines
    assert line.plain == "a␛[b"
    assert [(span.start, span.end, span.style) for span in line.spans] == [(3, 4, "stderr")]
