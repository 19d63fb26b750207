"""Which values a chart of losses spans, and the scale of its value axis."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from tui_torch.drawing.canvas.canvas import Glyphs
from tui_torch.drawing.canvas.scale import RowScale, linear_scale, log_scale
from tui_torch.drawing.charts.curve import Curve
from tui_torch.drawing.charts.score_axis import without_scores
from tui_torch.drawing.charts.zoom import StepRange
from tui_torch.protocol.late_dataclass import dataclass

NO_LIMITS = (-math.inf, math.inf)

SQUEEZED = 0.1
"""The lowest share of a linear axis in which most of a curve cannot be told from its lowest value."""
LOG_RANGE = 20.0
"""How many times its smallest value a curve's largest one is at least, for a logarithmic axis to show more."""
LOG_VALUES = 10
"""The least number of values that tell."""


def asks_for_log(curves: Sequence[Curve]) -> bool:
    """Whether a linear axis would hide a curve of losses: half of its values or more lie at the axis' foot.

    The values have all to be above 0. One small value does not ask, nor does one large one among equal ones.
    """
    finite = [curve for curve in without_scores(curves) if curve.low <= curve.high]
    low = min((curve.low for curve in finite), default=0.0)
    high = max((curve.high for curve in finite), default=0.0)
    if low <= 0 or high < LOG_RANGE * low:
        return False
    foot = low + SQUEEZED * (high - low)
    for curve in finite:
        if curve.kind == "logged" or curve.count < LOG_VALUES:
            continue
        spans = [span for span in curve.spans if span.finite]
        squeezed = sum(span.high <= foot for span in spans)
        varied = min(span.low for span in spans) * 2 < sorted(span.high for span in spans)[len(spans) * 3 // 4]
        if 2 * squeezed >= len(spans) and varied:
            return True
    return False


@dataclass(frozen=True, slots=True)
class ValueAxis:
    """The values that a chart spans. The current run decides; earlier runs may extend it as far as `limits`."""

    low: float
    """Infinite, and `high` minus infinite, if no finite value is in sight."""
    high: float
    positive: float
    """The smallest value above 0; infinite without one."""
    log: bool
    limits: tuple[float, float]
    """The values outside which an earlier run is not drawn."""

    @classmethod
    def of(cls, current: Sequence[Curve], earlier: Sequence[Curve], steps: StepRange, *, log: bool) -> ValueAxis:
        """Span the values of these curves within `steps`.

        Args:
            current: The curves of the current run.
            earlier: Those of earlier runs, the latest run first.
            steps: The steps in sight.
            log: Asks for a logarithmic axis, which needs a value above 0.
        """
        own = [_reached(curve, steps) for curve in current]
        others = [_reached(curve, steps) for curve in earlier]
        if not any(values.finite for values in own):
            # Nothing to see of the current run yet: the latest run that has a value decides.
            seen = [number for number, values in enumerate(others) if values.finite]
            own = [others.pop(seen[0])] if seen else []
        low, high, positive = _union(own)
        log = log and positive < math.inf
        if log:
            decades = math.log10(high) - math.log10(positive)
            limits = (-math.inf, high * 10.0 ** min(max(decades, 1.0), 300.0))
            least = positive / 10.0 ** min(max(decades, 3.0), 300.0)
            positive = min([positive, *(max(other.positive, least) for other in others if other.positive < math.inf)])
        else:
            room = max(abs(low), abs(high)) if low <= high else math.inf
            limits = (low - room, high + room)
        for other in others:
            if other.finite and low <= high:
                low = min(low, max(other.low, limits[0]))
                high = max(high, min(other.high, limits[1]))
        return cls(low, high, positive, log, limits if others else NO_LIMITS)

    def scale(self, rows: int, glyphs: Glyphs) -> RowScale:
        """The axis on `rows` rows; without numbers if no finite value is in sight."""
        if self.low > self.high:
            return RowScale(top=1.0, per_row=1.0 / rows, rows=rows, ticks=())
        if self.log:
            below = glyphs.below_zero if self.low <= 0 and rows > 1 else ""
            return log_scale(self.positive, self.high, rows, below=below)
        return linear_scale(self.low, self.high, rows)


class _Reached(NamedTuple):
    """The smallest and the largest finite value, and the smallest above 0; infinite without one."""

    low: float
    high: float
    positive: float

    @property
    def finite(self) -> bool:
        return self.low <= self.high


def _reached(curve: Curve, steps: StepRange) -> _Reached:
    """The values of a curve within these steps."""
    if steps.first <= curve.first_step and curve.last_step <= steps.last:
        return _Reached(curve.low, curve.high, curve.low_positive)
    seen = [span for span in curve.between(steps.first, steps.last) if span.finite]
    positive = min((span.low for span in seen if span.low > 0), default=math.inf)
    if any(span.low <= 0 < span.high for span in seen):
        # A span from below 0 to above it does not keep its smallest value above 0.
        positive = min(positive, curve.low_positive)
    low = min((span.low for span in seen), default=math.inf)
    high = max((span.high for span in seen), default=-math.inf)
    return _Reached(low, high, positive)


def _union(ranges: Sequence[_Reached]) -> _Reached:
    return _Reached(
        min((values.low for values in ranges), default=math.inf),
        max((values.high for values in ranges), default=-math.inf),
        min((values.positive for values in ranges), default=math.inf),
    )
