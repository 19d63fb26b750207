"""Errors of a layer that was given its input when it was made, `nn.ReLU(x)`, instead of when it is called."""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Iterator

import torch

from tui_torch.probe.errors.case import LONGEST_FIX, ErrorCase, RuleResult, SuggestedFix
from tui_torch.probe.errors.failing_code import rewritten
from tui_torch.probe.errors.origins.given_values import given_values
from tui_torch.probe.errors.registry import rule
from tui_torch.probe.isolation.undisturbed import unobserved
from tui_torch.probe.values.elements import Base
from tui_torch.probe.values.short_repr import class_name

_USUAL_OPTIONS = {"Softmax": "dim=-1", "LogSoftmax": "dim=-1", "Softmin": "dim=-1"}
"""Options that a layer should not be made without."""


@rule(r".", TypeError, AttributeError, RuntimeError, ValueError, first=True)
def made_with_its_input(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain `h = nn.ReLU(x)` where `h` is used as a tensor, and `nn.Softmax(x, dim=1)`, which cannot be made so."""
    for piece in _places(case.node):
        if isinstance(piece, ast.Call):
            call, statement = piece, None
        else:
            held = case.find(piece)
            if not issubclass(type(held), torch.nn.Module):
                continue
            given = given_values(piece, case.history, case.names)
            made = next(
                (one for one in given if isinstance(one.value, ast.Call) and _layer_class(case, one.value)), None
            )
            if made is None or not isinstance(made.value, ast.Call):
                continue
            call, statement = made.value, made.statement
        cls = _layer_class(case, call)
        if cls is None or cls.__name__.endswith("Loss"):
            continue
        inputs = [argument for argument in call.args if _is_tensor(case, argument)]
        if statement is not None and _holds_a_tensor(case.find(piece), cls):
            inputs = call.args
        if inputs and len(inputs) == len(call.args):
            return _explained(case, piece, call, cls, statement)
    return None


def _places(node: ast.AST | None) -> Iterator[ast.expr]:
    """Yield the parts of a failing piece that are used as tensors, and the piece itself if it makes a layer."""
    match node:
        case ast.Call(function, arguments):
            yield node
            if isinstance(function, ast.Attribute):
                yield function.value
            for argument in arguments:
                yield from argument.elts if isinstance(argument, ast.List | ast.Tuple) else [argument]
        case ast.Attribute(owner) | ast.Subscript(owner):
            yield owner
        case ast.BinOp(left, _, right):
            yield left
            yield right
        case ast.UnaryOp(_, operand):
            yield operand
        case ast.Compare(left, _, compared):
            yield left
            yield from compared
        case _:
            return


def _layer_class(case: ErrorCase, call: ast.Call) -> type | None:
    """Return the class of PyTorch's that a call makes a layer of."""
    made = case.find(call.func)
    is_layer = issubclass(type(made), type) and issubclass(made, torch.nn.Module)
    return made if is_layer and vars(torch.nn).get(made.__name__) is made else None


def _is_tensor(case: ErrorCase, node: ast.expr) -> bool:
    tensor = case.tensor(node)
    if tensor is None:
        return False
    with unobserved():
        return Base.dim(tensor) > 0 and type(tensor) is not torch.nn.Parameter


def _explained(
    case: ErrorCase, piece: ast.expr, call: ast.Call, cls: type, statement: ast.stmt | None
) -> RuleResult | None:
    options = ", ".join(map(ast.unparse, call.keywords)) or _USUAL_OPTIONS.get(cls.__name__, "")
    given = ", ".join(map(ast.unparse, call.args))
    needed = _needed(cls)
    where = "" if statement is None else f" (line {call.lineno})"
    who = f"{case.quoted(piece)} is a layer, no tensor: " if statement is not None else ""
    option = f", and took `{given}` for its option `{_options(cls)[0].name}`" if statement and _options(cls) else ""
    meaning = f"{who}`{ast.unparse(call)}`{where} makes a layer{option}. "
    if needed and not options:
        return RuleResult(f"{meaning}Make the layer with its {needed}, and call it with the tensor: `layer({given})`.")
    text = f"{ast.unparse(call.func)}({options})({given})"
    fix = SuggestedFix(text, None, call)
    if statement is not None:
        fix = SuggestedFix(rewritten(statement, {call: text}), None, statement)
    end = f"Make it with its options, and call it with the tensor: `{text}`."
    return RuleResult(meaning + end, fix if len(fix.text) <= LONGEST_FIX else None)


def _options(cls: type) -> list[inspect.Parameter]:
    """Return what a layer is made with, in order."""
    every = list(inspect.signature(cls.__init__).parameters.values())[1:]  # type: ignore[misc]
    return [one for one in every if one.kind is one.POSITIONAL_OR_KEYWORD]


def _needed(cls: type) -> str:
    """Return the names of what a layer has to be made with; empty if it can be made of nothing."""
    return " and ".join(f"`{one.name}`" for one in _options(cls) if one.default is one.empty)


def _holds_a_tensor(module: object, cls: type) -> bool:
    """Whether a layer has a tensor in the place of an option."""
    held = object.__getattribute__(module, "__dict__")
    return any(issubclass(type(held.get(one.name)), torch.Tensor) for one in _options(cls))


@rule(r"'(\w+)' object has no attribute|, but got (\w+)$", AttributeError, TypeError, first=True)
def module_for_a_tensor(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain `F.mse_loss(model, y)`: a module that is given to a function of PyTorch's in the place of a tensor."""
    call = case.call()
    for argument in call.args if call is not None else ():
        for piece in argument.elts if isinstance(argument, ast.List | ast.Tuple) else [argument]:
            held = case.find(piece)
            if issubclass(type(held), torch.nn.Module) and class_name(held) == (found[1] or found[2]):
                return RuleResult(
                    f"{case.quoted(piece)} is a module ({class_name(held)}), not a tensor: call it with one, "
                    f"`{ast.unparse(piece)}(x)`, and give what it returns."
                )
    return None
