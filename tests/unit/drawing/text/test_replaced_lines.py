"""Lines that a name was given to are replaced wherever they stand, and the lines around them stay."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tui_torch.drawing.text.transcript import BLOCKS, HEAD, TAIL, Pieces, Transcript


def block(text: str) -> list[Pieces]:
    return [((line, ""),) for line in text.split("\n")]


def plain(transcript: Transcript) -> list[str]:
    return [line.plain for line in transcript.lines]


def test_a_block_is_replaced_where_it_stands() -> None:
    transcript = Transcript()
    transcript.add_block(block("first"), "a")
    transcript.write("between\n")
    transcript.add_block(block("other"), "b")
    assert transcript.replace_block("a", block("second"))
    assert plain(transcript) == ["second", "between", "other"]
    assert transcript.replace_block("b", block("another\nand more"))
    assert plain(transcript) == ["second", "between", "another", "and more"]


def test_a_name_that_was_never_given_replaces_nothing() -> None:
    transcript = Transcript()
    assert not transcript.replace_block("a", block("new"))
    transcript.add_block(block("old"))
    assert plain(transcript) == ["old"]


def test_the_last_block_under_a_name_is_replaced() -> None:
    transcript = Transcript()
    transcript.add_block(block("one"), "a")
    transcript.add_block(block("two"), "a")
    transcript.replace_block("a", block("three"))
    assert plain(transcript) == ["one", "three"]


def test_a_bar_goes_on_below_a_block_that_is_replaced() -> None:
    transcript = Transcript()
    transcript.add_block(block("one"), "a")
    transcript.write("\r1/2", "", "stderr")
    transcript.replace_block("a", block("two\nlines"))
    transcript.write("\r2/2", "", "stderr")
    assert plain(transcript) == ["two", "lines", "2/2"]


def test_clearing_forgets_the_names() -> None:
    transcript = Transcript()
    transcript.add_block(block("one"), "a")
    transcript.clear()
    assert not transcript.replace_block("a", block("two"))
    assert plain(transcript) == []


def test_names_without_end_are_forgotten_from_the_first() -> None:
    transcript = Transcript()
    for number in range(BLOCKS + 1):
        transcript.add_block(block(str(number)), str(number))
    assert not transcript.replace_block("0", block("x"))
    assert transcript.replace_block("1", block("x"))


@pytest.mark.parametrize("new", ["a", "a\nb\nc\nd", "a\nb"])
@pytest.mark.parametrize("before", [0, HEAD - 3, HEAD - 1, HEAD, HEAD + 100, HEAD + 3_000])
@pytest.mark.parametrize("after", [0, 1, TAIL - 2, TAIL + 600])
def test_a_block_is_replaced_or_was_cut(before: int, after: int, new: str) -> None:
    transcript = Transcript()
    transcript.write("".join(f"{number}\n" for number in range(before)))
    transcript.add_block(block("old\nolder"), "a")
    transcript.write("".join(f"after {number}\n" for number in range(after)))
    was_seen = "old" in plain(transcript)
    before_it = plain(transcript)[: min(before, HEAD)]
    transcript.replace_block("a", block(new))
    seen = plain(transcript)
    # A block that grows may push its own first lines out, and at the beginning has no room to grow.
    assert (new[0] in seen or new[-1] in seen) == was_seen
    assert seen[: min(before, HEAD)] == before_it
    assert len(seen) == transcript.lines_finished if not transcript.lines_cut else len(seen) <= HEAD + 1 + TAIL
    assert (seen[-1] == f"after {after - 1}") if after else was_seen
    transcript.write("on\n")
    assert plain(transcript)[-1] == "on"


@settings(deadline=None)
@given(st.lists(st.tuples(st.sampled_from("abc"), st.integers(1, 3), st.booleans()), max_size=12))
def test_any_replacements_leave_one_block_for_each_name(steps: list[tuple[str, int, bool]]) -> None:
    transcript = Transcript()
    order: list[str] = []
    last: dict[str, list[str]] = {}
    for number, (name, height, prints) in enumerate(steps):
        lines = [f"{name} {number} {row}" for row in range(height)]
        last[name] = lines
        if not transcript.replace_block(name, block("\n".join(lines))):
            transcript.add_block(block("\n".join(lines)), name)
            order.append(name)
        if prints:
            transcript.write(f"print {number}\n")
            order.append(f"print {number}")
    assert plain(transcript) == [line for name in order for line in last.get(name, [name])]
