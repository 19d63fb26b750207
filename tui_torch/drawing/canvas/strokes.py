"""A line as one vertical stroke per column of dots.

A column that holds many values is a stroke from the smallest to the largest, so that a spike of one step shows.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import NamedTuple

from tui_torch.drawing.canvas.scale import RowScale
from tui_torch.protocol.late_dataclass import dataclass


@dataclass(slots=True)
class Stroke:
    """The dots of a line in one column, counted from the upper edge."""

    top: float
    bottom: float
    measured: tuple[float, float] | None
    """The dots of the largest and the smallest value; None where the line only passes on its way to the next value."""
    alone: bool = False
    """Whether no line reaches the value, so that a single dot would be overlooked."""


class Reach(NamedTuple):
    """The values of a line in one column; `low > high` if none of them is finite."""

    column: int
    first: float
    low: float
    high: float
    last: float


def strokes(
    reaches: Iterable[Reach],
    count: int,
    scale: RowScale,
    dots_per_row: int,
    limits: tuple[float, float] = (-math.inf, math.inf),
) -> list[Stroke | None]:
    """Compute the stroke of each of `count` columns; None where nothing is drawn.

    Args:
        reaches: From left to right; columns outside the plot only lead lines to its edge.
        count: The number of columns of dots.
        scale: The rows of the plot.
        dots_per_row: The number of dots per cell, downwards.
        limits: Values outside are not drawn, except for a line that leads there.
    """
    found: list[Stroke | None] = [None] * count
    least, most = limits

    def pass_through(column: int, one: float, other: float) -> None:
        top, bottom = (one, other) if one <= other else (other, one)
        stroke = found[column]
        if stroke is None:
            found[column] = Stroke(top, bottom, None)
            return
        stroke.alone = False
        if top < stroke.top:
            stroke.top = top
        if bottom > stroke.bottom:
            stroke.bottom = bottom

    def place(value: float) -> float:
        return scale.place(value) * dots_per_row

    before: tuple[int, float, bool] | None = None
    for column, first, low, high, last in reaches:
        inside = 0 <= column < count
        if inside and low <= high and low <= most and high >= least:
            top, bottom = place(min(high, most)), place(max(low, least))
            found[column] = Stroke(top, bottom, (top, bottom), alone=int(top) == int(bottom))
        if before is not None and math.isfinite(first):
            start, height, drawn = before
            end_height = place(first)
            if drawn or least <= first <= most:
                slope = (end_height - height) / (column - start)
                if 0 <= start < count:
                    pass_through(start, height, height + slope / 2)
                for between in range(max(start + 1, 0), min(column, count)):
                    middle = height + slope * (between - start)
                    pass_through(between, middle - slope / 2, middle + slope / 2)
                if inside:
                    pass_through(column, end_height - slope / 2, end_height)
        before = (column, place(last), least <= last <= most) if math.isfinite(last) else None
    return found
