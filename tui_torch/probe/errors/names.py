"""The values that a piece of code names, read where Python stores them, without running any of the learner's code."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from types import FrameType, ModuleType
from typing import Any, Final

import numpy as np
import torch

from tui_torch.probe.isolation.torch_internals import registered
from tui_torch.probe.isolation.undisturbed import unobserved
from tui_torch.probe.source.names_in_scope import names_in_scope
from tui_torch.probe.values.elements import Base, grad_of

MISSING: Final[Any] = object()
"""Returned where no value is stored, or where to get it would run the learner's code."""

_MRO = type.__dict__["__mro__"]


class FrameNames:
    """The names that code in one frame can use, with their values."""

    def __init__(self, frame: FrameType | None) -> None:
        """Read the names of a frame: its own, its module's and the built-in ones; none if `frame` is None."""
        scopes = () if frame is None else (names_in_scope(frame), frame.f_builtins)
        self.scopes: list[dict[str, object]] = [scope for scope in scopes if type(scope) is dict]

    def with_names(self, names: Mapping[str, object]) -> FrameNames:
        """Return the same names behind others, which hide those of the same name; MISSING hides too."""
        behind = FrameNames(None)
        behind.scopes = [dict(names), *self.scopes]
        return behind

    def find(self, node: ast.AST | None) -> Any:
        """Return the value of a name, of its attributes and items (`self.fc[0].weight`), or of a literal.

        MISSING for everything else: what has to be computed, properties, and items of the learner's own classes.
        """
        match node:
            case ast.Constant(value):
                return value
            case ast.Name(name):
                return next((scope[name] for scope in self.scopes if name in scope), MISSING)
            case ast.Attribute(owner, attribute):
                return attribute_of(self.find(owner), attribute)
            case ast.Subscript(owner, index):
                return item_of(self.find(owner), self.find(index))
            case ast.UnaryOp(ast.USub(), ast.Constant(int() | float() as number)):
                return -number
            case _:
                return MISSING


def attribute_of(owner: Any, name: str) -> Any:
    """Return a stored attribute; MISSING if it is not stored, or is computed by a property or by `__getattr__`."""
    cls = type(owner)
    if owner is MISSING:
        return MISSING
    if issubclass(cls, torch.Tensor):
        return _of_tensor(owner, name)
    if issubclass(cls, np.ndarray):
        return getattr(np.ndarray.view(owner, np.ndarray), name) if name in ("shape", "dtype", "ndim") else MISSING
    if issubclass(cls, ModuleType):
        return object.__getattribute__(owner, "__dict__").get(name, MISSING)
    if any(name in _namespace_of(parent) for parent in _MRO.__get__(cls)):
        return MISSING
    try:
        stored = object.__getattribute__(owner, "__dict__")
    except AttributeError:  # a class that has only slots
        return MISSING
    if type(stored) is not dict:
        return MISSING
    if issubclass(cls, torch.nn.Module):
        for kind in ("parameters", "buffers", "modules"):
            if name in (held := registered(owner, kind)):
                return held[name]
    return stored.get(name, MISSING)


def _namespace_of(cls: type) -> Any:
    return type.__dict__["__dict__"].__get__(cls)


def _of_tensor(tensor: torch.Tensor, name: str) -> Any:
    with unobserved():
        match name:
            case "grad":
                return grad_of(tensor)
            case "shape":
                return MISSING if Base.is_nested.__get__(tensor) else Base.shape.__get__(tensor)
            case "dtype":
                return Base.dtype.__get__(tensor)
            case "device":
                return Base.device.__get__(tensor)
            case "ndim":
                return Base.dim(tensor)
            case _:
                return MISSING


def item_of(owner: Any, index: Any) -> Any:
    """Return an item of a plain list, tuple, dict or size, or of a Sequential or ModuleList; MISSING otherwise."""
    cls = type(owner)
    if type(index) is int and cls in (torch.nn.Sequential, torch.nn.ModuleList):
        owner = list(registered(owner, "modules").values())
        cls = list
    if type(index) is int and cls in (list, tuple, torch.Size):
        return owner[index] if -len(owner) <= index < len(owner) else MISSING
    if type(index) in (int, str) and cls is dict:
        return owner.get(index, MISSING)
    return MISSING
