"""Errors of attributes that have a method's name: `self.train = True` hides `train()`."""

from __future__ import annotations

import ast
import linecache
import re
from collections.abc import Iterator
from typing import Any

import torch

from tui_torch.probe.articles import an
from tui_torch.probe.errors.case import ErrorCase, RuleResult, SuggestedFix
from tui_torch.probe.errors.failing_code import called_name
from tui_torch.probe.errors.names import MISSING
from tui_torch.probe.errors.origins.history import Assignment
from tui_torch.probe.errors.registry import rule
from tui_torch.probe.source.frame_locals import local_names
from tui_torch.probe.values.short_repr import class_name

_MRO = type.__dict__["__mro__"]
_SUFFIXES = {list: "list", dict: "dict", str: "name", int: "count", float: "value", tuple: "items"}


@rule(r".", TypeError, AttributeError, RuntimeError, NotImplementedError, first=True)
def hides_a_method(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain the call of a method of an object that has an attribute of the same name, by its class or PyTorch's."""
    for owner, name in _methods_called(case):
        value = _stored(owner, name)
        if value is MISSING or not _is_method(type(owner), name):
            continue
        # What can be called there, as a layer named `forward`, is an error of its own.
        if callable(value) and not issubclass(type(value), torch.nn.Module):
            continue
        return _explained(case, owner, name, value)
    return _of_an_object_without_a_name(case)


def _of_an_object_without_a_name(case: ErrorCase) -> RuleResult | None:
    """Explain `Trainer().step(x)`, whose object cannot be looked at any more."""
    match case.node:
        case ast.Call(ast.Attribute(ast.Call() as made, name)) if case.is_own and "not callable" in str(case.error):
            cls = called_name(made)
        case _:
            return None
    written, own = _assignment(case, cls, name), case.history.method(cls, name)
    if written is None or own is None:
        return None
    return RuleResult(
        f"`{cls}` has a value under the name `{name}` (line {written.statement.lineno}), which hides the method "
        f"`{name}` "
        f"of its class (line {own.lineno}): what calls that meets the value in its place. Give the attribute another "
        "name.",
        _renamed(case, written, name, case.find(written.value)),
        parts=[],
    )


def _methods_called(case: ErrorCase) -> Iterator[tuple[Any, str]]:
    """Yield the objects and names of the methods that were being called where the error went through."""
    if isinstance(case.node, ast.Call) and isinstance(case.node.func, ast.Attribute):
        owner = case.find(case.node.func.value)
        if owner is not MISSING and case.is_own:
            yield owner, case.node.func.attr
    traceback = case.error.__traceback__
    while traceback is not None:
        frame = traceback.tb_frame
        if "torch" in frame.f_code.co_filename:
            owner = local_names(frame).get("self", MISSING)
            if issubclass(type(owner), torch.nn.Module | torch.optim.Optimizer):
                line = linecache.getline(frame.f_code.co_filename, traceback.tb_lineno)
                for called in re.findall(r"\bself\.(\w+)\(", line):
                    yield owner, called
            module = local_names(frame).get("module", MISSING)
            if issubclass(type(module), torch.nn.Module):
                line = linecache.getline(frame.f_code.co_filename, traceback.tb_lineno)
                for called in re.findall(r"\bmodule\.(\w+)\(", line):
                    yield module, called
        traceback = traceback.tb_next


def _stored(owner: Any, name: str) -> Any:
    """Return what an object itself holds under a name, whatever its class has."""
    try:
        held = object.__getattribute__(owner, "__dict__")
    except AttributeError:
        return MISSING
    return held.get(name, MISSING) if type(held) is dict else MISSING


def _is_method(cls: type, name: str) -> bool:
    return any(
        callable(type.__dict__["__dict__"].__get__(parent).get(name))
        for parent in _MRO.__get__(cls)
        if parent is not object
    )


def _explained(case: ErrorCase, owner: Any, name: str, value: Any) -> RuleResult:
    cls = class_name(owner)
    made = _assignment(case, cls, name)
    where = f" (line {made.statement.lineno})" if made is not None else ""
    own = case.history.method(cls, name)
    whose = (
        f"method `{name}` of its class (line {own.lineno})"
        if own is not None
        else f"`{name}()` that PyTorch's modules have"
    )
    if own is None and not (type(owner).__module__.startswith("torch") or _is_pytorchs(type(owner), name)):
        whose = f"method `{name}` of its class"
    kind = "a layer" if issubclass(type(value), torch.nn.Module) else f"the value {_short(value)}"
    return RuleResult(
        f"`{cls}` has {kind} under the name `{name}`{where}, which hides the {whose}: what calls that meets the value "
        "in its place. Give the attribute another name.",
        _renamed(case, made, name, value),
        parts=[],
    )


def _is_pytorchs(cls: type, name: str) -> bool:
    for parent in _MRO.__get__(cls):
        if name in type.__dict__["__dict__"].__get__(parent):
            return parent.__module__.startswith("torch")
    return False


def _short(value: Any) -> str:
    return (
        f"`{value!r}`"
        if type(value) in (int, float, bool, str) and len(repr(value)) < 30
        else f"of {an(type(value).__name__)}"
    )


def _assignment(case: ErrorCase, cls: str, name: str) -> Assignment | None:
    home = case.history.definition(cls)
    for method in home.body if isinstance(home, ast.ClassDef) else ():
        if isinstance(method, ast.FunctionDef):
            for made in case.history.all(f"self.{name}", method):
                return made
    return None


def _renamed(case: ErrorCase, made: Assignment | None, name: str, value: Any) -> SuggestedFix | None:
    """The assignment under another name; None if the value is used elsewhere under the old one."""
    if made is None or case.tree is None or not isinstance(made.statement, ast.Assign) or made.unpacked:
        return None
    new = f"is_{name}" if type(value) is bool else f"{name}_{_SUFFIXES.get(type(value), 'part')}"
    called = {id(node.func) for node in ast.walk(case.tree) if isinstance(node, ast.Call)}
    used = [
        node
        for node in ast.walk(case.tree)
        if isinstance(node, ast.Attribute) and node.attr in (name, new) and id(node) not in called
    ]
    if len(used) != 1 or len(made.statement.targets) != 1:
        return None
    return SuggestedFix(f"self.{new} = {ast.unparse(made.value)}", None, made.statement)
