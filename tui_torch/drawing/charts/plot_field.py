"""The field behind a plot: tinted cells, two values one above the other, or characters where there are no colours."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from tui_torch.drawing.canvas.canvas import Canvas, Dots
from tui_torch.drawing.charts.plot_frame import PlotFrame

if TYPE_CHECKING:
    from tui_torch.protocol.plots.plotted import PlotField

_TEXTURES = {False: (" ", "·", ":", "-", "=", "~"), True: (" ", ".", ":", "-", "=", "~")}
"""What the cells of each class hold where there are no colours, by whether only ASCII is."""


_LEVELS = " .:-=+"
"""The characters of numbers, light enough for marks to be seen among them."""


def texture(place: int, dots: Dots) -> str:
    """The character of the cells of the class at a place among the classes."""
    textures = _TEXTURES[dots == "ascii"]
    return textures[place % len(textures)]


def draw_field(
    canvas: Canvas, field: PlotField, frame: PlotFrame, places: Sequence[int], dots: Dots, tints: Sequence[str]
) -> None:
    """Draw the field on the ground of a frame, which spans it.

    Args:
        canvas: The canvas to draw on.
        field: The values.
        frame: Where they go.
        places: The place of each of the field's classes among all classes of the plot.
        dots: The characters that the terminal has.
        tints: The colour of each class's ground, `#rrggbb`; empty where there are no colours.
    """

    def value(column: int, half: float) -> int:
        x = int((column + 0.5) / frame.columns * field.columns)
        y = int(half / frame.rows * field.rows)
        return field.cells[min(y, field.rows - 1) * field.columns + min(x, field.columns - 1)]

    def colour(cell: int) -> str | None:
        if field.classes:
            return tints[places[cell] % len(tints)]
        return blended(tints[0], tints[1 % len(tints)], (cell - 1) / 254) if cell else None

    for row in range(frame.rows):
        for column in range(frame.columns):
            at = frame.left + column, frame.above + row
            if tints:
                canvas.lay(*at, colour(value(column, row + 0.25)), colour(value(column, row + 0.75)))
            else:
                cell = value(column, row + 0.5)
                canvas.put(*at, texture(places[cell], dots) if field.classes else _level(cell), "field")


def _level(cell: int) -> str:
    return _LEVELS[(cell - 1) * len(_LEVELS) // 255] if cell else "x"


def blended(one: str, other: str, share: float) -> str:
    """The colour `#rrggbb` between two, at 0 the one, at 1 the other."""
    parts = (
        round(first + (second - first) * share)
        for first, second in zip(bytes.fromhex(one[1:]), bytes.fromhex(other[1:]), strict=True)
    )
    return "#" + bytes(parts).hex()
