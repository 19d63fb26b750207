"""Errors of methods and functions that were named and not called: `x.sum` for `x.sum()`."""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Iterator
from types import BuiltinMethodType, FunctionType, MethodType
from typing import Any

import torch

from tui_torch.probe.errors.case import ErrorCase, RuleResult, SuggestedFix
from tui_torch.probe.errors.names import MISSING
from tui_torch.probe.errors.origins.assignments import last_assignment
from tui_torch.probe.errors.origins.returns import function_of_class
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
    return _named_elsewhere(case)


def _named_elsewhere(case: ErrorCase) -> RuleResult | None:
    """Explain a method that another line named and did not call: it was returned, or put into a list."""
    for piece in _looked_at(case):
        name = _method_held(case, piece)
        places = list(_uncalled(case, name)) if name is not None else []
        if name is None or len(places) != 1:
            continue
        place = places[0]
        where = f" in line {place.lineno}" if place.lineno != getattr(case.statement, "lineno", 0) else ""
        what = f"`{ast.unparse(place)}` is a method" if ast.unparse(piece) == ast.unparse(place) else ""
        what = what or f"{case.quoted(piece)} holds the method `{name}` itself: `{ast.unparse(place)}` is"
        return RuleResult(
            f"{what}{' ' if what.endswith('is') else ', and '}named{where} without being called: parentheses call "
            "it, and "
            "give its result.",
            SuggestedFix(f"{ast.unparse(place)}()", None, place) if _takes_nothing_of(case, piece, name) else None,
        )
    return None


def _method_held(case: ErrorCase, piece: ast.expr) -> str | None:
    """Return the name of a method that a piece is, or that the list behind it holds."""
    value = case.find(piece)
    if isinstance(piece, ast.Attribute) and value is MISSING:
        owner = case.find(piece.value)
        return piece.attr if owner is not MISSING and function_of_class(type(owner), piece.attr) is not None else None
    held: Any = list(value.values())[:100] if type(value) is dict else value
    for one in held[:100] if type(held) in (list, tuple) else [held]:
        is_tensors = type(one) is BuiltinMethodType and issubclass(type(one.__self__), torch.Tensor)
        if is_tensors or type(one) is MethodType:
            return one.__name__
    return None


def _uncalled(case: ErrorCase, name: str) -> Iterator[ast.Attribute]:
    nodes = list(ast.walk(case.tree)) if case.tree is not None else []
    called = {id(node.func) for node in nodes if isinstance(node, ast.Call)}
    for node in nodes:
        if isinstance(node, ast.Attribute) and node.attr == name and id(node) not in called:
            yield node


def _takes_nothing_of(case: ErrorCase, piece: ast.expr, name: str) -> bool:
    value = case.find(piece)
    owner = case.find(piece.value) if isinstance(piece, ast.Attribute) else MISSING
    function = function_of_class(type(owner), name) if owner is not MISSING else None
    if function is None and type(value) is MethodType and type(value.__func__) is FunctionType:
        function = value.__func__
    if function is None:
        return _takes_nothing(name)
    parameters = list(inspect.signature(function).parameters.values())[1:]
    return all(one.default is not one.empty or one.kind in (one.VAR_POSITIONAL, one.VAR_KEYWORD) for one in parameters)


def _looked_at(case: ErrorCase) -> Iterator[ast.expr]:
    """The values that the failing piece computes with: those that it does not call."""
    # Of an f-string, Python 3.11 says that its format failed.
    whole = case.statement if isinstance(case.node, ast.Constant) else case.node
    for node in ast.walk(whole) if whole is not None else ():
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
