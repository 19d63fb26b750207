"""Learning the course of a training loop from PyTorch itself, while the learner's code stays ordinary PyTorch."""

from __future__ import annotations

import functools
import math
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from typing import Any
from weakref import ref

import torch
from torch.optim.optimizer import register_optimizer_step_post_hook
from torch.overrides import has_torch_function_unary
from torch.utils.data import DataLoader

from tui_torch.kernel.events import SeriesPoints, TrainingProgress
from tui_torch.probe.elements import Base

POINTS = 1000
"""An event carries at most so many."""
INTERVAL = 0.05
"""Seconds between two events."""
_HELD = 4 * POINTS
"""So many points, or losses on a device, wait at most for the next event."""
_PENDING = 8

Point = tuple[int, float]

_numel, _item, _is_cpu = Base.numel, Base.item, Base.is_cpu.__get__


def thin(points: Sequence[Point], limit: int) -> list[Point]:
    """At most `limit` (at least 2) of the points, in order: the first, the last, and from each of equal stretches
    between them the lowest and the highest, so that no spike is lost. NaN counts as the highest of all."""
    if len(points) <= limit:
        return list(points)
    inner = len(points) - 2
    buckets = (limit - 2) // 2
    kept = [points[0]]
    for bucket in range(buckets):
        stretch = points[1 + inner * bucket // buckets : 1 + inner * (bucket + 1) // buckets]
        ends = {min(stretch, key=_lowest), max(stretch, key=_highest)}
        kept.extend(sorted(ends, key=_step))
    kept.append(points[-1])
    return kept


def _lowest(point: Point) -> float:
    return math.inf if math.isnan(point[1]) else point[1]


def _highest(point: Point) -> tuple[bool, float]:
    return (True, 0.0) if math.isnan(point[1]) else (False, point[1])


def _step(point: Point) -> int:
    return point[0]


class TrainingRecorder:
    """Records, between `begin()` and `end()`: the loss of every `backward()` on a scalar, the steps and the learning
    rate of optimizers, and passes over DataLoaders that have a `backward()` in them.

    `publish` is called from inside the learner's loop, about every INTERVAL seconds. Nothing that goes wrong here
    reaches the loop, and memory stays bounded however long it runs. `before_backward` is given every tensor whose
    `backward()` is about to begin, `after_backward` when it has succeeded, also outside of a run; they raise nothing.
    """

    def __init__(
        self,
        publish: Callable[[TrainingProgress], None],
        clock: Callable[[], float] = time.perf_counter,
        *,
        before_backward: Callable[[torch.Tensor], None] | None = None,
        after_backward: Callable[[torch.Tensor], None] | None = None,
    ) -> None:
        self._publish = publish
        self._before_backward = before_backward
        self._after_backward = after_backward
        self._clock = clock
        self._accelerated = torch.accelerator.is_available()
        self._uninstall: list[Callable[[], None]] = []
        self._recording = False
        self._reset()

    def _reset(self) -> None:
        self._step = 0
        self._steps: list[int] = []
        self._losses: list[float] = []
        self._unread: list[tuple[int, torch.Tensor]] = []
        self._pending: list[Callable[[], object]] = []
        self._epoch: int | None = None
        self._epoch_starts: list[int] = []
        self._learning_rate: float | torch.Tensor | None = None
        self._optimizer_steps = 0
        self._due = -math.inf
        self._published = (0, 0)

    def install(self) -> None:
        """Listen to PyTorch. A second call changes nothing."""
        if not self._uninstall:
            self._uninstall = [
                self._listen_to_backward(),
                register_optimizer_step_post_hook(self._stepped).remove,
                self._listen_to_loaders(),
            ]

    def uninstall(self) -> None:
        """Leave PyTorch as it was."""
        while self._uninstall:
            self._uninstall.pop()()

    def begin(self) -> None:
        """A run begins: count from nothing."""
        self._reset()
        self._recording = True

    def end(self) -> None:
        """The run is over: publish what has not been."""
        if not self._recording:
            return
        self._recording = False
        if self._published != (self._step, self._optimizer_steps):
            with suppress(Exception):  # the run is over, and its result is not ours to spoil
                self._flush()
        self._reset()

    def _listen_to_backward(self) -> Callable[[], None]:
        original = torch.Tensor.backward

        @functools.wraps(original)
        def backward(tensor: torch.Tensor, *args: Any, **kwargs: Any) -> Any:
            # Of a subclass, or under a mode such as a default device, backward() calls itself: the inner call counts.
            outer = has_torch_function_unary(tensor)
            if not outer and self._before_backward is not None:
                self._before_backward(tensor)
            result = original(tensor, *args, **kwargs)
            if not outer and self._after_backward is not None:
                self._after_backward(tensor)
            if self._recording and not outer:
                try:  # noqa: SIM105 - suppress() takes time, in every step of the loop
                    self._went_backward(tensor)
                except Exception:  # the learner's loop goes on, whatever is wrong here
                    pass
            return result

        torch.Tensor.backward = backward  # type: ignore[method-assign]

        def restore() -> None:
            if torch.Tensor.backward is backward:
                torch.Tensor.backward = original  # type: ignore[method-assign]

        return restore

    def _listen_to_loaders(self) -> Callable[[], None]:
        original = DataLoader.__iter__

        @functools.wraps(original)
        def __iter__(loader: DataLoader[Any]) -> Iterator[Any]:  # noqa: N807
            iterator = original(loader)
            # A pass under no_grad is no training.
            if self._recording and torch.is_grad_enabled():
                with suppress(TypeError):  # an iterator that cannot be referred to weakly
                    self._pending = [*self._pending[1 - _PENDING :], ref(iterator)]
            return iterator

        DataLoader.__iter__ = __iter__  # type: ignore[method-assign]

        def restore() -> None:
            if DataLoader.__iter__ is __iter__:
                DataLoader.__iter__ = original  # type: ignore[method-assign]

        return restore

    def _went_backward(self, loss: torch.Tensor) -> None:
        value: object = None
        if self._accelerated and not _is_cpu(loss):
            if _numel(loss) == 1:
                # Reading it now would make the loop wait. The copy is safe from what the loop does next.
                with torch.no_grad():
                    value = Base.clone(Base.detach(loss))
        else:
            try:  # noqa: SIM105 - asking first how many elements there are would cost every step
                value = _item(loss)
            except RuntimeError:
                pass
        if value is None and _numel(loss) != 1:
            return
        self._step = step = self._step + 1
        if type(value) is float:
            # Two lists of numbers rather than one of pairs, which would bring on the garbage collector.
            self._steps.append(step)
            self._losses.append(value)
        elif isinstance(value, torch.Tensor):
            self._unread.append((step, value))
        if self._pending:
            self._count_epoch(step)
        now = self._clock()
        if now >= self._due:
            self._due = now + INTERVAL
            self._flush()
        elif len(self._steps) >= _HELD:
            points = thin(list(zip(self._steps, self._losses, strict=True)), POINTS)
            self._steps, self._losses = [step for step, _ in points], [loss for _, loss in points]
        elif len(self._unread) >= _HELD:
            self._read()

    def _count_epoch(self, step: int) -> None:
        # A validation loop inside an epoch is over, and its iterator gone, when the training goes on.
        if any(iterator() is not None for iterator in self._pending):
            self._epoch = (self._epoch or 0) + 1
            self._epoch_starts = [*self._epoch_starts[1 - POINTS :], step]
        self._pending = []

    def _stepped(self, optimizer: torch.optim.Optimizer, args: Any, kwargs: Any) -> None:
        if self._recording:
            try:
                self._optimizer_steps += 1
                self._learning_rate = optimizer.param_groups[0]["lr"]
            except Exception:  # an optimizer of the learner's own that keeps none
                pass

    def _read(self) -> None:
        """Fetch the losses that are still on their devices, with one wait for each device."""
        unread, self._unread = self._unread, []
        by_device: dict[torch.device, list[tuple[int, torch.Tensor]]] = {}
        for step, loss in unread:
            by_device.setdefault(loss.device, []).append((step, loss))
        with torch.no_grad(), torch._C.DisableTorchFunction():
            for waiting in by_device.values():
                together = torch.stack([Base.to(loss, torch.float32).reshape(()) for _, loss in waiting])
                self._losses.extend(together.tolist())
                self._steps.extend(step for step, _ in waiting)

    def _flush(self) -> None:
        if self._unread:
            with suppress(Exception):  # losses that their device cannot give; those on the CPU are still told
                self._read()
        points = sorted(zip(self._steps, self._losses, strict=True))
        self._steps, self._losses = [], []
        starts, self._epoch_starts = self._epoch_starts, []
        self._published = (self._step, self._optimizer_steps)
        rate = self._learning_rate
        self._publish(
            TrainingProgress(
                step=self._step,
                series=(SeriesPoints("loss", "loss", tuple(thin(points, POINTS))),) if points else (),
                epoch=self._epoch,
                epoch_starts=tuple(starts),
                learning_rate=None if rate is None else float(rate),
                optimizer_steps=self._optimizer_steps,
            )
        )
