"""The axes of a step's plot: where its values fall, and which part of the cells it takes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from tui_torch.drawing.canvas.axes import MIN_PLOT_COLUMNS, draw_columns_axis, draw_rows_axis
from tui_torch.drawing.canvas.canvas import Canvas, Glyphs
from tui_torch.drawing.canvas.scale import (
    LARGEST,
    SMALLEST,
    RowScale,
    Tick,
    column_ticks,
    drawable,
    exact_scale,
    linear_scale,
    log_column_ticks,
    log_scale,
)
from tui_torch.drawing.charts.curve import Placer, placer
from tui_torch.protocol.late_dataclass import dataclass

if TYPE_CHECKING:
    from tui_torch.protocol.orders import Plot
    from tui_torch.protocol.plots.plotted import Plotted

_WORD_ROOM = 0.2
"""The part of the points' width that is left to the right of them for words, and half of that to the left."""

Pairs = Sequence[tuple[float, float]]


@dataclass(frozen=True, slots=True)
class PlotFrame:
    """The part of a canvas that a plot takes, and its axes."""

    left: int
    above: int
    columns: int
    rows: int
    gutter: int
    """The column of the value axis; 0 for none."""
    footer: int
    """The rows below the plot."""
    xlim: tuple[float, float]
    """In the unit of the values; on a logarithmic axis their base-10 logarithms."""
    scale: RowScale
    limits: tuple[float, float]
    """The values outside which a line is not drawn."""
    is_log_x: bool

    def place(self, per_cell: int) -> Placer:
        """Maps `across()` of a value to its column of dots."""
        return placer(*self.xlim, self.columns * per_cell)

    def across(self, x: float) -> float:
        """The value on the horizontal axis, in the unit of `xlim`."""
        return math.log10(x) if self.is_log_x else x

    def holds(self, x: float, y: float) -> bool:
        """Whether a point is within the axes; those of an axis without limits are."""
        return self.xlim[0] <= self.across(x) <= self.xlim[1] and (
            not self._is_limited or self.limits[0] <= y <= self.limits[1]
        )

    @property
    def _is_limited(self) -> bool:
        return math.isfinite(self.limits[0])

    def draw(self, canvas: Canvas, glyphs: Glyphs, name: str) -> None:
        """Draw both axes, with the name of the horizontal one where there is room."""
        if self.gutter:
            draw_rows_axis(canvas, self.scale, glyphs, gutter=self.gutter, above=self.above)
        if self.footer:
            low, high = self.xlim
            found = (
                log_column_ticks(low, high, self.columns) if self.is_log_x else column_ticks(low, high, self.columns)
            )
            ticks = [Tick(self.left + tick.at, tick.label) for tick in found]
            name = name if len(name) <= self.columns // 3 else ""
            end = self.left + self.columns
            draw_columns_axis(canvas, ticks, glyphs, gutter=self.gutter, row=self.above + self.rows, name=name, end=end)


def drawable_pairs(pairs: Pairs, plot: Plot) -> list[tuple[float, float]]:
    """The pairs that the axes can show: those that are finite, and above 0 on a logarithmic axis."""
    least_x = SMALLEST if plot.xscale == "log" else -LARGEST
    least_y = SMALLEST if plot.yscale == "log" else -LARGEST
    return [(x, y) for x, y in pairs if least_x <= x <= LARGEST and least_y <= y <= LARGEST]


def frame_of(plotted: Plotted, plot: Plot, points: Pairs, fits: Pairs, width: int, height: int) -> PlotFrame:
    """The frame of a plot on a canvas of `width` by `height` cells.

    The points decide the value axis. The fit may extend it by the points' height, above and below; outside, it is left
    out, so that a fit that is far off, or diverges, does not hide the points.

    Args:
        plotted: The values, of which the field has limits.
        plot: The limits, and the kinds of axes.
        points: All drawable points.
        fits: All drawable pairs of the lines fitted to them.
        width: Cells across.
        height: Cells down.
    """
    above = 1 if height >= 5 else 0
    footer = 2 if height >= 6 else 0
    rows = height - above - footer
    field = plotted.field
    is_log = plot.xscale == "log"
    xlim = field.xlim if field is not None else plot.xlim or _range([x for x, _ in points or fits], is_log)
    if field is None and plot.xlim is None and not is_log and any(values.words for values in plotted.series):
        # A word stands to the right of its point.
        xlim = xlim[0] - _WORD_ROOM / 2 * (xlim[1] - xlim[0]), xlim[1] + _WORD_ROOM * (xlim[1] - xlim[0])
    ylim = field.ylim if field is not None else plot.ylim
    if is_log:
        xlim = math.log10(xlim[0]), math.log10(xlim[1])
    xlim = drawable(*xlim)
    low, high, limits = _values(points, fits) if ylim is None else (*ylim, ylim)
    if plot.yscale == "log":
        low, high = max(low, SMALLEST), max(high, SMALLEST)
    is_exact = ylim is not None or plot.equal

    def scale_on(rows: int) -> RowScale:
        if plot.yscale == "log":
            return log_scale(low, high, rows)
        return exact_scale(*drawable(low, high), rows) if is_exact else linear_scale(low, high, rows)

    scale = scale_on(rows)
    gutter = max((len(tick.label) for tick in scale.ticks), default=0) + 1
    if width - gutter - 1 < MIN_PLOT_COLUMNS:
        gutter, footer, rows = 0, 0, height - above
        scale = scale_on(rows)
    left = gutter + 1 if gutter else 0
    columns = width - left
    if plot.equal and plot.yscale == "linear" and not is_log:
        # A cell is twice as high as it is wide.
        bottom, top = drawable(low, high)
        across, upwards = xlim[1] - xlim[0], top - bottom
        columns, most = max(1, round(min(columns, 2 * rows * across / upwards))), columns
        fitting = max(1, round(min(rows, most * upwards / across / 2)))
        if fitting != rows:
            rows, scale = fitting, scale_on(fitting)
    return PlotFrame(left, above, columns, rows, gutter, footer, xlim, scale, limits, is_log)


def _range(values: Sequence[float], is_log: bool = False) -> tuple[float, float]:
    return min(values, default=1.0 if is_log else 0.0), max(values, default=10.0 if is_log else 1.0)


def _values(points: Pairs, fits: Pairs) -> tuple[float, float, tuple[float, float]]:
    """The bounds of the value axis, and the limits outside which a line is not drawn."""
    low, high = _range([y for _, y in points or fits])
    if not points:
        return low, high, (-math.inf, math.inf)
    room = high - low or max(abs(high), 1.0)
    limits = low - room, high + room
    least, most = _range([y for _, y in fits]) if fits else (low, high)
    if least > limits[1] or most < limits[0]:
        return low, high, limits
    return min(low, max(least, limits[0])), max(high, min(most, limits[1])), limits
