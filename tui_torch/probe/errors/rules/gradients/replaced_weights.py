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
        own = {path, *_elements(made.value, path)}
        grads = [node for node in ast.walk(made.value) if isinstance(node, ast.Attribute) and node.attr == "grad"]
        if any(ast.unparse(node.value) in own for node in grads):
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


def _elements(value: ast.expr, path: str) -> set[str]:
    """Return the variables of comprehensions that go over a list: `w` in `[w - w.grad for w in weights]`."""
    loops = [node for node in ast.walk(value) if isinstance(node, ast.comprehension)]
    return {
        name.id
        for loop in loops
        if any(ast.unparse(node) == path for node in ast.walk(loop.iter))
        for name in ast.walk(loop.target)
        if isinstance(name, ast.Name)
    }


def list_of(case: ErrorCase, name: str) -> str | None:
    """Return the list that a comprehension around the failing piece takes a variable from."""
    for outer in case.history.around(case.node):
        for loop in getattr(outer, "generators", []):
            if any(isinstance(part, ast.Name) and part.id == name for part in ast.walk(loop.target)):
                return next((ast.unparse(part) for part in ast.walk(loop.iter) if isinstance(part, ast.Name)), None)
    return None


def other_value(case: ErrorCase, path: str) -> Assignment | None:
    """Return an assignment that has put what was computed from a weight in its place: `w = w.clamp(0, 1)`."""
    for made in _ran_before(case, path):
        if any(ast.unparse(node) == path for node in ast.walk(made.value) if isinstance(node, ast.expr)):
            return made
    return None


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
