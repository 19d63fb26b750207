"""Recording a training loop from inside PyTorch, while the learner's code stays ordinary PyTorch."""

from __future__ import annotations

import math
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from linecache import getlines
from types import FrameType
from typing import Any

import torch

from tui_torch.probe.articles import an
from tui_torch.probe.isolation.torch_internals import next_sequence_number
from tui_torch.probe.isolation.undisturbed import is_inspecting
from tui_torch.probe.source.call_sites import MOST, CallSite, CallSites, FunctionCallSites, argument_of
from tui_torch.probe.training.backward_log import BackwardListeners, BackwardLog, SiteLosses
from tui_torch.probe.training.device_reads import is_capturing
from tui_torch.probe.training.epochs import Epochs
from tui_torch.probe.training.gradient_functions import (
    GradientsTaken,
    UnseenLosses,
    calls_backward,
    listen_to_grad,
    listen_to_transforms,
    mentions_of_backward,
)
from tui_torch.probe.training.listeners import (
    listen_to_backward,
    listen_to_backward_function,
    listen_to_loaders,
    listen_to_optimizers,
    listen_to_scalers,
)
from tui_torch.probe.training.norms.common_steps import CommonSteps
from tui_torch.probe.training.optimizers import Optimizers
from tui_torch.probe.training.scaled_losses import ScaledLosses
from tui_torch.probe.training.series import POINTS, SeriesBook, SeriesBuffer, StepValue, added, joined
from tui_torch.probe.training.validation.losses import ValidationLosses
from tui_torch.probe.values.elements import Base
from tui_torch.probe.values.scalars import number
from tui_torch.protocol.events import TrainingProgress

INTERVAL = 0.08
"""Time between two events, in seconds, where they cost little."""
LONGEST = 0.25
"""Maximum time between two events, in seconds, whatever they cost."""
SHARE = 0.002
"""The part of the run's time that sending events may take, within LONGEST. A fast loop loses twice as much again
afterwards: its caches are cold, and another thread wants the interpreter."""
_CLOCK_READS = 16
"""Number of times that the clock is read between two events, at the last pace: to read it costs a fast loop much."""
_UNCHECKED = 64
"""Maximum number of steps that are only counted, until the clock is read again."""
_FEW, _FEW_READS = 4, 4
"""In a slow loop, steps until the clock is read again, and the least number of times that it is read between two
events: what a step runs of Python after the kernels of a large model is not in the processor's cache any more."""
_SHORTEST = 0.01
"""Minimum interval, in seconds, for a speed estimate."""

_numel, _item, _is_cpu = Base.numel, Base.item, Base.is_cpu.__get__

BeforeBackward = Callable[[torch.Tensor, CallSite | None], None]
"""Is called with a tensor whose `backward()` is about to begin, and where it is called."""


class TrainingRecorder:
    """Records a training loop between `begin()` and `end()`.

    Recorded are the loss of every `backward()` on a scalar, by the expression that it is called on; the steps, learning
    rates and gradient norms of optimizers; passes over DataLoaders in which there is a `backward()`; and what the
    learner logs.

    `publish` is called from inside the learner's loop, about every INTERVAL seconds. Nothing that goes wrong here
    reaches the loop, and memory stays bounded however long it runs.
    """

    def __init__(
        self,
        publish: Callable[[TrainingProgress], None],
        clock: Callable[[], float] = time.perf_counter,
        *,
        by_layer: bool = False,
    ) -> None:
        """Make it, for `install()` and `begin()`.

        Args:
            publish: Is called with each event.
            clock: Gives the time, in seconds.
            by_layer: Whether gradients have a norm for each layer, too.
        """
        self._by_layer = by_layer
        self.before_backward: list[BeforeBackward] = []
        """Each is called with a tensor whose `backward()` begins, and where that is called; it raises nothing."""
        self._backward_log = BackwardLog()
        self.after_backward = BackwardListeners(self._backward_log)
        """Each is called with the same tensor when its `backward()` has succeeded; it raises nothing."""
        self.losses_taken: list[Callable[[Mapping[CallSite, Sequence[StepValue]]], None]] = []
        """Each is called just before every event with the losses that have come since the last, apart by where
        `backward()` was called: those of one name are one series of the event. It raises nothing."""
        self.in_the_loop: list[Callable[[FrameType], None]] = []
        """Each is called just before every event of a loop, with the frame of `backward()`; its errors are ignored."""
        self.gradients_taken: list[GradientsTaken] = []
        """Each is called after every `torch.autograd.grad()` of the learner's; it raises nothing."""
        self.something_new: list[Callable[[], None]] = []
        """Each is called when a call site of `backward()`, or an optimizer that steps, is new; it raises nothing."""
        self._publish = publish
        self._clock = clock
        self._accelerated = torch.accelerator.is_available()
        self._validation = ValidationLosses(lambda: self.backwards, self._backward_log.close)
        self._uninstall: list[Callable[[], None]] = []
        self._recording = False
        self._reset()

    def _reset(self) -> None:
        self._flushed = 0
        self._backward_log.clear()
        self._book = SeriesBook()
        self._sites = CallSites("backward", "loss")
        self._function_sites = FunctionCallSites("torch.autograd.backward", "loss", "tensors")
        self._goes_backward = False
        """Whether the code speaks of a `backward()`: losses of which it computes gradients otherwise are no steps."""
        self._grads = 0
        """The number of steps, as long as none of them was a `backward()`."""
        self._unseen = UnseenLosses()
        self._sums: dict[CallSite, list[CallSite]] = {}
        """By the site of a `torch.autograd.backward()` of several losses: the sites of these losses."""
        self._sources: dict[CallSite | None, SiteLosses] = {}
        # Where two codes call backward() at the same instruction, the log knows them in turns.
        self._by_instruction: dict[tuple[int, int], SiteLosses] = {}
        self._has_one_caller = False
        self._optimizers = Optimizers(lambda: self.backwards or 1, self._on_new, self._clock, by_layer=self._by_layer)
        self._epochs = Epochs()
        self._seen: set[CallSite] = set()
        """The call sites whose losses may have a validation."""
        self._logged: dict[str, int] = {}
        self._scaled_losses = ScaledLosses()
        self.scale_of = self._scaled_losses.scale_of
        """Gives what a `GradScaler` multiplied a loss by; None if it did not, or it cannot be told."""
        self._due = -math.inf
        self._interval = INTERVAL
        self._stride = 1
        self._last_read = (0, 0.0)
        self._published = (0, 0)
        self._published_at = -math.inf
        self._speed_from: tuple[int, float] | None = None
        self._speed: float | None = None

    def install(self) -> None:
        """Listen to PyTorch. A second call changes nothing."""
        if not self._uninstall:
            self._uninstall = [
                listen_to_backward(
                    self.before_backward, self._call_site, self._backward_log, self._record, self.after_backward
                ),
                listen_to_backward_function(
                    self.before_backward, self._function_site, self._backward_log, self._record_all, self.after_backward
                ),
                listen_to_loaders(self._pass_begun),
                listen_to_optimizers(self._optimizer_made),
                listen_to_scalers(self._scaled),
                self._validation.install(),
                listen_to_grad(self._grad_taken, self.gradients_taken),
                listen_to_transforms(self._grad_taken, lambda why: self._unseen.met(why)),
            ]

    def uninstall(self) -> None:
        """Leave PyTorch as it was."""
        self._optimizers.stop()
        self._validation.end()
        while self._uninstall:
            self._uninstall.pop()()

    def begin(self, *codes: str, is_all: bool = True) -> None:
        """Start recording a run, from step 1.

        Args:
            codes: The source of the codes that the run may call, its own included, as far as they are known.
            is_all: Whether it calls no others: if they say `backward` once, its caller is not checked in every step.
        """
        self._optimizers.stop()
        self._reset()
        # To read the loss from another device would make the loop wait, and which one it is on would have to be asked.
        mentions = sum(map(mentions_of_backward, codes))
        self._has_one_caller = is_all and not self._accelerated and mentions == 1
        self._goes_backward = mentions > 0 and any(map(calls_backward, codes))
        if self._uninstall:
            self._optimizers.listen()
            self._validation.begin(codes)
        self._recording = True

    def end(self) -> None:
        """Publish what has not been published yet: the run is over."""
        if not self._recording:
            return
        self._recording = False
        self._backward_log.begun_at = self.last_backward
        with suppress(Exception):  # the run is over, and its result is not ours to spoil
            self._flushed = self._backward_log.flush_to_series(self._flushed)
            self._optimizers.put_into(self._book, over=True)
            self._validation.put_into(self._book, over=True)
            if self._book.grew or self._why_no_loss or self._published != (self.backwards, self._optimizers.steps):
                self._flush(wait=True)
        self._optimizers.stop()
        self._validation.end()
        self._reset()

    def _optimizer_made(self) -> None:
        if self._recording:
            self._optimizers.made()

    def log(self, values: Mapping[str, object], step: object = None) -> None:
        """Record numbers under their names, at the current step of the loop. Raises nothing but KeyboardInterrupt.

        What is not a number is left out, with a message on stderr for each name.

        Args:
            values: The numbers: of Python, of NumPy, or tensors of one element.
            step: In a run without a `backward()`, the step, if it is greater than the last one of that name; or else
                the steps of a name are counted.
        """
        if not self._recording or is_inspecting():
            return
        with suppress(Exception):  # the learner's loop goes on, whatever is wrong here
            for name, value in values.items():
                self._log(str(name), value, step)
            now = self._clock()
            if now >= self._due:
                self._due = now + INTERVAL
                self._last_read = (self.backwards, now)
                self._flush()

    def _log(self, name: str, value: object, given: object) -> None:
        found = number(value)
        last = self._logged.get(name, 0)
        if found is None:
            if last == 0:
                self._logged[name] = 1
                kind = "a tensor of many elements" if isinstance(value, torch.Tensor) else an(type(value).__name__)
                print(f"log({name}=…): {kind} is not a number; it is left out.", file=sys.stderr)  # noqa: T201
            return
        step = self.backwards or (given if type(given) is int and given > last else last + 1)
        self._logged[name] = step
        if (series := self._book.series("logged", name)) is None:
            return
        if isinstance(found, torch.Tensor):
            series.defer(step, found)
        else:
            series.add(step, found)

    @property
    def backwards(self) -> int:
        """The number of `backward()` calls on a scalar in this run."""
        return self._flushed + len(self._backward_log.values)

    @property
    def last_backward(self) -> int:
        """Autograd's sequence number, in this thread, when the last `backward()` began.

        If that one was not checked, what the number is now, or was when the run ended.
        """
        return self._backward_log.begun_at if self._backward_log.only is None else next_sequence_number()

    @property
    def optimizer_steps(self) -> int:
        """The number of steps of optimizers in this run."""
        return self._optimizers.steps

    def _grad_taken(self, loss: torch.Tensor, frame: FrameType, sites: CallSites) -> None:
        """The gradients of a loss were computed without a `backward()`: a step, where there is none."""
        if not self._goes_backward and self.backwards == self._grads:
            self._record(loss, frame, sites)
            self._grads = self.backwards

    @property
    def _why_no_loss(self) -> str:
        """Why a loop has no loss to draw; empty if there is a loss, or no loop."""
        return "" if self.backwards or self._goes_backward else self._unseen.why

    def _record_all(self, losses: Sequence[torch.Tensor], frame: FrameType) -> None:
        """Record what `torch.autograd.backward()` was called with: one step, also of several losses."""
        if len(losses) == 1:
            self._record(losses[0], frame, self._function_sites)
            return
        site = self._function_sites.of(frame)
        if not self._recording or site is None or any(_numel(loss) != 1 for loss in losses):
            return
        if self._accelerated and is_capturing():
            return
        log = self._backward_log
        self._flushed = log.flush_to_series(self._flushed) + 1
        self._has_one_caller, log.only = False, None
        is_heard, items = self._validation.is_listening, list[CallSite]()
        for place, loss in enumerate(losses):
            value_of = self._scaled_losses.original_of(loss)
            item = self._function_sites.of(frame, place)
            assert item is not None
            source = self._source_at(item, self._scaled_losses.is_by_scaler(loss, value_of))
            self._add(source.series, self._flushed, value_of)
            self._may_be_validated(frame, item, source)
            items.append(item)
        self._sums[site] = items
        self._check_clock(losses[0], frame)
        if is_heard:
            self._validation.went_backward(*losses)
        log.close()

    def _add(self, series: SeriesBuffer, step: int, loss: torch.Tensor) -> None:
        """Add a loss to a series without waiting for its device."""
        if self._accelerated and not _is_cpu(loss):
            series.defer(step, loss)
        elif (value := number(loss)) is not None:
            series.add(step, value)  # type: ignore[arg-type]

    def _record(self, loss: torch.Tensor, frame: FrameType, sites: CallSites | None = None) -> None:
        """Record a loss that the log has no room for, or whose call site it does not know.

        Args:
            loss: What goes backward.
            frame: The frame that calls it.
            sites: Makes the call site; that of the method if None.
        """
        if not self._recording or _numel(loss) != 1 or (self._accelerated and is_capturing()):
            return
        is_heard = self._validation.is_listening
        value_of = self._scaled_losses.original_of(loss)
        is_scaled, log = self._scaled_losses.is_by_scaler(loss, value_of), self._backward_log
        source = self._source_of(frame, sites or self._sites, is_scaled)
        # A module that the code imports may call it too.
        if self._has_one_caller and (len(self._sources) != 1 or source.code is not frame.f_code):
            self._has_one_caller = False
        only = source if self._has_one_caller else None
        if only is not log.only:
            self._flushed = log.flush_to_series(self._flushed)
            log.only = only
        value: object = None
        waits = self._accelerated and not _is_cpu(value_of)
        if not waits:
            with suppress(RuntimeError):  # a tensor on the meta device has no value
                value = _item(value_of)
        if type(value) is float:
            log.values.append(value)
            log.sources.append(source)
        else:
            self._flushed = log.flush_to_series(self._flushed) + 1
            if waits:
                # Reading it now would make the loop wait. The copy is safe from what the loop does next.
                source.series.defer(self._flushed, value_of)
        self._check_clock(loss, frame)
        if only is not None:
            self._optimizers.rest()
        log.room = len(log.values) + self._stride - 1
        log.unchecked_room = 0 if only is None or self.before_backward or self.after_backward else log.room
        if is_heard:
            self._validation.went_backward(loss)
        if self._validation.is_listening:
            log.close()

    def _scaled(self, scaled: object, losses: object) -> None:
        """A GradScaler has scaled losses."""
        if not self._recording:
            return
        if self._scaled_losses.add(scaled, losses):
            self._backward_log.close()  # what goes backward next has another value than the loss

    def _check_clock(self, loss: torch.Tensor, frame: FrameType) -> None:
        """Begin an epoch and publish an event, if it is time to; then decide how many steps are only counted."""
        step = self.backwards
        if self._epochs.pending:
            self._validation.trained_with(self._epochs.went_backward(step))
        now = self._clock()
        self._last_read = (step, now)
        took = now - self._published_at
        if took >= _SHORTEST:
            steps = (step - self._published[0]) * self._interval / took
            few = min(int(steps / _FEW_READS), _FEW)
            self._stride = min(max(int(steps / _CLOCK_READS), few, 1), _UNCHECKED)
        if now < self._due:
            if len(self._backward_log.values) >= POINTS:
                self._flushed = self._backward_log.flush_to_series(self._flushed)
            return
        late = now - self._due
        self._due = now + self._interval - (late if late < self._interval else 0.0)
        self._published_at = now
        self._optimizers.went_backward(loss, step)
        for call in self.in_the_loop:
            with suppress(Exception):
                call(frame)
        began = self._clock()
        self._flush()
        self._interval = min(max((self._clock() - began) / SHARE, INTERVAL), LONGEST)

    def _call_site(self, frame: FrameType) -> CallSite | None:
        """Return where a `backward()` is called that is about to begin; None outside of a run."""
        return self._sites.of(frame) if self._recording else None

    def _function_site(self, frame: FrameType) -> CallSite | None:
        """Return where a `torch.autograd.backward()` is called that is about to begin; None outside of a run."""
        return self._function_sites.of(frame) if self._recording else None

    def _source_of(self, frame: FrameType, sites: CallSites, is_scaled: bool = False) -> SiteLosses:
        """Return where a loss comes from, which a GradScaler may have scaled; the log knows it from now on."""
        key = (id(frame.f_code), frame.f_lasti)
        source = self._by_instruction.get(key)
        if source is None:
            source = self._source_at(site := sites.of(frame), is_scaled)
            self._may_be_validated(frame, site, source)
            if (
                source.code is not frame.f_code
            ):  # by way of PyTorch: the same instruction there is called from many here
                return source
            self._by_instruction[key] = source
        self._backward_log.known[frame.f_lasti] = source
        return source

    def _may_be_validated(self, frame: FrameType, site: CallSite | None, source: SiteLosses) -> None:
        """Listen, the first time, for what is computed without gradients like the losses of a call site."""
        if site is not None and site not in self._seen:
            self._seen.add(site)
            text = "" if self._validation.is_on else "".join(getlines(site.file))
            self._validation.new_loss(frame, source.series.name, text)

    def _source_at(self, site: CallSite | None, is_scaled: bool) -> SiteLosses:
        source = self._sources.get(site)
        if source is None:
            if len(self._sources) >= MOST:  # code that is compiled again in every step
                self._flushed = self._backward_log.flush_to_series(self._flushed)
                self._book.merge_buffers()
                self._sources.clear()
                self._by_instruction.clear()
                self._sums.clear()
                self._backward_log.known.clear()
            name = "loss" if site is None else site.name
            if site is not None and is_scaled:
                name = argument_of(site.expression, "scale") or name
            buffer = self._book.losses(name)
            source = self._sources[site] = SiteLosses(site, None if site is None else site.code, buffer)
            self._on_new()
        return source

    def _pass_begun(self, iterator: Any, dataset: Any) -> None:
        if self._recording:
            self._validation.pass_begun(iterator, dataset)
        # A pass under no_grad does not train.
        if self._recording and torch.is_grad_enabled():
            self._epochs.begun(iterator)
            self._check_next_step()

    def look_at_common_steps(self) -> None:
        """Look at gradients at steps at which other processes do that train together with this one."""
        self._optimizers.common_steps = CommonSteps()

    def _on_new(self) -> None:
        """A call site or an optimizer is new in this run."""
        self._check_next_step()
        for call in self.something_new:
            call()

    def _check_next_step(self) -> None:
        """Read the clock at the next step: another loop has begun, perhaps a slower one."""
        self._backward_log.close()

    def _flush(self, *, wait: bool = False) -> None:
        self._flushed = self._backward_log.flush_to_series(self._flushed)
        self._optimizers.put_into(self._book)
        self._validation.put_into(self._book)
        taken = self._book.take_apart(wait=wait)
        by_site = {
            site: taken[source.series].points
            for site, source in self._sources.items()
            if site is not None and source.series in taken
        }
        for site, items in self._sums.items():
            if parts := [by_site.pop(item) for item in items if item in by_site]:
                by_site[site] = added(parts)
        for call in self.losses_taken:
            call(by_site)
        self._published = (self.backwards, self._optimizers.steps)
        step, now = self._last_read
        if self._speed_from is None:
            self._speed_from = self._last_read
        elif now - self._speed_from[1] >= _SHORTEST:
            self._speed = (step - self._speed_from[0]) / (now - self._speed_from[1])
            self._speed_from = self._last_read
        self._publish(
            TrainingProgress(
                step=self.backwards,
                series=joined(taken),
                epoch=self._epochs.count,
                epoch_starts=self._epochs.take_starts(),
                learning_rate=self._optimizers.learning_rate,
                optimizer_steps=self._optimizers.steps,
                steps_per_second=self._speed,
                why_no_loss=self._why_no_loss,
            )
        )
