"""Whether a pinned expression has no value since the code has not made it yet, which is no mistake."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Mapping

from tui_torch.probe.values.evaluate import evaluate_quietly

NOT_MADE_YET = "not made yet"
"""What an inspection says of such an expression."""


def is_not_made_yet(expression: str, namespace: Mapping[str, object]) -> bool:
    """Whether an expression that failed uses a name that is not bound, or a part of something that is still None.

    Args:
        expression: What failed.
        namespace: The names in scope.
    """
    try:
        tree = ast.parse(expression.strip(), mode="eval")
    except (SyntaxError, ValueError):
        return False
    nodes = list(ast.walk(tree))
    bound = {node.id for node in nodes if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load)}
    bound |= {node.arg for node in nodes if isinstance(node, ast.arg)}
    used = {node.id for node in nodes if isinstance(node, ast.Name)} - bound
    if any(name not in namespace and not hasattr(builtins, name) for name in used):
        return True
    wholes = [node.value for node in nodes if isinstance(node, ast.Attribute | ast.Subscript)]
    return any(_is_none(whole, namespace) for whole in wholes)


def _is_none(whole: ast.expr, namespace: Mapping[str, object]) -> bool:
    # What calls something may do anything, and has been done once.
    if any(isinstance(node, ast.Call | ast.NamedExpr | ast.comprehension | ast.Lambda) for node in ast.walk(whole)):
        return False
    value, error = evaluate_quietly(ast.unparse(whole), namespace)
    return error is None and value is None
