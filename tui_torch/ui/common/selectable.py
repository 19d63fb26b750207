"""Lists whose rows can be selected with the mouse, to be copied, as other text can."""

from __future__ import annotations

from rich.segment import Segment
from textual import events
from textual.selection import Selection
from textual.strip import Strip
from textual.widgets import OptionList


class SelectableOptions(OptionList):
    """A list of options. A click chooses one; what the mouse is drawn over is selected, and chooses nothing."""

    ALLOW_SELECT = True

    def render_line(self, y: int) -> Strip:
        line = self.scroll_offset.y + y
        strip = super().render_line(y)
        selection = self.text_selection
        span = selection.get_span(line) if selection is not None else None
        if span is not None:
            strip = self._with_selected(strip, *span)
        return strip.apply_offsets(0, line)

    def _with_selected(self, strip: Strip, start: int, end: int) -> Strip:
        """A line with its characters from `start` to `end` (-1 for all) drawn as selected."""
        text = strip.text
        begin, stop = (Segment(text[:at]).cell_length for at in (start, len(text) if end == -1 else end))
        before, selected, after = strip.divide([begin, stop, strip.cell_length])
        drawn = Segment.apply_style(selected, post_style=self.selection_style)
        return Strip([*before, *drawn, *after], strip.cell_length)

    def get_selection(self, selection: Selection) -> tuple[str, str] | None:
        top = self.scroll_offset.y
        lines = range(self.virtual_size.height)
        text = [super(SelectableOptions, self).render_line(line - top).text.rstrip() for line in lines]
        return extracted(selection, "\n".join(text)), "\n"

    def selection_updated(self, selection: Selection | None) -> None:
        self.refresh()

    async def on_click(self, event: events.Click) -> None:
        # Textual's would choose a row at the end of a selection, and at a double click select all rows.
        event.prevent_default()
        clicked: int | None = event.style.meta.get("option")
        if clicked is None or self.text_selection is not None or self.options[clicked].disabled:
            return
        self.highlighted = clicked
        self.action_select()


def extracted(selection: Selection, text: str) -> str:
    """What is selected of a text, which may be shorter than when it was selected."""
    try:
        return selection.extract(text)
    except IndexError:  # Textual's goes by the line on which it began
        return ""
