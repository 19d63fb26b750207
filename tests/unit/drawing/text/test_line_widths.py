"""The width of the widest of many lines."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from textual.document._document import Document

from tui_torch.drawing.text.line_widths import LineWidths

TEXTS = st.lists(st.text("ab\t漢é́ ", max_size=12), max_size=8)


@given(TEXTS, TEXTS)
def test_the_widest_line_is_as_wide_as_textual_says_before_and_after_an_edit(
    before: list[str], after: list[str]
) -> None:
    widths = LineWidths(4)
    for lines in (before, after, before):
        assert widths.widest(lines) == Document("\n".join(lines)).get_size(4).width


def test_lines_that_were_typed_over_are_not_kept() -> None:
    widths = LineWidths(4)
    for number in range(5_000):
        widths.widest([str(number)])
    assert len(widths) < 2_000
