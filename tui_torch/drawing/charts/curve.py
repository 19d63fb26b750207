"""One series of a run's numbers in constant memory: every point counts, no spike is lost, however long the run."""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from typing import NamedTuple

SPANS = 2_048
"""How many spans a curve keeps: several for each dot of the widest chart."""

SMOOTHINGS = (0.9, 0.99, 0.999)
"""The weights of the moving averages that a curve keeps: what each new value leaves of the average so far."""

Smooth = tuple[float, ...]
"""An average for each of SMOOTHINGS."""

_NO_AVERAGE: Smooth = (math.nan,) * len(SMOOTHINGS)


class Span(NamedTuple):
    """What the series did from step `start` to step `end`. NaN and Inf count in `first` and `last` only."""

    start: int
    end: int
    first: float
    low: float
    """The smallest finite value; `inf` when there is none."""
    high: float
    """The largest finite value; `-inf` when there is none, so that `low > high` says that there is none."""
    last: float
    smooth: Smooth = _NO_AVERAGE
    """The moving averages after its last point; NaN while there was no finite value at all."""

    @property
    def finite(self) -> bool:
        """Whether any value in it is finite."""
        return self.low <= self.high


class Point(NamedTuple):
    """One value and the step that it belongs to."""

    step: int
    value: float


class Placer(NamedTuple):
    """Which of the columns a step falls on. A step outside the range falls outside of them."""

    origin: float
    end: float
    columns_per_step: float
    last_column: int

    def __call__(self, step: float) -> int:
        return math.floor((step - self.origin) * self.columns_per_step + 0.5)

    def step_at(self, column: float) -> float:
        """The step in the middle of a column; the first one where all of the range is a single step."""
        return self.origin + (column / self.columns_per_step if self.columns_per_step else 0.0)


def placer(first: float, last: float, count: int) -> Placer:
    """Spread the steps `first` to `last` over `count` columns: the first on the first, the last on the last."""
    return Placer(first, last, (count - 1) / (last - first) if last > first else 0.0, count - 1)


class Curve:
    """The values of one series, as spans of steps.

    Up to `capacity` points each span is one point, and the picture exact. From there on neighbours merge, each span
    covering a power of two of steps, and only what lies between a span's extremes is forgotten.

    The moving averages are exponential: of the finite values, each counted once, and corrected for their beginning at
    nothing (Kingma and Ba 2015, section 3).
    """

    def __init__(self, capacity: int = SPANS) -> None:
        if capacity < 2:
            raise ValueError(f"a curve needs room for at least 2 spans, and got {capacity}")
        self._capacity = capacity
        self._width = 1
        self._spans: list[Span] = []
        self._sums = [0.0] * len(SMOOTHINGS)
        self._missing = [1.0] * len(SMOOTHINGS)
        """What each average still lacks for having begun at nothing: its weight to the power of the points seen."""
        self._smooth = _NO_AVERAGE
        self.count = 0
        """Points received."""
        self.last: Point | None = None
        self.best: Point | None = None
        """The smallest finite value, the first time that it was reached."""
        self.broke: Point | None = None
        """Where the value first was NaN or infinite."""
        self.low = math.inf
        """The smallest finite value; `inf` when there is none."""
        self.high = -math.inf
        """The largest finite value; `-inf` when there is none."""
        self.low_positive = math.inf
        """The smallest finite value above zero, where a logarithmic axis can begin; `inf` when there is none."""

    @property
    def spans(self) -> tuple[Span, ...]:
        """The spans, oldest first: at most as many as the capacity."""
        return tuple(self._spans)

    @property
    def span_steps(self) -> int:
        """How many steps a span covers: below that, nothing is told apart."""
        return self._width

    @property
    def first_step(self) -> int:
        """The step of the first point; 1 when there is none."""
        return self._spans[0].start if self._spans else 1

    @property
    def last_step(self) -> int:
        """The step of the last point; 1 when there is none."""
        return self._spans[-1].end if self._spans else 1

    def extend(self, points: Iterable[tuple[int, float]]) -> None:
        """Take in more (step, value) pairs, oldest first."""
        for step, value in points:
            self._add(step, value)

    def thinned(self, capacity: int) -> Curve:
        """The same curve with fewer spans, to be kept and not extended."""
        kept = Curve(capacity)
        kept._width, kept._spans = self._width, list(self._spans)
        kept._shrink()
        kept.count, kept.last, kept.best, kept.broke = self.count, self.last, self.best, self.broke
        kept.low, kept.high, kept.low_positive = self.low, self.high, self.low_positive
        return kept

    def between(self, first: float, last: float) -> list[Span]:
        """The spans with a step from `first` to `last`."""
        spans = self._spans
        begin = bisect_left(spans, first, key=lambda span: span.end)
        return spans[begin : bisect_right(spans, last, lo=begin, key=lambda span: span.start)]

    def nearest(self, step: float) -> Span | None:
        """The span that holds a step, or else the nearest one; None when there is no point."""
        spans = self._spans
        if not spans:
            return None
        at = min(bisect_left(spans, step, key=lambda span: span.end), len(spans) - 1)
        if at and step < spans[at].start and step - spans[at - 1].end < spans[at].start - step:
            at -= 1
        return spans[at]

    def columns(self, place: Placer) -> list[tuple[int, Span]]:
        """The spans as columns, from left to right: what falls on one column is one span.

        The points next to the range on either side are there too, on columns outside of it, for the lines that lead to
        them.
        """
        spans = self._spans
        if not spans:
            return []
        origin, end_step, per_step, last_column = place
        begin = max(bisect_left(spans, origin, key=lambda span: span.end) - 1, 0)
        until = bisect_right(spans, end_step, lo=begin, key=lambda span: span.start) + 1
        columns: list[tuple[int, Span]] = []
        at: int | None = None
        start = end = 0
        first = low = high = last = math.nan
        smooth = _NO_AVERAGE
        # Placed and merged by hand: with many spans this loop is half the time that a frame takes.
        for span in spans[begin:until]:
            span_start, span_end, _, span_low, span_high, span_last, span_smooth = span
            column = math.floor(((span_start + span_end) / 2 - origin) * per_step + 0.5)
            if span_start <= end_step and span_end >= origin:
                # A span that reaches over the edge is inside.
                column = 0 if column < 0 else last_column if column > last_column else column
            elif 0 <= column <= last_column:
                column = -1 if span_end < origin else last_column + 1
            if column != at:
                if at is not None:
                    columns.append((at, Span(start, end, first, low, high, last, smooth)))
                at, (start, end, first, low, high, last, smooth) = column, span
                continue
            end, last, smooth = span_end, span_last, span_smooth
            if span_low < low:
                low = span_low
            if span_high > high:
                high = span_high
        if at is not None:
            columns.append((at, Span(start, end, first, low, high, last, smooth)))
        return columns

    def _add(self, step: int, value: float) -> None:
        self.count += 1
        self.last = Point(step, value)
        if math.isfinite(value):
            low = high = value
            if value < self.low:
                self.low = value
                self.best = self.last
            if value > self.high:
                self.high = value
            if 0 < value < self.low_positive:
                self.low_positive = value
            self._average(value)
        else:
            low, high = math.inf, -math.inf
            if self.broke is None:
                self.broke = self.last
        spans = self._spans
        if spans and (step - 1) // self._width <= (spans[-1].end - 1) // self._width:
            before = spans[-1]
            spans[-1] = Span(
                before.start,
                max(before.end, step),
                before.first,
                low if low < before.low else before.low,
                high if high > before.high else before.high,
                value,
                self._smooth,
            )
            return
        spans.append(Span(step, step, value, low, high, value, self._smooth))
        self._shrink()

    def _average(self, value: float) -> None:
        sums, missing = self._sums, self._missing
        for place, weight in enumerate(SMOOTHINGS):
            sums[place] = weight * sums[place] + (1 - weight) * value
            missing[place] *= weight
        self._smooth = tuple([total / (1 - lack) for total, lack in zip(sums, missing, strict=True)])

    def _shrink(self) -> None:
        while len(self._spans) > self._capacity:
            self._width *= 2
            self._spans = _merged(self._spans, self._width)


def _merged(spans: list[Span], width: int) -> list[Span]:
    """Join neighbours that lie in the same `width` steps."""
    merged: list[Span] = []
    for span in spans:
        if merged and (span.start - 1) // width == (merged[-1].end - 1) // width:
            before = merged[-1]
            merged[-1] = Span(
                before.start,
                span.end,
                before.first,
                min(before.low, span.low),
                max(before.high, span.high),
                span.last,
                span.smooth,
            )
        else:
            merged.append(span)
    return merged
