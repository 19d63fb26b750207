"""A tensor's shape and dtype, read without calling a method that a learner's class may define."""

from __future__ import annotations

from typing import Any

import torch
from torch.nn.parameter import UninitializedBuffer, UninitializedParameter

from tui_torch.probe.isolation.undisturbed import unobserved
from tui_torch.probe.values.elements import Base

UNINITIALIZED = (UninitializedBuffer, UninitializedParameter)
"""What a lazy module holds until it is first called: tensors without a shape."""


def shape_of(tensor: torch.Tensor) -> tuple[int, ...] | None:
    """A tensor's shape; None for a nested tensor, and for a lazy module's parameter that has no shape yet."""
    if issubclass(type(tensor), UNINITIALIZED):
        return None
    with unobserved():
        return shape_within(tensor)


def shape_within(tensor: torch.Tensor) -> tuple[int, ...] | None:
    """The same of a tensor that has a shape or is nested. Call it inside `unobserved()`: it is done for every name."""
    if Base.is_nested.__get__(tensor):
        return None
    return tuple(int(size) for size in Base.shape.__get__(tensor))


def dtype_text(dtype: Any) -> str:
    """A dtype of PyTorch's without its package: `float32`."""
    return str(dtype).removeprefix("torch.")


def dtype_of(tensor: torch.Tensor) -> str:
    """A tensor's dtype as text: `float32`. Call it inside `unobserved()`."""
    return dtype_text(Base.dtype.__get__(tensor))
