"""Errors of modules that keep results of computations in attributes, which are copied with them."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Any

import torch

from tui_torch.probe.errors.case import ErrorCase, PossibleFix, RuleResult, SuggestedFix
from tui_torch.probe.errors.failing_code import rewritten
from tui_torch.probe.isolation.torch_internals import registered
from tui_torch.probe.isolation.undisturbed import unobserved
from tui_torch.probe.values.elements import Base
from tui_torch.probe.values.short_repr import class_name

_DEEPEST = 8
"""Maximum depth of modules within modules that are looked through."""
_MOST_ITEMS = 100


def copied_with_a_result(case: ErrorCase, held: ast.expr | None) -> RuleResult | None:
    """Explain `copy.deepcopy(model)` of a model that keeps the result of a computation; None if it keeps none."""
    module = case.find(held)
    if not issubclass(type(module), torch.nn.Module) or held is None:
        return None
    kept = next(_results(module, ast.unparse(held), 0), None)
    if kept is None:
        return None
    owner, path, name, is_inside = kept
    places = list(_kept_by(case, class_name(owner), name))
    where = f" (line {places[0][0].lineno})" if len(places) == 1 else ""
    meaning = (
        f"`{path}`{where} {'holds results' if is_inside else 'is the result'} of a computation that the model keeps, "
        "and "
        "a copy of it would need a copy of its graph."
    )
    end = " Keep it without its graph, `.detach()`, or empty it before the copy."
    if len(places) != 1:
        return RuleResult(f"{meaning}{end}")
    statement, value = places[0]
    fix = SuggestedFix(rewritten(statement, {value: "{}.detach()"}), None, statement)
    if _is_read(case, name, statement):
        return RuleResult(
            f"{meaning}{end}",
            readings=(PossibleFix(f"`{name}` is only looked at, and no gradient goes through it", fix),),
        )
    return RuleResult(f"{meaning} `.detach()` keeps its numbers alone.", fix)


def _results(module: Any, path: str, depth: int) -> Iterator[tuple[Any, str, str, bool]]:
    """Yield what a module keeps that has a graph: (module, path, attribute, whether it is within a list or dict)."""
    stored = object.__getattribute__(module, "__dict__")
    for name, value in {**stored, **registered(module, "buffers")}.items():
        if _has_graph(value):
            yield module, f"{path}.{name}", name, False
        items = list(value.values()) if type(value) is dict else value if type(value) in (list, tuple) else []
        if not name.startswith("_") and any(_has_graph(item) for item in items[:_MOST_ITEMS]):
            yield module, f"{path}.{name}", name, True
    for name, child in registered(module, "modules").items() if depth < _DEEPEST else ():
        if issubclass(type(child), torch.nn.Module):
            yield from _results(child, f"{path}[{name}]" if name.isdecimal() else f"{path}.{name}", depth + 1)


def _has_graph(value: Any) -> bool:
    if not issubclass(type(value), torch.Tensor):
        return False
    with unobserved():
        return not Base.is_leaf.__get__(value)


def _kept_by(case: ErrorCase, cls: str, name: str) -> Iterator[tuple[ast.stmt, ast.expr]]:
    """Yield the statements that store something under an attribute of `self`, but None and empty containers."""
    home = case.history.definition(cls)
    for method in home.body if isinstance(home, ast.ClassDef) else ():
        if not isinstance(method, ast.FunctionDef):
            continue
        for made in case.history.all(f"self.{name}", method):
            if not isinstance(made.value, ast.Constant | ast.List | ast.Dict) and not made.unpacked:
                yield made.statement, made.value
        for node in ast.walk(method):
            match node:
                case ast.Expr(
                    ast.Call(ast.Attribute(ast.Attribute(ast.Name("self"), attribute), "append"), [value])
                ) if attribute == name:
                    yield node, value
                case ast.Assign([ast.Subscript(ast.Attribute(ast.Name("self"), attribute))], value) if (
                    attribute == name
                ):
                    yield node, value
                case _:
                    continue


def _is_read(case: ErrorCase, name: str, statement: ast.stmt) -> bool:
    own = {id(node) for node in ast.walk(statement)}
    nodes = ast.walk(case.tree) if case.tree is not None else iter(())
    return any(
        isinstance(node, ast.Attribute) and node.attr == name and isinstance(node.ctx, ast.Load) and id(node) not in own
        for node in nodes
    )
