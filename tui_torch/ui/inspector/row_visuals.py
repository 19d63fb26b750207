"""What the list of the tensors pane draws: a row for the width that it has, the line below pinned ones, the header."""

from __future__ import annotations

from typing import Protocol

from textual.content import Content
from textual.css.styles import RulesMap
from textual.widgets import Static

from tui_torch.drawing.text import numbers
from tui_torch.protocol.events import FrameLocals, Inspection
from tui_torch.ui.common.cut_text import WidthDependentText
from tui_torch.ui.inspector.page import MUTED

_FLASHING = "on $flash-ground"


class LaidOutRows(Protocol):
    """Rows that are laid out for a width."""

    def line(self, name: str, width: int) -> Content:
        """The row of a name, in one or two lines."""
        ...

    def line_height(self, name: str, width: int) -> int:
        """The number of lines of that row."""
        ...

    def flashes(self, name: str) -> bool:
        """Whether a row is highlighted at the moment."""
        ...

    def header(self) -> Content:
        """The names of the columns."""
        ...


class Header(Static):
    """The line over the rows that says what is in each column."""

    def __init__(self, rows: LaidOutRows) -> None:
        super().__init__(_Columns(rows), classes="tensors--header")
        self._rows = rows
        self._drawn = ""

    def redraw(self, *, are_as_before: bool) -> None:
        """Draw the names of the columns again; if the rows `are_as_before`, only where that would change something."""
        columns = self._rows.header().plain
        if not are_as_before or columns != self._drawn:
            self._drawn = columns
            self.refresh()


class _Columns(WidthDependentText):
    """The names of the columns."""

    def __init__(self, rows: LaidOutRows) -> None:
        self._rows = rows

    def at(self, width: int) -> Content:
        return self._rows.header().stylize(MUTED)

    def get_height(self, rules: RulesMap, width: int) -> int:
        return 1


class RowVisual(WidthDependentText):
    """A row of the list, which its table lays out for the width."""

    def __init__(self, inspector: LaidOutRows, name: str) -> None:
        self._inspector = inspector
        self._name = name

    def at(self, width: int) -> Content:
        line = self._inspector.line(self._name, width)
        return line.stylize(_FLASHING) if self._inspector.flashes(self._name) else line

    def get_height(self, rules: RulesMap, width: int) -> int:
        # Hundreds of rows are measured, and a dozen drawn.
        return self._inspector.line_height(self._name, width)


class Separator(WidthDependentText):
    """The line between the pinned expressions and the other names."""

    def __init__(self, ascii: bool) -> None:
        self._ascii = ascii

    def at(self, width: int) -> Content:
        return Content(("-" if self._ascii else "─") * width)


def tally(inspection: Inspection, separator: str) -> str:
    """`7 names · 2 new · 1 changed`; empty without a name."""
    changes = [summary.change for summary in inspection.variables]
    gone = changes.count("gone")
    new = changes.count("new")
    changed = len(changes) - gone - new - changes.count("same")
    if not changes:
        return ""
    parts = [numbers.counted(len(changes) - gone + inspection.omitted, "name")]
    parts += [f"{count} {word}" for count, word in ((new, "new"), (changed, "changed"), (gone, "gone")) if count]
    if inspection.omitted:
        parts.append(f"{inspection.omitted:,} not shown")
    return separator.join(parts)


def scope_text(frame: FrameLocals | None, inspection: Inspection, separator: str) -> str:
    """What the border says of the names: how many they are, and of a function, as of when they are."""
    said = tally(inspection, separator)
    return said if frame is None else separator.join(part for part in (frame.when, said) if part)
