"""One series of a run's numbers in constant memory: however long the run, every spike is kept."""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from tui_torch.drawing.canvas.strokes import Reach
from tui_torch.protocol.events import SeriesKind

MAX_SPANS = 2_048
"""Maximum number of spans per curve: several for each dot of the widest chart."""

SMOOTHINGS = (0.9, 0.99, 0.999)
"""The decay of each moving average that a curve keeps: the share of the old average that a new value leaves."""

Smooth = tuple[float, ...]
"""One average per entry of SMOOTHINGS."""

_NO_AVERAGE: Smooth = (math.nan,) * len(SMOOTHINGS)


class Span(NamedTuple):
    """The values from step `start` to step `end`, both included; NaN and Inf appear only in `first` and `last`."""

    start: int
    end: int
    first: float
    low: float
    """The smallest finite value; `inf` without one."""
    high: float
    """The largest finite value; `-inf` without one, so that `low > high` means that no value is finite."""
    last: float
    smooth: Smooth = _NO_AVERAGE
    """The moving averages after the last value; NaN before the first finite value of the curve."""

    @property
    def finite(self) -> bool:
        """Whether any value of the span is finite."""
        return self.low <= self.high


class CurvePoint(NamedTuple):
    """A value and its step."""

    step: int
    value: float


class Placer(NamedTuple):
    """Maps a step to its column, counted from 0; a step outside the range maps to a column outside the plot."""

    origin: float
    end: float
    columns_per_step: float
    last_column: int

    def __call__(self, step: float) -> int:
        return math.floor((step - self.origin) * self.columns_per_step + 0.5)

    def step_at(self, column: float) -> float:
        """The step in the middle of a column; the first step if the range is a single step."""
        return self.origin + (column / self.columns_per_step if self.columns_per_step else 0.0)


def placer(first: float, last: float, count: int) -> Placer:
    """Spread the steps `first` to `last` evenly over `count` columns, `first` in column 0, `last` in the last."""
    return Placer(first, last, (count - 1) / (last - first) if last > first else 0.0, count - 1)


def values_by_column(columns: Iterable[tuple[int, Span]]) -> Iterator[Reach]:
    """The values of a curve's columns, to be drawn as strokes."""
    for column, span in columns:
        yield Reach(column, span.first, span.low, span.high, span.last)


def averages_by_column(columns: Iterable[tuple[int, Span]], smoothing: int) -> Iterator[Reach]:
    """The moving average SMOOTHINGS[smoothing] of a curve's columns; interrupted where no value is finite."""
    for column, span in columns:
        average = span.smooth[smoothing] if span.finite else math.nan
        low, high = (average, average) if math.isfinite(average) else (math.inf, -math.inf)
        yield Reach(column, average, low, high, average)


class Curve:
    """The values of one series, as spans of steps.

    Up to `capacity` points, each span is one point and the curve is exact. Beyond that neighbours merge, so that each
    span covers a power of two of steps, and only the values between a span's extremes are lost.

    The moving averages are exponential, over the finite values, and corrected for their start at 0 (Kingma and Ba
    2015, section 3).

    Raises ValueError if the capacity is less than 2.
    """

    def __init__(self, name: str = "loss", kind: SeriesKind = "loss", *, capacity: int = MAX_SPANS) -> None:
        if capacity < 2:
            raise ValueError(f"a curve needs room for at least 2 spans, and got {capacity}")
        self.name = name
        self.kind: SeriesKind = kind
        self._capacity = capacity
        self._width = 1
        self._spans: list[Span] = []
        self._sums = [0.0] * len(SMOOTHINGS)
        self._missing = [1.0] * len(SMOOTHINGS)
        """The share of each average that is still its start at 0: its decay to the power of the finite values seen."""
        self._smooth = _NO_AVERAGE
        self.count = 0
        """The number of values received."""
        self.last: CurvePoint | None = None
        self.best: CurvePoint | None = None
        """The first of the smallest finite values."""
        self.broken: CurvePoint | None = None
        """The first value that was NaN or infinite."""
        self.low = math.inf
        """The smallest finite value; `inf` without one."""
        self.high = -math.inf
        """The largest finite value; `-inf` without one."""
        self.low_positive = math.inf
        """The smallest finite value above 0, where a logarithmic axis can begin; `inf` without one."""

    @property
    def spans(self) -> tuple[Span, ...]:
        """The spans, oldest first; at most `capacity`."""
        return tuple(self._spans)

    @property
    def span_steps(self) -> int:
        """The number of steps that a span covers: the resolution of the curve."""
        return self._width

    @property
    def first_step(self) -> int:
        """The step of the first value; 1 without a value."""
        return self._spans[0].start if self._spans else 1

    @property
    def last_step(self) -> int:
        """The step of the last value; 1 without a value."""
        return self._spans[-1].end if self._spans else 1

    def extend(self, points: Iterable[tuple[int, float]]) -> None:
        """Add (step, value) pairs, oldest first."""
        for step, value in points:
            self._add(step, value)

    def thinned(self, capacity: int) -> Curve:
        """A copy with at most `capacity` spans, which is not to be extended: its averages do not go on."""
        kept = Curve(self.name, self.kind, capacity=capacity)
        kept._width, kept._spans = self._width, list(self._spans)
        kept._shrink()
        kept.count, kept.last, kept.best, kept.broken = self.count, self.last, self.best, self.broken
        kept.low, kept.high, kept.low_positive = self.low, self.high, self.low_positive
        return kept

    def between(self, first: float, last: float) -> list[Span]:
        """The spans that overlap the steps from `first` to `last`."""
        spans = self._spans
        begin = bisect_left(spans, first, key=lambda span: span.end)
        return spans[begin : bisect_right(spans, last, lo=begin, key=lambda span: span.start)]

    def nearest(self, step: float) -> Span | None:
        """The span that holds a step, or else the nearest one; None without a value."""
        spans = self._spans
        if not spans:
            return None
        at = min(bisect_left(spans, step, key=lambda span: span.end), len(spans) - 1)
        if at and step < spans[at].start and step - spans[at - 1].end < spans[at].start - step:
            at -= 1
        return spans[at]

    def columns(self, place: Placer) -> list[tuple[int, Span]]:
        """(column, span) pairs from left to right, one per column: spans in the same column are merged.

        The spans next to the range on either side are included, in columns outside the plot, for the lines that lead
        to them.
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
                # A span that overlaps the edge counts as inside.
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
        self.last = CurvePoint(step, value)
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
            if self.broken is None:
                self.broken = self.last
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
    """Merge neighbours that lie in the same `width` steps."""
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
