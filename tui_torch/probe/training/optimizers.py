"""What a run's optimizers do: their learning rates, and the norm of the gradients that they step by."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import islice
from types import FrameType
from typing import Any
from weakref import ReferenceType, ref

import torch

from tui_torch.probe.autograd.saved_tensors import operations
from tui_torch.probe.isolation.optimizer_hooks import after_optimizer_step
from tui_torch.probe.isolation.time_budget import TimeBudget
from tui_torch.probe.isolation.undisturbed import unobserved
from tui_torch.probe.source.call_sites import called_on
from tui_torch.probe.source.frame_locals import local_names
from tui_torch.probe.source.names_in_scope import functions
from tui_torch.probe.training.norms.common_steps import CommonSteps
from tui_torch.probe.training.norms.gradient_norms import GradientNorms, LayerNorms
from tui_torch.probe.training.norms.layer_names import layer_names
from tui_torch.probe.training.series import SeriesBook, SeriesBuffer
from tui_torch.probe.training.wrapped_optimizers import is_same_optimizer, outside_of_wrappers
from tui_torch.probe.values.elements import Base, grad_of
from tui_torch.probe.values.scalars import number
from tui_torch.probe.values.short_repr import class_name

SHARE = 0.001
"""The part of the run's time that computing norms of gradients may take."""
FIRST_FREE = 8
"""Number of optimizers whose first norm is computed whatever time it takes."""
_STEADY = 64
"""The number of ordinary steps, one for each step of the loop, after which they need not be heard."""
_OPTIMIZERS = 64
"""Maximum number of optimizers that are told apart."""
_NODES = 1000
"""Maximum number of operations of a graph that is searched for its leaves, where no optimizer steps."""
_DEVICE_BYTES = 1e12
"""Assumed speed, in bytes per second, at which an accelerator reads: its time does not show on our clock."""


@dataclass(slots=True)
class _OptimizerSeries:
    """The series of one optimizer that stepped in this run. It is not kept alive."""

    optimizer: ReferenceType[Any]
    variable: str
    """The name of the variable that holds it."""
    is_one_of_several: bool
    """Whether other variables held other optimizers when this one first stepped."""
    rates: SeriesBuffer = field(default_factory=lambda: SeriesBuffer("learning rate", ""))
    norms: SeriesBuffer = field(default_factory=lambda: SeriesBuffer("gradient norm", ""))
    rate: float | None = None
    """The learning rate at the last step; None if it is not a plain number."""
    steps: int = 0
    """The number of its steps."""
    step: int = 0
    """The step of the loop at which it stepped last."""
    rate_step: int = 0
    """The step of the loop of its last point in `rates`."""
    round: int = 0
    """The round of sampling in which its gradients were last looked at."""
    layers: LayerNorms | None = None
    """The norms of the layers that it steps, as its parameters were at the last sample."""


@dataclass(slots=True)
class _OrdinaryStep:
    """What makes a step an ordinary one: the same optimizer as in the step before, with the same object as its rate."""

    optimizer: int = 0
    """The optimizer's id; 0 if the next step is not ordinary."""
    rate: object = None
    steps: int = 0
    """The number of calls of `step()`, ordinary or not."""


class Optimizers:
    """The optimizers of one run, each under the variable that holds it.

    A learning rate gets a point when it changes and at each event, a gradient norm gets at most one at each event.
    The series are `lr` and `gradient norm` as long as one variable holds all that step, or else `opt_d.lr` and
    `opt_d gradient norm`.

    Between `listen()` and `stop()`, every step of an optimizer is heard. Once the steps are all alike, and `rest()` is
    called, only some of them are.
    """

    def __init__(
        self,
        step: Callable[[], int] = lambda: 1,
        on_new: Callable[[], None] = lambda: None,
        clock: Callable[[], float] = time.perf_counter,
        *,
        by_layer: bool = False,
    ) -> None:
        """Start a run.

        Args:
            step: Gives the number of steps that the loop has done.
            on_new: Is called when an optimizer steps for the first time.
            clock: Gives the time, in seconds.
            by_layer: Whether gradients have a norm for each layer, too, at the same steps.
        """
        self._by_layer = by_layer
        self._namings = 0
        """How often the layers of an optimizer were looked for."""
        self.stepped = self._listener()
        """PyTorch's hook: an optimizer has stepped, in the frames around this one. Raises nothing."""
        self._unhook: Callable[[], None] | None = None
        self._resting_since: int | None = None
        """The step of the loop at which the first step of an optimizer was not heard."""
        self._looks = 0
        """The number of steps that were not ordinary."""
        self._at_last_event = (0, 0, 0)
        """The steps of optimizers, the loop's, and the looks there had been, from which steadiness is counted."""
        self._step = step
        self._on_new = on_new
        self._series: dict[int, _OptimizerSeries] = {}
        """By the optimizer's id."""
        self._latest: _OptimizerSeries | None = None
        self._counted = 0
        """The number of steps that are in `steps` of the series."""
        self._prefixes: dict[str, str] = {}
        """What the names of a variable's series begin with."""
        self._round = 0
        self.common_steps: CommonSteps | None = None
        """At which gradients are looked at, of a process that trains together with others."""
        self._budget = TimeBudget(SHARE, clock=clock)
        self._is_affordable = True
        """Whether the last look that was due was within the budget."""
        self._norms_by_hand = SeriesBuffer("gradient norm", "gradient norm")
        """Where no optimizer steps."""

    @property
    def learning_rate(self) -> float | None:
        """The rate of the first parameter group of the optimizer that stepped last."""
        return None if self._latest is None else self._rate_at_step(self._latest)

    @property
    def steps(self) -> int:
        """The number of calls of `step()`. Those that were not heard count as one for each step of the loop."""
        return self._ordinary.steps + (0 if self._resting_since is None else self._step() - self._resting_since)

    def listen(self) -> None:
        """Listen to every step from now on. A second call changes nothing."""
        if self._unhook is None:
            self._ordinary.steps, self._resting_since = self.steps, None
            self._count_from_here()
            self._unhook = after_optimizer_step(self.stepped)

    def made(self) -> None:
        """Listen, and look at the next step: a new optimizer may have the id of one that is gone."""
        self._ordinary.optimizer = 0
        self.listen()

    def stop(self) -> None:
        """Stop listening. A second call changes nothing."""
        if self._unhook is not None:
            self._unhook()
            self._unhook = None

    def rest(self) -> None:
        """Stop listening to steps that are all alike, and listen again once the learning rate is another.

        For the recorder to call now and then, just after a `backward()`.
        """
        if self._unhook is not None:
            steps, step, looks = self._at_last_event
            heard = self.steps - steps
            if heard >= _STEADY and heard == self._step() - step and self._looks <= looks + 1:
                self.stop()
                self._resting_since = self._step()
        elif self._resting_since is not None:
            optimizer = None if self._latest is None else self._latest.optimizer()
            if optimizer is None or optimizer.param_groups[0]["lr"] is not self._ordinary.rate:
                self.listen()

    def _count_from_here(self) -> None:
        self._at_last_event = (self.steps, self._step(), self._looks)

    def _listener(self) -> Callable[..., None]:
        self._ordinary = ordinary = _OrdinaryStep()
        look_at = self._look_at

        # In every step of the loop: most of them are ordinary, and only counted.
        def stepped(optimizer: torch.optim.Optimizer, args: Any = (), kwargs: Any = None) -> None:
            try:
                if id(optimizer) != ordinary.optimizer or optimizer.param_groups[0]["lr"] is not ordinary.rate:
                    look_at(optimizer)
            except Exception:  # an optimizer of the learner's own that keeps no rate
                pass
            ordinary.steps += 1

        return stepped

    def _look_at(self, optimizer: torch.optim.Optimizer) -> None:
        step = self._step()
        self._looks += 1
        self._count_ordinary(step)
        self._counted = self.steps + 1
        series = self._series.get(id(optimizer))
        if series is None or series.optimizer() is not optimizer:
            series = _OptimizerSeries(ref(optimizer), *variable_of(optimizer, sys._getframe(1)))
            self._series[id(optimizer)] = series
            self._on_new()
        self._latest = series
        series.step = step
        series.steps += 1
        rate = optimizer.param_groups[0]["lr"]
        self._ordinary.optimizer, self._ordinary.rate = id(optimizer), rate
        self._note_rate(series, step, rate)
        if self.common_steps is not None and not self.common_steps.is_chosen(step):
            if series.round != self._round:
                self._ordinary.optimizer = 0  # the next step is looked at, too
        elif series.round != self._round:
            series.round = self._round
            # Each of a few optimizers has a first point, however slow the machine is.
            is_first = series.steps == 1 and len(self._series) <= FIRST_FREE
            is_rare = self.common_steps is not None and self.common_steps.is_rare(step)
            self._is_affordable = is_first or is_rare or self._budget.permits()
            if self._is_affordable:
                parameters = [parameter for group in optimizer.param_groups for parameter in group["params"]]
                if self._by_layer:
                    self._name_layers(series, parameters, sys._getframe(1))
                self._sample(series.norms, step, map(grad_of, parameters), series.layers)

    def _name_layers(self, series: _OptimizerSeries, parameters: Sequence[torch.Tensor], frame: FrameType) -> None:
        """Know the layers of an optimizer, and look for them again where it has other parameters than before."""
        if series.layers is not None and series.layers.count == len(parameters):
            return
        names: list[str] | None = None
        if self._namings < FIRST_FREE:
            self._namings += 1
            with suppress(Exception), unobserved():
                names = layer_names(parameters, frame)
        series.layers = LayerNorms(len(parameters), names)

    def _count_ordinary(self, step: int) -> None:
        """Add the ordinary steps up to now to the optimizer that did them."""
        uncounted = self.steps - self._counted
        if uncounted and self._latest is not None:
            self._latest.steps += uncounted
            self._latest.step = step
        self._counted = self.steps

    def went_backward(self, loss: torch.Tensor, step: int) -> None:
        """Sample the norm of the gradients after a `backward()`, if no optimizer steps: they are those of its leaves.

        For the recorder to call before each event.
        """
        if not self.steps and step > 1 and self._budget.permits():
            with unobserved():
                root = Base.grad_fn.__get__(loss)
                nodes = islice(operations(root) if root is not None else (), _NODES)
                leaves = [node.variable for node in nodes if class_name(node) == "AccumulateGrad"]
            self._sample(self._norms_by_hand, step, map(grad_of, leaves))

    def put_into(self, book: SeriesBook, *, over: bool = False) -> None:
        """Put into the book what has come since the last call, and sample gradients again from now on.

        The names of the first optimizer's series may wait for another step of it, unless the run is `over`.
        """
        if self._resting_since is not None:
            if over:  # the last one, too, has had its step
                self._ordinary.steps += 1
            self.listen()
        self._count_from_here()
        self._count_ordinary(self._step())
        self._round += 1
        if self.common_steps is not None:
            if any(series.round == self._round - 1 for series in self._series.values()):
                self.common_steps.use(was_affordable=self._is_affordable)
            self.common_steps.choose_after(self._step())
        self._ordinary.optimizer = 0  # the next step is looked at
        alive = {key: series for key, series in self._series.items() if series.optimizer() is not None}
        for series in self._series.values():
            if series.rate_step < series.step and (rate := self._rate_at_step(series)) is not None:
                series.rates.add(series.step, rate)
                series.rate_step = series.step
        self._name_variables(over)
        for series in self._series.values():
            if series.layers is not None:
                series.layers.put_into(book)
            prefix = self._prefixes.get(series.variable)
            if prefix is None:
                continue
            series.rates = _in_book(book, series.rates, f"{prefix}.lr" if prefix else "lr")
            series.norms = _in_book(book, series.norms, f"{prefix} gradient norm" if prefix else "gradient norm")
        self._norms_by_hand = _in_book(book, self._norms_by_hand, "gradient norm")
        self._series = alive if len(alive) <= _OPTIMIZERS else {}

    def _name_variables(self, over: bool) -> None:
        """Name the series of new variables, for good: the chart knows them by their names."""
        new = {series.variable: series for series in self._series.values() if series.variable not in self._prefixes}
        if len(new) == 1 and not self._prefixes:
            (only,) = new.values()
            if not (over or only.is_one_of_several or only.steps > 1):
                return  # perhaps the first of two: once it steps again, all have had their turn
            self._prefixes[only.variable] = only.variable if only.is_one_of_several else ""
        else:
            self._prefixes.update({variable: variable for variable in new})

    def _note_rate(self, series: _OptimizerSeries, step: int, rate: object) -> None:
        if type(rate) is not float and type(rate) is not int:
            series.rate = None
            return
        if rate == series.rate:
            return
        if series.rate is not None and series.rate_step < step - 1:
            # Between two points, a chart draws a straight line: the old rate was there until now.
            series.rates.add(step - 1, series.rate)
        series.rate, series.rate_step = float(rate), step  # type: ignore[arg-type]
        series.rates.add(step, series.rate)

    def _rate_at_step(self, series: _OptimizerSeries) -> float | None:
        """Return the rate at an optimizer's last step; if it is kept in a tensor, what the tensor holds now."""
        optimizer = series.optimizer()
        if series.rate is not None or optimizer is None:
            return series.rate
        rate = number(optimizer.param_groups[0].get("lr"))
        return float(rate) if rate is not None else None

    def _sample(
        self,
        series: SeriesBuffer,
        step: int,
        gradients: Iterable[torch.Tensor | None],
        layers: LayerNorms | None = None,
    ) -> None:
        with self._budget.spending(), unobserved():
            norms = GradientNorms(gradients)
            self._budget.charge(norms.bytes_on_devices / _DEVICE_BYTES)
            norms.add_to(series, step)
            if layers is not None:
                layers.add(step, norms)


def _in_book(book: SeriesBook, series: SeriesBuffer, name: str) -> SeriesBuffer:
    """Return the series under that name: in the book if it has points and the book has room, or else outside."""
    series.name = name
    return book.with_room_for(series)


def variable_of(optimizer: torch.optim.Optimizer, frame: FrameType | None) -> tuple[str, bool]:
    """Return the name of the variable that holds an optimizer, and whether others hold other optimizers.

    The names are those that the frame that called `step()` sees. A global name comes first: a function's own is the
    same for every optimizer that it is given.
    """
    frame = outside_of_wrappers(optimizer, frame)
    name: str | None = None
    are_others = False
    if frame is not None:
        for names in (frame.f_globals, *map(local_names, reversed(tuple(functions(frame))))):
            for held, value in tuple(names.items()):
                if held.startswith("_") or not issubclass(type(value), torch.optim.Optimizer):
                    continue
                if not is_same_optimizer(value, optimizer):
                    are_others = True
                elif name is None:
                    name = held
        if name is None and (expression := called_on(frame.f_code, frame.f_lasti, "step")) is not None:
            name = expression.removeprefix("self.")
    return name or class_name(optimizer), are_others
