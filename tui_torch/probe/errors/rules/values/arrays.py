"""Errors of arrays and lists among tensors: operators of both, negative strides, and functions that want tensors."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from types import FunctionType

import numpy as np
import torch

from tui_torch.probe.articles import an
from tui_torch.probe.errors.case import ErrorCase, RuleResult, SuggestedFix
from tui_torch.probe.errors.failing_code import rewritten
from tui_torch.probe.errors.registry import rule
from tui_torch.probe.values.short_repr import class_module


@rule(r"At least one (?:stride|of the strides).*negative", ValueError)
def negative_strides(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain a tensor of an array that is read backwards: `a[::-1]`, `np.flip(a)`."""
    call = case.call("from_numpy", "tensor", "as_tensor", "asarray", "Tensor", "FloatTensor")
    what = "An array"
    fix = None
    if call is not None and call.args:
        what = case.quoted(call.args[0])
        fix = SuggestedFix(rewritten(call, {call.args[0]: "{}.copy()"}), None, call)
    return RuleResult(
        f"{what} is read backwards (`[::-1]`, `np.flip`, `fliplr`): NumPy does not move its elements, and steps "
        "through them by a negative number, which a tensor cannot. `.copy()` writes them down in the new order.",
        fix,
    )


@rule(r"step must be greater than zero", ValueError)
def negative_step(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain `x[::-1]` on a tensor."""
    if not isinstance(case.node, ast.Subscript) or case.tensor(case.node.value) is None:
        return None
    held, index = case.node.value, case.node.slice
    parts = index.elts if isinstance(index, ast.Tuple) else [index]
    backwards = [place for place, part in enumerate(parts) if _is_backwards(part)]
    fix = None
    if len(backwards) == 1 and all(isinstance(part, ast.Slice) for part in parts):
        others = [part for place, part in enumerate(parts) if place not in backwards]
        if all(ast.unparse(part) == ":" for part in others):
            fix = case.working_fix(f"({ast.unparse(held)}).flip({backwards[0]})")
    return RuleResult(
        f"{case.with_shape(held)}: a tensor's slices go forwards only, and this one has a negative step. `flip(dim)` "
        "gives the elements of a dimension in the opposite order.",
        fix,
    )


def _is_backwards(part: ast.expr) -> bool:
    return (
        isinstance(part, ast.Slice)
        and part.lower is None
        and part.upper is None
        and (part.step is not None and ast.unparse(part.step) == "-1")
    )


@rule(r"^'int' object is not callable$", TypeError)
@rule(r"^'(?:list|tuple|int|float|numpy\.ndarray)' object has no attribute '\w+'$", AttributeError)
def no_tensor_given(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain an array, a list or a number that was given to a function of PyTorch's, which looked into it."""
    call = case.call()
    if case.is_own or call is None or not _is_pytorchs(case, call):
        return None
    message = str(case.error)
    wrong = [part for part in _arguments(call) if (kind := _kind(case, part)) and _is_named(kind, message)]
    if not wrong:
        return None
    floats = any(case.dtype(part) == "float32" for part in _arguments(call))
    templates = {part: _conversion(case, part, floats=floats) for part in wrong}
    word = {"ndarray": "a NumPy array"}.get(kind := str(_kind(case, wrong[0])), an(kind))
    return RuleResult(
        f"`{ast.unparse(call.func)}` works on tensors, and {case.quoted(wrong[0])} is {word}. Make a tensor of it.",
        SuggestedFix(rewritten(call, templates), None, call),
    )


def _kind(case: ErrorCase, part: ast.expr) -> str | None:
    """The class of an argument that is not a tensor, where it is one of those that a tensor can be made of."""
    value = case.find(part)
    if issubclass(type(value), np.ndarray):
        return "ndarray"
    if isinstance(part, ast.List | ast.Tuple):
        numbers = all(isinstance(item, ast.Constant | ast.List | ast.Tuple) for item in part.elts)
        return type(part).__name__.lower() if numbers else None
    if type(value) in (list, tuple):
        return type(value).__name__ if all(type(item) in (int, float, list, tuple) for item in value) else None
    return type(value).__name__ if type(value) in (int, float) else None


def _is_named(kind: str, message: str) -> bool:
    # The size of an array is an int, which was called as a tensor's is.
    return f"{kind}'" in message or (kind == "ndarray" and "'int' object is not callable" in message)


def _conversion(case: ErrorCase, part: ast.expr, *, floats: bool) -> str:
    if _kind(case, part) != "ndarray":
        return "torch.tensor({})"
    is_double = str(case.find(part).dtype) == "float64"
    return "torch.from_numpy({}).float()" if floats and is_double else "torch.from_numpy({})"


def _arguments(call: ast.Call) -> Iterator[ast.expr]:
    yield from (argument for argument in call.args if not isinstance(argument, ast.Starred))
    yield from (keyword.value for keyword in call.keywords if keyword.arg)


def _is_pytorchs(case: ErrorCase, call: ast.Call) -> bool:
    made = call.func.func if isinstance(call.func, ast.Call) else call.func  # `nn.MSELoss()(x, y)`
    callee = case.find(made)
    if issubclass(type(callee), torch.nn.Module):
        return class_module(callee).startswith("torch.")
    home = callee.__module__ if type(callee) is FunctionType or isinstance(callee, type) else ""
    return type(home) is str and home.startswith("torch.")
