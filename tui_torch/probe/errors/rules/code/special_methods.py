"""Errors of classes whose special methods are misspelt, `_len_` for `__len__`, so that Python does not find them."""

from __future__ import annotations

import ast
import difflib
import re
from collections.abc import Iterator

import torch
from torch.utils.data import Dataset

from tui_torch.probe.errors.case import ErrorCase, RuleResult, SuggestedFix
from tui_torch.probe.errors.failing_code import paths
from tui_torch.probe.errors.registry import rule
from tui_torch.probe.source.frame_locals import local_names
from tui_torch.probe.source.lines import lines_of

_ALIKE = 0.75
"""Minimum similarity of two names of which one may be the other misspelt."""
_SYNONYMS = {"__len__": {"length", "size"}, "__getitem__": {"get"}, "forward": {"call"}}
"""What a special method is called in other words."""
_OTHERS = {name for kind in (dict, type, int, str) for name in dir(kind)} - {"__int__"} | {"__enter__", "__exit__"}
"""Special methods that are no misspelling of others; `__int__` is `__init__` misspelt more often than itself."""


@rule(r"object of type '(?P<cls>\w+)' has no len\(\)", TypeError, first=True)
@rule(r"'(?P<cls>\w+)' object is not (?P<lacks>subscriptable|iterable|callable|an iterator)$", TypeError, first=True)
@rule(r"'(?P<cls>\w+)' object does not support (?P<lacks>item assignment)", TypeError, first=True)
@rule(r"'(?P<cls>\w+)' object does not support the (?P<lacks>context manager) protocol", TypeError, first=True)
@rule(r'Module \[(?P<cls>\w+)\] is missing the required "(?P<lacks>forward)" function', NotImplementedError, first=True)
@rule(r"(?P<cls>\w+)\(\) (?P<lacks>takes no arguments)", TypeError, first=True)
@rule(r"(?P<cls>\w+)\.__init__\(\) (?P<lacks>takes 1 positional|got an unexpected keyword)", TypeError, first=True)
def misspelt_method(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain an object without the method that was asked for, where its class has one of nearly that name."""
    wanted = {
        "subscriptable": ("__getitem__",),
        "iterable": ("__iter__", "__getitem__"),
        "callable": ("__call__",),
        "an iterator": ("__next__",),
        "item assignment": ("__setitem__",),
        "context manager": ("__enter__", "__exit__"),
        "forward": ("forward",),
        "takes no arguments": ("__init__",),
        "takes 1 positional": ("__init__",),
        "got an unexpected keyword": ("__init__",),
    }.get(found.groupdict().get("lacks") or "", ("__len__",))
    return next(filter(None, (_explained(case, found["cls"], name) for name in wanted)), None)


@rule(r"Subclasses of Dataset should implement (__getitem__)", NotImplementedError, first=True)
def misspelt_getitem(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain a Dataset class whose `__getitem__` has another name."""
    traceback, dataset = case.error.__traceback__, None
    while traceback is not None:
        dataset = local_names(traceback.tb_frame).get("self")
        traceback = traceback.tb_next
    if issubclass(type(dataset), Dataset):
        return _explained(case, type(dataset).__name__, found[1])
    # Raised in a worker process, whose objects cannot be looked at.
    classes = [node.name for node in ast.walk(case.tree) if isinstance(node, ast.ClassDef)] if case.tree else []
    return next(filter(None, (_explained(case, name, found[1]) for name in classes)), None)


@rule(r"'(?P<cls>\w+)' object has no attribute '(?P<name>\w+)'", AttributeError, first=True)
def attribute_of_a_misspelt_init(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain an attribute that is set in `__int__` or `_init_`, which nothing runs."""
    near = _near_miss(case, found["cls"], "__init__")
    if near is None or found["name"] not in _set_in(near):
        return None
    return _told(case, found["cls"], near, "__init__", f", so `self.{found['name']}` was never set")


@rule(r"optimizer got an empty parameter list", ValueError, first=True)
def parameters_of_a_misspelt_init(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain a model without parameters whose layers are made in `__int__` or `_init_`."""
    for piece in paths(case.node):
        value = case.find(piece)
        cls = type(value).__name__
        if issubclass(type(value), torch.nn.Module) and (near := _near_miss(case, cls, "__init__")) is not None:
            return _told(case, cls, near, "__init__", ", so its layers were never made")
    return None


def _explained(case: ErrorCase, cls: str, wanted: str) -> RuleResult | None:
    near = _near_miss(case, cls, wanted)
    return _told(case, cls, near, wanted) if near is not None else None


def _told(case: ErrorCase, cls: str, near: ast.FunctionDef, wanted: str, so: str = "") -> RuleResult:
    who = "PyTorch" if wanted == "forward" else "Python"
    how = "" if wanted == "forward" else ", with two underscores on each side"
    return RuleResult(
        f"`{cls}` has no `{wanted}`, the name that {who} looks for: line {near.lineno} writes `{near.name}`{so}. Name "
        f"it `{wanted}`{how}.",
        _renamed(case, near, wanted),
        parts=[],
    )


def _near_miss(case: ErrorCase, cls: str, wanted: str) -> ast.FunctionDef | None:
    """Return the method of a class that has the wanted one's name misspelt; None if the class has the wanted one."""
    methods = [
        node for home in _with_bases(case, cls, set()) for node in home.body if isinstance(node, ast.FunctionDef)
    ]
    if any(method.name == wanted for method in methods):
        return None
    # What the code calls by its name is a method of its own.
    called = {node.attr for node in ast.walk(case.tree) if isinstance(node, ast.Attribute)} if case.tree else set()
    return next((one for one in methods if one.name not in called and _is_misspelt(one.name, wanted)), None)


def _with_bases(case: ErrorCase, name: str, seen: set[str]) -> Iterator[ast.ClassDef]:
    """Yield a class of the code and those that it is derived from."""
    home = case.history.definition(name)
    if isinstance(home, ast.ClassDef) and name not in seen:
        seen.add(name)
        yield home
        for base in home.bases:
            if isinstance(base, ast.Name):
                yield from _with_bases(case, base.id, seen)


def _is_misspelt(name: str, wanted: str) -> bool:
    if name in _OTHERS:
        return False
    own, meant = name.replace("_", "").lower(), wanted.replace("_", "")
    if own == meant or sorted(own) == sorted(meant):
        return True
    if wanted != "forward" and not (name.startswith("_") and name.endswith("_")):
        return wanted == "__len__" and own == "length"
    if own in _SYNONYMS.get(wanted, ()):
        return True
    # `forward_once` and `forward2` are other methods, by a name of their own.
    if wanted == "forward" and ("_" in name or name[-1:].isdigit()):
        return False
    return difflib.SequenceMatcher(None, own, meant).ratio() > _ALIKE


def _set_in(method: ast.FunctionDef) -> set[str]:
    """Return the attributes of `self` that a method sets."""
    return {
        node.attr
        for node in ast.walk(method)
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store) and ast.unparse(node.value) == "self"
    }


def _renamed(case: ErrorCase, near: ast.FunctionDef, wanted: str) -> SuggestedFix | None:
    """The first line of a method with another name; None if that is not one line by itself."""
    line = lines_of(case.source)[near.lineno - 1].rstrip()
    header = line[near.col_offset :]
    if not header.endswith(":") or not header.startswith(f"def {near.name}("):
        return None
    place = ast.Pass(lineno=near.lineno, col_offset=near.col_offset, end_lineno=near.lineno, end_col_offset=len(line))
    return SuggestedFix(header.replace(near.name, wanted, 1), None, place)
