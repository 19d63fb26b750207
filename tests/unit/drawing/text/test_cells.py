from __future__ import annotations

import pytest

from tui_torch.drawing.text.cells import clipped, one_cell_each


@pytest.mark.parametrize(
    ("text", "width", "cut", "in_ascii"),
    [
        ("loss", 4, "loss", "loss"),
        ("losses", 4, "los…", "lo.."),
        ("losses", 2, "l…", ".."),
        ("losses", 1, "…", "."),
        ("losses", 0, "", ""),
        ("日本語", 5, "日本…", "日.."),
    ],
)
def test_a_text_is_cut_to_its_width_in_cells(text: str, width: int, cut: str, in_ascii: str) -> None:
    assert clipped(text, width) == cut
    assert clipped(text, width, ascii=True) == in_ascii


def test_what_is_not_one_cell_wide_or_not_printable_becomes_a_question_mark() -> None:
    assert one_cell_each("λ日\x1b") == "λ??"
    assert one_cell_each("λ", ascii_only=True) == "?"
