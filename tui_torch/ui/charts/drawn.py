"""A pane that is one picture: drawn whole, once for each change."""

from __future__ import annotations

from textual import events
from textual.strip import Strip
from textual.widget import Widget


class Drawn(Widget):
    """Keeps the lines of its picture. A subclass says what they are (`draw()`), and when they are no longer so
    (`redraw()`)."""

    ALLOW_SELECT = False

    _strips: list[Strip] | None = None

    def draw(self) -> list[Strip]:
        """The lines of the picture, in the size that the pane has."""
        raise NotImplementedError

    def redraw(self) -> None:
        """Draw it anew before it is shown the next time."""
        self._strips = None
        self.refresh()

    def notify_style_update(self) -> None:
        super().notify_style_update()
        self._strips = None

    def on_resize(self, event: events.Resize) -> None:
        self.redraw()

    def render_line(self, y: int) -> Strip:
        if self._strips is None:
            self._strips = self.draw()
        return self._strips[y] if y < len(self._strips) else Strip.blank(self.size.width, self.rich_style)
