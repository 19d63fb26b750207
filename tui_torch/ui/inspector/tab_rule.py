"""The rule over a value's detail: the value's name at its left, the tabs of its pages at its right."""

from __future__ import annotations

from rich.cells import cell_len
from textual import events
from textual.content import Content
from textual.message import Message
from textual.widget import Widget

from tui_torch.drawing.text.cells import clipped
from tui_torch.ui.inspector.page import MUTED

_ABBREVIATED = ({"Distribution": "Distr."}, {"Distribution": "Distr.", "Picture": "Pict.", "Memory": "Mem."})
"""Shorter titles, tried in this order where the titles do not fit."""


class TabRule(Widget):
    """A rule of one line with a value's name and its tabs, shortened to what fits."""

    DEFAULT_CSS = """
    TabRule { color: $rule; }
    TabRule.-focused { color: $border; }
    """

    class TabClicked(Message):
        """A tab was clicked."""

        def __init__(self, index: int) -> None:
            super().__init__()
            self.index = index

    def __init__(self, ascii: bool) -> None:
        super().__init__()
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
        """The tabs' texts, as long as the name leaves room for them; empty where none fit."""
        least = min(cell_len(self._value_name), max(width // 4, 6)) + 4
        abbreviated = ([shorter.get(title, title) for title in self._titles] for shorter in _ABBREVIATED)
        shorter = (
            [title if at == self._front and letters > 1 else title[:letters] for at, title in enumerate(self._titles)]
            for letters in (4, 3, 1)
        )
        for texts in (list(self._titles), *abbreviated, *shorter):
            if least + sum(len(text) + 2 for text in texts) <= width:
                return texts
        return []

    def on_click(self, event: events.Click) -> None:
        for index, (begin, end) in enumerate(self._tab_bounds):
            if begin <= event.x < end:
                self.post_message(self.TabClicked(index))
