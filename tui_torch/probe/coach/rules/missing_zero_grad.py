"""Gradients that add up because nothing zeroes them between one update and the next."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from weakref import ref

import torch

from tui_torch.probe.coach.fixes import (
    Fix,
    called_where_named,
    inserted_after,
    inserted_before,
    noted,
    statement_at,
)
from tui_torch.probe.coach.rule import BackwardSnapshot, CoachRule, Facts, SiteRecord, Step
from tui_torch.probe.coach.tensor_stamp import Stamp, elements, stamp
from tui_torch.probe.coach.wording import not_called, number
from tui_torch.probe.source.names_in_scope import NamedValues, modules, name_of_tensor, reachable
from tui_torch.protocol.notes import Note

_MOST_CHAINED = 6
"""Number of gradients that one assignment sets to None, at most."""


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
    zeroings: tuple[str, ...]
    """Codes of which each zeroes the gradient, the first one first to be written; none if nothing has a name."""
    own: float
    """The norm of what it added."""
    total: float
    """The norm of the sum."""
    leaf: int
    """The leaf's id."""
    steps: int
    """The number of steps of optimizers before it, of those that were looked at."""
    is_repeated: bool = False
    """Whether the same call added more before the next step: gradients of several batches are meant to add up."""


class MissingZeroGrad(CoachRule):
    """Finds an update that used a gradient, a `backward()` that added to it, and an update that used the sum.

    Several `backward()` before one update, whose gradients are meant to add up, have no update in between.
    """

    def __init__(self) -> None:
        self._held: dict[int, _FollowedLeaf] = {}
        self._before: dict[int, torch.Tensor] = {}
        self._found: _Accumulation | None = None
        self._steps = 0

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
            elif held.stale is not None and held.stale.steps != self._steps:
                # What is left over from before is no matter where only another optimizer steps, as the generator's.
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
                trained = snapshot.graph.leaves
                name, zeroings = name_of_tensor(leaf, snapshot.names), tuple(_zeroings(leaf, snapshot.names, trained))
                stale = _Accumulation(
                    snapshot.record, snapshot.number, name, zeroings, own, state.norm, id(leaf), self._steps
                )
            elif stale is not None and stale.record is snapshot.record:
                stale.is_repeated = True
            self._held[id(leaf)] = _FollowedLeaf(ref(leaf), stamp(leaf), state, id(gradient), snapshot.unseen, stale)

    def before_step(self, step: Step) -> None:
        self._steps += 1
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
        says = (
            f"Nothing zeroes the gradients: at step {found.number} `{found.record.site.call}` added to "
            f"those that an update had used already. There {which} has the norm {number(found.total)}; that of this "
            f"step alone is {number(found.own)}."
        )
        uncalled = (one for one in facts.source.uncalled("zero_grad") if f"{ast.unparse(one)}()" in found.zeroings)
        if (bare := next(uncalled, None)) is not None:
            fix = called_where_named(facts.source, bare)
            yield noted("never-zeroed", f"{says} {not_called(bare)}", bare.lineno, fix)
            return
        yield noted("never-zeroed", says, found.record.line, _fix(found, facts))


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


def _fix(found: _Accumulation, facts: Facts) -> Fix | None:
    """Return code that zeroes before the gradients of an update are computed; after it where several batches add up."""
    backward = statement_at(facts.source, found.record.line, "backward")
    if not found.zeroings or backward is None:
        return None
    if not found.is_repeated:
        return inserted_before(facts.source, backward, found.zeroings[0])
    optimizer = next((one for one in facts.optimizers if found.leaf in one.held and one.line is not None), None)
    step = statement_at(facts.source, optimizer.line or 1, "step") if optimizer is not None else None
    return inserted_after(facts.source, step, found.zeroings[0]) if step is not None else None


def _zeroings(leaf: torch.Tensor, names: NamedValues, trained: Sequence[torch.Tensor]) -> Iterator[str]:
    """Yield codes of which each zeroes the gradient, in the learner's names.

    Args:
        leaf: Whose gradient it is.
        names: What the learner's code calls its values.
        trained: All leaves that the same loss was computed from.
    """
    for name, value in reachable(names):
        if issubclass(type(value), torch.optim.Optimizer) and any(
            parameter is leaf for group in value.param_groups for parameter in group["params"]
        ):
            yield f"{name}.zero_grad()"
    holding = {id(module) for _, module in modules(names) if any(held is leaf for held in module.parameters())}
    for name, value in reachable(names):  # a module may have several names, and each of them may be in the code
        if id(value) in holding:
            yield f"{name}.zero_grad()"
    # All of them, and no other: a tensor that is left over from elsewhere is none of this loop's.
    left = {id(one) for one in trained if one.grad is not None}
    leaves: list[str] = []
    for name, value in list(names.items()):
        if id(value) in left and name[0] != "_":
            left.discard(id(value))
            leaves.append(name)
    if not left and len(leaves) <= _MOST_CHAINED:
        yield f"{' = '.join(f'{name}.grad' for name in leaves)} = None"
        return
    held_together = {id(one) for one in trained}
    for name, value in reachable(names):
        if type(value) in (list, tuple) and {id(one) for one in value} == held_together:
            yield f"for parameter in {name}: parameter.grad = None"
