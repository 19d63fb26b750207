"""Errors within a property of a module, which PyTorch tells as if there were no such property."""

from __future__ import annotations

import ast
import difflib
import re
from typing import Any

import torch

from tui_torch.probe.errors.case import ErrorCase, RuleResult, SuggestedFix
from tui_torch.probe.errors.failing_code import rewritten
from tui_torch.probe.errors.names import MISSING, FrameNames
from tui_torch.probe.errors.registry import rule
from tui_torch.probe.isolation.torch_internals import registered
from tui_torch.probe.values.short_repr import class_name, plain

_MRO = type.__dict__["__mro__"]


@rule(r"'(\w+)' object has no attribute '(\w+)'", AttributeError, first=True)
def within_a_property(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain `self.out_dim`, a property that asks for an attribute that is not there."""
    module = case.error.obj if isinstance(case.error, AttributeError) else None
    name = found[2]
    if not issubclass(type(module), torch.nn.Module) or not _is_property(type(module), name):
        return None
    head = f"`{name}` is a property of `{class_name(module)}`, and what it computes raised an AttributeError"
    written = _definition(case, class_name(module), name)
    if written is None:
        return RuleResult(f"{head}, which PyTorch tells as if there were no `{name}`. Look at the property.", parts=[])
    names = FrameNames(None).with_names({"self": module})
    for node in ast.walk(written):
        if not isinstance(node, ast.Attribute) or not isinstance(node.ctx, ast.Load):
            continue
        owner = names.find(node.value)
        if owner is MISSING or owner is None or _has(owner, node.attr):
            continue
        close = difflib.get_close_matches(node.attr, _names_of(owner), 1, 0.75)
        said = f"{head} (line {node.lineno}): there is no `{ast.unparse(node)}`"
        if not close:
            return RuleResult(f"{said}. PyTorch tells it as if there were no `{name}`.", parts=[])
        statement = next(
            (one for one in ast.walk(written) if isinstance(one, ast.Return | ast.Assign) and _holds(one, node)), None
        )
        fix = None
        if statement is not None:
            text = rewritten(statement, {node: f"{ast.unparse(node.value)}.{close[0]}"})
            fix = SuggestedFix(text, None, statement)
        return RuleResult(f"{said}; there is `{close[0]}`.", fix, parts=[])
    line = plain(f"line {written.lineno}", 20)
    return RuleResult(
        f"{head} ({line}), which PyTorch tells as if there were no `{name}`. Something that the property asks for is "
        "not "
        "there (yet): look at its attributes, and at what is made before it is used.",
        parts=[],
    )


def _holds(statement: ast.stmt, node: ast.AST) -> bool:
    return any(part is node for part in ast.walk(statement))


def _is_property(cls: type, name: str) -> bool:
    for parent in _MRO.__get__(cls):
        namespace = type.__dict__["__dict__"].__get__(parent)
        if name in namespace:
            return type(namespace[name]) is property
    return False


def _definition(case: ErrorCase, cls: str, name: str) -> ast.FunctionDef | None:
    home = case.history.definition(cls)
    for _ in range(10):
        if not isinstance(home, ast.ClassDef):
            return None
        if (found := case.history.method(home.name, name)) is not None:
            return found
        base = next((one.id for one in home.bases if isinstance(one, ast.Name)), "")
        home = case.history.definition(base)
    return None


def _names_of(owner: Any) -> list[str]:
    names: list[str] = []
    try:
        held = object.__getattribute__(owner, "__dict__")
        names += [name for name in held if type(name) is str] if type(held) is dict else []
    except AttributeError:
        pass
    if issubclass(type(owner), torch.nn.Module):
        for kind in ("modules", "parameters", "buffers"):
            names += list(registered(owner, kind))
    for parent in _MRO.__get__(type(owner)):
        names += [name for name in type.__dict__["__dict__"].__get__(parent) if not name.startswith("__")]
    return names


def _has(owner: Any, name: str) -> bool:
    if name.startswith("__") or name in _names_of(owner):
        return True
    # A class with a `__getattr__` of its own may have anything.
    own = any("__getattr__" in type.__dict__["__dict__"].__get__(parent) for parent in _MRO.__get__(type(owner)))
    return own and not issubclass(type(owner), torch.nn.Module)
