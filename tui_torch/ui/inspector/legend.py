"""What the marks in the rows of the tensors pane mean: in the help, and below the rows where the learner asks."""

from __future__ import annotations

from typing import NamedTuple

from textual.content import Content

from tui_torch.ui.inspector.page import MUTED


class Mark(NamedTuple):
    """A mark, and what it says of the row that it stands in."""

    unicode: str
    ascii: str
    meaning: str


MARKS = (
    Mark("◆", "*", "the step is about this"),
    Mark("●", "+", "the last run made this name"),
    Mark("~", "~", "bound it to another object"),
    Mark("!", "!", "changed its numbers in place"),
    Mark("∇+", "g+", "filled its gradient"),
    Mark("×", "x", "deleted it"),
    Mark("∇", "g", "requires grad; leaf: made by you, not by an operation"),
    Mark("≡ a", "&a", "is in the same memory as a"),
)


def legend_table() -> str:
    """The marks as a Markdown table."""
    rows = "\n".join(f"| {mark.unicode} | {mark.meaning} |" for mark in MARKS)
    return f"| mark | meaning |\n| --- | --- |\n{rows}"


def legend_lines(ascii_only: bool) -> Content:
    """The marks, one a line."""
    return Content("\n").join(
        Content.assemble((f"{mark.ascii if ascii_only else mark.unicode:4}", "bold"), (mark.meaning, MUTED))
        for mark in MARKS
    )
