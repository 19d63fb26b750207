"""Learning the course of a training loop from PyTorch itself, while the learner's code stays ordinary PyTorch."""

from __future__ import annotations

import math
import re
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from types import FrameType
from typing import Any

import torch

from tui_torch.probe.isolation.torch_internals import next_sequence_number
from tui_torch.probe.isolation.undisturbed import is_inspecting
from tui_torch.probe.source.call_sites import MOST, CallSite, CallSites
from tui_torch.probe.training.backward_log import BackwardLog, SiteLosses
from tui_torch.probe.training.epochs import Epochs
from tui_torch.probe.training.listeners import listen_to_backward, listen_to_loaders, listen_to_optimizers
from tui_torch.probe.training.optimizers import Optimizers
from tui_torch.probe.training.series import POINTS, SeriesBook, StepValue, joined
from tui_torch.probe.values.elements import Base
from tui_torch.probe.values.scalars import number
from tui_torch.protocol.events import TrainingProgress

INTERVAL = 0.08
"""Seconds between two events, where they cost little."""
LONGEST = 0.25
"""Seconds between two events at most, whatever they cost."""
SHARE = 0.002
"""Short of that, the sending of events takes at most this part of the run's time. A fast loop loses twice as much again
by what follows: its caches are cold, and another thread wants the interpreter."""
_GLANCES = 16
"""So many times between two events, at the pace since the last, the clock is looked at: it costs a fast loop much."""
_UNATTENDED = 64
"""So many steps at most are only counted, until the clock is looked at again."""
_SHORTEST = 0.01
"""In fewer seconds than that, how fast steps come is not to be told."""

_BACKWARD = re.compile(r"\bbackward\b")

_numel, _item, _is_cpu = Base.numel, Base.item, Base.is_cpu.__get__


BeforeBackward = Callable[[torch.Tensor, CallSite | None], None]
"""Is called with a tensor whose `backward()` is about to begin, and where it is called."""


class TrainingRecorder:
    """Records, between `begin()` and `end()`: the loss of every `backward()` on a scalar, by the expression that it was
    called on; the steps, learning rates and gradient norms of optimizers; passes over DataLoaders that have a
    `backward()` in them; and what the learner logs.

    `publish` is called from inside the learner's loop, about every INTERVAL seconds. Nothing that goes wrong here
    reaches the loop, and memory stays bounded however long it runs.
    """

    def __init__(
        self,
        publish: Callable[[TrainingProgress], None],
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        self.before_backward: list[BeforeBackward] = []
        """Each is called with every tensor whose `backward()` is about to begin, also outside of a run, and where it is
        called: None outside of a run, and where no code of the learner's calls it. It raises nothing."""
        self.after_backward: list[Callable[[torch.Tensor], None]] = []
        """Each is called with the same tensor when its `backward()` has succeeded; it raises nothing."""
        self.losses_taken: list[Callable[[Mapping[CallSite, Sequence[StepValue]]], None]] = []
        """Each is called just before every event with the losses that have come since the last, apart by where
        `backward()` was called: those of one name are one series of the event. It raises nothing."""
        self.in_the_loop: list[Callable[[FrameType], None]] = []
        """Each is called just before every event of a loop, with the frame that called `backward()`, and must not
        dawdle."""
        self.something_new: list[Callable[[], None]] = []
        """Each is called when a `backward()` has come from a place in the code that is new in this run, and when an
        optimizer has stepped that is; it raises nothing."""
        self._publish = publish
        self._clock = clock
        self._accelerated = torch.accelerator.is_available()
        self._backward_log = BackwardLog()
        self._uninstall: list[Callable[[], None]] = []
        self._recording = False
        self._reset()

    def _reset(self) -> None:
        self._flushed = 0
        self._backward_log.clear()
        self._book = SeriesBook()
        self._sites = CallSites("backward", "loss")
        self._sources: dict[CallSite | None, SiteLosses] = {}
        # Where two codes call backward() at the same instruction, the log knows them in turns.
        self._by_instruction: dict[tuple[int, int], SiteLosses] = {}
        self._has_one_caller = False
        self._optimizers = Optimizers(lambda: self.backwards or 1, self._met, self._clock)
        self._epochs = Epochs()
        self._logged: dict[str, int] = {}
        self._due = -math.inf
        self._interval = INTERVAL
        self._stride = 1
        self._seen = (0, 0.0)
        self._published = (0, 0)
        self._published_at = -math.inf
        self._pace: tuple[int, float] | None = None
        self._speed: float | None = None

    def install(self) -> None:
        """Listen to PyTorch. A second call changes nothing."""
        if not self._uninstall:
            self._uninstall = [
                listen_to_backward(
                    self.before_backward, self._call_site, self._backward_log, self._went_backward, self.after_backward
                ),
                listen_to_loaders(self._passes),
                listen_to_optimizers(self._optimizer_made),
            ]

    def uninstall(self) -> None:
        """Leave PyTorch as it was."""
        self._optimizers.stop()
        while self._uninstall:
            self._uninstall.pop()()

    def begin(self, *codes: str) -> None:
        """A run begins: count from nothing. `codes` are those that it may call, its own among them, as far as they are
        known: where they speak of `backward` once, what calls it is not looked at in every step."""
        self._optimizers.stop()
        self._reset()
        # To read the loss from another device would make the loop wait, and which one it is on would have to be asked.
        self._has_one_caller = not self._accelerated and sum(len(_BACKWARD.findall(code)) for code in codes) == 1
        if self._uninstall:
            self._optimizers.listen()
        self._recording = True

    def end(self) -> None:
        """The run is over: publish what has not been."""
        if not self._recording:
            return
        self._recording = False
        self._backward_log.begun_at = self.last_backward
        with suppress(Exception):  # the run is over, and its result is not ours to spoil
            self._flushed = self._backward_log.flush_to_series(self._flushed)
            self._optimizers.tell(self._book, over=True)
            if self._book.grew or self._published != (self.backwards, self._optimizers.steps):
                self._flush()
        self._optimizers.stop()
        self._reset()

    def _optimizer_made(self) -> None:
        if self._recording:
            self._optimizers.listen()

    def log(self, values: Mapping[str, object], step: object = None) -> None:
        """Record numbers under their names, at the present step of the loop. What is no number is left out, which is
        said once for each name. Raises nothing but KeyboardInterrupt.

        In a run without a `backward()`, the steps are those that the learner gives as `step`, or else the calls.
        """
        if not self._recording or is_inspecting():
            return
        with suppress(Exception):  # the learner's loop goes on, whatever is wrong here
            for name, value in values.items():
                self._log(str(name), value, step)
            now = self._clock()
            if now >= self._due:
                self._due = now + INTERVAL
                self._seen = (self.backwards, now)
                self._flush()

    def _log(self, name: str, value: object, given: object) -> None:
        found = number(value)
        last = self._logged.get(name, 0)
        if found is None:
            if last == 0:
                self._logged[name] = 1
                kind = "a tensor of many elements" if isinstance(value, torch.Tensor) else f"a {type(value).__name__}"
                print(f"log({name}=…): {kind} is not a number; it is left out.", file=sys.stderr)  # noqa: T201
            return
        step = self.backwards or (given if type(given) is int and given > last else last + 1)
        self._logged[name] = step
        series = self._book.series("logged", name)
        if series is None:
            return
        if isinstance(found, torch.Tensor):
            series.defer(step, found)
        else:
            series.add(step, found)

    @property
    def backwards(self) -> int:
        """How many `backward()` on a scalar there have been in this run."""
        return self._flushed + len(self._backward_log.values)

    @property
    def last_backward(self) -> int:
        """The sequence number that the thread's next operation had when the last `backward()` of all began; where that
        one was not looked at, what it has now, or had as the run ended."""
        return self._backward_log.begun_at if self._backward_log.only is None else next_sequence_number()

    @property
    def optimizer_steps(self) -> int:
        """How often an optimizer has stepped in this run."""
        return self._optimizers.steps

    def _went_backward(self, loss: torch.Tensor, frame: FrameType) -> None:
        """Record what the log has no room for, or does not know."""
        if not self._recording or _numel(loss) != 1:
            return
        source, log = self._source_of(frame), self._backward_log
        # A module that the code imports may call it too.
        if self._has_one_caller and (len(self._sources) != 1 or source.code is not frame.f_code):
            self._has_one_caller = False
        only = source if self._has_one_caller else None
        if only is not log.only:
            self._flushed = log.flush_to_series(self._flushed)
            log.only = only
        value: object = None
        waits = self._accelerated and not _is_cpu(loss)
        if not waits:
            with suppress(RuntimeError):  # on the meta device, there is no number
                value = _item(loss)
        if type(value) is float:
            log.values.append(value)
            log.sources.append(source)
        else:
            self._flushed = log.flush_to_series(self._flushed) + 1
            if waits:
                # Reading it now would make the loop wait. The copy is safe from what the loop does next.
                source.series.defer(self._flushed, loss)
        self._attend(loss, frame)
        if only is not None:
            self._optimizers.look_on()
        log.room = len(log.values) + self._stride - 1
        log.unchecked_room = 0 if only is None or self.before_backward or self.after_backward else log.room

    def _attend(self, loss: torch.Tensor, frame: FrameType) -> None:
        """What a step brings besides its loss: perhaps an epoch, perhaps an event."""
        step = self.backwards
        if self._epochs.pending:
            self._epochs.went_backward(step)
        now = self._clock()
        self._seen = (step, now)
        took = now - self._published_at
        if took >= _SHORTEST:
            at_a_glance = (step - self._published[0]) * self._interval / took / _GLANCES
            self._stride = min(max(int(at_a_glance), 1), _UNATTENDED)
        if now < self._due:
            if len(self._backward_log.values) >= POINTS:
                self._flushed = self._backward_log.flush_to_series(self._flushed)
            return
        late = now - self._due
        self._due = now + self._interval - (late if late < self._interval else 0.0)
        self._published_at = now
        self._optimizers.went_backward(loss, step)
        for look_on in self.in_the_loop:
            with suppress(Exception):
                look_on(frame)
        began = self._clock()
        self._flush()
        self._interval = min(max((self._clock() - began) / SHARE, INTERVAL), LONGEST)

    def _call_site(self, frame: FrameType) -> CallSite | None:
        """Return where a `backward()` is called that is about to begin; None outside of a run."""
        return self._sites.of(frame) if self._recording else None

    def _source_of(self, frame: FrameType) -> SiteLosses:
        """Return where a loss comes from; the log knows it from now on."""
        key = (id(frame.f_code), frame.f_lasti)
        source = self._by_instruction.get(key)
        if source is None:
            source = self._source_at(self._sites.of(frame))
            if (
                source.code is not frame.f_code
            ):  # by way of PyTorch: the same instruction there is called from many here
                return source
            self._by_instruction[key] = source
        self._backward_log.known[frame.f_lasti] = source
        return source

    def _source_at(self, site: CallSite | None) -> SiteLosses:
        source = self._sources.get(site)
        if source is None:
            if len(self._sources) >= MOST:  # code that is compiled again in every step
                self._flushed = self._backward_log.flush_to_series(self._flushed)
                self._book.merge_buffers()
                self._sources.clear()
                self._by_instruction.clear()
                self._backward_log.known.clear()
            buffer = self._book.losses("loss" if site is None else site.name)
            source = self._sources[site] = SiteLosses(site, None if site is None else site.code, buffer)
            self._met()
        return source

    def _passes(self, iterator: Any) -> None:
        # A pass under no_grad is no training.
        if self._recording and torch.is_grad_enabled():
            self._epochs.begun(iterator)
            self._hurry()

    def _met(self) -> None:
        """Something new has come up in this run."""
        self._hurry()
        for tell in self.something_new:
            tell()

    def _hurry(self) -> None:
        """Attend to the next step: another loop has begun, perhaps a slower one."""
        self._backward_log.close()

    def _flush(self) -> None:
        self._flushed = self._backward_log.flush_to_series(self._flushed)
        self._optimizers.tell(self._book)
        taken = self._book.take_apart()
        by_site = {
            site: taken[source.series].points
            for site, source in self._sources.items()
            if site is not None and source.series in taken
        }
        for hear in self.losses_taken:
            hear(by_site)
        self._published = (self.backwards, self._optimizers.steps)
        step, now = self._seen
        if self._pace is None:
            self._pace = self._seen
        elif now - self._pace[1] >= _SHORTEST:
            self._speed = (step - self._pace[0]) / (now - self._pace[1])
            self._pace = self._seen
        self._publish(
            TrainingProgress(
                step=self.backwards,
                series=joined(taken),
                epoch=self._epochs.count,
                epoch_starts=self._epochs.take_starts(),
                learning_rate=self._optimizers.learning_rate,
                optimizer_steps=self._optimizers.steps,
                steps_per_second=self._speed,
            )
        )
