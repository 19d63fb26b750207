"""Errors of `zero_grad()` on a tensor, which optimizers and models have: a tensor's own gradient is `w.grad`."""

from __future__ import annotations

import ast
import re

import torch

from tui_torch.probe.errors.case import ErrorCase, RuleResult, SuggestedFix
from tui_torch.probe.errors.registry import rule


@rule(r"'(?:Tensor|Parameter)' object has no attribute 'zero_grad_?'", AttributeError, first=True)
def zero_grad_of_a_tensor(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain `w.zero_grad()`, `w.grad.zero_grad()` and `loss.zero_grad()`."""
    if not isinstance(case.node, ast.Attribute):
        return None
    held = case.node.value
    outer = next(iter(case.history.around(case.node)), None)
    call = outer if isinstance(outer, ast.Call) and outer.func is case.node else None
    says = f"{case.quoted(held)} is a tensor, and `zero_grad()` is an optimizer's or a model's"
    if isinstance(held, ast.Attribute) and held.attr == "grad":
        text = f"{ast.unparse(held)}.zero_()"
        return RuleResult(f"{says}. `{text}` empties this gradient.", _instead(call, text))
    if case.tensor(ast.Attribute(held, "grad")) is not None:
        name = ast.unparse(held)
        text = f"{name}.grad.zero_()"
        return RuleResult(
            f"{says}. `{text}` empties the gradient of `{name}`; `{name}.grad = None` takes it away.",
            _instead(call, text),
        )
    optimizers = [
        name
        for scope in case.names.scopes
        for name, value in scope.items()
        if issubclass(type(value), torch.optim.Optimizer)
    ]
    if len(set(optimizers)) == 1:
        text = f"{optimizers[0]}.zero_grad()"
        return RuleResult(f"{says}: `{text}` resets the gradients of all that it holds.", _instead(call, text))
    return RuleResult(
        f"{says}. The gradient of a tensor `w` is reset by `w.grad = None`, or emptied by `w.grad.zero_()`."
    )


def _instead(call: ast.Call | None, text: str) -> SuggestedFix | None:
    return SuggestedFix(text, None, call) if call is not None and not call.args and not call.keywords else None
