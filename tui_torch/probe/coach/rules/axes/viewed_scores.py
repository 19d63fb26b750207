"""Scores of shape [N, C, …] whose classes `view(-1, C)` was to move to the end: it moves no axis."""

from __future__ import annotations

import ast
import math
from collections.abc import Iterator
from typing import Any

from tui_torch.probe.autograd.saved_tensors import inputs
from tui_torch.probe.coach.fixes import noted, replaced
from tui_torch.probe.coach.loss_graph import result_shape
from tui_torch.probe.coach.rule import BackwardSnapshot, CoachRule, Facts
from tui_torch.probe.source.lines import Source
from tui_torch.probe.source.names_in_scope import NamedValues
from tui_torch.protocol.notes import Note

_LOOKS = 2
"""The number of `backward()` calls that are looked at."""
_SHAPING = ("ViewBackward0", "UnsafeViewBackward0", "ReshapeAliasBackward0")
_ELEMENTWISE = frozenset(
    f"{name}Backward{number}"
    for name in ("Relu", "Add", "Mul", "Div", "Sub", "Tanh", "Sigmoid", "NativeDropout", "Gelu", "ToCopy")
    for number in (0, 1)
)


class ViewedScores(CoachRule):
    """Looks at the shape that scores had before they became one row for each position."""

    def __init__(self) -> None:
        self._looks = 0
        self._note: Note | None = None

    def before_backward(self, snapshot: BackwardSnapshot) -> None:
        if self._note is not None or self._looks >= _LOOKS:
            return
        self._looks += 1
        for operation in snapshot.graph.operations:
            if operation.kind == "LogSoftmaxBackward0":
                view = operation.below()
                shape = None if view is None else _shape_before(view)
                if shape is not None:
                    self._note = _noted(shape, snapshot)
                    return

    def notes(self, facts: Facts) -> Iterator[Note]:
        if self._note is not None:
            yield self._note


def _shape_before(view: Any) -> tuple[int, ...] | None:
    """Return the shape [N, C, …] of which a view made [positions, C], across the classes; None if it did not."""
    after = result_shape(view)
    if type(view).__name__ not in _SHAPING or after is None or len(after) != 2:
        return None
    parent = next(iter(inputs(view)), (None, 0))[0]
    before = None if parent is None else result_shape(parent)
    classes = after[1]
    if parent is None or before is None or len(before) < 3 or before[1] != classes or classes < 2:
        return None
    if math.prod(before[2:]) < 2 or before[-1] == classes or math.prod(before) != math.prod(after):
        return None
    # The last axis may hold several groups of classes, unless the second one is surely that of the channels.
    return before if _is_of_a_convolution(parent) else None


def _is_of_a_convolution(node: Any) -> bool:
    """Return whether a convolution, or a normalization behind it, made a tensor, but for elementwise operations."""
    for _ in range(12):
        kind = type(node).__name__
        if kind == "ConvolutionBackward0" or kind.startswith(
            ("NativeBatchNorm", "UpsampleBilinear", "UpsampleNearest")
        ):
            return True
        if kind not in _ELEMENTWISE:
            return False
        node = next(iter(inputs(node)), (None, 0))[0]
    return False


def _noted(shape: tuple[int, ...], snapshot: BackwardSnapshot) -> Note:
    source, classes = snapshot.source, shape[1]
    calls = [call for call in source.calls("view", "reshape") if _gives(call, classes, source, snapshot.names)]
    what = "`view`" if len(calls) != 1 else f"`{source.named(calls[0])}`"
    each = math.prod(shape[2:])
    says = (
        f"{what} moves no axis: it cuts the scores of shape {list(shape)} into rows of {classes} numbers in the order "
        f"that they are stored in. There the {each:,} scores of one class lie side by side, so a row has {classes} "
        f"scores of one class at {classes} positions, not those of all {classes} classes at one."
    )
    if len(calls) != 1:
        return noted("viewed-scores", says, snapshot.record.line)
    [call] = calls
    assert isinstance(call.func, ast.Attribute)
    moved = "transpose(1, 2)" if len(shape) == 3 else f"permute(0, {', '.join(map(str, range(2, len(shape))))}, 1)"
    sizes = ", ".join(source.named(size) for size in call.args)
    text = f"{source.named(call.func.value)}.{moved}.reshape({sizes})"
    return noted("viewed-scores", says, call.lineno, replaced(source, call, text))


def _gives(call: ast.Call, classes: int, source: Source, names: NamedValues) -> bool:
    """Return whether a call may make rows of so many numbers."""
    if not isinstance(call.func, ast.Attribute) or ast.unparse(call.func.value) in ("torch", "np", "numpy"):
        return False
    if len(call.args) != 2 or call.keywords:
        return False
    match call.args[1]:
        case ast.Constant(value=value):
            return value == classes
        case ast.Name(id=name):
            made = source.assigned(name)
            known = made.value.value if made is not None and isinstance(made.value, ast.Constant) else names.get(name)
            return type(known) is not int or known == classes
        case other:
            return any(part in ast.unparse(other) for part in ("size(1)", "shape[1]", "classes"))
