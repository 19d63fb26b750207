"""A matrix with labels at its edges, as lines of text: numbers where they have room, on a ground or as shades."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from tui_torch.drawing.canvas.canvas import Canvas
from tui_torch.drawing.charts.plot_field import blended
from tui_torch.drawing.pictures.shades import shade
from tui_torch.drawing.text.cells import clipped, one_cell_each

if TYPE_CHECKING:
    from tui_torch.protocol.events import LabelledMatrix

_WIDEST = 8
"""Maximum cells of a column."""


def draw_matrix(canvas: Canvas, matrix: LabelledMatrix, heat: tuple[str, str] | None, *, ascii_only: bool) -> None:
    """Draw a matrix on a canvas; rows and columns without room are left out, and the last row says how many rows.

    Args:
        canvas: An empty canvas.
        matrix: The cells and their labels.
        heat: The grounds of the smallest and of the largest cell, `#rrggbb`; None where there are no colours.
        ascii_only: Whether the terminal has no Unicode.
    """
    rows = [one_cell_each(label, ascii_only=ascii_only) for label in matrix.rows]
    columns = [one_cell_each(label, ascii_only=ascii_only) for label in matrix.columns]
    edge = min(max(map(len, rows)), canvas.width // 4)
    texts = [[_text(cell, matrix.are_whole) for cell in row] for row in matrix.cells]
    longest = max(len(text) for row in texts for text in row)
    wanted = max(longest, *map(len, columns)) + 1
    width = max(1, min(wanted, _WIDEST, (canvas.width - edge - 1) // len(columns)))
    shown = min(len(columns), (canvas.width - edge - 1) // width)
    high = min(len(rows), canvas.height - 1)
    if high < len(rows):
        high = max(high - 1, 0)
    has_numbers = longest < width or (longest == width == 1)
    for place in range(shown):
        label = clipped(columns[place], max(width - 1, 1), ascii_only)
        canvas.write(edge + 1 + place * width, 0, label.rjust(max(width - 1, 1)), "axis")
    finite = [cell for row in matrix.cells for cell in row if math.isfinite(cell)]
    low, high_value = min([0.0, *finite]), max(finite, default=0.0)
    for row in range(high):
        canvas.write(0, row + 1, clipped(rows[row], edge, ascii_only).rjust(edge), "axis")
        for place in range(shown):
            cell, begin = matrix.cells[row][place], edge + 1 + place * width
            # Halves, since the difference of the largest floats is infinite.
            length = high_value / 2 - low / 2
            share = (cell / 2 - low / 2) / length if math.isfinite(cell) and length > 0 else 0.0
            if has_numbers:
                canvas.write(begin, row + 1, texts[row][place].rjust(max(width - 1, 1)), "text")
            elif heat is None or not math.isfinite(cell):
                canvas.write(
                    begin, row + 1, (shade(1 + int(share * 254)) if math.isfinite(cell) else "x") * width, "text"
                )
            if heat is not None:
                for column in range(begin, begin + width):
                    colour = blended(*heat, share)
                    canvas.lay(column, row + 1, colour, colour)
    if high < len(rows) and canvas.height > 1:
        canvas.write(0, high + 1, f"and {len(rows) - high} more rows", "axis")


def _text(cell: float, is_whole: bool) -> str:
    """A cell's number: whole, or with two decimals and without a leading 0."""
    if not math.isfinite(cell):
        return "nan" if math.isnan(cell) else "inf" if cell > 0 else "-inf"
    if is_whole:
        return str(int(cell))
    return f"{cell:.2f}".replace("0.", ".", 1) if abs(cell) < 1 else f"{cell:.3g}"
