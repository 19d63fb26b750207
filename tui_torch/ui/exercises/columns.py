"""The panes of the exercises below each other; where there is room, the output beside the others."""

from __future__ import annotations

from textual.geometry import NULL_OFFSET, Region, Size
from textual.layout import ArrangeResult, WidgetPlacement
from textual.widget import Widget

from tui_torch.ui.lesson.column import ByContent, LessonColumn, Wish
from tui_torch.ui.lesson.layout import SHARE, SHARES, TWO_COLUMNS

PART_OF_LIST = 5
"""In one column, the list without the focus has at most this part of the terminal's lines: a fifth."""


class OutputBeside(ByContent):
    """Children above each other; in a wide terminal the last one has a column of its own."""

    name = "output-beside"

    def arrange(self, parent: Widget, children: list[Widget], size: Size, greedy: bool = True) -> ArrangeResult:
        if size.width < TWO_COLUMNS or len(children) == 1:
            return super().arrange(parent, children, size, greedy)
        *above_each_other, last = children
        left = size.width * SHARE // SHARES
        placements = super().arrange(parent, above_each_other, Size(left, size.height), greedy)
        region = Region(left, 0, size.width - left, size.height)
        return [*placements, WidgetPlacement(region, NULL_OFFSET, last.styles.margin, last, 0, False, False, False)]


class ExerciseColumns(LessonColumn):
    """The list, the text and the output."""

    def __init__(self, listing: Widget, text: Widget, output: Widget) -> None:
        super().__init__(listing, text, output, weights={listing: (1, 5), text: (3, 4), output: (5, 6)}, id="body")
        self._listing = listing
        self._by_content = OutputBeside()
        self.takes_the_rest = output

    def wish(self, pane: Widget, size: Size, viewport: Size) -> Wish:
        """How high a pane wants to be: a list without the focus leaves the rows above each other to the task."""
        wish = super().wish(pane, size, viewport)
        if pane is not self._listing or pane.has_focus_within or viewport.width >= TWO_COLUMNS:
            return wish
        return wish._replace(wanted=min(wish.wanted, max(wish.least, viewport.height // PART_OF_LIST)))
