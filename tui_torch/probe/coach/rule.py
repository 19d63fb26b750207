"""What every rule is given to look at, and how it says what it found."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from types import FrameType
from typing import Any
from weakref import ref

import torch

from tui_torch.probe.coach.loss_curve import LossCurve
from tui_torch.probe.coach.loss_graph import LossGraph
from tui_torch.probe.source.lines import Source
from tui_torch.probe.source.names_in_scope import Names
from tui_torch.protocol.events import Note

Optimizer = torch.optim.Optimizer


@dataclass(slots=True)
class Site:
    """A place in the code where `backward()` is called."""

    line: int
    expression: str
    """What it is called on: `loss`."""
    count: int = 0
    first: int = 0
    """The number of the run's `backward()` that was its first."""
    last: int = 0
    lately: int = 0
    """How often it was heard of when the watcher listened last."""
    keeps: object = None
    """What must stay alive so that the site is not taken for another."""


@dataclass(slots=True)
class Stepper:
    """An optimizer that stepped in this run."""

    of: ref[Optimizer]
    kind: str
    """The name of its class."""
    name: str
    line: int | None
    """Where `step()` was called first."""
    held: frozenset[int]
    """The ids of its parameters."""
    size: int
    steps: int = 0
    last: int = 0
    """The number of the run's last `backward()` before its last step."""
    lately: int = 0
    """How often it was heard of when the watcher listened last."""
    looks: int = 0
    fed: int = 0
    """At how many looks a parameter had a gradient."""
    is_patched: bool = False
    """A learning rate scheduler has its `step` wrapped."""
    by_closure: bool = False
    rate: float | None = None
    backwards_before: int = 0
    """How many `backward()` there had been at its first step."""


@dataclass(slots=True)
class Look:
    """One `backward()` that is looked at closely, before and after it runs."""

    loss: torch.Tensor
    site: Site
    number: int
    """Of the run's `backward()` calls, counted from 1."""
    unseen: int
    """How many before it were not looked at."""
    frame: FrameType
    names: Names
    graph: LossGraph
    tracked: list[torch.Tensor]
    """Leaves that are worth following."""
    source: Source


@dataclass(slots=True)
class Step:
    """A `step()` of an optimizer that is looked at, before it runs."""

    optimizer: Optimizer
    stepper: Stepper
    names: Names
    is_fed: bool
    """Whether any of its parameters has a gradient."""


@dataclass(slots=True)
class Facts:
    """What is known of a run when it is over, or when it cannot wait that long."""

    source: Source
    names: Names
    sites: list[Site] = field(default_factory=list[Site])
    steppers: list[Stepper] = field(default_factory=list[Stepper])
    curve: LossCurve = field(default_factory=LossCurve)
    backwards: int = 0
    unseen: int = 0
    """How many of them were not looked at."""

    def site_of(self, step: int) -> Site | None:
        """Where a loss came from."""
        within = [site for site in self.sites if site.first <= step <= site.last]
        return within[0] if within else None


class Rule:
    """One family of mistakes. Whatever it raises is silence."""

    def look(self, look: Look) -> None:
        """A `backward()` is about to run."""

    def looked(self, look: Look) -> None:
        """It has run."""

    def step(self, step: Step) -> None:
        """An optimizer is about to step."""

    def quiet(self, frame: FrameType, names: Names) -> None:
        """Gradients were just switched off by a line of the learner's."""

    def urgent(self, facts: Facts) -> Iterator[Note]:
        """What cannot wait until the run is over; asked at each event of the recorder."""
        return iter(())

    def notes(self, facts: Facts) -> Iterator[Note]:
        """What there is to say when the run is over."""
        return iter(())


def is_tensor(value: Any) -> bool:
    return issubclass(type(value), torch.Tensor)
