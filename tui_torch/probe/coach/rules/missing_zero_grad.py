"""Gradients that add up because nothing zeroes them between one update and the next."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from weakref import ref

import torch

from tui_torch.probe.coach.rule import BackwardSnapshot, CoachRule, Facts, SiteRecord, Step
from tui_torch.probe.coach.tensor_stamp import Stamp, elements, stamp
from tui_torch.probe.coach.wording import number
from tui_torch.probe.source.names_in_scope import NamedValues, name_of, name_of_tensor, owner_of
from tui_torch.protocol.events import Note


@dataclass(slots=True)
class _FollowedLeaf:
    """A parameter as a `backward()` left it."""

    of: ref[torch.Tensor]
    state: Stamp
    gradient: Stamp
    gradient_id: int
    unseen: int
    """The number of `backward()` calls before that were not looked at closely."""
    stale: _Accumulation | None = None
    """The `backward()` that added to a gradient that an update had used before."""


@dataclass(slots=True)
class _Accumulation:
    """A `backward()` that added to a gradient that an update had used already."""

    record: SiteRecord
    number: int
    name: str | None
    suggested_fix: str
    own: float
    """The norm of what it added."""
    total: float
    """The norm of the sum."""


class MissingZeroGrad(CoachRule):
    """Finds an update that used a gradient, a `backward()` that added to it, and an update that used the sum.

    Several `backward()` before one update, whose gradients are meant to add up, have no update in between.
    """

    def __init__(self) -> None:
        self._held: dict[int, _FollowedLeaf] = {}
        self._before: dict[int, torch.Tensor] = {}
        self._found: _Accumulation | None = None

    def before_backward(self, snapshot: BackwardSnapshot) -> None:
        self._before = {}
        if self._found is not None:
            return
        for leaf in snapshot.tracked:
            held, gradient = self._held.get(id(leaf)), leaf.grad
            if held is None or held.of() is not leaf:
                continue
            if gradient is None or held.unseen != snapshot.unseen or not _untouched(held, gradient):
                held.stale = None
            elif _moved(held, leaf):
                if held.stale is not None:
                    self._found = held.stale
                    return
                self._before[id(leaf)] = elements(gradient).clone()

    def after_backward(self, snapshot: BackwardSnapshot) -> None:
        if self._found is not None:
            return
        for leaf in snapshot.tracked:
            gradient = leaf.grad
            if gradient is None:
                self._held.pop(id(leaf), None)
                continue
            known = self._held.get(id(leaf))
            state = stamp(gradient)
            stale = known.stale if known is not None and known.of() is leaf else None
            if (before := self._before.get(id(leaf))) is not None:
                own = float(torch.linalg.vector_norm(elements(gradient) - before))
                name, suggested_fix = name_of_tensor(leaf, snapshot.names), _suggested_fix(leaf, snapshot.names)
                stale = _Accumulation(snapshot.record, snapshot.number, name, suggested_fix, own, state.norm)
            self._held[id(leaf)] = _FollowedLeaf(ref(leaf), stamp(leaf), state, id(gradient), snapshot.unseen, stale)

    def before_step(self, step: Step) -> None:
        # Between backward() and step(), gradients may be clipped or unscaled.
        for held in self._held.values():
            leaf = held.of()
            if leaf is not None and leaf.grad is not None and id(leaf) in step.record.held:
                state = stamp(leaf.grad)
                if id(leaf.grad) == held.gradient_id and not state.is_zero:
                    held.gradient = state

    def notes(self, facts: Facts) -> Iterator[Note]:
        found = self._found
        for held in self._held.values():
            leaf = held.of()
            if found is not None or leaf is None or leaf.grad is None or held.stale is None:
                continue
            if held.unseen == facts.unseen and _untouched(held, leaf.grad) and _moved(held, leaf):
                found = held.stale
        if found is None:
            return
        which = f"the gradient of `{found.name}`" if found.name else "a gradient"
        line = facts.source.line(found.record.line)
        yield Note(
            "never-zeroed",
            f"Nothing zeroes the gradients: at step {found.number} `{found.record.site.name}.backward()` added to "
            f"those that an update had used already. There {which} has the norm {number(found.total)}; that of this "
            f"step alone is {number(found.own)}.",
            found.record.line,
            f"{found.suggested_fix}\n{line}" if found.suggested_fix and line else None,
        )


def _untouched(held: _FollowedLeaf, gradient: torch.Tensor) -> bool:
    """Return whether a gradient is still the one that was left, and is not zero."""
    if id(gradient) != held.gradient_id:
        return False
    state = stamp(gradient)
    return not state.is_zero and state.same_numbers(held.gradient)


def _moved(held: _FollowedLeaf, leaf: torch.Tensor) -> bool:
    state = stamp(leaf)
    # PyTorch does not count `w.data -= …`.
    return state.version != held.state.version or not state.same_numbers(held.state)


def _suggested_fix(leaf: torch.Tensor, names: NamedValues) -> str:
    """Return the code that zeroes the gradient, in the learner's names; empty if nothing has a name."""
    for value in list(names.values()):
        if issubclass(type(value), torch.optim.Optimizer) and any(
            parameter is leaf for group in value.param_groups for parameter in group["params"]
        ):
            return f"{name_of(value, names)}.zero_grad()"
    if (owner := owner_of(leaf, names)) is not None:
        return f"{owner}.zero_grad()"
    leaves = [
        name
        for name, value in list(names.items())
        if issubclass(type(value), torch.Tensor) and value.is_leaf and value.grad is not None and name[0] != "_"
    ]
    return f"{' = '.join(f'{name}.grad' for name in leaves[:6])} = None" if leaves else ""
