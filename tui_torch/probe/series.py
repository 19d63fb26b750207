"""The numbers of a run, series by series: kept in bounded memory, thinned so that no spike is lost."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from operator import itemgetter

import torch

from tui_torch.kernel.events import SeriesKind, SeriesPoints
from tui_torch.probe.elements import Base

POINTS = 1000
"""An event carries at most so many of each series."""
SERIES = 16
"""A run has at most so many series."""
_HELD = 4 * POINTS
"""So many points of a series wait at most for the next event."""

Point = tuple[int, float]


def thin(points: Sequence[Point], limit: int) -> list[Point]:
    """At most `limit` (at least 2) of the points, in order: the first, the last, and from each of equal stretches
    between them the lowest and the highest, so that no spike is lost. NaN counts as the highest of all."""
    if len(points) <= limit:
        return list(points)
    # Their sum is one only if none of them is, and takes less time than to ask each. (Infinities may make one, too.)
    has_nan = math.isnan(sum(map(_value, points)))
    lowest, highest = (_lowest, _highest) if has_nan else (_value, _value)
    inner = len(points) - 2
    buckets = (limit - 2) // 2
    kept = [points[0]]
    for bucket in range(buckets):
        stretch = points[1 + inner * bucket // buckets : 1 + inner * (bucket + 1) // buckets]
        ends = {min(stretch, key=lowest), max(stretch, key=highest)}
        kept.extend(sorted(ends, key=_step))
    kept.append(points[-1])
    return kept


def _lowest(point: Point) -> float:
    return math.inf if math.isnan(point[1]) else point[1]


def _highest(point: Point) -> tuple[bool, float]:
    return (True, 0.0) if math.isnan(point[1]) else (False, point[1])


_step: Callable[[Point], int] = itemgetter(0)
_value: Callable[[Point], float] = itemgetter(1)


class Series:
    """What has come to one series since it was last taken."""

    __slots__ = ("kind", "name", "steps", "unread", "values")

    def __init__(self, kind: SeriesKind, name: str) -> None:
        self.kind: SeriesKind = kind
        self.name = name
        # Two lists of numbers rather than one of pairs, which would bring on the garbage collector.
        self.steps: list[int] = []
        self.values: list[float] = []
        self.unread: list[tuple[int, torch.Tensor]] = []
        """Numbers that are still on their devices, as tensors of one element that nothing else changes."""

    def add(self, step: int, value: float) -> None:
        self.steps.append(step)
        self.values.append(value)
        self.bound()

    def extend(self, first: int, values: Sequence[object]) -> None:
        """Add the numbers of steps in a row, from `first` on, leaving out what is no float."""
        steps: Sequence[int] = range(first, first + len(values))
        if not set(map(type, values)) <= {float}:
            kept = [at for at, value in enumerate(values) if type(value) is float]
            steps, values = [steps[at] for at in kept], [values[at] for at in kept]
        self.steps.extend(steps)
        self.values.extend(values)  # type: ignore[arg-type]
        self.bound()

    def defer(self, step: int, value: torch.Tensor) -> None:
        """Add a number without waiting for its device: `value`, of one element, is copied there, and read later."""
        with torch.no_grad():
            self.unread.append((step, Base.clone(Base.detach(value))))
        if len(self.unread) >= _HELD:
            read((self,))
            self.bound()

    def bound(self) -> None:
        """Thin the points once they are too many to wait for the next event."""
        if len(self.steps) >= _HELD:
            points = self._points()
            self.steps, self.values = [step for step, _ in points], [value for _, value in points]

    @property
    def grew(self) -> bool:
        """Whether anything has come since it was last taken."""
        return bool(self.steps or self.unread)

    def join(self, other: Series) -> None:
        """Take over another one's points."""
        self.steps.extend(other.steps)
        self.values.extend(other.values)
        self.unread.extend(other.unread)

    def take(self) -> SeriesPoints:
        """The points since the last call, oldest first, thinned; what is unread stays."""
        points = self._points()
        self.steps, self.values = [], []
        return SeriesPoints(self.name, self.kind, points)

    def _points(self) -> tuple[Point, ...]:
        points = tuple(zip(self.steps, self.values, strict=True))
        # Sorting pairs takes much longer than numbers, which are in order but for those that were read late.
        if sorted(self.steps) != self.steps:
            points = tuple(sorted(points, key=_step))
        return points if len(points) <= POINTS else tuple(thin(points, POINTS))


def read(many: Iterable[Series]) -> None:
    """Fetch the numbers that are still on their devices, with one wait for each device. Those that their device cannot
    give are dropped."""
    by_device: dict[torch.device, list[tuple[Series, int, torch.Tensor]]] = {}
    for series in many:
        unread, series.unread = series.unread, []
        for step, value in unread:
            by_device.setdefault(Base.device.__get__(value), []).append((series, step, value))
    with torch.no_grad(), torch._C.DisableTorchFunction():
        for waiting in by_device.values():
            try:
                numbers = [Base.reshape(Base.to(value, torch.float32), ()) for _, _, value in waiting]
                together = torch.stack(numbers).tolist()
            except Exception:  # the device is in trouble, which the learner's own code will meet
                continue
            for (series, step, _), value in zip(waiting, together, strict=True):
                series.steps.append(step)
                series.values.append(value)


class SeriesBook:
    """All the series of a run, in the order in which they first came up; at most SERIES."""

    def __init__(self) -> None:
        self._series: dict[tuple[SeriesKind, str], Series] = {}

    def series(self, kind: SeriesKind, name: str) -> Series | None:
        """The series of that kind and name, made if need be. When there are too many: a loss goes to the series `loss`,
        for which a place is kept; of the others, None."""
        return self.adopt(Series(kind, name))

    def adopt(self, series: Series) -> Series | None:
        """Make a series one of the book's, its points joined to the one of the same name when there is one."""
        key = (series.kind, series.name)
        known = self._series.get(key)
        if known is not None:
            if known is not series:
                known.join(series)
            return known
        if key != _ANY_LOSS and len(self._series) >= SERIES - (_ANY_LOSS not in self._series):
            if series.kind != "loss":
                return None
            series.name = _ANY_LOSS[1]
            return self.adopt(series)
        self._series[key] = series
        return series

    def bound(self) -> None:
        """Thin the series that have become too long to wait."""
        for series in self._series.values():
            series.bound()

    def take(self) -> tuple[SeriesPoints, ...]:
        """What came to the series since the last call: those only that grew."""
        read(self._series.values())
        return tuple(series.take() for series in self._series.values() if series.steps)

    @property
    def grew(self) -> bool:
        """Whether `take()` has anything to give."""
        return any(series.grew for series in self._series.values())


_ANY_LOSS: tuple[SeriesKind, str] = ("loss", "loss")
