"""What is known of an expression without running any of it: the value itself, or the class that it will be of.

It is asked in the thread of the control channel, while the learner's code may run in another. So no method and no
property of theirs is called, no attribute is asked of an object that could answer by code, and nothing is imported.
"""

from __future__ import annotations

import types
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeGuard

import torch

from tui_torch.probe.isolation.torch_internals import registered
from tui_torch.probe.values.module_tree import members
from tui_torch.protocol.code_help import Binding

_MRO = type.__dict__["__mro__"]
_DICT = type.__dict__["__dict__"]
_ANNOTATIONS_OF = "__annotations__"


@dataclass(frozen=True, slots=True)
class Value:
    """An object that exists."""

    value: object
    is_bound: bool = False
    """Whether it is a function that was reached through an instance, which is its first argument."""


@dataclass(frozen=True, slots=True)
class InstanceOf:
    """Some instance of a class."""

    cls: type


@dataclass(frozen=True, slots=True)
class WrittenClass:
    """A class of the code, which need not have run."""

    binding: Binding
    bases: tuple[Known, ...]


@dataclass(frozen=True, slots=True)
class WrittenInstance:
    """Some instance of such a class."""

    of: WrittenClass


@dataclass(frozen=True, slots=True)
class WrittenFunction:
    """A function of the code: its parameters, and what it returns."""

    source: str
    is_bound: bool = False


Known = Value | InstanceOf | WrittenClass | WrittenInstance | WrittenFunction


def is_class(value: object) -> TypeGuard[type]:
    """Whether an object is a class; its `__class__`, which may lie, is not asked."""
    return issubclass(type(value), type)


def is_module(value: object) -> TypeGuard[types.ModuleType]:
    """Whether an object is a module of Python's."""
    return issubclass(type(value), types.ModuleType)


def class_of(known: Known) -> type | None:
    """The class that something is an instance of; None for one of the code's own, and for what is no instance."""
    match known:
        case Value(value):
            return type(value)
        case InstanceOf(cls):
            return cls
        case WrittenInstance(of):
            for base in of.bases:
                if isinstance(base, WrittenClass):
                    return class_of(WrittenInstance(base))
                if isinstance(base, Value) and is_class(base.value):
                    return base.value  # type: ignore[return-value]
            return None
        case _:
            return None


def is_tensor(known: Known | None) -> bool:
    """Whether something is a tensor, or will be."""
    return isinstance(known, Value | InstanceOf) and issubclass(class_of(known) or object, torch.Tensor)


def in_class(cls: type, name: str) -> tuple[object] | None:
    """What a class or one of its bases has under a name, as it is written there; None if none has it."""
    for base in _MRO.__get__(cls):
        held = _DICT.__get__(base)
        if name in held:
            return (held[name],)
    return None


def names_in_class(cls: type) -> Iterator[str]:
    """The names that a class and its bases have, and those that they declare for their instances."""
    for base in _MRO.__get__(cls):
        held = _DICT.__get__(base)
        yield from list(held)
        declared = held.get(_ANNOTATIONS_OF)
        if type(declared) is dict:
            yield from list(declared)


def declared_in_class(cls: type, name: str) -> object:
    """The annotation of a name in a class or one of its bases; None if there is none."""
    for base in _MRO.__get__(cls):
        declared = _DICT.__get__(base).get(_ANNOTATIONS_OF)
        if type(declared) is dict and name in declared:
            return declared[name]
    return None


def in_instance(value: object) -> dict[str, object]:
    """What an object holds itself, by name; a module of PyTorch's its parameters, buffers and layers among it."""
    held: dict[str, object] = {}
    if issubclass(type(value), torch.nn.Module):
        for kind in ("modules", "parameters", "buffers"):
            held |= registered(value, kind)
    try:
        own = object.__getattribute__(value, "__dict__")
    except AttributeError:
        return held
    return held | own if type(own) is dict else held


def layer(container: object, at: int) -> object | None:
    """The layer at an index of an `nn.Sequential` or `nn.ModuleList`; None if there is none."""
    if issubclass(type(container), torch.nn.Sequential | torch.nn.ModuleList):
        layers = members(container, "modules")
        if -len(layers) <= at < len(layers):
            return layers[at][1]
    return None
