"""The rule over a value's detail: the value's name at its left, the tabs of its pages at its right."""

from __future__ import annotations

from textual import events
from textual.content import Content
from textual.message import Message
from textual.widget import Widget

from tui_torch.drawing.text.cells import clipped
from tui_torch.ui.inspector.page import MUTED

_ABBREVIATED = {"Distribution": "Distr.", "Picture": "Pict.", "Memory": "Mem."}
"""Shorter titles, for where the titles do not fit; where these do not either, a title is its first letter."""
_NAMES = (16, 8, 8)
"""Columns that titles leave for the name of the value, however short it is: in full, abbreviated, and as letters."""


class TabRule(Widget):
    """A rule of one line with a value's name and its tabs.

    How the tabs are written depends on the width alone, so that they stay as they are from value to value.
    """

    DEFAULT_CSS = """
    TabRule { color: $rule; }
    TabRule.-focused { color: $border; }
    """

    class TabClicked(Message):
        """A tab was clicked."""

        def __init__(self, index: int) -> None:
            super().__init__()
            self.index = index

    def __init__(self, most: tuple[str, ...], ascii: bool) -> None:
        """`most`: the titles of the value that has the most pages."""
        super().__init__()
        self._most = most
        self._ascii = ascii
        self._value_name = ""
        self._titles: tuple[str, ...] = ()
        self._front = 0
        self._tab_bounds: list[tuple[int, int]] = []
        """The first cell of each tab, and the cell after its last."""

    def show(self, name: str, titles: tuple[str, ...], front: int) -> None:
        """Show the value's name, the titles of its pages, and which of them is in front."""
        if (name, titles, front) != (self._value_name, self._titles, self._front):
            self._value_name, self._titles, self._front = name, titles, front
            self.refresh()

    @property
    def tab_columns(self) -> list[int]:
        """The first column of each tab, as they were drawn last."""
        return [begin for begin, _ in self._tab_bounds]

    def render(self) -> Content:
        width = self.size.width
        line = "-" if self._ascii else "─"
        texts = self._texts_within(width) if len(self._titles) > 1 else []
        room = width - sum(len(text) + 2 for text in texts) - 4
        name = clipped(self._value_name, max(room, 6), self._ascii)
        head = Content.assemble(line, " "[: width - 1], (name, "bold $foreground"), " ")
        length = max(width - head.cell_length - sum(len(text) + 2 for text in texts), 0)
        drawn = head + Content(line * length)
        self._tab_bounds.clear()
        for at, text in enumerate(texts):
            begin = drawn.cell_length
            front = at == self._front
            drawn += Content.styled(f" {text} ", "bold $text-primary reverse" if front else MUTED)
            self._tab_bounds.append((begin, drawn.cell_length))
        return drawn

    def _texts_within(self, width: int) -> list[str]:
        """The tabs' texts: all in full, all abbreviated, or all as letters; empty where none fit."""

        def written(titles: tuple[str, ...]) -> tuple[list[str], ...]:
            return list(titles), [_ABBREVIATED.get(title, title) for title in titles], [title[0] for title in titles]

        for texts, most, name in zip(written(self._titles), written(self._most), _NAMES, strict=True):
            if name + 3 + sum(len(text) + 2 for text in most) <= width:
                return texts
        return []

    def on_click(self, event: events.Click) -> None:
        for index, (begin, end) in enumerate(self._tab_bounds):
            if begin <= event.x < end:
                self.post_message(self.TabClicked(index))
