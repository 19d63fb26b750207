"""A widget whose picture is drawn as a whole, once per change."""

from __future__ import annotations

from textual import events
from textual.strip import Strip
from textual.widget import Widget


class DrawnWidget(Widget):
    """A widget that keeps the lines of its picture until `redraw()`; a subclass draws them in `draw()`."""

    ALLOW_SELECT = False

    _strips: list[Strip] | None = None

    def draw(self) -> list[Strip]:
        """The lines of the picture, in the size of the widget."""
        raise NotImplementedError

    @property
    def plain(self) -> str:
        """The picture as it is drawn, in characters alone."""
        return "\n".join(self.render_line(y).text.rstrip() for y in range(self.size.height))

    def redraw(self) -> None:
        """Draw the picture again at the next refresh."""
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
