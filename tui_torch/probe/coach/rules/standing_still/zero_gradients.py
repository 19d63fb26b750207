"""Gradients that are exactly 0 at every step, although the loss is not 0: nothing can move."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from weakref import ref

import torch

from tui_torch.probe.coach.fixes import Fix, noted, replaced
from tui_torch.probe.coach.rule import BackwardSnapshot, CoachRule, Facts, SiteRecord
from tui_torch.probe.coach.tensor_stamp import stamp
from tui_torch.probe.coach.wording import listed, times
from tui_torch.probe.source.lines import Source, called
from tui_torch.probe.source.names_in_scope import name_of_tensor
from tui_torch.protocol.notes import Note

ENOUGH = 8
"""The number of `backward()` calls at each of which the gradients have to be 0."""
_LEAVES = 200
"""Maximum number of leaves that are looked at."""
_MOST = 400
"""Maximum number of leaves that are followed."""
_STEPS = {
    "RoundBackward": "round",
    "SignBackward": "sign",
    "FloorBackward": "floor",
    "CeilBackward": "ceil",
    "TruncBackward": "trunc",
}
"""Operations whose result is a staircase, and how they are called."""


@dataclass(slots=True)
class _Still:
    """A leaf that `backward()` filled."""

    of: ref[torch.Tensor]
    name: str | None
    shape: tuple[int, ...]
    record: SiteRecord
    looks: int = 0
    is_still: bool = True
    """Whether its gradient was exactly 0 at each look."""
    is_zero: bool = True
    """Whether all of its own numbers were 0, too."""
    with_all: bool = True
    """Whether all other gradients were 0 then, too."""


class ZeroGradients(CoachRule):
    """Looks whether any gradient is not 0, right after each `backward()`."""

    def __init__(self) -> None:
        self._leaves: dict[int, _Still] = {}
        self._staircase: dict[SiteRecord, str | None] = {}
        self._subtracts: set[SiteRecord] = set()

    def before_backward(self, snapshot: BackwardSnapshot) -> None:
        if snapshot.record in self._staircase:
            return
        kinds = {operation.kind.rstrip("0123456789") for operation in snapshot.graph.operations}
        self._staircase[snapshot.record] = next((name for kind, name in _STEPS.items() if kind in kinds), None)
        if {"SubBackward", "DivBackward", "RsubBackward"} & kinds:
            self._subtracts.add(snapshot.record)

    def after_backward(self, snapshot: BackwardSnapshot) -> None:
        leaves = [leaf for leaf in snapshot.graph.leaves[:_LEAVES] if not leaf.is_meta and leaf.grad is not None]
        # A loss of 0 has nothing left to learn.
        known = [self._leaf(leaf, snapshot) for leaf in leaves]
        if all(one is not None and not one.is_still for one in known):
            return
        is_zero = [leaf.grad is not None and stamp(leaf.grad).is_zero for leaf in leaves]
        everything = all(is_zero) and bool(snapshot.loss.detach() != 0)
        for leaf, one, zero in zip(leaves, known, is_zero, strict=True):
            if one is not None:
                one.looks += 1
                one.is_still &= zero
                one.with_all &= everything
                one.is_zero = one.is_zero and zero and stamp(leaf).is_zero

    def _leaf(self, leaf: torch.Tensor, snapshot: BackwardSnapshot) -> _Still | None:
        known = self._leaves.get(id(leaf))
        if (known is None or known.of() is not leaf) and len(self._leaves) < _MOST:
            name = name_of_tensor(leaf, snapshot.names)
            known = self._leaves[id(leaf)] = _Still(ref(leaf), name, tuple(leaf.shape), snapshot.record)
        return known if known is not None and known.of() is leaf else None

    def notes(self, facts: Facts) -> Iterator[Note]:
        held = {key for optimizer in facts.optimizers for key in optimizer.held}
        still = [leaf for key, leaf in self._leaves.items() if leaf.is_still and leaf.looks >= ENOUGH and key in held]
        pair = _factors(still)
        if pair is not None:
            yield _both_zero(pair, facts)
            return
        alone = [leaf for leaf in still if leaf.with_all]
        if alone:
            record = alone[0].record
            yield self._all_zero([leaf for leaf in alone if leaf.record is record], record, facts)

    def _all_zero(self, leaves: list[_Still], record: SiteRecord, facts: Facts) -> Note:
        names = [leaf.name for leaf in leaves if leaf.name]
        whose = listed(names) if names else times(len(leaves), "parameter")
        says = (
            f"The gradients of {whose} are exactly 0 at each of {min(leaf.looks for leaf in leaves)} steps that were "
            f"looked at, and so are all others: nothing moves, whatever the learning rate is. "
        )
        staircase = self._staircase.get(record)
        if staircase is not None:
            says += (
                f"`{staircase}` is on the way: its result is a staircase, with a slope of 0 everywhere. It belongs "
                f"where the result is measured, not in the loss."
            )
            place = next(facts.source.calls(staircase), None)
            line = record.line if place is None else place.lineno
            return noted("zero-gradients", says, line, None if place is None else _flattened(place, facts.source))
        if record in self._subtracts:
            says += (
                "The loss compares what the weights computed with what the same weights computed, and the two "
                "gradients cancel. One side has to stand still: `detach()` it, or compute it with a `copy.deepcopy()`."
            )
        return noted("zero-gradients", says, record.line)


def _factors(leaves: list[_Still]) -> tuple[_Still, _Still] | None:
    """Return two matrices of one module, all 0, that fit each other as factors."""
    matrices = [leaf for leaf in leaves if leaf.is_zero and len(leaf.shape) == 2 and leaf.name]
    for at, one in enumerate(matrices):
        for other in matrices[at + 1 :]:
            same = (one.name or "").rpartition(".")[0] == (other.name or "").rpartition(".")[0]
            siblings = _stem(one) == _stem(other)
            if (same or siblings) and set(one.shape) & set(other.shape):
                return (one, other) if (one.name or "") < (other.name or "") else (other, one)
    return None


def _stem(leaf: _Still) -> str:
    """Return the name of the module around the layer that a weight is of: `net.lora` of `net.lora.down.weight`."""
    return (leaf.name or "").rpartition(".")[0].rpartition(".")[0] or (leaf.name or "")


def _both_zero(pair: tuple[_Still, _Still], facts: Facts) -> Note:
    one, other = pair
    looks = min(one.looks, other.looks)
    says = (
        f"`{one.name}` and `{other.name}` are all 0, and so are their gradients, at each of {looks} steps that were "
        f"looked at: the gradient of each is multiplied by the other. Both stay 0. Begin with one of them random."
    )
    place = _filled_with_zeros(one, facts.source)
    if place is None:
        return noted("zero-gradients", says, one.record.line)
    return noted("zero-gradients", says, place.lineno, _random(place, facts.source))


def _filled_with_zeros(leaf: _Still, source: Source) -> ast.Call | None:
    """Return the code that makes a matrix of zeros, or fills it with them; None if it cannot be told."""
    own = (leaf.name or "").rpartition(".")[2]
    layer = (leaf.name or "").rpartition(".")[0].rpartition(".")[2]
    for node in source.nodes:
        match node:
            case ast.Assign(targets=[ast.Attribute(attr=attribute)], value=value) if attribute == own:
                zeros = [one for one in ast.walk(value) if isinstance(one, ast.Call) and called(one) == "zeros"]
                if len(zeros) == 1:
                    return zeros[0]
            case ast.Call(args=[ast.Attribute() as filled]) if called(node) == "zeros_":
                text = ast.unparse(filled)
                if text.endswith((f".{own}", f".{layer}.{own}")) and (own != "weight" or f"{layer}.weight" in text):
                    return node
            case _:
                pass
    return None


def _random(place: ast.Call, source: Source) -> Fix | None:
    if called(place) == "zeros_":
        function = source.named(place.func).removesuffix("zeros_") + "normal_"
        return replaced(source, place, f"{function}({source.named(place.args[0])}, std=0.1)")
    if any(isinstance(one, ast.Starred) for one in place.args) or len(place.args) != 2:
        return None
    function = source.named(place.func).removesuffix("zeros") + "randn"
    arguments = ", ".join(source.named(one) for one in (*place.args, *place.keywords))
    return replaced(source, place, f"0.1 * {function}({arguments})")


def _flattened(place: ast.Call, source: Source) -> Fix | None:
    """Return code without the staircase: `x` of `torch.round(x)` and of `x.round()`."""
    match place:
        case ast.Call(func=ast.Attribute(value=ast.Name(id="torch")), args=[inner], keywords=[]):
            return replaced(source, place, source.named(inner))
        case ast.Call(func=ast.Attribute(value=inner), args=[], keywords=[]):
            return replaced(source, place, source.named(inner))
        case _:
            return None
