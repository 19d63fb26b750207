"""The values that a piece of code names, found where Python keeps them, without running a line of the learner's."""

from __future__ import annotations

import ast
from types import FrameType, ModuleType
from typing import Any, Final

import numpy as np
import torch

from tui_torch.probe.isolation.torch_internals import registered
from tui_torch.probe.isolation.undisturbed import unobserved
from tui_torch.probe.source.names_in_scope import names_in_scope
from tui_torch.probe.values.elements import Base, grad_of
from tui_torch.probe.values.module_tree import module_text
from tui_torch.probe.values.short_repr import class_module, class_name, plain, short_repr
from tui_torch.probe.values.summary import is_shown

DESCRIPTION = 100
"""A value is described in so many characters."""
ITEMS = 4
"""So many tensors of a list are described one by one."""

MISSING: Final[Any] = object()
"""What is found where nothing is, or where to look would be to run the learner's code."""

_MRO = type.__dict__["__mro__"]


class Names:
    """What the names mean in one frame."""

    def __init__(self, frame: FrameType | None) -> None:
        scopes = () if frame is None else (names_in_scope(frame), frame.f_builtins)
        self.scopes: list[dict[str, object]] = [scope for scope in scopes if type(scope) is dict]

    def find(self, node: ast.AST | None) -> Any:
        """The value of a name, of attributes of it (`self.fc.weight`) or items of it (`layers[0]`), or of a literal.
        MISSING for everything else: what has to be computed, properties, and items of the learner's own classes."""
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
    """An attribute where it is stored; MISSING when it is computed."""
    cls = type(owner)
    if owner is MISSING:
        return MISSING
    if issubclass(cls, torch.Tensor):
        return _of_tensor(owner, name)
    if issubclass(cls, np.ndarray):
        return getattr(np.ndarray.view(owner, np.ndarray), name) if name in ("shape", "dtype", "ndim") else MISSING
    if issubclass(cls, ModuleType):
        return object.__getattribute__(owner, "__dict__").get(name, MISSING)
    if any(name in _own(parent) for parent in _MRO.__get__(cls)):
        return MISSING
    try:
        stored = object.__getattribute__(owner, "__dict__")
    except AttributeError:  # nothing but slots
        return MISSING
    if type(stored) is not dict:
        return MISSING
    if issubclass(cls, torch.nn.Module):
        for kind in ("parameters", "buffers", "modules"):
            if name in (held := registered(owner, kind)):
                return held[name]
    return stored.get(name, MISSING)


def _own(cls: type) -> Any:
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
    """An item of a plain list, tuple, dict, size, or of a Sequential; MISSING otherwise."""
    cls = type(owner)
    if type(index) is int and cls in (torch.nn.Sequential, torch.nn.ModuleList):
        owner = list(registered(owner, "modules").values())
        cls = list
    if type(index) is int and cls in (list, tuple, torch.Size):
        return owner[index] if -len(owner) <= index < len(owner) else MISSING
    if type(index) in (int, str) and cls is dict:
        return owner.get(index, MISSING)
    return MISSING


def shape_of(tensor: torch.Tensor) -> tuple[int, ...] | None:
    """None for a nested tensor, and for a parameter that has no shape yet."""
    if issubclass(type(tensor), (torch.nn.UninitializedParameter, torch.nn.UninitializedBuffer)):
        return None
    with unobserved():
        if Base.is_nested.__get__(tensor):
            return None
        return tuple(int(size) for size in Base.shape.__get__(tensor))


def dtype_text(dtype: object) -> str:
    return str(dtype).removeprefix("torch.")


def shape_text(shape: tuple[int, ...] | None) -> str:
    """`[15, 3]`, and `scalar` for a shape without dimensions."""
    if shape is None:
        return "tensor"
    return f"[{', '.join(map(str, shape))}]" if shape else "scalar"


def described(value: object, *, of_autograd: bool = False) -> str | None:
    """A value in a few words: a tensor's shape and dtype; None for what is no value (a function, a class).

    `of_autograd` adds what autograd asks of a tensor: whether it requires grad, and whether it is a leaf.
    """
    cls = type(value)
    if not is_shown(value) or value is MISSING or cls is torch.dtype:
        return None
    if issubclass(cls, torch.Tensor):
        return _tensor(value, of_autograd)  # type: ignore[arg-type]
    if issubclass(cls, np.ndarray):
        array = np.ndarray.view(value, np.ndarray)  # type: ignore[call-overload]
        return f"array {shape_text(array.shape)} {plain(str(array.dtype), 40)}"
    if issubclass(cls, torch.nn.Module):
        return plain(module_text(value, DESCRIPTION // 2), DESCRIPTION)
    if cls in (list, tuple) and value and all(issubclass(type(item), torch.Tensor) for item in value[:ITEMS]):  # type: ignore[index]
        shapes = ", ".join(_tensor(item, of_autograd) for item in value[:ITEMS])  # type: ignore[index]
        more = ", …" if len(value) > ITEMS else ""  # type: ignore[arg-type]
        return plain(f"{cls.__name__} of {len(value)}: {shapes}{more}", DESCRIPTION)  # type: ignore[arg-type]
    if (text := short_repr(value, DESCRIPTION)) is not None:
        return text
    name = plain(class_name(value), DESCRIPTION)
    return f"{name} (PyTorch's)" if class_module(value).startswith("torch.") else f"an object of your class {name}"


def _tensor(tensor: torch.Tensor, of_autograd: bool) -> str:
    shape = shape_text(shape_of(tensor))
    with unobserved():
        device = Base.device.__get__(tensor)
        text = f"{shape} {dtype_text(Base.dtype.__get__(tensor))}"
        if device.type != "cpu":
            text += f" on {device}"
        if of_autograd:
            required = Base.requires_grad.__get__(tensor)
            kind = "leaf" if Base.is_leaf.__get__(tensor) else "computed"
            text += f", {kind}, requires grad" if required else ", requires no grad"
    return text
