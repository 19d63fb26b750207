"""Gradients that are exactly 0: an activation is flat for every value of a batch, and nothing before it can learn."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

import torch

from tui_torch.probe.autograd.saved_tensors import inputs
from tui_torch.probe.coach.fixes import Fix, noted, replaced
from tui_torch.probe.coach.loss_calls import nearest
from tui_torch.probe.coach.loss_graph import NODES, Operation, result_shape, saved, through_views
from tui_torch.probe.coach.rule import BackwardSnapshot, CoachRule, Facts, SiteRecord
from tui_torch.probe.coach.spelling import spelled
from tui_torch.probe.coach.tensor_stamp import MOST, stamp
from tui_torch.probe.source.lines import Source, called
from tui_torch.probe.source.names_in_scope import name_of_tensor
from tui_torch.protocol.notes import Note

LOOKS = 5
"""The number of `backward()` calls of which each has to find an activation flat: what one batch shows may be chance."""
_LEAVES = 200
"""Maximum number of leaves that are looked at."""

_ACTIVATIONS = {
    "ReluBackward0": ("relu", "ReLU"),
    "SigmoidBackward0": ("sigmoid", "Sigmoid"),
    "TanhBackward0": ("tanh", "Tanh"),
    "SoftmaxBackward0": ("softmax", "Softmax"),
}


@dataclass(frozen=True, slots=True)
class _Flat:
    """An activation without a slope."""

    kind: str
    shape: tuple[int, ...]
    of_one_column: bool
    """Whether it is a softmax over a single value, which no other batch changes."""
    is_last: bool
    """Whether only arithmetic stands between it and the loss."""
    leaves: tuple[torch.Tensor, ...]
    """What is before it, nearest the activation first."""


@dataclass(slots=True)
class _Dead:
    """What was found at each look at one `backward()`."""

    flat: _Flat
    line: int
    names: list[str]
    """Of the leaves whose gradient was 0 at each look."""
    zero: set[int]
    is_everything: bool
    """Whether no leaf of the loss had another gradient than 0."""
    fix: Fix | None
    since: int
    """The step at which it was found first."""
    had_slope: bool
    """Whether it had a slope before."""
    looks: int = 1


class DeadGradients(CoachRule):
    """Finds an activation that is flat for every value, at each look at a `backward()`."""

    def __init__(self) -> None:
        self._dead: dict[SiteRecord, _Dead | None] = {}
        """By the `backward()`: None if the latest look found a slope."""
        self._now: _Flat | None = None

    def before_backward(self, snapshot: BackwardSnapshot) -> None:
        # A loss of 0 has nothing left to learn.
        self._now = None if bool(snapshot.loss.detach() == 0) else _flat(snapshot)
        if self._now is None:
            self._dead[snapshot.record] = None

    def after_backward(self, snapshot: BackwardSnapshot) -> None:
        flat, self._now = self._now, None
        if flat is None:
            return
        zero = {id(leaf) for leaf in flat.leaves if leaf.grad is not None and stamp(leaf.grad).is_zero}
        had_slope, known = snapshot.record in self._dead, self._dead.get(snapshot.record)
        if known is not None:
            zero &= known.zero
        if not zero:
            self._dead[snapshot.record] = None
            return
        leaves = snapshot.graph.leaves[:_LEAVES]
        everything = all(leaf.grad is not None and stamp(leaf.grad).is_zero for leaf in leaves)
        if known is not None:
            known.zero, known.is_everything, known.looks = zero, known.is_everything and everything, known.looks + 1
            return
        names = [name_of_tensor(leaf, snapshot.names) for leaf in flat.leaves if id(leaf) in zero]
        line, fix = _place(flat, snapshot)
        # What a step has killed is not mended where the activation is.
        fix = None if had_slope else fix
        found = [name for name in names if name]
        self._dead[snapshot.record] = _Dead(flat, line, found, zero, everything, fix, snapshot.number, had_slope)

    def notes(self, facts: Facts) -> Iterator[Note]:
        for dead in self._dead.values():
            if dead is None or (dead.flat.of_one_column and not dead.is_everything):
                continue
            if dead.looks >= LOOKS or dead.flat.of_one_column:
                yield noted("dead-gradients", _says(dead), dead.line, dead.fix)
                return


def _flat(snapshot: BackwardSnapshot) -> _Flat | None:
    """Return the activation without a slope that is nearest the loss; None if there is none."""
    operations = snapshot.graph.operations
    for operation in operations:
        if operation.kind not in _ACTIVATIONS:
            continue
        shape, one_column = result_shape(operation.of) or (), _is_of_one_column(operation)
        if len(shape) < 2 or not (one_column or _has_no_slope(operation)):
            continue
        last = any(
            other.near and any(through_views(parent) is operation.of for parent, _ in inputs(other.of))
            for other in operations
        )
        leaves = _leaves_below(operation)
        return _Flat(operation.kind, shape, one_column, last, leaves) if leaves else None
    return None


def _is_of_one_column(operation: Operation) -> bool:
    if operation.kind != "SoftmaxBackward0":
        return False
    shape, dim = result_shape(operation.of), saved(operation.of, "dim")
    if not shape or not isinstance(dim, int):
        return False
    return shape[dim - 2**64 if dim >= 2**63 else dim] == 1


def _has_no_slope(operation: Operation) -> bool:
    """Return whether every value of the result is where the activation is flat. Large results are looked at in part."""
    result = saved(operation.of, "result")
    if not isinstance(result, torch.Tensor) or result.numel() < 2 or result.is_meta:
        return False
    # Most activations have a slope among their first values.
    flat = result.detach().reshape(-1)
    return all(_are_flat(operation.kind, part) for part in (flat[:64], flat[:MOST], flat))


def _are_flat(kind: str, values: torch.Tensor) -> bool:
    match kind:
        case "ReluBackward0":
            return not bool(values.any())
        case "TanhBackward0":
            return bool((values.abs() == 1).all())
        case _:
            return bool(((values == 0) | (values == 1)).all())


def _leaves_below(operation: Operation) -> tuple[torch.Tensor, ...]:
    leaves: list[torch.Tensor] = []
    waiting, met = [operation.of], {operation.of}
    for node in waiting:
        if type(node).__name__ == "AccumulateGrad":
            leaves.append(node.variable)
            continue
        for parent, _ in inputs(node):
            if parent is not None and parent not in met and len(met) < NODES:
                met.add(parent)
                waiting.append(parent)
    return tuple(leaf for leaf in leaves[:_LEAVES] if not leaf.is_meta)


def _place(flat: _Flat, snapshot: BackwardSnapshot) -> tuple[int, Fix | None]:
    """Return the line of the activation, if there is only one of its kind, or that of the `backward()`; and the fix."""
    source = snapshot.source
    calls = list(source.calls(*_ACTIVATIONS[flat.kind]))
    place = nearest(calls, snapshot.record, source)
    if len(calls) != 1 or not isinstance(place, ast.Call):
        return snapshot.record.line, None
    if flat.of_one_column:
        return place.lineno, _as_sigmoid(place, snapshot)
    if flat.kind != "ReluBackward0":
        return place.lineno, None
    return place.lineno, _without(place, source) if flat.is_last else _leaky(place, snapshot)


def _as_sigmoid(call: ast.Call, snapshot: BackwardSnapshot) -> Fix | None:
    layer = called(call) == "Softmax"
    name = spelled(snapshot.names, "torch.nn.Sigmoid" if layer else "torch.sigmoid")
    scores = None if layer else _given(call, snapshot.source)
    if name is None or not (layer or scores):
        return None
    return replaced(snapshot.source, call, f"{name}({scores or ''})")


def _leaky(call: ast.Call, snapshot: BackwardSnapshot) -> Fix | None:
    layer = called(call) == "ReLU"
    name = spelled(snapshot.names, "torch.nn.LeakyReLU" if layer else "torch.nn.functional.leaky_relu")
    values = None if layer else _given(call, snapshot.source)
    if name is None or not (layer or values):
        return None
    return replaced(snapshot.source, call, f"{name}({values or ''})")


def _without(call: ast.Call, source: Source) -> Fix | None:
    if called(call) == "relu":
        values = _given(call, source)
        return None if values is None else replaced(source, call, values)
    around = next((node for node in source.calls("Sequential") if node.args and node.args[-1] is call), None)
    if around is None:
        return None
    kept = ", ".join(source.named(argument) for argument in around.args[:-1])
    return replaced(source, around, f"{source.named(around.func)}({kept})")


def _given(call: ast.Call, source: Source) -> str | None:
    """Return what an activation is applied to: `h` of `F.relu(h)`, and of `h.relu()`."""
    match call:
        case ast.Call(func=ast.Attribute(value=ast.Name(id="F" | "torch"))) | ast.Call(func=ast.Name()):
            return source.named(call.args[0]) if call.args else None
        case ast.Call(func=ast.Attribute(value=ast.Name() | ast.Call() as value)):
            return source.named(value)
        case _:
            return None


def _says(dead: _Dead) -> str:
    flat, (_, layer) = dead.flat, _ACTIVATIONS[dead.flat.kind]
    first = f"`{dead.names[0].rpartition('.')[0] or dead.names[0]}`" if dead.names else "some layer"
    if flat.of_one_column:
        return (
            f"The gradients are exactly 0, from {first} back: the softmax is taken over one column of "
            f"{list(flat.shape)}, and is 1 whatever the score is. No learning rate changes that. For yes or no, a "
            f"sigmoid goes with one score."
        )
    values = " × ".join(map(str, flat.shape))
    found = {"ReluBackward0": "0", "TanhBackward0": "exactly 1 or -1"}.get(flat.kind, "exactly 0 or 1")
    since = f" since step {dead.since}" if dead.had_slope else ""
    says = (
        f"The gradients are exactly 0, from {first} back: the `{layer}` behind it gives {found} for all {values} "
        f"values, at each of {dead.looks} steps that were looked at{since}, and is flat there. No learning rate "
        f"changes that."
    )
    if dead.had_slope:
        return f"{says} It had a slope before: the steps until then have killed it."
    if flat.kind != "ReluBackward0":
        return f"{says} What goes into it is too large: scale the inputs or the first weights down."
    if flat.is_last:
        return f"{says} Without a `ReLU` at the end, the output can be what the target is."
    moving = "" if dead.is_everything else " Only what comes behind it learns."
    return f"{says}{moving} A `LeakyReLU` has a slope everywhere; or begin with other weights."
