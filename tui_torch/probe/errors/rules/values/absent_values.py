"""Errors of None: where a value should be there is none, most often since a function or a `forward` has no `return`."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from types import FunctionType
from typing import Any

import torch

from tui_torch.probe.errors.case import ErrorCase, RuleResult, SuggestedFix
from tui_torch.probe.errors.failing_code import called_name
from tui_torch.probe.errors.names import MISSING
from tui_torch.probe.errors.origins.assignments import last_assignment
from tui_torch.probe.errors.origins.returns import function_called, function_of_class, is_learners, returns
from tui_torch.probe.errors.registry import rule
from tui_torch.probe.isolation.torch_internals import registered
from tui_torch.probe.values.short_repr import class_module, class_name

_GIVE_NONE = {
    "backward": "`backward()` fills the gradients",
    "zero_grad": "`zero_grad()` resets the gradients",
    "step": "`step()` changes the weights",
    "append": "`append` changes the list itself",
    "extend": "`extend` changes the list itself",
    "insert": "`insert` changes the list itself",
    "sort": "`sort` changes the list itself",
    "reverse": "`reverse` changes the list itself",
    "remove": "`remove` changes the list itself",
    "clear": "`clear` empties what it is called on",
    "update": "`update` changes what it is called on",
    "shuffle": "`shuffle` changes the list that it is given",
    "print": "`print` shows what it is given",
}
"""What gives None whenever it is called, and is often taken for what it has changed."""


@rule(r"NoneType", AttributeError, TypeError, first=True)
def nothing_there(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain an operation on None by where the None came from."""
    pieces = list(_pieces(case.node))
    if isinstance(case.statement, ast.Assign) and "unpack" in str(case.error):
        pieces = list(_pieces(case.statement.value))  # the piece that failed is what it was to be unpacked into
    if any(isinstance(piece, ast.Attribute) and piece.attr == "grad" for piece in pieces):
        return None  # a gradient that is not there yet has a rule of its own
    for piece in pieces:
        if isinstance(piece, ast.Name | ast.Attribute | ast.Subscript) and case.find(piece) is None:
            result = _of_a_name(case, piece)
        elif isinstance(piece, ast.Call):
            result = _of_a_call(case, piece, piece, is_none=False)
        else:
            continue
        if result is not None:
            return result
    # A function that gives None on some ways only is named last.
    maybe = [piece for piece in pieces if isinstance(piece, ast.Call) and _gives(case, piece) == "a value or nothing"]
    return _on_some_ways(case, maybe[0], maybe[0]) if len(maybe) == 1 and case.is_own else None


def _pieces(node: ast.AST | None) -> Iterator[ast.expr]:
    """The expressions of a piece of code that run with it, the outer ones first."""
    waiting = [node] if node is not None else []
    while waiting:
        piece = waiting.pop(0)
        match piece:
            case ast.Lambda() | ast.FunctionDef() | ast.ClassDef():
                continue
            case ast.For(iter=head) | ast.While(test=head) | ast.If(test=head):
                waiting.append(head)
            case ast.With(items=items):
                waiting += [item.context_expr for item in items]
            case _:
                if isinstance(piece, ast.expr):
                    yield piece
                waiting += list(ast.iter_child_nodes(piece))


def _of_a_name(case: ErrorCase, piece: ast.expr) -> RuleResult | None:
    if isinstance(piece, ast.Attribute) and (result := _of_a_models_attribute(case, piece)) is not None:
        return result
    given = case.given_by(piece)
    if isinstance(given, ast.Call) and (result := _of_a_call(case, piece, given, is_none=True)) is not None:
        return result
    if not case.is_own:
        return None  # what the line calls may well take None there
    if isinstance(given, ast.Constant):
        return RuleResult(f"{case.quoted(piece)} is None: it has got no other value since `{piece.id} = None`.")  # type: ignore[attr-defined]
    if given is not None:
        return RuleResult(f"{case.quoted(piece)} is None: that is what {case.quoted(given)} gave.")
    return RuleResult(f"{case.quoted(piece)} is None here, which is no value. Look at where it gets its value.")


def _of_a_models_attribute(case: ErrorCase, piece: ast.Attribute) -> RuleResult | None:
    owner = case.find(piece.value)
    if not issubclass(type(owner), torch.nn.Module):
        return None
    if class_module(owner).startswith("torch.nn."):
        if piece.attr != "bias":
            return None
        return RuleResult(f"{case.quoted(piece.value)} was made without a bias (`bias=False`): its `bias` is None.")
    if not case.is_own:
        return None
    return RuleResult(
        f"{case.quoted(piece)} is None: the model has that name, and nothing under it. Give it a layer or a tensor in "
        f"`__init__`, as `self.{piece.attr} = ...`."
    )


def _of_a_call(case: ErrorCase, piece: ast.expr, call: ast.Call, *, is_none: bool) -> RuleResult | None:
    """Explain that a call gave None.

    Args:
        case: The error.
        piece: The call, or the name that has its result.
        call: The call.
        is_none: Whether it is known that it did; otherwise only what cannot give anything else is explained.
    """
    gives = _gives(case, call)
    if gives == "nothing":
        return _of_a_function(case, piece, call)
    if gives == "a value or nothing":
        return _on_some_ways(case, piece, call) if is_none else None
    callee = _callee(case, call)
    if issubclass(type(callee), torch.nn.Module):
        return _of_a_container(case, callee, call)
    name = called_name(call)
    is_tensors = isinstance(call.func, ast.Attribute) and case.tensor(call.func.value) is not None
    gives_none = callee is print or (name == "backward" and is_tensors)
    if name not in _GIVE_NONE or not (is_none or (gives_none and case.is_own)):
        return None
    kept = "" if piece is call else f" {case.quoted(piece)} is that None: leave it as it was."
    return RuleResult(f"{_GIVE_NONE[name]}, and gives None.{kept}", _on_its_own_line(case, piece, call))


def _callee(case: ErrorCase, call: ast.Call) -> Any:
    found = case.find(call.func)
    if found is MISSING and isinstance(call.func, ast.Attribute):
        owner = case.find(call.func.value)
        function = None if owner is MISSING else function_of_class(type(owner), call.func.attr)
        return MISSING if function is None else function
    return found


def _learners_function(case: ErrorCase, call: ast.Call) -> FunctionType | None:
    function = function_called(_callee(case, call))
    return function if function is not None and is_learners(function) else None


def _gives(case: ErrorCase, call: ast.Call) -> str | None:
    function = _learners_function(case, call)
    return None if function is None else returns(function.__code__)


def _name_of(case: ErrorCase, call: ast.Call, function: FunctionType) -> str:
    callee = _callee(case, call)
    return f"{class_name(callee)}.forward" if issubclass(type(callee), torch.nn.Module) else function.__name__


def _result_of(case: ErrorCase, piece: ast.expr, call: ast.Call) -> str:
    return case.quoted(call) if piece is call else f"{case.quoted(piece)}, the result of {case.quoted(call)},"


def _of_a_function(case: ErrorCase, piece: ast.expr, call: ast.Call) -> RuleResult | None:
    function = _learners_function(case, call)
    if function is None:
        return None
    name = _name_of(case, call, function)
    definition = _definition(case, function)
    if definition is not None and any(isinstance(node, ast.Return) for node in ast.walk(definition)):
        why = f"`{name}` returns None"
    else:
        why = f"`{name}` has no `return`"
    fix = _with_return(definition)
    end = "" if fix is not None else " Let it end with `return` and what it has computed."
    return RuleResult(f"{_result_of(case, piece, call)} is None: {why}.{end}", fix)


def _on_some_ways(case: ErrorCase, piece: ast.expr, call: ast.Call) -> RuleResult | None:
    function = _learners_function(case, call)
    if function is None:
        return None
    return RuleResult(
        f"{_result_of(case, piece, call)} is None: `{_name_of(case, call, function)}` returns a value on some ways "
        "through it, and none on another, as an `if` without an `else` does. Return something on each."
    )


def _of_a_container(case: ErrorCase, module: torch.nn.Module, call: ast.Call) -> RuleResult | None:
    """Explain a module of the learner's in a container, whose `forward` gives nothing to the one after it."""
    for name, child in registered(module, "modules").items():
        function = function_called(child)
        if function is None or not is_learners(function) or returns(function.__code__) != "nothing":
            continue
        place = f"{ast.unparse(call.func)}[{name}]" if name.isdecimal() else f"{ast.unparse(call.func)}.{name}"
        fix = _with_return(_definition(case, function))
        return RuleResult(
            f"`{place}` gives None to what comes after it: `{class_name(child)}.forward` has no `return`.", fix
        )
    return None


def _definition(case: ErrorCase, function: FunctionType) -> ast.FunctionDef | None:
    """The definition of a function, if it is in this code."""
    code = function.__code__
    if case.frame is None or case.tree is None or code.co_filename != case.frame.f_code.co_filename:
        return None
    for node in ast.walk(case.tree):
        if isinstance(node, ast.FunctionDef) and node.name == code.co_name:
            first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
            if first <= code.co_firstlineno <= node.lineno:
                return node
    return None


def _with_return(definition: ast.FunctionDef | None) -> SuggestedFix | None:
    """A `return` of what the last statement computes, where that is plainly the result."""
    if definition is None or any(isinstance(node, ast.Return) for node in ast.walk(definition)):
        return None
    match definition.body[-1]:
        case ast.Assign([ast.Name()], value) as last:
            return SuggestedFix(f"return {ast.unparse(value)}", None, last)
        case ast.Expr(ast.BinOp() | ast.Call() | ast.Tuple() as value) as last:
            if isinstance(value, ast.Call) and called_name(value) in _GIVE_NONE:
                return None
            return SuggestedFix(f"return {ast.unparse(value)}", None, last)
        case _:
            return None


def _on_its_own_line(case: ErrorCase, piece: ast.expr, call: ast.Call) -> SuggestedFix | None:
    """`loss = f(x); loss.backward()` for `loss = f(x).backward()`, and `rows.append(1)` for `rows = rows.append(1)`."""
    if not isinstance(piece, ast.Name) or not isinstance(call.func, ast.Attribute):
        return None
    statement = last_assignment(case.tree, case.statement, piece.id)
    held = call.func.value
    if isinstance(held, ast.Name) and held.id == piece.id:
        return SuggestedFix(ast.unparse(call), None, statement)
    if called_name(call) != "backward":
        return None
    arguments = ast.unparse(ast.Call(ast.Name("_"), call.args, call.keywords)).removeprefix("_")
    return SuggestedFix(f"{piece.id} = {ast.unparse(held)}; {piece.id}.backward{arguments}", None, statement)
