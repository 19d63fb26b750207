"""The learning rate schedulers of a run: what each is, which optimizer it belongs to, how often it has stepped."""

from __future__ import annotations

import ast
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from types import FrameType
from typing import Any
from weakref import ref

import torch
from torch.optim import lr_scheduler

from tui_torch.probe.isolation.patching import Uninstall, wrap_method
from tui_torch.probe.source.lines import Source

Scheduler = lr_scheduler.LRScheduler

_MOST = 32
"""Maximum number of schedulers of a run that are told apart."""
_MADE_BY = (Scheduler, lr_scheduler.ReduceLROnPlateau, lr_scheduler.SequentialLR, lr_scheduler.ChainedScheduler)
"""The classes with an `__init__` that does not call that of the class above."""


@dataclass(slots=True, eq=False)
class SchedulerRecord:
    """One scheduler that a run made. It is not kept alive."""

    of: ref[Any]
    kind: str
    """The name of its class."""
    line: int | None
    """Where it was made."""
    optimizer: ref[torch.optim.Optimizer] | None
    is_driven: bool = False
    """Whether another scheduler steps it."""
    base: float | None = None
    """The learning rate that it starts from, of the first group."""
    is_counted: bool = True
    """Whether it keeps count of its steps, as all but a `ChainedScheduler` do."""
    steps: int = 0
    """The number of its steps, as last seen."""

    def count(self) -> int:
        """Return how often it has stepped since it was made, as far as is known."""
        scheduler = self.of()
        if scheduler is not None:
            # Public, of every scheduler that counts; each is at 0 once it is made.
            with suppress(AttributeError, TypeError, ValueError):
                self.steps = int(scheduler.last_epoch)
        return self.steps

    def name(self, source: Source) -> str:
        """Return the name that it was given where it was made: `scheduler`, `self.schedule`."""
        for node in source.nodes:
            if isinstance(node, ast.Assign) and node.lineno <= (self.line or 0) <= (node.end_lineno or 0):
                return source.named(node.targets[0])
        return "scheduler"


class SchedulerBook:
    """The schedulers that are made between `listen()` and what it returns."""

    def __init__(self, learners: Callable[[FrameType | None], FrameType | None]) -> None:
        """`learners` gives the innermost frame of the learner's code, from one outwards."""
        self._learners = learners
        self.records: list[SchedulerRecord] = []

    def listen(self) -> list[Uninstall]:
        """Note every scheduler that is made, until what this returns is called."""
        return [wrap_method(cls, "__init__", self._noting) for cls in _MADE_BY]

    def _noting(self, original: Callable[..., Any]) -> Callable[..., Any]:
        def __init__(scheduler: Any, *args: Any, **kwargs: Any) -> None:  # noqa: N807
            original(scheduler, *args, **kwargs)
            with suppress(Exception):  # the learner's loop goes on, whatever is wrong here
                self._note(scheduler, args, kwargs, sys._getframe(1))

        return __init__

    def _note(self, scheduler: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any], frame: FrameType) -> None:
        if len(self.records) >= _MOST or any(record.of() is scheduler for record in self.records):
            return
        inside = [one for given in (*args, *kwargs.values()) if type(given) in (list, tuple) for one in given]
        for record in self.records:
            record.is_driven |= any(record.of() is one for one in inside)
        place = self._learners(frame)
        optimizer = getattr(scheduler, "optimizer", None)
        self.records.append(
            SchedulerRecord(
                ref(scheduler),
                type(scheduler).__name__,
                None if place is None else place.f_lineno,
                ref(optimizer) if isinstance(optimizer, torch.optim.Optimizer) else None,
                base=_base_of(optimizer),
                is_counted=hasattr(scheduler, "last_epoch"),
            )
        )


def _base_of(optimizer: Any) -> float | None:
    with suppress(AttributeError, IndexError, KeyError, TypeError, ValueError):
        group = optimizer.param_groups[0]
        return float(group.get("initial_lr", group["lr"]))
    return None
