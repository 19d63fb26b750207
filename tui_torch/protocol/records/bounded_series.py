"""A series of a training that may run for days, in bounded room: the lowest and highest of each stretch of steps."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from operator import itemgetter

STRETCHES = 400
"""Maximum number of stretches of a series."""

_step = itemgetter(0)

StepNumber = tuple[int, float]
"""A step, and a number at that step."""


class BoundedSeries:
    """Points by step. All stretches are equally long: one step at first, and twice as long whenever there are too many.

    So the beginning of a long training is kept as well as its end. A NaN counts as the highest of all.
    """

    __slots__ = ("_highest", "_last", "_lowest", "_starts", "stretch")

    def __init__(self) -> None:
        self.stretch = 1
        """The number of steps of a stretch."""
        # Four lists of numbers and pairs rather than objects, of which a fast loop would make thousands.
        self._starts: list[int] = []
        """The number of each stretch that has points, in order."""
        self._lowest: list[StepNumber] = []
        self._highest: list[StepNumber] = []
        self._last: StepNumber | None = None

    def __bool__(self) -> bool:
        return bool(self._starts)

    @property
    def last(self) -> StepNumber | None:
        """The point of the highest step; None without any."""
        return self._last

    def add(self, points: Iterable[StepNumber]) -> tuple[StepNumber, ...]:
        """Add points, in any order.

        Returns:
            All that is kept of the stretches which they are in, by step.
        """
        points = tuple(points)
        if not points:
            return ()
        last = max(reversed(points), key=_step)
        if self._last is None or last[0] >= self._last[0]:
            self._last = last
        touched = self._make_room(points)
        # Many points of a fast loop are in one stretch: it is looked up once.
        start, stretch = points[0][0] // self.stretch, self.stretch
        low = high = points[0]
        for point in points:
            if point[0] // stretch != start:
                self._put(start, low, high)
                start, low, high = point[0] // stretch, point, point
                continue
            value = point[1]
            if value < low[1] or low[1] != low[1]:
                low = point
            if value > high[1] or (value != value and high[1] == high[1]):
                high = point
        self._put(start, low, high)
        return self._points(sorted(touched))

    def _make_room(self, points: Sequence[StepNumber]) -> set[int]:
        """Make each stretch so long that there are not too many with points more. Returns the stretches of these."""
        while True:
            stretch = self.stretch
            touched = {step // stretch for step, _ in points}
            if len(self._starts) + len(touched) <= STRETCHES or len(touched.union(self._starts)) <= STRETCHES:
                return touched
            self._lengthen()

    def points(self) -> tuple[StepNumber, ...]:
        """All that is kept, by step: at most twice STRETCHES, and the last point."""
        return self._points(self._starts)

    def _points(self, starts: Iterable[int]) -> tuple[StepNumber, ...]:
        kept: list[StepNumber] = []
        for start in starts:
            at = bisect_left(self._starts, start)
            low, high = self._lowest[at], self._highest[at]
            if low is high:
                kept.append(low)
            else:
                kept += (low, high) if low[0] < high[0] else (high, low)
        if kept and self._last is not None and kept[-1][0] < self._last[0]:
            kept.append(self._last)
        return tuple(kept)

    def _put(self, start: int, low: StepNumber, high: StepNumber) -> int:
        starts = self._starts
        at = len(starts) - 1 if starts and starts[-1] == start else bisect_left(starts, start)
        if at == len(starts) or starts[at] != start:
            starts.insert(at, start)
            self._lowest.insert(at, low)
            self._highest.insert(at, high)
            return start
        if low[1] < self._lowest[at][1] or self._lowest[at][1] != self._lowest[at][1]:
            self._lowest[at] = low
        highest = self._highest[at][1]
        if high[1] > highest or (high[1] != high[1] and highest == highest):
            self._highest[at] = high
        return start

    def _lengthen(self) -> None:
        """Make each stretch twice as long."""
        starts, lowest, highest = self._starts, self._lowest, self._highest
        self._starts, self._lowest, self._highest = [], [], []
        self.stretch *= 2
        for start, low, high in zip(starts, lowest, highest, strict=True):
            self._put(start // 2, low, high)
