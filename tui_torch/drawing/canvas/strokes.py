"""A curve as one stroke for each column of dots: from its largest value to its smallest, and joined to its neighbours.

A column that holds many steps is a line from its smallest value to its largest, so that a spike of one step shows.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from tui_torch.drawing.canvas.scale import RowScale
from tui_torch.drawing.charts.curve import Span


@dataclass(slots=True)
class Stroke:
    """What one column of dots holds, in dots from the upper edge."""

    top: float
    bottom: float
    measured: tuple[float, float] | None
    """From the largest value to the smallest; None where a line only passes on its way to the next point."""
    alone: bool = False
    """No line reaches it: a single dot would be overlooked."""


class Reach(NamedTuple):
    """What a line does on one column."""

    column: int
    first: float
    low: float
    high: float
    last: float


def raw(columns: Iterable[tuple[int, Span]]) -> Iterator[Reach]:
    """The values as they came."""
    for column, span in columns:
        yield Reach(column, span.first, span.low, span.high, span.last)


def smoothed(columns: Iterable[tuple[int, Span]], smoothing: int) -> Iterator[Reach]:
    """The moving average number `smoothing` of curve.SMOOTHINGS; broken off where there is no finite value."""
    for column, span in columns:
        average = span.smooth[smoothing] if span.finite else math.nan
        low, high = (average, average) if math.isfinite(average) else (math.inf, -math.inf)
        yield Reach(column, average, low, high, average)


def strokes(
    reaches: Iterable[Reach],
    count: int,
    scale: RowScale,
    dots_per_row: int,
    limits: tuple[float, float] = (-math.inf, math.inf),
) -> list[Stroke | None]:
    """The strokes of `count` columns. What lies outside of the limits is not drawn, but for a line that leads there."""
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
