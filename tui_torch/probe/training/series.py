"""The numbers of a run, series by series, in bounded memory, thinned so that no spike is lost."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from operator import itemgetter

import torch

from tui_torch.probe.training.device_reads import DeviceRead
from tui_torch.probe.values.elements import Base
from tui_torch.protocol.events import LAYERS, SeriesKind, SeriesPoints

POINTS = 1000
"""Maximum number of points of one series in an event."""
_POINTS_OF_MANY = 200
"""The number of points of a series that has more than POINTS: a loop that is so fast pays for each, and a chart has
fewer columns."""
SERIES = 16
"""Maximum number of series in a run, beside those of layers."""
LAYER_SERIES = 16
"""Maximum number of series of layers in a run."""
_BUFFERED = 4 * POINTS
"""Maximum number of points buffered per series until the next event."""

StepValue = tuple[int, float]
"""A step of the loop, counted from 1, and a number at that step."""


def thin(points: Sequence[StepValue], limit: int) -> list[StepValue]:
    """Return at most `limit` (2 or more) of the points, in their order.

    Kept are the first, the last, and the lowest and the highest of each of equal stretches between them, so that no
    spike is lost. NaN counts as the highest of all.
    """
    if len(points) <= limit:
        return list(points)
    return [points[at] for at in _kept_positions([value for _, value in points], limit)]


def _kept_positions(values: list[float], limit: int) -> list[int]:
    """Return the positions, in more than `limit` values, of those that `thin()` keeps."""
    # A sum that is NaN comes from a NaN (or from infinities of both signs), and takes less time than to ask each value.
    extremes = _extremes_beside_nan if math.isnan(sum(values)) else _extremes
    inner, last = len(values) - 2, len(values) - 1
    stretches = (limit - 2) // 2
    kept = [0]
    until = 1
    for stretch in range(1, stretches + 1):
        first, until = until, 1 + inner * stretch // stretches
        low, high = extremes(values[first:until])
        kept.append(first + min(low, high))
        if low != high:
            kept.append(first + max(low, high))
    kept.append(last)
    return kept


def _extremes(values: list[float]) -> tuple[int, int]:
    """Return the positions of the lowest and of the highest value; none is NaN."""
    return values.index(min(values)), values.index(max(values))


def _extremes_beside_nan(values: list[float]) -> tuple[int, int]:
    """Return the positions of the lowest and of the highest value, NaN being the highest."""
    nan = next((at for at, value in enumerate(values) if math.isnan(value)), None)
    if nan is None:
        return _extremes(values)
    numbers = [value for value in values if not math.isnan(value)]
    return values.index(min(numbers)) if numbers else nan, nan


_step: Callable[[StepValue], int] = itemgetter(0)


class SeriesBuffer:
    """The points that have come to one series since they were last taken."""

    __slots__ = ("in_order", "kind", "name", "steps", "unread", "values")

    def __init__(self, kind: SeriesKind, name: str) -> None:
        self.kind: SeriesKind = kind
        self.name = name
        # Two lists of numbers rather than one of pairs, which would bring on the garbage collector.
        self.steps: list[int] | range = []
        """A range while the steps follow each other: thousands of numbers are not made for nothing."""
        self.values: list[float] = []
        """As many as `steps`."""
        self.in_order = True
        """Whether the steps only grow."""
        self.unread: list[tuple[int, torch.Tensor]] = []
        """Steps with numbers that are still on their devices: tensors of one element that nothing else changes."""

    def add(self, step: int, value: float) -> None:
        """Add one point."""
        self._step_list().append(step)
        self.values.append(value)
        self.bound()

    def extend(self, first: int, values: Sequence[object]) -> None:
        """Add the numbers of steps in a row, from `first` on. What is not a float is left out."""
        steps: list[int] | range = range(first, first + len(values))
        if type(sum(values)) is not float:  # type: ignore[arg-type]
            kept = [at for at, value in enumerate(values) if type(value) is float]
            steps, values = [steps[at] for at in kept], [values[at] for at in kept]
        if not self.values:
            self.steps = steps
        elif isinstance(steps, range) and isinstance(self.steps, range) and self.steps.stop == first:
            self.steps = range(self.steps.start, steps.stop)
        else:
            self._step_list().extend(steps)
        self.values.extend(values)  # type: ignore[arg-type]
        self.bound()

    def _step_list(self) -> list[int]:
        """The steps, in a list to which others can be added."""
        if not isinstance(self.steps, list):
            self.steps = list(self.steps)
        return self.steps

    def defer(self, step: int, value: torch.Tensor) -> None:
        """Add a number without waiting for its device: `value`, of one element, is copied there and read later."""
        with torch.no_grad():
            self.unread.append((step, Base.clone(Base.detach(value))))
        if len(self.unread) >= _BUFFERED:
            for read in start_reading((self,)):
                read.put_into_buffers()
            self.bound()

    def bound(self) -> None:
        """Thin the points if there are too many to wait for the next event."""
        if len(self.steps) >= _BUFFERED:
            points = self._points()
            self.steps, self.values = [step for step, _ in points], [value for _, value in points]

    @property
    def grew(self) -> bool:
        """Whether anything has come since the points were last taken."""
        return bool(self.steps or self.unread)

    def join(self, other: SeriesBuffer) -> None:
        """Add the points of another buffer."""
        self._step_list().extend(other.steps)
        self.values.extend(other.values)
        self.unread.extend(other.unread)
        self.in_order = False

    def take(self) -> SeriesPoints:
        """Return the points since the last call, oldest first, at most POINTS; what is unread stays."""
        points = self._points()
        self.steps, self.values, self.in_order = [], [], True
        return SeriesPoints(self.name, self.kind, points)

    def _points(self) -> tuple[StepValue, ...]:
        steps, values = self.steps, self.values
        if not self.in_order:
            points = sorted(zip(steps, values, strict=True), key=_step)
            steps, values = [step for step, _ in points], [value for _, value in points]
        if len(values) <= POINTS:
            return tuple(zip(steps, values, strict=True))
        # A fast loop has thousands, and pays for each pair.
        return tuple((steps[at], values[at]) for at in _kept_positions(values, _POINTS_OF_MANY))


@dataclass(slots=True)
class UnreadPoints:
    """Points whose numbers are on their way from a device."""

    numbers: DeviceRead
    points: list[tuple[SeriesBuffer, int]]
    """The buffer and the step of each number."""

    def put_into_buffers(self) -> None:
        """Add the points to their buffers; waits for the numbers. Those that their device cannot give are dropped."""
        with suppress(Exception):  # the device is in trouble, which the learner's own code will meet
            for (buffer, step), value in zip(self.points, self.numbers.numbers(), strict=True):
                buffer._step_list().append(step)
                buffer.values.append(value)
                buffer.in_order = False


def start_reading(buffers: Iterable[SeriesBuffer]) -> list[UnreadPoints]:
    """Start to fetch the numbers that are still on their devices, all of one device together."""
    by_device: dict[torch.device, list[tuple[SeriesBuffer, int, torch.Tensor]]] = {}
    for buffer in buffers:
        unread, buffer.unread = buffer.unread, []
        for step, value in unread:
            by_device.setdefault(Base.device.__get__(value), []).append((buffer, step, value))
    started: list[UnreadPoints] = []
    for waiting in by_device.values():
        with suppress(Exception):
            numbers = DeviceRead([value for _, _, value in waiting])
            started.append(UnreadPoints(numbers, [(buffer, step) for buffer, step, _ in waiting]))
    return started


class SeriesBook:
    """All the series of a run, in the order in which they first came up; at most SERIES, and LAYER_SERIES of layers.

    A series is known by its kind and name. It has one buffer, or several: the losses of several calls of `backward()`
    on what is named alike are buffered apart, and published as one series.
    """

    def __init__(self) -> None:
        self._buffers: dict[tuple[SeriesKind, str], list[SeriesBuffer]] = {}
        self._on_the_way: list[UnreadPoints] = []
        """What devices were asked for, oldest first."""

    def series(self, kind: SeriesKind, name: str) -> SeriesBuffer | None:
        """Return the first buffer of a series, which is made if need be; None if there are too many series.

        For a loss there is always a series: `loss`, if there are too many.
        """
        return self.adopt(SeriesBuffer(kind, name))

    def adopt(self, buffer: SeriesBuffer) -> SeriesBuffer | None:
        """Like `series()`, with a buffer that exists; its points are joined to those of the series, if there is one."""
        buffers = self._of(buffer)
        if buffers is None:
            return None
        if not buffers:
            buffers.append(buffer)
        elif buffers[0] is not buffer:
            buffers[0].join(buffer)
        return buffers[0]

    def with_room_for(self, buffer: SeriesBuffer) -> SeriesBuffer:
        """Like `adopt()`; without points, or where there are too many series, the buffer stays outside."""
        return buffer if not buffer.grew else self.adopt(buffer) or buffer

    def losses(self, name: str) -> SeriesBuffer:
        """Return a new buffer of the losses of that name, whose points are taken apart from those of the others."""
        buffer = SeriesBuffer("loss", name)
        buffers = self._of(buffer)
        assert buffers is not None
        buffers.append(buffer)
        return buffer

    def _of(self, buffer: SeriesBuffer) -> list[SeriesBuffer] | None:
        """The buffers of the series that a buffer belongs to; None if there are too many series."""
        key = (buffer.kind, buffer.name)
        buffers = self._buffers.get(key)
        if buffers is not None:
            return buffers
        of_layers = sum(kind == LAYERS for kind, _ in self._buffers)
        if buffer.kind == LAYERS:
            return None if of_layers >= LAYER_SERIES else self._buffers.setdefault(key, [])
        others = len(self._buffers) - of_layers
        if key != _ANY_LOSS and others >= SERIES - (_ANY_LOSS not in self._buffers):
            if buffer.kind != "loss":
                return None
            buffer.name = _ANY_LOSS[1]
            return self._of(buffer)
        return self._buffers.setdefault(key, [])

    def merge_buffers(self) -> None:
        """Leave each series one buffer: those that `losses()` gave are not used any more."""
        for read in self._on_the_way:
            read.put_into_buffers()
        self._on_the_way.clear()
        for first, *others in self._buffers.values():
            for buffer in others:
                first.join(buffer)
        self._buffers = {key: buffers[:1] for key, buffers in self._buffers.items()}

    def take_apart(self, *, wait: bool = True) -> dict[SeriesBuffer, SeriesPoints]:
        """Return the points since the last call, by buffer: those only that grew. `joined()` makes series of them.

        Args:
            wait: Whether to wait for numbers that are still on a GPU; if not, a later call returns them.
        """
        every = [buffer for buffers in self._buffers.values() for buffer in buffers]
        self._on_the_way += start_reading(every)
        while self._on_the_way and (wait or self._on_the_way[0].numbers.is_complete):
            self._on_the_way.pop(0).put_into_buffers()
        return {buffer: buffer.take() for buffer in every if buffer.steps}

    @property
    def grew(self) -> bool:
        """Whether anything has come since the points were last taken."""
        return bool(self._on_the_way) or any(buffer.grew for buffers in self._buffers.values() for buffer in buffers)


_ANY_LOSS: tuple[SeriesKind, str] = ("loss", "loss")
"""The series of all losses for which there is no other; a place is kept for it."""


def joined(taken: Mapping[SeriesBuffer, SeriesPoints]) -> tuple[SeriesPoints, ...]:
    """Return one series for each kind and name, oldest points first, at most POINTS."""
    by_name: dict[tuple[SeriesKind, str], list[SeriesPoints]] = {}
    for points in taken.values():
        by_name.setdefault((points.kind, points.name), []).append(points)
    return tuple(parts[0] if len(parts) == 1 else _merged(parts) for parts in by_name.values())


def _merged(parts: list[SeriesPoints]) -> SeriesPoints:
    points = sorted((point for part in parts for point in part.points), key=_step)
    return SeriesPoints(
        parts[0].name, parts[0].kind, tuple(points if len(points) <= POINTS else thin(points, _POINTS_OF_MANY))
    )


def added(parts: Sequence[Sequence[StepValue]]) -> tuple[StepValue, ...]:
    """Return the sums of several series at the steps that all of them have."""
    first, *others = map(dict, parts)
    return tuple(
        (step, value + sum(other[step] for other in others))
        for step, value in first.items()
        if all(step in other for other in others)
    )
