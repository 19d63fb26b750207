"""Where the rows of the tensors pane and the detail are: under each other, or beside each other in a wide pane."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.geometry import NULL_OFFSET, NULL_SPACING, Region, Size
from textual.layout import ArrangeResult, WidgetPlacement
from textual.layouts.vertical import VerticalLayout

if TYPE_CHECKING:
    from textual.widget import Widget

BESIDE_FROM = Size(90, 12)
"""Cells inside the pane from which on the detail stands beside the rows."""
ROWS_WIDTH = 55
"""Columns that rows get at least, for most of them to be one line high, in a pane that is hardly wide."""
TOGETHER_FROM = 22
"""Rows of a pane with both beside each other from which on the detail shows several pages."""


class RowsAndDetail(VerticalLayout):
    """Children under each other, or the one that is `beside` at the right of all others, as high as the pane."""

    name = "rows-and-detail"

    def __init__(self) -> None:
        self.beside: Widget | None = None

    def arrange(self, parent: Widget, children: list[Widget], size: Size, greedy: bool = True) -> ArrangeResult:
        if self.beside not in children:
            return super().arrange(parent, children, size, greedy)
        others = [child for child in children if child is not self.beside]
        left = max(size.width // 2, min(ROWS_WIDTH, size.width * 3 // 5))
        placements = super().arrange(parent, others, Size(left, size.height), greedy)
        region = Region(left, 0, size.width - left, size.height)
        placements.append(WidgetPlacement(region, NULL_OFFSET, NULL_SPACING, self.beside, 0, False, False, False))
        return placements


def is_wide(size: Size) -> bool:
    """Whether a pane of that size has room for rows and detail beside each other."""
    return size.width >= BESIDE_FROM.width and size.height >= BESIDE_FROM.height
