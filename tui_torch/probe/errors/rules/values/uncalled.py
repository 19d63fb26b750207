"""Errors of methods and functions that were named and not called: `x.sum` for `x.sum()`."""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Iterator
from types import FunctionType
from typing import Any

import torch

from tui_torch.probe.errors.case import ErrorCase, RuleResult, SuggestedFix
from tui_torch.probe.errors.names import MISSING
from tui_torch.probe.errors.origins.assignments import last_assignment
from tui_torch.probe.errors.registry import rule
from tui_torch.probe.values.elements import Base

_KINDS = r"(?:builtin_function_or_method|method|function|method-wrapper|_VariableFunctionsClass)"

_WITHOUT_ARGUMENTS = re.compile(
    "sum|mean|max|min|item|size|dim|numel|flatten|t|detach|numpy|clone|cpu|cuda|float|double|long|int|bool|abs|exp|log|"
    "sqrt|relu|sigmoid|tanh|squeeze|backward|any|all|std|var|norm|prod|argmax|argmin|tolist|contiguous"
)
"""Methods of a tensor that are called without arguments, as a rule."""


@rule(rf"'?\b{_KINDS}\b'?", AttributeError, TypeError, first=True)
def named_and_not_called(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain an operation on a method itself, where its result is meant."""
    if "is not subscriptable" in str(case.error) or "is not iterable" in str(case.error):
        return None  # brackets in the place of parentheses, and optimizers, have rules of their own
    for piece in _looked_at(case):
        if isinstance(piece, ast.Attribute) and _is_tensors_method(case, piece):
            name = ast.unparse(piece)
            return RuleResult(
                f"`{name}` is a method, and named without being called: parentheses call it, and give its result.",
                SuggestedFix(f"{name}()", None, piece) if _takes_nothing(piece.attr) else None,
            )
        if isinstance(piece, ast.Name) and (result := _of_a_name(case, piece)) is not None:
            return result
    return None


def _looked_at(case: ErrorCase) -> Iterator[ast.expr]:
    """The values that the failing piece computes with: those that it does not call."""
    for node in ast.walk(case.node) if case.node is not None else ():
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.expr) and not (isinstance(node, ast.Call) and child is node.func):
                yield child


def _is_tensors_method(case: ErrorCase, piece: ast.Attribute) -> bool:
    owner = case.value(piece.value)
    if not issubclass(type(owner), torch.Tensor):
        return False
    method = getattr(Base, piece.attr, None) or getattr(torch.Tensor, piece.attr, None)
    return callable(method)


def _takes_nothing(name: str) -> bool:
    """Whether a method of a tensor is called without arguments, as a rule."""
    return _WITHOUT_ARGUMENTS.fullmatch(name) is not None


def _of_a_name(case: ErrorCase, piece: ast.Name) -> RuleResult | None:
    statement = last_assignment(case.tree, case.statement, piece.id)
    given = case.given_by(piece)
    if isinstance(given, ast.Attribute) and _is_tensors_method(case, given):
        name = ast.unparse(given)
        fix = None
        if _takes_nothing(given.attr):
            fix = SuggestedFix(f"{piece.id} = {name}()", None, statement)
        return RuleResult(
            f"`{piece.id}` is the method `{name}` itself, and not what it gives: it was named without being called. "
            "Parentheses call it.",
            fix,
        )
    value: Any = case.find(piece)
    if value is MISSING or type(value) is not FunctionType:
        return None
    if isinstance(given, ast.Name):
        fix = None
        if _needs_no_argument(value):
            fix = SuggestedFix(f"{piece.id} = {given.id}()", None, statement)
        return RuleResult(
            f"`{piece.id}` is the function `{given.id}` itself, and not what it gives: parentheses call it.", fix
        )
    fix = SuggestedFix(f"{piece.id}()", None, piece) if _needs_no_argument(value) else None
    return RuleResult(f"`{piece.id}` is a function, and named without being called: parentheses call it.", fix)


def _needs_no_argument(function: FunctionType) -> bool:
    parameters = inspect.signature(function).parameters.values()
    return all(one.default is not one.empty or one.kind in (one.VAR_POSITIONAL, one.VAR_KEYWORD) for one in parameters)
