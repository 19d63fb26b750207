"""Errors after a `squeeze()` that has also removed the batch's dimension, of a batch of one sample."""

from __future__ import annotations

import ast
import re

from tui_torch.probe.errors.case import ErrorCase, RuleResult
from tui_torch.probe.errors.failing_code import called_name, paths
from tui_torch.probe.errors.registry import rule


@rule(r"Dimension out of range \(expected to be in range of \[-[12], [01]\]", IndexError, first=True)
@rule(r"(?:Target|target) size \(torch\.Size\(.*\)\).* input size \(torch\.Size\(\[\]\)\)", ValueError, first=True)
@rule(r"Expected input batch_size \(\d+\) to match target batch_size \(1\)", ValueError, first=True)
@rule(r"zero-dimensional tensor \(at position \d+\) cannot be concatenated", RuntimeError, first=True)
@rule(r"(?:iteration over|len\(\) of) a 0-d tensor|invalid index of a 0-dim tensor|too many indices", first=True)
def batch_of_one_squeezed(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain `self.fc(h.squeeze())` where the last batch has one sample."""
    squeezes = list(_bare_squeezes(case.tree))
    if len(squeezes) != 1 or case.statement is None:
        return None
    squeeze = squeezes[0]
    batch = _batch_of_one(case, squeeze)
    if batch is None or not _may_be_behind(case, squeeze):
        return None
    return RuleResult(
        f"`{ast.unparse(squeeze)}` (line {squeeze.lineno}) removes every dimension of size 1, and that is also the "
        f"batch's where a batch has one sample: {case.with_shape(batch)}. Say which one is to go, as `squeeze(-1)` for "
        "the last, or `flatten(1)` for all but the batch's.",
        parts=[batch],
    )


def _bare_squeezes(tree: ast.AST | None) -> list[ast.Call]:
    """Return the calls of `squeeze` that say no dimension."""
    found = []
    for node in ast.walk(tree) if tree is not None else ():
        if isinstance(node, ast.Call) and called_name(node) == "squeeze" and not node.keywords:
            is_function = isinstance(node.func, ast.Attribute) and ast.unparse(node.func.value) == "torch"
            if len(node.args) == is_function:
                found.append(node)
    return found


def _may_be_behind(case: ErrorCase, squeeze: ast.Call) -> bool:
    """Whether the line that failed names what was squeezed; what another function squeezes may be in any result."""
    if case.history.scope_of(squeeze) is not case.history.scope_of(case.statement) or case.statement is None:
        return True
    statement = next((one for one in case.history.around(squeeze) if isinstance(one, ast.stmt)), None)
    given = {node.id for node in ast.walk(statement or ast.Pass()) if isinstance(node, ast.Name) and _is_stored(node)}
    named = {node.id for node in ast.walk(case.statement) if isinstance(node, ast.Name)}
    return statement is case.statement or bool(given & named)


def _is_stored(node: ast.Name) -> bool:
    return isinstance(node.ctx, ast.Store)


def _batch_of_one(case: ErrorCase, squeeze: ast.Call) -> ast.expr | None:
    """Return a batch of one that the failing line, the loop around it or the line that squeezes names."""
    pieces = [piece for piece in paths(case.statement) if isinstance(piece, ast.expr)]
    if case.history.scope_of(squeeze) is case.history.scope_of(case.statement):
        pieces += [piece for piece in paths(squeeze) if isinstance(piece, ast.expr)]
    for outer in case.history.around(case.statement):
        if isinstance(outer, ast.For):
            pieces += [part for part in ast.walk(outer.target) if isinstance(part, ast.Name)]
    for piece in pieces:
        shape = case.shape(piece) if isinstance(piece, ast.Name | ast.Attribute) else None
        if shape is not None and len(shape) > 1 and shape[0] == 1 and max(shape) > 1:
            return piece
    return None
