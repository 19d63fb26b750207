"""The numbers of a run, series by series: kept in bounded memory, thinned so that no spike is lost."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from operator import itemgetter

import torch

from tui_torch.probe.values.elements import Base
from tui_torch.protocol.events import SeriesKind, SeriesPoints

POINTS = 1000
"""An event carries at most so many of each series."""
_OF_MANY = 200
"""When there are more, it carries so many: a loop that is so fast pays for each, and a chart has fewer columns."""
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
    return [points[at] for at in _telling([value for _, value in points], limit)]


def _telling(values: list[float], limit: int) -> list[int]:
    """Where in more than `limit` values those are that `thin()` keeps."""
    # Their sum is one only if none of them is, and takes less time than to ask each. (Infinities may make one, too.)
    ends_of = _ends_beside_nan if math.isnan(sum(values)) else _ends
    inner, last = len(values) - 2, len(values) - 1
    stretches = (limit - 2) // 2
    kept = [0]
    until = 1
    for stretch in range(1, stretches + 1):
        first, until = until, 1 + inner * stretch // stretches
        low, high = ends_of(values[first:until])
        kept.append(first + min(low, high))
        if low != high:
            kept.append(first + max(low, high))
    kept.append(last)
    return kept


def _ends(values: list[float]) -> tuple[int, int]:
    """Where the lowest and the highest are."""
    return values.index(min(values)), values.index(max(values))


def _ends_beside_nan(values: list[float]) -> tuple[int, int]:
    """The same, NaN being the highest."""
    nan = next((at for at, value in enumerate(values) if math.isnan(value)), None)
    if nan is None:
        return _ends(values)
    told = [value for value in values if not math.isnan(value)]
    return values.index(min(told)) if told else nan, nan


_step: Callable[[Point], int] = itemgetter(0)


class Series:
    """What has come to one series since it was last taken."""

    __slots__ = ("in_order", "kind", "name", "steps", "unread", "values")

    def __init__(self, kind: SeriesKind, name: str) -> None:
        self.kind: SeriesKind = kind
        self.name = name
        # Two lists of numbers rather than one of pairs, which would bring on the garbage collector.
        self.steps: list[int] | range = []
        """A range as long as there is no more to them: thousands of numbers are not made for nothing."""
        self.values: list[float] = []
        self.in_order = True
        """Whether the steps are."""
        self.unread: list[tuple[int, torch.Tensor]] = []
        """Numbers that are still on their devices, as tensors of one element that nothing else changes."""

    def add(self, step: int, value: float) -> None:
        self._listed().append(step)
        self.values.append(value)
        self.bound()

    def extend(self, first: int, values: Sequence[object]) -> None:
        """Add the numbers of steps in a row, from `first` on, leaving out what is no float."""
        steps: list[int] | range = range(first, first + len(values))
        if type(sum(values)) is not float:  # type: ignore[arg-type]
            kept = [at for at, value in enumerate(values) if type(value) is float]
            steps, values = [steps[at] for at in kept], [values[at] for at in kept]
        if not self.values:
            self.steps = steps
        elif isinstance(steps, range) and isinstance(self.steps, range) and self.steps.stop == first:
            self.steps = range(self.steps.start, steps.stop)
        else:
            self._listed().extend(steps)
        self.values.extend(values)  # type: ignore[arg-type]
        self.bound()

    def _listed(self) -> list[int]:
        """The steps, in a list to which others can be added."""
        if not isinstance(self.steps, list):
            self.steps = list(self.steps)
        return self.steps

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
        self._listed().extend(other.steps)
        self.values.extend(other.values)
        self.unread.extend(other.unread)
        self.in_order = False

    def take(self) -> SeriesPoints:
        """The points since the last call, oldest first, thinned; what is unread stays."""
        points = self._points()
        self.steps, self.values, self.in_order = [], [], True
        return SeriesPoints(self.name, self.kind, points)

    def _points(self) -> tuple[Point, ...]:
        steps, values = self.steps, self.values
        if not self.in_order:
            points = sorted(zip(steps, values, strict=True), key=_step)
            steps, values = [step for step, _ in points], [value for _, value in points]
        if len(values) <= POINTS:
            return tuple(zip(steps, values, strict=True))
        # A fast loop has thousands, and pays for each pair.
        return tuple((steps[at], values[at]) for at in _telling(values, _OF_MANY))


def read(many: Iterable[Series]) -> None:
    """Fetch the numbers that are still on their devices, with one wait for each device. Those that their device cannot
    give are dropped."""
    by_device: dict[torch.device, list[tuple[Series, int, torch.Tensor]]] = {}
    for series in many:
        unread, series.unread = series.unread, []
        for step, value in unread:
            by_device.setdefault(Base.device.__get__(value), []).append((series, step, value))
    with torch.no_grad(), torch.DisableTorchFunction():
        for waiting in by_device.values():
            try:
                numbers = [Base.reshape(Base.to(value, torch.float32), ()) for _, _, value in waiting]
                together = torch.stack(numbers).tolist()
            except Exception:  # the device is in trouble, which the learner's own code will meet
                continue
            for (series, step, _), value in zip(waiting, together, strict=True):
                series._listed().append(step)
                series.values.append(value)
                series.in_order = False


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
