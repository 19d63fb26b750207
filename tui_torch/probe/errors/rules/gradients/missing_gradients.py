"""Errors of `w.grad` that is None: a weight that was replaced, one that nothing was computed from, or no leaf."""

from __future__ import annotations

import ast
import re

from tui_torch.probe.errors.case import ErrorCase, RuleResult
from tui_torch.probe.errors.failing_code import called_name
from tui_torch.probe.errors.origins.given_values import given_values
from tui_torch.probe.errors.registry import rule
from tui_torch.probe.errors.rules.gradients.replaced_weights import list_of, other_value, replacement_of
from tui_torch.probe.isolation.undisturbed import unobserved
from tui_torch.probe.values.elements import Base, grad_of


@rule(r"NoneType", AttributeError, TypeError, first=True)
def no_gradient_yet(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain `w.grad.zero_()`, `w - w.grad` and `torch.norm(w.grad)` where `w.grad` is None."""
    for node in ast.walk(case.node) if case.node is not None else ():
        if isinstance(node, ast.Attribute) and node.attr == "grad":
            tensor = case.tensor(node.value)
            if tensor is None or grad_of(tensor) is not None:
                continue
            with unobserved():
                required = Base.requires_grad.__get__(tensor)
                leaf = Base.is_leaf.__get__(tensor)
            if (result := _replaced(case, node)) is not None:
                return result
            held = _element(case, node.value, tensor)
            here = f" ({case.quoted(node.value)} is {case.quoted(held)} here)" if held is not node.value else ""
            return RuleResult(
                f"{case.quoted(node)} is None{here}: {_why(case, held, required, leaf)}", of_autograd=True
            )
    return None


def _element(case: ErrorCase, held: ast.expr, tensor: object) -> ast.expr:
    """Return the element that a loop's variable is, by its own name: `w` for `p` in `for p in (w, b)`."""
    if not isinstance(held, ast.Name) or case.statement is None:
        return held
    for iterated in case.history.iterated(held.id, case.statement):
        wholes = [iterated, *(one.value for one in given_values(iterated, case.history, case.names))]
        for whole in wholes:
            for part in whole.elts if isinstance(whole, ast.List | ast.Tuple) else ():
                if case.find(part) is tensor:
                    return part
    return held


def _why(case: ErrorCase, held: ast.expr, required: bool, leaf: bool) -> str:
    who = case.quoted(held)
    made = case.history.last(ast.unparse(held))
    if not leaf and made is not None and (creation := _requires_grad_too_early(made.value)) is not None:
        return (
            f"{who} is computed from the leaf that `{creation}` made, and only leaves keep a gradient. Compute first, "
            "and call `.requires_grad_()` last."
        )
    if not leaf and (other := other_value(case, ast.unparse(held))) is not None:
        return (
            f"line {other.statement.lineno} has put what `{ast.unparse(other.value)}` gives in the place of the leaf "
            f"{who}, and only leaves keep a gradient. Give the result another name; or change the leaf itself, in "
            "place, under `torch.no_grad()`."
        )
    if not leaf and _is_a_step(case, held):
        return (
            f"{who} is the result of a computation, as a step before this one that gave a new tensor, and only leaves "
            "keep a gradient. Change the weight itself, in place, under `torch.no_grad()`."
        )
    if not leaf:
        return (
            f"{who} is computed, and only leaves keep a gradient: call {who[:-1]}.retain_grad()` before `backward()`."
        )
    if required:
        return (
            "no `backward()` has filled it yet, or `zero_grad()` has set it back to None, or the loss was computed "
            f"without {who}. Call `backward()` first, on a loss that is computed from {who}."
        )
    return f"{who} does not require grad: make it with `requires_grad=True`."


def _is_a_step(case: ErrorCase, held: ast.expr) -> bool:
    """Whether the piece stands in `w - lr * w.grad`."""
    return any(
        isinstance(outer, ast.BinOp) and isinstance(outer.op, ast.Sub) and ast.unparse(outer.left) == ast.unparse(held)
        for outer in case.history.around(case.node)
    )


def _requires_grad_too_early(value: ast.expr) -> str | None:
    """Return the part of an expression that makes a leaf, where more is computed with it."""
    for node in ast.walk(value):
        if not isinstance(node, ast.Call) or node is value:
            continue
        required = any(key.arg == "requires_grad" and ast.unparse(key.value) == "True" for key in node.keywords)
        if required or called_name(node) in ("requires_grad_", "Parameter"):
            return ast.unparse(node)
    return None


def _replaced(case: ErrorCase, grad: ast.Attribute) -> RuleResult | None:
    """Explain a gradient that is gone since an update has put a new tensor in the weight's place."""
    owner = ast.unparse(grad.value)
    path = list_of(case, owner) or owner
    replaced = replacement_of(case, path)
    if replaced is None:
        return None
    if path != owner:
        return RuleResult(
            f"`{owner}.grad` is None, since {replaced.where(case)} has put new tensors into `{path}` (`{path} = ...`): "
            "results of a computation, while `backward()` fills the leaves that were there before. Change the weights "
            f"themselves, under `torch.no_grad()`: `for {owner} in {path}: {owner} -= ...`.",
            of_autograd=True,
        )
    fix = replaced.in_place
    form = fix.text if fix is not None else f"with torch.no_grad(): {path} -= ..."
    return RuleResult(
        f"`{path}.grad` is None, since {replaced.where(case)} has put a new tensor in the place of `{path}` "
        f"(`{path} = ...`): the result of a computation, while `backward()` fills the leaf that was there before. "
        f"Change the weight itself, in place: `{form}`.",
        fix,
        of_autograd=True,
    )
