"""Updates that put a new tensor in a weight's place, `w = w - lr * w.grad`, where the weight itself was to change."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from tui_torch.probe.errors.case import ErrorCase, SuggestedFix
from tui_torch.probe.errors.origins.history import Assignment


@dataclass(frozen=True, slots=True)
class Replacement:
    """An update by which a weight is no longer the leaf that it was."""

    path: str
    statement: ast.stmt
    in_place: SuggestedFix | None
    """The update of the weight itself; None if the code has another form."""

    def where(self, case: ErrorCase) -> str:
        """Return the line as the subject of a sentence."""
        if self.statement is case.statement:
            return "this line, in the pass of the loop before,"
        return f"line {self.statement.lineno}"


def replacement_of(case: ErrorCase, path: str) -> Replacement | None:
    """Return the update that has replaced a weight before the line that failed; None if there is none.

    Args:
        case: The error.
        path: How the weight is written, `w` or `self.w`.
    """
    for made in _ran_before(case, path):
        if any(ast.unparse(node) == f"{path}.grad" for node in ast.walk(made.value) if isinstance(node, ast.Attribute)):
            return Replacement(path, made.statement, _in_place(case, made))
    return None


def _ran_before(case: ErrorCase, path: str) -> Iterator[Assignment]:
    """Yield the assignments that may have run before the line that failed, those of a loop around both included."""
    history = case.history
    loop = history.loop_around(case.statement)
    for made in reversed(list(history.all(path, history.scope_of(case.statement)))):
        if isinstance(made.statement, ast.AugAssign):
            continue
        before = case.statement is not None and made.statement.lineno < case.statement.lineno
        if before or (loop is not None and loop in history.around(made.statement)):
            yield made


def _in_place(case: ErrorCase, made: Assignment) -> SuggestedFix | None:
    match made.statement:
        case ast.Assign([ast.Tuple(targets)], ast.Tuple(values)) as statement if len(targets) == len(values):
            updates = [_update(target, value) for target, value in zip(targets, values, strict=True)]
        case ast.Assign([target], value) as statement:
            updates = [_update(target, value)]
        case _:
            return None
    if not all(updates):
        return None
    text = "; ".join(map(str, updates))
    block = next((outer for outer in case.history.around(statement) if isinstance(outer, ast.With)), None)
    # Within a `with torch.no_grad():` that is there already, the line stays in it.
    return SuggestedFix(text if block is not None else f"with torch.no_grad(): {text}", None, statement)


def _update(target: ast.expr, value: ast.expr) -> str | None:
    """Return `w -= change` for `w = w - change`; None for an assignment of another form."""
    # `(w - lr * w.grad).detach().requires_grad_()` is the same step, taken out of its graph.
    while isinstance(value, ast.Call) and isinstance(value.func, ast.Attribute):
        if value.func.attr not in ("detach", "clone", "requires_grad_"):
            return None
        value = value.func.value
    path = ast.unparse(target)
    match value:
        case ast.BinOp(left, ast.Sub() | ast.Add() as op, change) if ast.unparse(left) in (path, f"{path}.data"):
            return f"{path} {'-' if isinstance(op, ast.Sub) else '+'}= {ast.unparse(change)}"
        case _:
            return None
