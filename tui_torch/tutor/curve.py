"""The loss of one run, kept in constant memory: every point counts, no spike is lost, however long the run."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from tui_torch.kernel.events import TrainingProgress

SPANS = 2_048
"""How many spans a curve keeps: several for each dot of the widest chart."""

EPOCHS = 512
"""How many epoch starts a curve keeps: several for each column of the widest chart."""


class Span(NamedTuple):
    """What the loss did from step `start` to step `end`. NaN and Inf count in `first` and `last` only."""

    start: int
    end: int
    first: float
    low: float
    """The smallest finite loss; `inf` when there is none."""
    high: float
    """The largest finite loss; `-inf` when there is none, so that `low > high` says that there is none."""
    last: float

    @property
    def finite(self) -> bool:
        """Whether any loss in it is finite."""
        return self.low <= self.high


class Point(NamedTuple):
    """One loss and the step that it belongs to."""

    step: int
    loss: float


class EpochStart(NamedTuple):
    """The step at which an epoch began; the first epoch is 1."""

    epoch: int
    step: int


class Placer(NamedTuple):
    """Which column a step falls on; a step outside the curve falls on the nearest column."""

    origin: int
    columns_per_step: float
    last_column: int

    def __call__(self, step: float) -> int:
        column = int((step - self.origin) * self.columns_per_step + 0.5)
        return min(max(column, 0), self.last_column)


class LossCurve:
    """The losses of one run, as spans of steps.

    Up to `capacity` points each span is one point, and the picture exact. From there on neighbours merge, each span
    covering a power of two of steps, and only what lies between a span's extremes is forgotten.
    """

    def __init__(self, capacity: int = SPANS) -> None:
        if capacity < 2:
            raise ValueError(f"a curve needs room for at least 2 spans, and got {capacity}")
        self._capacity = capacity
        self._width = 1
        self._spans: list[Span] = []
        self._epoch_stride = 1
        self._epoch_starts: list[EpochStart] = []
        self.count = 0
        """Points received."""
        self.steps = 0
        """Calls of backward() on a scalar; more than `count` when the source thinned them."""
        self.epoch: int | None = None
        """Epochs begun; None when the loop uses no DataLoader."""
        self.learning_rate: float | None = None
        self.optimizer_steps = 0
        self.last: Point | None = None
        self.best: Point | None = None
        """The smallest finite loss, the first time that it was reached."""
        self.broke: Point | None = None
        """Where the loss first was NaN or infinite."""
        self.low = math.inf
        """The smallest finite loss; `inf` when there is none."""
        self.high = -math.inf
        """The largest finite loss; `-inf` when there is none."""
        self.low_positive = math.inf
        """The smallest finite loss above zero, where a logarithmic axis can begin; `inf` when there is none."""

    @property
    def spans(self) -> tuple[Span, ...]:
        """The spans, oldest first: at most as many as the capacity."""
        return tuple(self._spans)

    @property
    def epoch_starts(self) -> tuple[EpochStart, ...]:
        """Where epochs began, oldest first: every epoch, or every 10th, 100th, … and the first when there are many."""
        return tuple(self._epoch_starts)

    def extend(self, progress: TrainingProgress) -> None:
        """Take in what the recorder saw since the last call."""
        self.steps = max(self.steps, progress.step)
        self.epoch = progress.epoch if progress.epoch is not None else self.epoch
        self.optimizer_steps = progress.optimizer_steps
        if progress.learning_rate is not None:
            self.learning_rate = progress.learning_rate
        for step, loss in progress.losses:
            self._add(step, loss)
        if progress.epoch is not None:
            self._mark(progress.epoch, progress.epoch_starts)

    def columns(self, count: int) -> tuple[Span | None, ...]:
        """Spread the spans over `count` columns from the first step to the last; None where a column has no point."""
        columns: list[Span | None] = [None] * count
        if not self._spans or count < 1:
            return tuple(columns)
        origin, per_step, _ = self.placer(count)
        at = -1
        start = end = 0
        first = low = high = last = math.nan
        # Placed and merged by hand: with many spans this loop is half the time that a frame takes.
        for span in self._spans:
            span_start, span_end, _, span_low, span_high, span_last = span
            column = int(((span_start + span_end) / 2 - origin) * per_step + 0.5)
            if column != at:
                if at >= 0:
                    columns[at] = Span(start, end, first, low, high, last)
                at, (start, end, first, low, high, last) = column, span
                continue
            end, last = span_end, span_last
            if span_low < low:
                low = span_low
            if span_high > high:
                high = span_high
        columns[at] = Span(start, end, first, low, high, last)
        return tuple(columns)

    def placer(self, count: int) -> Placer:
        """Which of `count` columns a step falls on: the first step on the first, the last on the last."""
        if not self._spans:
            return Placer(1, 0.0, count - 1)
        first, last = self._spans[0].start, self._spans[-1].end
        return Placer(first, (count - 1) / (last - first) if last > first else 0.0, count - 1)

    def _add(self, step: int, loss: float) -> None:
        self.count += 1
        self.last = Point(step, loss)
        if math.isfinite(loss):
            low = high = loss
            if loss < self.low:
                self.low = loss
                self.best = self.last
            if loss > self.high:
                self.high = loss
            if 0 < loss < self.low_positive:
                self.low_positive = loss
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
                loss,
            )
            return
        spans.append(Span(step, step, loss, low, high, loss))
        while len(self._spans) > self._capacity:
            self._width *= 2
            self._spans = _merged(self._spans, self._width)

    def _mark(self, epoch: int, starts: tuple[int, ...]) -> None:
        for number, step in enumerate(starts, start=epoch - len(starts) + 1):
            later = not self._epoch_starts or number > self._epoch_starts[-1].epoch
            if later and (number == 1 or number % self._epoch_stride == 0):
                self._epoch_starts.append(EpochStart(number, step))
        while len(self._epoch_starts) > EPOCHS:
            self._epoch_stride *= 10
            self._epoch_starts = [
                start for start in self._epoch_starts if start.epoch == 1 or start.epoch % self._epoch_stride == 0
            ]


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
            )
        else:
            merged.append(span)
    return merged
