"""The Facts page: a value without elements, such as a number, an optimizer, a dataset or a loader."""

from __future__ import annotations

from collections.abc import Iterator

from textual.content import Content

from tui_torch.drawing.text import numbers
from tui_torch.ui.inspector.page import DELETED, MUTED, DetailPage, fact


class FactsPage(DetailPage):
    """The type of a value and its facts, in words."""

    TITLE = "Facts"

    def lines(self, width: int) -> Iterator[Content]:
        summary = self.summary
        if summary.change == "gone":
            yield Content.styled(f"{DELETED} What it held before:", "$text-warning")
        if summary.note:
            yield Content.styled(summary.note, "$text-warning")
        if summary.type:
            count = numbers.counted(summary.numel, "parameter") if summary.kind == "optimizer" else ""
            separator = " - " if self.ascii else " · "
            yield Content.styled(separator.join(filter(None, (summary.type, count))), MUTED)
        if summary.facts:
            wide = max(len(name) for name, _ in summary.facts) + 2
            yield from (fact(name, text, wide) for name, text in summary.facts)
        elif summary.text:
            yield Content(summary.text)
        if summary.kind in ("dataset", "loader") and not any(name == "length" for name, _ in summary.facts):
            yield Content.styled("Its length is its own code's to say, which is not run for this.", MUTED)
