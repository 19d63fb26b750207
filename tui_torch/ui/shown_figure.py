"""A figure that can be drawn, among the output and over the whole screen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.style import Style
from textual.strip import Strip

if TYPE_CHECKING:
    from tui_torch.drawing.figures.picture import Picture


class ShownFigure:
    """A figure that can be drawn."""

    def __init__(self, picture: Picture, image: bytes) -> None:
        self.picture = picture
        self.image = image
        """As it was sent."""
        self._drawn: tuple[tuple[int, int, bool], list[Strip]] | None = None
        """The columns and rows that it was drawn for last, whether without colours, and its rows."""

    @property
    def title(self) -> str:
        """What it is called where it is not drawn: `figure, 640 × 480`."""
        return f"figure, {self.picture.width} × {self.picture.height}"

    def strips(self, columns: int, rows: int, *, colourless: bool) -> list[Strip]:
        """Its rows, drawn in so many columns and rows of cells."""
        from tui_torch.drawing.figures.blocks import dots, half_blocks

        wanted = columns, rows, colourless
        if self._drawn is None or self._drawn[0] != wanted:
            draw = dots if colourless else half_blocks
            self._drawn = wanted, [Strip(row, columns) for row in draw(self.picture, columns, rows)]
        return self._drawn[1]


def within(strip: Strip, ground: Style, width: int) -> Strip:
    """A row of a figure in the colours of its pane, as wide as that."""
    return strip.apply_style(ground).adjust_cell_length(width, ground)
