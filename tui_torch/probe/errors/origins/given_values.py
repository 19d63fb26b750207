"""What a piece of code was given, followed back through names and through functions of the learner's."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

import torch

from tui_torch.probe.errors.failing_code import called_name
from tui_torch.probe.errors.names import MISSING, FrameNames
from tui_torch.probe.errors.origins.history import CodeHistory

_DEEPEST = 6
"""Maximum number of assignments and returns that are followed one behind the other."""


@dataclass(frozen=True, slots=True)
class Given:
    """One expression that a value came from."""

    statement: ast.stmt
    """The assignment, or the `return`."""
    value: ast.expr


def given_values(
    piece: ast.expr | None, history: CodeHistory, names: FrameNames, at: ast.stmt | None = None, depth: int = 0
) -> Iterator[Given]:
    """Yield what a piece was given, the nearest first: what was assigned to it, or what the function returns.

    Args:
        piece: A name, a path or a call.
        history: The code, seen from the statement that failed.
        names: The values that the names have there.
        at: The statement that the piece stands in; the one that failed if None.
        depth: How many have been followed before.
    """
    if depth > _DEEPEST or piece is None:
        return
    at = history.statement if at is None else at
    found: list[Given] = []
    match piece:
        case ast.Call():
            function = function_called_in(piece, history, names, at)
            returned = history.returned(function) if function is not None else []
            found = [Given(one, one.value) for one in returned if one.value is not None]
            if len(found) != 1:  # which one it was is not known
                return
        case ast.Name() | ast.Attribute():
            made = history.last(ast.unparse(piece), at)
            if made is not None and not made.unpacked:
                found = [Given(made.statement, made.value)]
        case _:
            return
    for one in found:
        yield one
        yield from given_values(one.value, history, names, one.statement, depth + 1)


def function_called_in(
    call: ast.Call, history: CodeHistory, names: FrameNames, at: ast.stmt | None
) -> ast.FunctionDef | None:
    """Return the learner's function or method that a call runs, by its definition in the code; None if unknown."""
    name = called_name(call)
    if isinstance(call.func, ast.Call):  # `Net()(x)`
        return history.method(called_name(call.func), "forward")
    if not isinstance(call.func, ast.Name | ast.Attribute):
        return None
    value = names.find(call.func)
    if issubclass(type(value), torch.nn.Module):
        return history.method(type(value).__name__, "forward")
    if isinstance(call.func, ast.Name):
        found = history.definition(name)
        return found if isinstance(found, ast.FunctionDef) else None
    owner = ast.unparse(call.func.value)
    home = history.scope_of(history.scope_of(at)) if owner == "self" else None
    if isinstance(home, ast.ClassDef):
        return history.method(home.name, name)
    held = names.find(call.func.value)
    return None if held is MISSING else history.method(type(held).__name__, name)
