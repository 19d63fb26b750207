"""Sentences in a terminal are divided between words, and what is to be copied is not divided."""

from __future__ import annotations

import pytest

from tui_torch.console.plain import in_whole_words

SENTENCE = "tui-torch: the training goes on; `tui-torch watch --attach 1b0a` comes back to it, wherever that is done."


@pytest.mark.parametrize("width", [32, 40, 60, 80])
def test_no_line_is_longer_than_the_terminal_and_no_word_or_code_is_divided(width: int) -> None:
    lines = in_whole_words(SENTENCE, width).split("\n")
    assert all(len(line) <= width for line in lines)
    assert " ".join(lines) == SENTENCE
    assert any("`tui-torch watch --attach 1b0a`" in line for line in lines)


def test_what_fits_and_what_cannot_be_divided_stays() -> None:
    assert in_whole_words("  an indent\n\nand more", 40) == "  an indent\n\nand more"
    assert (
        in_whole_words("see /a/very/long-path/to/a/file.py there", 12) == "see\n/a/very/long-path/to/a/file.py\nthere"
    )
    assert in_whole_words("`a code that is long` x", 10) == "`a code\nthat is\nlong` x"
