"""Errors of `with`: what stands after it is a class that has not been made, or nothing that a `with` can enter."""

from __future__ import annotations

import ast
import re

import torch

from tui_torch.probe.articles import an
from tui_torch.probe.errors.case import ErrorCase, RuleResult, SuggestedFix
from tui_torch.probe.errors.names import MISSING
from tui_torch.probe.errors.registry import rule

_WITHOUT_ARGUMENTS = (
    torch.no_grad,
    torch.enable_grad,
    torch.inference_mode,
    torch.autograd.detect_anomaly,
)
"""The classes of context managers that can be made without an argument."""


@rule(r"'(\w+)' object does not support the (?:asynchronous )?context manager protocol", TypeError)
def not_made(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain `with torch.no_grad:`."""
    if not isinstance(case.statement, ast.With):
        return None
    for item in case.statement.items:
        entered = item.context_expr
        value = case.find(entered)
        if value is MISSING or type(value).__name__ != found[1]:
            continue
        if not issubclass(type(value), type):
            return RuleResult(f"{case.quoted(entered)} is {an(found[1])}, and `with` cannot enter it.")
        name = ast.unparse(entered)
        if any(value is known for known in _WITHOUT_ARGUMENTS):
            return RuleResult(
                f"{case.quoted(entered)} is a class: `with` needs one that was made of it, by parentheses.",
                SuggestedFix(f"{name}()", None, entered),
            )
        return RuleResult(
            f"{case.quoted(entered)} is a class: `with` needs one that was made of it, by parentheses with its "
            f"options, `with {name}(...):`."
        )
    return None
