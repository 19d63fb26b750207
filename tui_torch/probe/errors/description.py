"""What an explanation says of a value: its shape and dtype, and for autograd whether it is a leaf."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import torch

from tui_torch.probe.errors.names import MISSING
from tui_torch.probe.isolation.undisturbed import unobserved
from tui_torch.probe.values.elements import Base
from tui_torch.probe.values.module_tree import module_text
from tui_torch.probe.values.short_repr import class_module, class_name, plain, short_repr
from tui_torch.probe.values.summary import is_shown
from tui_torch.probe.values.tensor_facts import dtype_text, shape_of
from tui_torch.protocol.shapes import shape_text

LONGEST_DESCRIPTION = 100
"""Maximum number of characters of a value's description."""
ITEMS = 4
"""Maximum number of tensors of a list that are described one by one."""


def tensor_shape_text(tensor: torch.Tensor) -> str:
    """Return `[15, 3]`, `scalar` for a shape without dimensions, and `tensor` if there is no shape."""
    shape = shape_of(tensor)
    return "tensor" if shape is None else shape_text(shape)


def sizes_in(text: str) -> list[int]:
    """Return the whole numbers in a part of PyTorch's message: 15 and 3 for `[15, 3]`."""
    return [int(size) for size in re.findall(r"-?\d+", text)]


def described(value: object, *, of_autograd: bool = False) -> str | None:
    """Return a value in a few words, a tensor's shape and dtype; None for what no inspection shows (a function).

    Args:
        value: Any object; none of its own methods is called.
        of_autograd: Add whether a tensor requires grad, and whether it is a leaf.
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
        return plain(module_text(value, LONGEST_DESCRIPTION // 2), LONGEST_DESCRIPTION)
    if cls in (list, tuple) and value and all(issubclass(type(item), torch.Tensor) for item in value[:ITEMS]):  # type: ignore[index]
        shapes = ", ".join(_tensor(item, of_autograd) for item in value[:ITEMS])  # type: ignore[index]
        more = ", …" if len(value) > ITEMS else ""  # type: ignore[arg-type]
        return plain(f"{cls.__name__} of {len(value)}: {shapes}{more}", LONGEST_DESCRIPTION)  # type: ignore[arg-type]
    if (text := short_repr(value, LONGEST_DESCRIPTION)) is not None:
        return text
    name = plain(class_name(value), LONGEST_DESCRIPTION)
    home = class_module(value).partition(".")[0]
    if home == "numpy" and callable(value):
        return None  # one of its functions
    if home == "torch":
        return f"{name} (PyTorch's)"
    return f"an object of your class {name}" if home == "__main__" else name


def _tensor(tensor: torch.Tensor, of_autograd: bool) -> str:
    shape = tensor_shape_text(tensor)
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


def result_text(value: Any, *, with_dtype: bool = False) -> str | None:
    """Return what a suggested fix evaluates to, `[15, 2]`; None for a value that is not worth a word.

    Args:
        value: A stand-in of what the fix evaluates to: its shape and dtype are right, its elements are not.
        with_dtype: Say the dtype of a tensor too: `[15, 2] float32`. That of a scalar is always said.
    """
    if issubclass(type(value), torch.Tensor):
        shape = shape_text(tuple(value.shape))
        return f"{shape} {dtype_text(value.dtype)}" if with_dtype or not value.dim() else shape
    if type(value) is np.ndarray:
        return f"array {shape_text(value.shape)}"
    if type(value) in (int, bool):
        return str(value)
    if type(value) is torch.Size:
        return shape_text(tuple(value))
    return None
