"""Points and the line fitted to them, as lines of text, with axes whose numbers are round.

The points decide the value axis. The line may extend it by the points' height, above and below; outside, it is left
out, so that a fit that is far off, or diverges, does not hide the points.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from rich.style import StyleType
from rich.text import Text

from tui_torch.drawing.canvas.axes import MIN_PLOT_COLUMNS, draw_columns_axis, draw_rows_axis
from tui_torch.drawing.canvas.canvas import (
    GLYPHS,
    MARKERS,
    PATTERNS,
    PER_CELL,
    Canvas,
    Dots,
    sample,
)
from tui_torch.drawing.canvas.scale import LARGEST, Tick, column_ticks, drawable, linear_scale
from tui_torch.drawing.canvas.strokes import Reach, strokes
from tui_torch.drawing.charts.curve import placer
from tui_torch.drawing.text.cells import one_cell_each
from tui_torch.protocol.late_dataclass import dataclass

if TYPE_CHECKING:
    from tui_torch.protocol.events import Fitted

MAX_CHARACTER_POINTS = 60
"""Maximum number of points drawn as a character each; more are drawn as dots, since they would hide each other."""


@dataclass(frozen=True, slots=True)
class FitNames:
    """The expressions that are drawn; `fit` is None for points alone."""

    x: str
    y: str
    fit: str | None = None


@dataclass(frozen=True, slots=True)
class FitStyles:
    """The style of each part of the chart."""

    points: StyleType = "yellow"
    fit: StyleType = "cyan"
    axis: StyleType = "bright_black"
    text: StyleType = "none"


def draw_fit(
    fitted: Fitted,
    names: FitNames,
    width: int,
    height: int,
    *,
    dots: Dots = "braille",
    styles: FitStyles | None = None,
) -> tuple[Text, ...]:
    """Draw points and fit on `height` lines of `width` cells each; NaN and infinite values are left out."""
    if width < 1 or height < 1:
        return ()
    styles = styles or FitStyles()
    glyphs = GLYPHS[dots]
    canvas = Canvas(width, height)
    above = 1 if height >= 5 else 0
    footer = 2 if height >= 6 else 0
    rows = height - above - footer
    points = _finite(fitted.points)
    fit = _finite(fitted.fit)
    left_x, right_x = drawable(*_range([x for x, _ in points or fit]))
    low, high, limits = _values(points, fit)
    scale = linear_scale(low, high, rows)
    gutter = max((len(tick.label) for tick in scale.ticks), default=0) + 1
    if width - gutter - 1 < MIN_PLOT_COLUMNS:
        gutter, footer, rows = 0, 0, height - above
        scale = linear_scale(low, high, rows)
    left = gutter + 1 if gutter else 0
    columns = width - left

    across, down = PER_CELL[dots]
    place = placer(left_x, right_x, columns * across)
    # The line may begin far outside the plot: it is followed for one width of the plot on each side.
    length = right_x - left_x
    beyond = left_x - length, right_x + length
    line = strokes(
        _reaches(fit, [place(min(max(x, beyond[0]), beyond[1])) for x, _ in fit]), columns * across, scale, down, limits
    )
    if above:
        lacks = ""
        if fitted.fit and not any(line):
            lacks = "is far off" if fit else "is not finite"
        _write_names(canvas, names, dots, left, lacks)
    if gutter:
        draw_rows_axis(canvas, scale, glyphs, gutter=gutter, above=above)
    if footer:
        ticks = [Tick(left + tick.at, tick.label) for tick in column_ticks(left_x, right_x, columns)]
        name = one_cell_each(names.x, ascii_only=dots == "ascii")
        name = name if len(name) <= columns // 3 else ""
        draw_columns_axis(canvas, ticks, glyphs, gutter=gutter, row=above + rows, name=name)
    spots = [(place(x), int(scale.place(y) * down)) for x, y in points]
    few = len(spots) <= MAX_CHARACTER_POINTS
    at = left, above
    if not few:
        canvas.scatter(spots, "points", at=at, dots=dots)
    canvas.draw(
        line,
        "fit",
        at=at,
        dots=dots,
        marker="-",
    )
    if few:
        mark = "o" if dots == "ascii" else glyphs.point
        for column, row in spots:
            canvas.put(left + column // across, above + row // down, mark, "points")
    return canvas.lines({"points": styles.points, "fit": styles.fit, "axis": styles.axis, "text": styles.text})


def _write_names(canvas: Canvas, names: FitNames, dots: Dots, left: int, lacks: str) -> None:
    """Write the legend on the first row; `lacks` says why no line is visible."""
    ascii_only = dots == "ascii"
    column = left if canvas.width - left > 24 else 0
    mark = "o" if ascii_only else GLYPHS[dots].point
    entries = [("points", mark, names.y)]
    if names.fit is not None:
        entries.append(
            ("fit", "---" if ascii_only else sample(PATTERNS[0], dots, MARKERS[0]), f"{names.fit} {lacks}".strip())
        )
    for part, sign, name in entries:
        text = f" {one_cell_each(name, ascii_only=ascii_only)}"
        if column + len(sign) + len(text) > canvas.width:
            return
        canvas.write(column, 0, sign, part)
        canvas.write(column + len(sign), 0, text, "text")
        column += len(sign) + len(text) + 2


def _finite(pairs: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    return [(x, y) for x, y in pairs if abs(x) <= LARGEST and abs(y) <= LARGEST]


def _range(values: Sequence[float]) -> tuple[float, float]:
    return min(values, default=0.0), max(values, default=1.0)


def _values(
    points: Sequence[tuple[float, float]], fit: Sequence[tuple[float, float]]
) -> tuple[float, float, tuple[float, float]]:
    """The bounds of the value axis, and the limits outside which the line is not drawn."""
    low, high = _range([y for _, y in points or fit])
    if not points:
        return low, high, (-math.inf, math.inf)
    room = high - low or max(abs(high), 1.0)
    limits = low - room, high + room
    least, most = _range([y for _, y in fit]) if fit else (low, high)
    if least > limits[1] or most < limits[0]:
        return low, high, limits
    return min(low, max(least, limits[0])), max(high, min(most, limits[1])), limits


def _reaches(fit: Sequence[tuple[float, float]], columns: Sequence[int]) -> Iterator[Reach]:
    """The line column by column; values in the same column, or before it, are merged."""
    found: Reach | None = None
    for (_, y), column in zip(fit, columns, strict=True):
        if found is None or column > found.column:
            if found is not None:
                yield found
            found = Reach(column, y, y, y, y)
        else:
            found = Reach(found.column, found.first, min(found.low, y), max(found.high, y), y)
    if found is not None:
        yield found
