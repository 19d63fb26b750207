"""Attention made without `batch_first=True` and given [batch, steps, features], which it reads as steps first."""

from __future__ import annotations

import ast

from tui_torch.probe.errors.case import LONGEST_FIX, ErrorCase, RuleResult, SuggestedFix
from tui_torch.probe.errors.failing_code import called_name
from tui_torch.probe.errors.names import attribute_of
from tui_torch.protocol.shapes import shape_text

_MADE_WITH_IT = ("MultiheadAttention", "TransformerEncoderLayer", "TransformerDecoderLayer", "Transformer")
"""The classes whose constructors take `batch_first`."""


def read_as_steps_first(case: ErrorCase, held: ast.expr | None, other: str) -> RuleResult | None:
    """Explain what fits an input with the batch first; None if the layer has `batch_first=True`.

    Args:
        case: The error.
        held: The input, which is [batch, steps, features] if the other is right.
        other: What would fit it then, `mask` and its shape.
    """
    layer = case.layer()
    shape = case.shape(held)
    if layer is None or attribute_of(layer.module, "batch_first") is not False or shape is None or len(shape) != 3:
        return None
    makers = _makers(case)
    fix = _with_batch_first(makers[0]) if len(makers) == 1 else None
    where = f" (line {makers[0].lineno})" if len(makers) == 1 else ""
    return RuleResult(
        f"The attention was made without `batch_first=True`{where}, so it reads {case.quoted(held)}, "
        f"{shape_text(shape)}, as {shape[0]} steps of {shape[1]} sequences. As {shape[0]} sequences of {shape[1]} "
        f"steps it would fit {other}: if that is meant, make the attention with `batch_first=True`, or give it the "
        "input with `.transpose(0, 1)`.",
        fix,
    )


def _makers(case: ErrorCase) -> list[ast.Call]:
    """Return the calls in the code that make attention of some kind, and not with `batch_first=True`."""
    tree = case.tree
    return [
        node
        for node in (ast.walk(tree) if tree is not None else ())
        if isinstance(node, ast.Call)
        and called_name(node) in _MADE_WITH_IT
        and not any(key.arg == "batch_first" and ast.unparse(key.value) == "True" for key in node.keywords)
    ]


def _with_batch_first(maker: ast.Call) -> SuggestedFix | None:
    kept = [key for key in maker.keywords if key.arg != "batch_first"]
    if any(key.arg is None for key in kept) or any(isinstance(part, ast.Starred) for part in maker.args):
        return None
    given = [*map(ast.unparse, maker.args), *map(ast.unparse, kept), "batch_first=True"]
    text = f"{ast.unparse(maker.func)}({', '.join(given)})"
    return SuggestedFix(text, None, maker) if len(text) <= LONGEST_FIX else None
