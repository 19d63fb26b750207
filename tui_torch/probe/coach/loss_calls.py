"""Where the learner's code computes a loss, as far as its text shows."""

from __future__ import annotations

import ast
from collections.abc import Iterable

from tui_torch.probe.coach.rule import SiteRecord
from tui_torch.probe.source.lines import Source, called
from tui_torch.probe.source.names_in_scope import NamedValues


def nearest(nodes: Iterable[ast.expr], record: SiteRecord, source: Source) -> ast.expr | None:
    """Return the node closest before a `backward()` in the same function, or else the last; None if there are none."""
    found = list(nodes)
    function = source.function_around(record.line)
    here = [node for node in found if node.lineno <= record.line and source.function_around(node.lineno) is function]
    return (here or found or [None])[-1]


def loss_call(
    names: NamedValues, source: Source, record: SiteRecord, functions: tuple[str, ...], classes: tuple[str, ...]
) -> ast.Call | None:
    """Return the call of a loss with two arguments that is nearest before a `backward()`; None if there is none.

    Args:
        names: The names in scope at the `backward()`.
        source: The learner's code.
        record: The `backward()`.
        functions: The names of the loss as a function: `mse_loss`.
        classes: The names of its classes: `MSELoss`.
    """

    def is_one(call: ast.Call) -> bool:
        if len(call.args) < 2:
            return False
        name = called(call)
        if name in functions:
            return True
        value = names.get(name)
        if value is None and isinstance(call.func, ast.Attribute):
            value = getattr(names.get("self"), name, None) if ast.unparse(call.func).startswith("self.") else None
        return type(value).__name__ in classes or getattr(value, "__name__", None) in functions

    calls = [node for node in source.nodes if isinstance(node, ast.Call) and is_one(node)]
    found = nearest(calls, record, source)
    return found if isinstance(found, ast.Call) else None


def differences(source: Source) -> list[ast.BinOp]:
    """Return the subtractions that may compare a prediction with a target."""
    return [
        node
        for node in source.nodes
        if isinstance(node, ast.BinOp)
        and isinstance(node.op, ast.Sub)
        and not any(isinstance(side, ast.Constant) for side in (node.left, node.right))
        and ".grad" not in ast.unparse(node)
    ]
