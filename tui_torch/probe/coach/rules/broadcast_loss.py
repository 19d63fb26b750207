"""Predictions and targets of different shapes: a loss broadcasts them and compares every one with every other."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from tui_torch.probe.coach.fixes import Fix, noted, replaced
from tui_torch.probe.coach.loss_calls import differences, loss_call, nearest
from tui_torch.probe.coach.loss_graph import Operation, result_shape, saved, through_views
from tui_torch.probe.coach.rule import BackwardSnapshot, CoachRule, Facts, SiteRecord
from tui_torch.probe.source.lines import Source
from tui_torch.protocol.notes import Note

Shape = tuple[int, ...]

_LOSSES = {
    "MseLossBackward0": ("mse_loss", "MSELoss"),
    "SmoothL1LossBackward0": ("smooth_l1_loss", "SmoothL1Loss"),
    "HuberLossBackward0": ("huber_loss", "HuberLoss"),
    "AbsBackward0": ("l1_loss", "L1Loss"),
}
_EXPLICIT = {"UnsqueezeBackward0", "ExpandBackward0", "RepeatBackward0", "IndexBackward0", "AccumulateGrad"}
"""What makes a dimension on purpose, or is not a prediction."""


@dataclass(frozen=True, slots=True)
class _Broadcast:
    line: int
    predicted: Shape
    target: Shape
    fix: Fix | None
    what: str


class BroadcastLoss(CoachRule):
    """Finds a prediction and a target that broadcast, in the first graphs of each call site."""

    def __init__(self) -> None:
        self._found: dict[SiteRecord, _Broadcast] = {}

    def before_backward(self, snapshot: BackwardSnapshot) -> None:
        if snapshot.record.count > 2 or snapshot.record in self._found:
            return
        for operation in snapshot.graph.operations:
            shapes = _in_a_function(operation) if operation.kind in _LOSSES else _in_a_difference(operation)
            if shapes is not None:
                self._found[snapshot.record] = _place(snapshot, operation.kind, *shapes)
                return

    def notes(self, facts: Facts) -> Iterator[Note]:
        said: set[int] = set()
        for found in self._found.values():
            if found.line in said:
                continue
            said.add(found.line)
            result = _broadcast(found.predicted, found.target)
            yield noted(
                "broadcast-loss",
                f"The prediction is {list(found.predicted)} and the target {list(found.target)}: {found.what} "
                f"broadcasts them to {list(result)} and compares every prediction with every target. Give both the "
                f"same shape.",
                found.line,
                found.fix,
            )


def _broadcast(one: Shape, other: Shape) -> Shape:
    length = max(len(one), len(other))
    padded = [(1,) * (length - len(shape)) + shape for shape in (one, other)]
    return tuple(map(max, *padded))


def _in_a_function(operation: Operation) -> tuple[Shape, Shape, int] | None:
    """Return the shapes of prediction and target that a loss function expanded, and which side the target is."""
    node = operation.of
    if operation.kind == "AbsBackward0":
        difference = operation.below()
        if type(difference).__name__ != "SubBackward0":
            return None
        expanded = difference.next_functions[0][0]
        target = result_shape(difference)
        if type(expanded).__name__ != "ExpandBackward0" or target is None or not operation.near:
            return None
        predicted = result_shape(expanded.next_functions[0][0])
        return _complement(predicted, target, 1)
    expanded, target = operation.below(), saved(node, "target")
    if target is None or type(expanded).__name__ != "ExpandBackward0":
        return None
    predicted = result_shape(expanded.next_functions[0][0])
    if predicted is None or predicted == tuple(target.shape):
        return None
    # A dimension that was expanded has the stride 0; those before the first real one were added.
    sizes = [1 if stride == 0 else size for size, stride in zip(target.shape, target.stride(), strict=True)]
    while len(sizes) > 1 and sizes[0] == 1 and target.stride(len(target.shape) - len(sizes)) == 0:
        sizes = sizes[1:]
    return predicted, tuple(sizes), 1


def _complement(predicted: Shape | None, result: Shape, target_at: int) -> tuple[Shape, Shape, int] | None:
    """Return the shapes of a prediction and of the target that gave [n, n] with it; None if it gave another shape."""
    if predicted is None or len(result) != 2 or result[0] != result[1] or result[0] < 2:
        return None
    size = result[0]
    if predicted == (size, 1):
        return predicted, (size,), target_at
    if predicted == (size,):
        return predicted, (size, 1), target_at
    return None


def _in_a_difference(operation: Operation) -> tuple[Shape, Shape, int] | None:
    """Return the shapes of a difference that only arithmetic and a reduction turn into the loss."""
    if operation.kind not in ("SubBackward0", "RsubBackward1") or not operation.near:
        return None
    sides = [operation.below(0), operation.below(1)]
    computed = [node for node in sides if node is not None]
    result = result_shape(operation.of)
    if len(computed) != 1 or result is None:
        return None
    node = computed[0]
    if type(node).__name__ in _EXPLICIT or type(through_views(node)).__name__ == "AccumulateGrad":
        return None
    return _complement(result_shape(node), result, 1 - sides.index(node))


def _place(snapshot: BackwardSnapshot, kind: str, predicted: Shape, target: Shape, target_at: int) -> _Broadcast:
    source = snapshot.source
    turned = _turned(predicted, target)
    if kind in _LOSSES:
        function, cls = _LOSSES[kind]
        call = loss_call(snapshot.names, source, snapshot.record, (function,), (cls,))
        if call is not None:
            fix = _with(source, call.args[1], turned)
            return _Broadcast(call.lineno, predicted, target, fix, f"`{source.named(call.func)}`")
    node = nearest(differences(source), snapshot.record, source)
    if isinstance(node, ast.BinOp):
        side = node.right if target_at else node.left
        return _Broadcast(node.lineno, predicted, target, _with(source, side, turned), f"`{source.named(node)}`")
    return _Broadcast(snapshot.record.line, predicted, target, None, "the loss")


def _turned(predicted: Shape, target: Shape) -> str | None:
    if len(predicted) == len(target) + 1 and predicted[-1] == 1:
        return ".unsqueeze(1)"
    if len(target) == len(predicted) + 1 and target[-1] == 1:
        return ".squeeze(1)"
    return None


def _with(source: Source, node: ast.expr, suffix: str | None) -> Fix | None:
    if suffix is None:
        return None
    text = source.named(node)
    simple = isinstance(node, ast.Name | ast.Attribute | ast.Call | ast.Subscript)
    return replaced(source, node, f"{text if simple else f'({text})'}{suffix}")
