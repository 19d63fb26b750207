"""The list of a program's cells: which there are, which have run, and which one is in the editor."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.binding import BindingType
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from tui_torch.drawing.text.cells import clipped
from tui_torch.drawing.text.visible import visible
from tui_torch.ui.keys.declared import CELLS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from textual import events
    from textual.geometry import Size

    from tui_torch.ui.program.cell_rows import CellRow

MOST_ROWS = 6
"""Number of rows that the list wants at most; there is more to see of the code."""

NUMBER = 8
"""Columns of `In [100]`."""

LEAST_TITLE = 12
"""Columns of the title below which what is said of the last run is left out for it."""


class CellList(ScrollView, can_focus=True):
    """A row for each cell; the current one is lit. It draws those in sight, however many there are."""

    BINDINGS: ClassVar[list[BindingType]] = CELLS.bindings()

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        *("cells--current", "cells--current-focused", "cells--mark", "cells--number"),
        *("cells--running", "cells--raised", "cells--stale", "cells--unsaved"),
    }

    DEFAULT_CSS = """
    CellList {
        height: auto;
        min-height: 1;
        padding: 0;
        background: $background;
        scrollbar-size-vertical: 1;
        scrollbar-size-horizontal: 0;
        overflow-x: hidden;
        & > .cells--current { background: $panel; }
        & > .cells--current-focused { background: $lit-ground; }
        & > .cells--mark { color: $primary; text-style: bold; }
        & > .cells--number { color: $text-muted; }
        & > .cells--running { color: $text-primary; text-style: bold; }
        & > .cells--raised { color: $text-error; text-style: bold; }
        & > .cells--stale { color: $text-warning; }
        & > .cells--unsaved { color: $text-accent; text-style: bold; }
    }
    """

    class CellChosen(Message):
        """A cell was clicked; `index` is its place, 0 for the first."""

        def __init__(self, index: int) -> None:
            super().__init__()
            self.index = index

    def __init__(self, *, ascii_only: bool = False) -> None:
        super().__init__()
        self.ascii_only = ascii_only
        self._rows: tuple[CellRow, ...] = ()
        self._current = 0

    def show(self, rows: Sequence[CellRow], current: int) -> None:
        """Show these cells, with the current one in sight."""
        rows = tuple(rows)
        if rows == self._rows and current == self._current:
            return
        is_longer = len(rows) != len(self._rows)
        self._rows, self._current = rows, current
        if is_longer:
            self.virtual_size = self.virtual_size.with_height(len(rows))
            self.refresh(layout=True)
        self.refresh()
        self.bring_into_sight()

    def bring_into_sight(self) -> None:
        """Scroll to the current cell, with those beside it where there is room."""
        height = self.scrollable_content_region.height
        around = 1 if height > 2 else 0
        top = self.scroll_offset.y
        at = self._current
        wanted = min(max(top, at + around - height + 1), max(at - around, 0)) if height else 0
        if wanted != top:
            self.scroll_to(y=wanted, animate=False, immediate=True)

    def on_resize(self) -> None:
        self.virtual_size = self.virtual_size.with_height(len(self._rows))
        self.bring_into_sight()

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        return min(len(self._rows), MOST_ROWS)

    @property
    def rows_in_sight(self) -> int:
        """The number of rows that a page has."""
        return max(self.scrollable_content_region.height, 1)

    @property
    def plain(self) -> str:
        """All rows, as they are copied."""
        return "\n".join("".join(part for part, _ in self._parts(row, 200)).rstrip() for row in self._rows)

    def render_line(self, y: int) -> Strip:
        at = y + self.scroll_offset.y
        width = self.scrollable_content_region.width
        if at >= len(self._rows):
            return Strip.blank(width, self.rich_style)
        ground = self.rich_style
        if at == self._current:
            ground += self.get_component_rich_style("cells--current-focused" if self.has_focus else "cells--current")
        mark = (">" if self.ascii_only else "▸") if at == self._current else " "
        segments = [Segment(mark, ground + self._style("mark"))]
        segments += [
            Segment(part, ground + self._style(name) if name else ground)
            for part, name in self._parts(self._rows[at], width - 1)
        ]
        return Strip(segments).crop(0, width).extend_cell_length(width, ground)

    def _style(self, name: str) -> Style:
        return self.get_component_rich_style(f"cells--{name}", partial=True)

    def _parts(self, row: CellRow, width: int) -> Iterator[tuple[str, str]]:
        """The parts of a row in so many columns, each with the name of its style; empty for the usual one."""
        if row.number:
            yield f"{row.number:>{NUMBER}} ", "number"
            width -= NUMBER + 1
        sign, style = self._sign(row)
        says = f" {row.says} " if row.says else ""
        unsaved = ("* " if self.ascii_only else "● ") if row.is_unsaved else ""
        room = width - 2 - cell_len(says) - len(unsaved)
        if room < LEAST_TITLE:
            room, says = room + cell_len(says), ""
        title = clipped(visible(row.title, self.ascii_only), max(room, 0), self.ascii_only)
        yield f"{sign} ", style
        yield unsaved, "unsaved"
        yield title, ""
        if says:
            yield " " * max(room - cell_len(title), 0), ""
            yield says, style or "number"

    def _sign(self, row: CellRow) -> tuple[str, str]:
        signs: tuple[tuple[bool, str, str, str], ...] = (
            (row.is_running, "▶", ">", "running"),
            (row.has_raised, "✗", "x", "raised"),
            (row.is_stopped, "■", "-", "stale"),
            (row.is_stale, "≠", "!", "stale"),
        )
        for holds, sign, plain, style in signs:
            if holds:
                return (plain if self.ascii_only else sign), style
        return " ", ""

    def on_focus(self) -> None:
        self.refresh()

    def on_blur(self) -> None:
        self.refresh()

    def on_click(self, event: events.Click) -> None:
        place = event.get_content_offset(self)
        if place is not None and (at := place.y + round(self.scroll_offset.y)) < len(self._rows):
            self.post_message(self.CellChosen(at))
