"""What something is, in the few words that stand beside its name."""

from __future__ import annotations

import types

import numpy as np
import torch

from tui_torch.probe.code_help.known import (
    InstanceOf,
    Known,
    Value,
    WrittenClass,
    WrittenFunction,
    WrittenInstance,
    is_class,
    is_module,
)
from tui_torch.probe.code_help.signatures import is_function, name_of
from tui_torch.probe.values.short_repr import class_name, short_repr
from tui_torch.probe.values.tensor_facts import UNINITIALIZED, dtype_of, shape_within
from tui_torch.protocol.shapes import shape_text

_NUMBERS = (int, float, complex, bool, type(None))
_COUNTED = (list, tuple, dict, set, frozenset, str)
LENGTH = 40
"""Maximum characters of a description."""


def described(known: Known | None) -> str:
    """A few words: `Tensor [2, 3] float32`, `function`, `Linear`; empty where nothing is known."""
    return _words(known)[:LENGTH]


def _words(known: Known | None) -> str:
    match known:
        case None:
            return ""
        case Value(value) if is_module(value):
            return "module"
        case Value(value) if is_class(value):
            return "class"
        case Value(value, is_bound) if is_function(value):
            return "method" if is_bound else "function"
        case Value(value) if type(value) in (property, types.GetSetDescriptorType, types.MemberDescriptorType):
            return "attribute"
        case Value(value) if issubclass(type(value), torch.Tensor):
            return _of_tensor(value)  # type: ignore[arg-type]
        case Value(value) if type(value) is np.ndarray:
            return f"ndarray {shape_text(value.shape)} {value.dtype}"
        case Value(value) if type(value) in _NUMBERS:
            return short_repr(value) if value is None else f"{class_name(value)} {short_repr(value)}"  # type: ignore[return-value]
        case Value(value) if type(value) in _COUNTED:
            return f"{class_name(value)} of {len(value)}"  # type: ignore[arg-type]
        case Value(value):
            return class_name(value)
        case InstanceOf(cls):
            return name_of(cls)
        case WrittenClass():
            return "class"
        case WrittenInstance(of):
            return of.binding.name
        case WrittenFunction(_, is_bound):
            return "method" if is_bound else "function"


def _of_tensor(tensor: torch.Tensor) -> str:
    """The class, shape and dtype of a tensor. Its own class may be the learner's, and is not asked."""
    name = class_name(tensor)
    if issubclass(type(tensor), UNINITIALIZED):
        return name
    try:
        # This thread's alone, unlike what `unobserved()` does.
        with torch.DisableTorchFunction():
            shape, dtype = shape_within(tensor), dtype_of(tensor)
    except Exception:  # what is being made or freed just now
        return name
    return f"{name} {'nested' if shape is None else shape_text(shape)} {dtype}"
