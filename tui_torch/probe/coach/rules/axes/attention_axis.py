"""Weights of attention that add up to 1 over the queries, where it should be over the keys."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Any

import torch

from tui_torch.probe.autograd.saved_tensors import inputs
from tui_torch.probe.coach.fixes import noted, replaced
from tui_torch.probe.coach.loss_graph import result_shape, saved
from tui_torch.probe.coach.rule import BackwardSnapshot, CoachRule, Facts
from tui_torch.probe.coach.wording import number
from tui_torch.probe.source.lines import Source
from tui_torch.protocol.notes import Note

_PRODUCTS = ("BmmBackward0", "MmBackward0")
_SAME_ORDER = ("ViewBackward0", "UnsafeViewBackward0", "ReshapeAliasBackward0", "ExpandBackward0", "CloneBackward0")
"""Operations that leave the last two axes where they are, as `@` needs them around its product."""
_SCALING = ("DivBackward0", "MulBackward0", "AddBackward0", "MaskedFillBackward0", "WhereBackward0", "SubBackward0")
_MOVING = ("TransposeBackward0", "PermuteBackward0", "TBackward0", "SelectBackward0", *_SAME_ORDER)
_MOST_BETWEEN = 8
"""Maximum number of operations between two that belong together."""


class AttentionAxis(CoachRule):
    """Looks for a softmax over the last axis but one of a product, itself the left side of a product."""

    def __init__(self) -> None:
        self._note: Note | None = None

    def before_backward(self, snapshot: BackwardSnapshot) -> None:
        if self._note is not None or snapshot.record.count > 2:
            return
        for operation in snapshot.graph.operations:
            if operation.kind in _PRODUCTS:
                weights = _normalised_over_queries(operation.below(0))
                if weights is not None:
                    self._note = _noted(weights, snapshot.source)
                    return

    def notes(self, facts: Facts) -> Iterator[Note]:
        if self._note is not None and facts.optimizers:
            yield self._note


def _normalised_over_queries(left: Any) -> torch.Tensor | None:
    """Return the weights that a left side is, if a softmax of queries times keys made them over the queries."""
    node = _through(left, _SAME_ORDER)
    if type(node).__name__ != "SoftmaxBackward0":
        return None
    weights, dim, shape = saved(node, "result"), saved(node, "dim"), result_shape(node)
    if not isinstance(weights, torch.Tensor) or dim is None or shape is None or len(shape) < 2:
        return None
    # PyTorch keeps -2 as an unsigned number.
    if (dim - 2**64 if dim >= 2**63 else dim) % len(shape) != len(shape) - 2:
        return None
    scores = _through(inputs(node)[0][0], (*_SCALING, *_SAME_ORDER))
    if type(scores).__name__ not in _PRODUCTS:
        return None
    # A product with weights of a layer is no product of queries and keys.
    sides = [_through(side, _MOVING) for side, _ in inputs(scores)]
    if any(side is None or type(side).__name__ == "AccumulateGrad" for side in sides):
        return None
    sums = weights.detach().float().sum(-1)
    return weights if bool((sums - 1).abs().max() > 0.01) else None


def _through(node: Any, kinds: tuple[str, ...]) -> Any:
    """Return the first node that is none of some kinds, along the only input of each that has a gradient."""
    for _ in range(_MOST_BETWEEN):
        if node is None or type(node).__name__ not in kinds:
            return node
        above = [one for one, _ in inputs(node) if one is not None]
        if len(above) != 1:
            return None
        node = above[0]
    return None


def _noted(weights: torch.Tensor, source: Source) -> Note | None:
    """Return the note at the softmax over that axis; None if the code has none, or several."""
    dims = (-2, weights.dim() - 2)
    found = [
        (call, dim)
        for call in source.calls("softmax", "Softmax")
        for dim in [_dim(call)]
        if dim is not None and ast.literal_eval(dim) in dims
    ]
    if len(found) != 1:
        return None
    call, dim = found[0]
    sums = weights.detach().float().sum(-1)
    low, high = number(float(sums.min())), number(float(sums.max()))
    rows = f"{low} in one row and {high} in another" if low != high else f"{low} in each row"
    says = (
        f"`{source.named(call)}` makes the weights add up to 1 over the queries. Each query has a row of weights, by "
        f"which the values are added up, and these add up to {rows}. Take the softmax over the keys, the last axis."
    )
    return noted("softmax-over-queries", says, call.lineno, replaced(source, dim, "-1"))


def _dim(call: ast.Call) -> ast.expr | None:
    """Return the axis that a softmax is given, if it is written as a number."""
    named = [keyword.value for keyword in call.keywords if keyword.arg == "dim"]
    for node in (*named, *reversed(call.args)):
        try:
            value = ast.literal_eval(node)
        except (ValueError, TypeError, SyntaxError):
            continue
        if type(value) is int:
            return node
    return None
