"""What a run's optimizers do: their learning rates, and the norm of the gradients that they step by."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from itertools import islice
from types import FrameType
from typing import Any
from weakref import ReferenceType, ref

import torch
from torch.optim.optimizer import register_optimizer_step_post_hook

from tui_torch.probe.autograd.saved_tensors import operations
from tui_torch.probe.isolation.time_budget import TimeBudget
from tui_torch.probe.isolation.undisturbed import unobserved
from tui_torch.probe.source.call_sites import called_on, caller
from tui_torch.probe.source.names_in_scope import functions, local_names
from tui_torch.probe.training.series import SeriesBook, SeriesBuffer
from tui_torch.probe.values.elements import Base, grad_of
from tui_torch.probe.values.scalars import number
from tui_torch.probe.values.short_repr import class_name

SHARE = 0.001
"""Norms of gradients may take this part of the run's time."""
_STEADY = 64
"""After so many ordinary steps, one for each step of the loop, they need not be heard."""
_OPTIMIZERS = 64
"""So many optimizers are told apart."""
_NODES = 1000
"""Where no optimizer steps, the leaves are looked for in graphs of so many operations."""
_DEVICE_BYTES = 1e12
"""Bytes a second that an accelerator is taken to read: its time does not show on our clock."""


@dataclass(slots=True)
class _Known:
    """One optimizer that stepped in this run. It is not kept alive."""

    optimizer: ReferenceType[Any]
    variable: str
    others: bool
    """Whether other variables held other optimizers when this one stepped first."""
    rates: SeriesBuffer = field(default_factory=lambda: SeriesBuffer("learning rate", ""))
    norms: SeriesBuffer = field(default_factory=lambda: SeriesBuffer("gradient norm", ""))
    rate: float | None = None
    """The rate at the last step; None when it is no plain number."""
    steps: int = 0
    """How often it stepped."""
    step: int = 0
    """When it stepped last."""
    told: int = 0
    """The step of its last point."""
    round: int = 0
    """In which round of sampling its gradients were last looked at."""


@dataclass(slots=True)
class _Usual:
    """What makes a step an ordinary one: the same optimizer as in the step before, with the same object as its rate."""

    optimizer: int = 0
    rate: object = None
    steps: int = 0
    """Calls of step(), the others too."""


class Optimizers:
    """The optimizers of one run, each under the variable that holds it.

    A learning rate gets a point when it changes and at each event, a gradient norm gets at most one at each event.
    The series are `lr` and `gradient norm` as long as one variable holds all that step, or else `opt_d.lr` and
    `opt_d gradient norm`.

    Between `listen()` and `stop()`, every step of an optimizer is heard; or, once it goes on steadily and is asked to
    `look_on()`, only now and then.
    """

    def __init__(
        self,
        step: Callable[[], int] = lambda: 1,
        met: Callable[[], None] = lambda: None,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        """`step` tells how many steps the loop has done; `met` is called when another optimizer steps."""
        self.stepped = self._listener()
        """PyTorch's hook: an optimizer has stepped, in the frames around this one. Raises nothing."""
        self._unhook: Callable[[], None] | None = None
        self._resting_since: int | None = None
        """The step of the loop whose optimizer's step was the first that was not heard."""
        self._looks = 0
        self._heard = (0, 0, 0)
        """The steps of optimizers, the loop's, and the looks there had been when it last began to tell how steady
        they are."""
        self._step = step
        self._met = met
        self._known: dict[int, _Known] = {}
        self._last: _Known | None = None
        self._counted = 0
        self._prefixes: dict[str, str] = {}
        self._round = 0
        self._allowance = TimeBudget(SHARE, clock=clock)
        self._free = SeriesBuffer("gradient norm", "gradient norm")

    @property
    def learning_rate(self) -> float | None:
        """Of the first parameter group of the optimizer that stepped last."""
        return None if self._last is None else self._rate_at_step(self._last)

    @property
    def steps(self) -> int:
        """Calls of step(); of those that were not heard, as many as the loop had steps."""
        return self._usual.steps + (0 if self._resting_since is None else self._step() - self._resting_since)

    def listen(self) -> None:
        """Hear of every step from now on. A second call changes nothing."""
        if self._unhook is None:
            self._usual.steps, self._resting_since = self.steps, None
            self._heed()
            self._unhook = register_optimizer_step_post_hook(self.stepped).remove

    def stop(self) -> None:
        """Hear of no more steps. A second call changes nothing."""
        if self._unhook is not None:
            self._unhook()
            self._unhook = None

    def look_on(self) -> None:
        """To be called now and then, just after a `backward()`: go on without hearing of steps that are all alike, and
        hear of them again once the learning rate is another."""
        if self._unhook is not None:
            steps, step, looks = self._heard
            heard = self.steps - steps
            if heard >= _STEADY and heard == self._step() - step and self._looks <= looks + 1:
                self.stop()
                self._resting_since = self._step()
        elif self._resting_since is not None:
            optimizer = None if self._last is None else self._last.optimizer()
            if optimizer is None or optimizer.param_groups[0]["lr"] is not self._usual.rate:
                self.listen()

    def _heed(self) -> None:
        self._heard = (self.steps, self._step(), self._looks)

    def _listener(self) -> Callable[..., None]:
        self._usual = usual = _Usual()
        look_at = self._look_at

        # In every step of the loop: most of them are ordinary, and only counted.
        def stepped(optimizer: torch.optim.Optimizer, args: Any = (), kwargs: Any = None) -> None:
            try:
                if id(optimizer) != usual.optimizer or optimizer.param_groups[0]["lr"] is not usual.rate:
                    look_at(optimizer)
            except Exception:  # an optimizer of the learner's own that keeps no rate
                pass
            usual.steps += 1

        return stepped

    def _look_at(self, optimizer: torch.optim.Optimizer) -> None:
        step = self._step()
        self._looks += 1
        self._settle(step)
        self._counted = self.steps + 1
        known = self._known.get(id(optimizer))
        if known is None or known.optimizer() is not optimizer:
            known = _Known(ref(optimizer), *variable_of(optimizer, sys._getframe(1)))
            self._known[id(optimizer)] = known
            self._met()
        self._last = known
        known.step = step
        known.steps += 1
        rate = optimizer.param_groups[0]["lr"]
        self._usual.optimizer, self._usual.rate = id(optimizer), rate
        self._change(known, step, rate)
        if known.round != self._round:
            known.round = self._round
            if self._allowance.permits():
                gradients = (grad for group in optimizer.param_groups for grad in map(grad_of, group["params"]))
                self._sample(known.norms, step, gradients)

    def _settle(self, step: int) -> None:
        """Enter the ordinary steps, up to now, that were only counted."""
        uncounted = self.steps - self._counted
        if uncounted and self._last is not None:
            self._last.steps += uncounted
            self._last.step = step
        self._counted = self.steps

    def went_backward(self, loss: torch.Tensor, step: int) -> None:
        """A `backward()` came; worth calling at events only. Where no optimizer steps, the weights are changed by hand,
        and the gradients are those of the leaves of the loss's graph."""
        if not self.steps and step > 1 and self._allowance.permits():
            with unobserved():
                root = Base.grad_fn.__get__(loss)
                nodes = islice(operations(root) if root is not None else (), _NODES)
                leaves = [node.variable for node in nodes if class_name(node) == "AccumulateGrad"]
            self._sample(self._free, step, map(grad_of, leaves))

    def tell(self, book: SeriesBook, *, over: bool = False) -> None:
        """Put into the book what has come since the last call, and sample gradients again from now on. What the series
        of the first optimizer are called may take another step of it, unless the run is `over`."""
        if self._resting_since is not None:
            if over:  # the last one, too, has had its step
                self._usual.steps += 1
            self.listen()
        self._heed()
        self._settle(self._step())
        self._round += 1
        self._usual.optimizer = 0  # the next step is looked at
        alive = {key: known for key, known in self._known.items() if known.optimizer() is not None}
        for known in self._known.values():
            if known.told < known.step and (rate := self._rate_at_step(known)) is not None:
                known.rates.add(known.step, rate)
                known.told = known.step
        self._name_variables(over)
        for known in self._known.values():
            prefix = self._prefixes.get(known.variable)
            if prefix is None:
                continue
            known.rates = _kept(book, known.rates, f"{prefix}.lr" if prefix else "lr")
            known.norms = _kept(book, known.norms, f"{prefix} gradient norm" if prefix else "gradient norm")
        self._free = _kept(book, self._free, "gradient norm")
        self._known = alive if len(alive) <= _OPTIMIZERS else {}

    def _name_variables(self, over: bool) -> None:
        """Decide what the series of variables that are new are called: for good, since others know them by it."""
        new = {known.variable: known for known in self._known.values() if known.variable not in self._prefixes}
        if len(new) == 1 and not self._prefixes:
            (only,) = new.values()
            if not (over or only.others or only.steps > 1):
                return  # perhaps the first of two: once it steps again, all have had their turn
            self._prefixes[only.variable] = only.variable if only.others else ""
        else:
            self._prefixes.update({variable: variable for variable in new})

    def _change(self, known: _Known, step: int, rate: object) -> None:
        if type(rate) is not float and type(rate) is not int:
            known.rate = None
            return
        if rate == known.rate:
            return
        if known.rate is not None and known.told < step - 1:
            # Between two points, a chart draws a straight line: the old rate was there until now.
            known.rates.add(step - 1, known.rate)
        known.rate, known.told = float(rate), step  # type: ignore[arg-type]
        known.rates.add(step, known.rate)

    def _rate_at_step(self, known: _Known) -> float | None:
        """The rate of an optimizer's last step; of one that keeps it in a tensor, what that holds now."""
        optimizer = known.optimizer()
        if known.rate is not None or optimizer is None:
            return known.rate
        rate = number(optimizer.param_groups[0].get("lr"))
        return float(rate) if rate is not None else None

    def _sample(self, series: SeriesBuffer, step: int, gradients: Iterable[torch.Tensor | None]) -> None:
        with self._allowance.spending(), unobserved():
            norms: dict[torch.device, list[torch.Tensor]] = {}
            for gradient in gradients:
                if gradient is None:
                    continue
                if Base.is_sparse.__get__(gradient):
                    gradient = Base.values(Base.coalesce(gradient))
                device = Base.device.__get__(gradient)
                norms.setdefault(device, []).append(_norm(Base.detach(gradient)))
                if not Base.is_cpu.__get__(gradient):
                    self._allowance.charge(Base.numel(gradient) * Base.element_size(gradient) / _DEVICE_BYTES)
            totals = [_norm(torch.stack(of_device)) for of_device in norms.values()]
            if len(totals) > 1:  # on several devices: their sum is worth a wait
                series.add(step, sum(total.item() ** 2 for total in totals) ** 0.5)
            elif totals and Base.is_cpu.__get__(totals[0]):
                series.add(step, totals[0].item())
            elif totals:
                series.defer(step, totals[0])


def _kept(book: SeriesBook, series: SeriesBuffer, name: str) -> SeriesBuffer:
    """A series of that name, in the book once there is something in it; out of it when the book is full."""
    series.name = name
    return series if not series.grew else book.adopt(series) or series


def _norm(tensor: torch.Tensor) -> torch.Tensor:
    half = Base.element_size(tensor) < 4
    return torch.linalg.vector_norm(tensor, dtype=torch.float32 if half else None)


def variable_of(optimizer: torch.optim.Optimizer, frame: FrameType | None) -> tuple[str, bool]:
    """The name of the variable that holds an optimizer, seen from the frame that called its step(), and whether others
    hold other optimizers. A global name comes first: a function's own is the same for all that it is given."""
    frame = caller(frame)
    name: str | None = None
    others = False
    if frame is not None:
        for names in (frame.f_globals, *map(local_names, reversed(tuple(functions(frame))))):
            for held, value in tuple(names.items()):
                if held.startswith("_") or not issubclass(type(value), torch.optim.Optimizer):
                    continue
                if value is not optimizer:
                    others = True
                elif name is None:
                    name = held
        if name is None and (expression := called_on(frame.f_code, frame.f_lasti, "step")) is not None:
            name = expression.removeprefix("self.")
    return name or class_name(optimizer), others
