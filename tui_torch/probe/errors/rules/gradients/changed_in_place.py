"""The statement that changed a tensor in place which autograd had saved, as far as the code has one alone."""

from __future__ import annotations

import ast
from collections.abc import Iterator

import torch

from tui_torch.probe.errors.case import LONGEST_FIX, ErrorCase, RuleResult, SuggestedFix
from tui_torch.probe.errors.failing_code import called_name
from tui_torch.probe.errors.origins.graph_cuts import no_gradients_around

_OPERATORS = {"add_": "+", "sub_": "-", "mul_": "*", "div_": "/"}
_NO_CHANGE_OF_ELEMENTS = {"requires_grad_", "detach_", "retain_grad_", "backward_", "share_memory_"}


def change_of(case: ErrorCase, operation: str) -> ast.stmt | None:
    """Return the statement that changed the result of an operation in place; None if it may have been several.

    Args:
        case: The error, raised by `backward()`.
        operation: The operation as autograd calls it, `Sigmoid`.
    """
    if case.tree is None or "inplace=True" in case.source or "out=" in case.source:
        return None
    changes = [node for node in ast.walk(case.tree) if isinstance(node, ast.stmt) and _is_change(case, node)]
    name = operation.lower()
    # Autograd names what gave the tensor, and that is the change itself where an operation had saved its input.
    made = [node for node in changes if _is_made_by(case, node, name)] or [
        node for node in changes if name in _operations(node)
    ]
    return made[0] if len(made) == 1 else None


def out_of_place(change: ast.stmt) -> SuggestedFix | None:
    """Return a statement that makes a new tensor, `y = y * 2` for `y.mul_(2)`; None if it would not be the same."""
    match change:
        case ast.AugAssign(ast.Name(name), operator, value):
            text = f"{name} = {ast.unparse(ast.BinOp(ast.Name(name), operator, value))}"
        case ast.Expr(ast.Call(ast.Attribute(ast.Name(name), method), [value], [])) if method in _OPERATORS:
            whole = ast.parse(f"{name} {_OPERATORS[method]} ({ast.unparse(value)})", mode="eval")
            text = f"{name} = {ast.unparse(whole)}"
        case ast.Expr(ast.Call(ast.Attribute(ast.Name(name), method) as function, arguments, keywords)):
            anew = ast.Call(ast.Attribute(function.value, method.removesuffix("_")), arguments, keywords)
            text = f"{name} = {ast.unparse(anew)}"
            if method in ("fill_", "zero_", "copy_", "normal_", "uniform_", "bernoulli_"):
                return None
        case _:
            return None
    return SuggestedFix(text, None, change) if len(text) <= LONGEST_FIX else None


def _changed(change: ast.stmt) -> ast.expr | None:
    """The name or path whose elements a statement changes, for the forms that change a tensor."""
    match change:
        case ast.AugAssign(ast.Subscript(target)) | ast.AugAssign(target) | ast.Assign([ast.Subscript(target)]):
            return target
        case ast.Expr(ast.Call(ast.Attribute(target, method))) if (
            method.endswith("_") and not method.endswith("__") and method not in _NO_CHANGE_OF_ELEMENTS
        ):
            return target.value if isinstance(target, ast.Subscript) else target
        case _:
            return None


def _operations(change: ast.stmt) -> set[str]:
    """Return what autograd may call a change in place, in small letters."""
    match change:
        case ast.AugAssign(ast.Subscript()) | ast.Assign():
            return {"copyslices", "indexput"}
        case ast.AugAssign(_, operator):
            return {{"Mult": "mul"}.get(type(operator).__name__, type(operator).__name__.lower())}
        case ast.Expr(ast.Call(ast.Attribute(ast.Subscript()))):
            return {"copyslices"}
        case ast.Expr(ast.Call(ast.Attribute(_, method))):
            return {method.replace("_", "")}
        case _:
            return set()


def _is_change(case: ErrorCase, node: ast.stmt) -> bool:
    target = _changed(node)
    if target is None or (isinstance(target, ast.Attribute) and target.attr in ("grad", "data")):
        return False
    if no_gradients_around(case.history, node) is not None:
        return False
    origin = list(_origins(case, node, target))
    # Counters, and what a list or dict holds, are no tensors.
    return not origin or any(isinstance(one, ast.Call | ast.BinOp | ast.Subscript) for one in origin)


def _origins(case: ErrorCase, node: ast.stmt, target: ast.expr) -> Iterator[ast.expr]:
    """Yield what a target was assigned in its function, other than by the change itself."""
    for one in case.history.all(ast.unparse(target), case.history.scope_of(node)):
        if not isinstance(one.statement, ast.AugAssign):
            yield one.value


def _is_made_by(case: ErrorCase, node: ast.stmt, operation: str) -> bool:
    target = _changed(node)
    for value in _origins(case, node, target) if target is not None else ():
        if isinstance(value, ast.Call):
            # A layer is called by a name of its own: `self.act` for `nn.Sigmoid()`.
            layer = case.history.last(ast.unparse(value.func), node)
            made = layer.value if layer is not None else value.func
            names = {called_name(value), called_name(made) if isinstance(made, ast.Call) else ""}
            if operation in {name.lower() for name in names}:
                return True
    return False


def changed_by_a_step(case: ErrorCase, shape: str) -> RuleResult | None:
    """Explain a `backward()` after a step that changed the weights which the loss was computed with.

    Args:
        case: The error, raised by `backward()`.
        shape: The shape of the tensor that was changed, ` of [4, 1]`.
    """
    loss = case.differentiated()
    made = case.history.last(ast.unparse(loss)) if isinstance(loss, ast.Name | ast.Attribute) else None
    if made is None or case.statement is None or loss is None:
        return None
    scope = case.history.scope_of(case.statement)
    steps = [
        node
        for node in ast.walk(scope)
        if isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Call)
        and called_name(node.value) == "step"
        and made.statement.lineno < node.lineno < case.statement.lineno
        and isinstance(node.value.func, ast.Attribute)
        and issubclass(type(case.find(node.value.func.value)), torch.optim.Optimizer)
        and case.history.loop_around(node) is case.history.loop_around(made.statement)
    ]
    if len(steps) != 1:
        return None
    step = steps[0]
    return RuleResult(
        f"Line {step.lineno}, `{ast.unparse(step)}`, changed weights in place (one{shape}), after line "
        f"{made.statement.lineno} had computed {case.quoted(loss)} with them; its `backward()` needs them as they "
        "were. "
        f"Compute {case.quoted(loss)} after that step, or call its `backward()` before it.",
        of_autograd=True,
    )
