"""What a rule of the coach is called with, and how it says what it found."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import CodeType, FrameType
from typing import Any
from weakref import ref

import torch

from tui_torch.probe.coach.loss_curves import LossCurves
from tui_torch.probe.coach.loss_graph import LossGraph
from tui_torch.probe.coach.schedulers import SchedulerRecord
from tui_torch.probe.coach.trials.rate_trial import RateTrial
from tui_torch.probe.source.call_sites import CallSite
from tui_torch.probe.source.lines import Source
from tui_torch.probe.source.names_in_scope import NamedValues
from tui_torch.probe.training.series import StepValue
from tui_torch.protocol.notes import Note

Optimizer = torch.optim.Optimizer


@dataclass(slots=True, eq=False)
class SiteRecord:
    """What the coach counts of the `backward()` calls that one line of the learner's code makes from one call site."""

    site: CallSite
    line: int
    """The line of the learner's code: that of the call site, or one that calls the function the call site is in."""
    caller: CodeType
    """The learner's code, kept alive so that no other takes its id."""
    first: int
    """The number of its first call among the run's `backward()` calls, counted from 1."""
    count: int = 0
    last: int = 0
    """The number of its last call among the run's `backward()` calls."""
    heard: int = 0
    """The number of calls that the watcher heard since it last woke up."""
    closely_until: int = 0
    """The number of its calls up to which all are looked at closely."""
    leaves: frozenset[int] = frozenset()
    """The ids of the leaves that its latest call filled, of those that were looked at closely."""
    trial: RateTrial | None = None
    """Tries learning rates from the weights before its first call; None if that cannot be done."""
    next_optimizers: list[OptimizerRecord] = field(default_factory=list["OptimizerRecord"])
    """The optimizers that stepped between one of its calls and the next `backward()` of any call site."""


@dataclass(slots=True, eq=False)
class OptimizerRecord:
    """What the coach counts of one optimizer that stepped in this run."""

    of: ref[Optimizer]
    kind: str
    """The name of its class."""
    name: str
    line: int | None
    """Where `step()` was called first."""
    held: frozenset[int]
    """The ids of its parameters."""
    size: int
    """The number of its parameters."""
    steps: int = 0
    last: int = 0
    """The number of `backward()` calls before its last step."""
    heard: int = 0
    """The number of steps that the watcher heard since it last woke up."""
    looks: int = 0
    """The number of steps that were looked at closely."""
    steps_with_gradient: int = 0
    """At how many of these a parameter had a gradient."""
    is_patched: bool = False
    """Whether a learning rate scheduler has wrapped its `step`."""
    by_closure: bool = False
    """Whether `step()` is given a function that computes the loss."""
    rate: float | None = None
    """The learning rate of its first parameter group, at the last step that was looked at closely."""
    backwards_before: int = 0
    """The number of `backward()` calls before its first step."""
    settings: Mapping[str, Any] = field(default_factory=dict[str, Any])
    """Those of its first parameter group, at its first step: `lr`, `momentum`, …"""


@dataclass(slots=True)
class BackwardSnapshot:
    """One `backward()` that is looked at closely, before and after it runs."""

    loss: torch.Tensor
    record: SiteRecord
    number: int
    """Its number among the run's `backward()` calls, counted from 1."""
    unseen: int
    """The number of `backward()` calls before it that were not looked at closely."""
    names: NamedValues
    graph: LossGraph
    """After the `backward()` has run, only its leaves are left."""
    tracked: list[torch.Tensor]
    """The leaves that are followed from step to step."""
    source: Source
    scale: float | None = None
    """What a GradScaler has multiplied the loss by; None if it has not."""


@dataclass(slots=True)
class Step:
    """A `step()` of an optimizer that is looked at closely, before it runs."""

    optimizer: Optimizer
    record: OptimizerRecord
    names: NamedValues
    has_gradient: bool
    """Whether any of its parameters has a gradient."""
    backwards: int
    """The number of `backward()` calls on a scalar before it."""
    is_by_scaler: bool = False
    """Whether a GradScaler calls it."""
    schedulers: tuple[SchedulerRecord, ...] = ()
    """All that the run has made so far."""


@dataclass(frozen=True, slots=True)
class Clipping:
    """A call of `clip_grad_norm_` or `clip_grad_value_`, before it runs."""

    line: int
    names: NamedValues
    parameters: tuple[torch.Tensor, ...] | None
    """What it is given; None if that cannot be told without using it up."""
    is_used_up: bool
    """Whether it is given a generator that has nothing left."""
    limit: float
    """The largest norm, or value, that it leaves."""
    is_of_norm: bool
    backwards: int
    """The number of `backward()` calls before it."""


@dataclass(frozen=True, slots=True)
class Seeding:
    """A call that seeds a generator of random numbers."""

    function: str
    """`torch.manual_seed`"""
    value: int
    line: int
    backwards: int
    """The number of `backward()` calls before it."""
    is_drawn: bool
    """Whether the generator was seeded so before, and numbers were drawn since."""
    for_training: bool
    """Whether gradients were on."""


@dataclass(frozen=True, slots=True)
class LoaderPass:
    """A pass over a DataLoader that has just begun."""

    loader: Any
    line: int
    names: NamedValues
    backwards: int
    """The number of `backward()` calls before it."""


@dataclass(frozen=True, slots=True)
class GradientTaken:
    """A `torch.autograd.grad()` that has returned."""

    outputs: tuple[torch.Tensor, ...]
    inputs: tuple[torch.Tensor, ...]
    gradients: tuple[torch.Tensor, ...]
    makes_graph: bool
    line: int
    names: NamedValues


@dataclass(frozen=True, slots=True)
class AttentionCall:
    """A call of `nn.MultiheadAttention` with a mask of padding, before it runs."""

    key: torch.Tensor
    mask: torch.Tensor
    batch_first: bool
    line: int
    """The innermost line of the learner's code."""
    names: NamedValues


@dataclass(frozen=True, slots=True)
class OwnStateLoaded:
    """A `load_state_dict()` of a module with its own tensors, which steps have changed since they were taken."""

    taken_at: int
    """The line of the `state_dict()` that gave them."""
    line: int
    steps: int
    """The number of steps of optimizers in between."""
    parameters: frozenset[int]
    """The ids of the module's parameters."""
    names: NamedValues


@dataclass(slots=True)
class Facts:
    """What is known of a run when it is over, or at an event while it goes on."""

    source: Source
    names: NamedValues
    sites: list[SiteRecord] = field(default_factory=list[SiteRecord])
    optimizers: list[OptimizerRecord] = field(default_factory=list[OptimizerRecord])
    curves: LossCurves = field(default_factory=LossCurves)
    backwards: int = 0
    """The number of `backward()` calls on a scalar."""
    unseen: int = 0
    """The number of these that were not looked at closely."""
    schedulers: tuple[SchedulerRecord, ...] = ()
    """Those that the run has made."""

    def record_of(self, site: CallSite, step: int) -> SiteRecord | None:
        """Return the record of the call that a loss came from; None if the coach did not hear of it."""
        records = [record for record in self.sites if record.site is site]
        within = [record for record in records if record.first <= step <= record.last]
        return next(iter(within or records), None)

    def losses_of(self, record: SiteRecord) -> list[StepValue]:
        """Return the losses of one record; none if those of another line come in between from the same call site."""
        losses = self.curves.losses.get(record.site, [])
        others = [other for other in self.sites if other.site is record.site and other is not record]
        if not others:
            return losses
        if any(other.first <= record.last and record.first <= other.last for other in others):
            return []
        return [point for point in losses if record.first <= point[0] <= record.last]

    def optimizer_of(self, record: SiteRecord) -> OptimizerRecord | None:
        """Return the optimizer that uses the gradients of a `backward()`; None if none does, or it may be several.

        Of several optimizers, it is the one that steps before the next `backward()`: the last one, if the learner made
        one after another. Where several do so in turns, or none, it is the only one that holds what the call fills.
        """
        if len(self.optimizers) <= 1:
            return next(iter(self.optimizers), None)
        latest = max((optimizer.last for optimizer in record.next_optimizers), default=0)
        following = [optimizer for optimizer in record.next_optimizers if optimizer.last == latest]
        if len(following) == 1:
            return following[0]
        holding = [optimizer for optimizer in self.optimizers if optimizer.held & record.leaves]
        return holding[0] if len(holding) == 1 else None

    def rate_of(self, optimizer: OptimizerRecord | None) -> float | None:
        """Return an optimizer's learning rate; of one among several, that of its last step that was looked at."""
        if optimizer is None or len(self.optimizers) > 1:
            return None if optimizer is None else optimizer.rate
        return self.curves.rate

    def is_contested(self, record: SiteRecord) -> bool:
        """Return whether another loss moves the same weights by another optimizer, as in a GAN.

        Then a loss may rise, or stand still, because the other side learns.
        """
        mine = self.optimizer_of(record)
        return len(self.optimizers) > 1 and any(
            other is not record
            and other.leaves & record.leaves
            and other.first <= record.last
            and record.first <= other.last
            and (mine is None or self.optimizer_of(other) is not mine)
            for other in self.sites
        )


class CoachRule:
    """One family of mistakes. Exceptions are suppressed: a rule that fails says nothing."""

    def before_backward(self, snapshot: BackwardSnapshot) -> None:
        """A `backward()` is about to run."""

    def after_backward(self, snapshot: BackwardSnapshot) -> None:
        """The same `backward()` has run."""

    def before_step(self, step: Step) -> None:
        """An optimizer is about to step."""

    def after_step(self, step: Step, backwards: int) -> None:
        """The same optimizer has stepped; there were so many `backward()` calls by now, those inside the step too."""

    def clipping(self, clipping: Clipping) -> None:
        """Gradients are about to be clipped. Only the first few times are told."""

    def gradients_off(self, frame: FrameType, names: NamedValues) -> None:
        """A line of the learner's has just switched gradients off."""

    def seeded(self, seeding: Seeding) -> None:
        """A generator was seeded. Only the first few times at a line are told."""

    def pass_begun(self, begun: LoaderPass) -> None:
        """A pass over a loader has begun. Only the first few times at a line are told."""

    def gradient_taken(self, taken: GradientTaken) -> None:
        """The learner's code has taken gradients. Only the first few times at a line are told."""

    def own_state_loaded(self, loaded: OwnStateLoaded) -> None:
        """A module is about to be given its own weights as a state. Only the first time at a line is told."""

    def attending(self, call: AttentionCall) -> None:
        """Attention is about to be computed with a mask of padding. Only the first few times are told."""

    def gradients_on(self, frame: FrameType, names: NamedValues) -> None:
        """A block of the learner's without gradients is over; its names are still there."""

    def urgent_notes(self, facts: Facts) -> Iterator[Note]:
        """Notes that cannot wait until the run is over; asked for at each event of the recorder."""
        return iter(())

    def notes(self, facts: Facts) -> Iterator[Note]:
        """Notes on the run, which is over."""
        return iter(())
