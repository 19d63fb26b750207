"""Text brought to the room that there is."""

from __future__ import annotations

import pytest
from textual.content import Content

from tui_torch.ui.common.cut_text import cut, in_rows


@pytest.mark.parametrize(("width", "shown"), [(11, "one two six"), (8, "one two…"), (3, "on…"), (1, "…"), (0, "")])
def test_a_cut_is_marked(width: int, shown: str) -> None:
    assert cut(Content("one two six"), width).plain == shown


def test_in_ascii_the_mark_is_ascii() -> None:
    assert cut(Content("one two six"), 6, ascii=True).plain == "one.."


def test_a_long_line_takes_the_rows_that_others_leave_and_is_cut_after_them() -> None:
    lines = [Content("short"), Content("one two six ten words of it")]
    assert [line.plain for line in in_rows(lines, 12, 4)] == ["short", "one two six", "ten words of", "it"]
    assert [line.plain for line in in_rows(lines, 12, 3)] == ["short", "one two six", "ten words o…"]
    assert [line.plain for line in in_rows([*lines, Content("end")], 12, 3)] == ["short", "one two six…", "end"]
