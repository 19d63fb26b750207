"""The two axes of a chart, drawn onto its canvas."""

from __future__ import annotations

from collections.abc import Sequence

from tui_torch.drawing.canvas.canvas import Canvas, Glyphs
from tui_torch.drawing.canvas.scale import RowScale, Tick

MIN_PLOT_COLUMNS = 8
"""Minimum columns of a plot: with fewer, the value axis gives its columns to it."""


def draw_rows_axis(canvas: Canvas, scale: RowScale, glyphs: Glyphs, *, gutter: int, above: int) -> None:
    """Draw the value axis in the column `gutter`, from the row `above` down, its numbers to the left of it."""
    for row in range(scale.rows):
        canvas.put(gutter, above + row, glyphs.down, "axis")
    for tick in scale.ticks:
        canvas.put(gutter, above + tick.at, glyphs.tick_left, "axis")
        canvas.write(gutter - 1 - len(tick.label), above + tick.at, tick.label, "text")


def draw_columns_axis(
    canvas: Canvas,
    ticks: Sequence[Tick],
    glyphs: Glyphs,
    *,
    gutter: int,
    row: int,
    unit: str = "",
    name: str = "",
    end: int | None = None,
) -> None:
    """Draw the axis below the plot on `row`, and its numbers on the next row.

    Args:
        canvas: The canvas to draw on.
        ticks: The numbers, at columns of the canvas; those without room are left out.
        glyphs: The characters of the axis.
        gutter: The column of the value axis.
        row: The row of the axis.
        unit: What the numbers count, to the left of them.
        name: The name of the axis, to the right of the numbers.
        end: The column after the last one; None: the axis is as long as the canvas is wide.
    """
    canvas.put(gutter, row, glyphs.corner, "axis")
    for column in range(gutter + 1, canvas.width if end is None else end):
        canvas.put(column, row, glyphs.across, "axis")
    canvas.write(gutter - 1 - len(unit), row + 1, unit, "axis")
    free = gutter
    end = canvas.width
    if name:
        end = canvas.width - len(name)
        canvas.write(end, row + 1, name, "axis")
        end -= 1
    for tick in ticks:
        begin = min(max(tick.at - (len(tick.label) - 1) // 2, 0), canvas.width - len(tick.label))
        canvas.put(tick.at, row, glyphs.tick_below, "axis")
        if begin >= free and begin + len(tick.label) <= end:
            canvas.write(begin, row + 1, tick.label, "text")
            free = begin + len(tick.label) + 1
