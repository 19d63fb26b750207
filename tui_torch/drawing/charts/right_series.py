"""The series of a step's plot that have an axis of their own at the right: a score, or what the lesson says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from tui_torch.drawing.canvas.scale import RowScale, linear_scale
from tui_torch.drawing.charts.plot_frame import Pairs
from tui_torch.drawing.charts.score_axis import full_score, is_named_like_score, score_scale

if TYPE_CHECKING:
    from tui_torch.protocol.orders import Plot, PlotSeries
    from tui_torch.protocol.plots.plotted import Fitted


def has_right_axis(plot: Plot) -> tuple[bool, ...]:
    """Whether each series is drawn along an axis at the right; none is where nothing would be left for the other one.

    A lesson says so by `axis`; what is named like a score is without that, unless the plot has limits, a field or a
    logarithmic axis of its own.
    """
    is_plain = plot.field is None and plot.ylim is None and plot.yscale == "linear" and not plot.equal
    found = tuple(one.axis == "right" or (one.axis is None and is_plain and _is_score(one)) for one in plot.series)
    return found if not all(found) else (False,) * len(found)


def _is_score(series: PlotSeries) -> bool:
    return is_named_like_score(series.label or series.y)


def right_scale(series: Sequence[tuple[PlotSeries, Fitted]], rows: int) -> RowScale | None:
    """The axis of these series on so many rows: to the full score of scores, else of all values; None without one."""
    values = [y for _, one in series for _, y in (*one.points, *one.fit)]
    if not values:
        return None
    low, high = min(values), max(values)
    fulls = [full_score(one.label or one.y, low, high) for one, _ in series]
    full = max((full for full in fulls if full is not None), default=None)
    return score_scale(full, rows) if full is not None and None not in fulls else linear_scale(low, high, rows)


def moved(values: Fitted, right: RowScale, left: RowScale) -> Fitted:
    """The series with the values of the axis at the left that stand where its own do along the one at the right."""

    def move(pairs: Pairs) -> tuple[tuple[float, float], ...]:
        return tuple((x, _value_at(left, right.place(y))) for x, y in pairs)

    return replace(values, points=move(values.points), fit=move(values.fit))


def _value_at(scale: RowScale, place: float) -> float:
    """The value of a scale so many rows from its upper edge."""
    value = scale.top - place * scale.per_row
    return 10.0**value if scale.log else value
