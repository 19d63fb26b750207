"""Writes the elements of a tensor or an array as the code that makes it again."""

from __future__ import annotations

import cmath
import math
from typing import Any

import numpy as np
import torch

from tui_torch.probe.isolation.readable_memory import UnreadableError, refuse_unreadable_array
from tui_torch.probe.values.elements import Base, stored

MOST = 10_000
"""Maximum number of elements that are written."""

_NUMPYS = {torch.float16: np.float16, torch.float64: np.float64}
"""The type whose shortest text tells a floating-point number apart, where that is not `float32`."""
_UNSAID = (torch.float32, torch.int64, torch.bool)
"""What PyTorch makes of numbers, unless told otherwise."""


def as_code(value: Any) -> str:
    """Return an expression of `torch`, or of `np`, that gives an equal value. Call it inside `unobserved()`.

    What requires grad does so again, as a leaf. A tensor of another device is on that device.

    Raises:
        UnreadableError: It is neither a tensor nor an array, has more than MOST elements, or no list of numbers makes
            it.
    """
    if issubclass(type(value), np.ndarray):
        return _array(value)
    if not issubclass(type(value), torch.Tensor):
        raise UnreadableError("no tensor: there is no code that makes it")
    held, note = stored(value)
    _refuse_many(Base.numel(value))
    if note is not None or Base.is_quantized.__get__(value):
        raise UnreadableError("only a dense tensor is written as code")
    dtype, shape = Base.dtype.__get__(held), tuple(Base.size(held))
    numbers = _numbers(held, dtype)
    known = [] if dtype in _UNSAID and numbers.size else [f"dtype={dtype}"]
    if Base.device.__get__(held).type != "cpu":
        known.append(f'device="{Base.device.__get__(held)}"')
    requires_grad = Base.requires_grad.__get__(value)
    is_parameter = issubclass(type(value), torch.nn.Parameter)
    if requires_grad and not is_parameter:
        known.append("requires_grad=True")
    made = _call("torch.tensor", numbers, known) if numbers.size else _empty("torch.empty", shape, known)
    if is_parameter:
        return f"torch.nn.Parameter({made}{'' if requires_grad else ', requires_grad=False'})"
    return made


def _array(array: Any) -> str:
    refuse_unreadable_array(array)
    _refuse_many(array.size)
    plain = np.asarray(array)
    if plain.dtype.kind not in "biufc":
        raise UnreadableError(f"elements of the type {plain.dtype} are not written as code")
    known = [] if plain.dtype in (np.float64, np.int64, np.bool_) and plain.size else [f"dtype=np.{plain.dtype}"]
    return _call("np.array", plain, known) if plain.size else _empty("np.empty", plain.shape, known)


def _refuse_many(count: int) -> None:
    if count > MOST:
        raise UnreadableError(f"{count:,} elements: more than {MOST:,} are not written as code")


def _numbers(held: torch.Tensor, dtype: torch.dtype) -> np.ndarray:
    # A copy: numpy() on the learner's own tensor would forbid it to be resized from then on.
    plain: Any = Base.clone(Base.resolve_neg(Base.resolve_conj(Base.cpu(held))))
    if dtype.is_complex:
        return np.asarray(plain.to(torch.complex128).numpy())
    if dtype.is_floating_point:
        # Those that NumPy does not have, bfloat16 and the like, are float32 without a loss.
        kind: Any = _NUMPYS.get(dtype, np.float32)
        return np.asarray(plain.to(torch.float64).numpy()).astype(kind)
    return np.asarray(plain.numpy())


def _call(function: str, numbers: np.ndarray, known: list[str]) -> str:
    begin = f"{function}("
    return f"{begin}{_nested(numbers, len(begin) + 1)}{''.join(f', {said}' for said in known)})"


def _empty(function: str, shape: tuple[int, ...], known: list[str]) -> str:
    return f"{function}({', '.join([str(tuple(shape)), *known])})"


def _nested(numbers: np.ndarray, indent: int) -> str:
    """The numbers as lists in lists, each row on a line of its own, `indent` spaces from the left."""
    if numbers.ndim == 0:
        return _text(numbers[()])
    if numbers.ndim == 1:
        return f"[{', '.join(map(_text, numbers))}]"
    rows = (_nested(row, indent + 1) for row in numbers)
    return "[" + f",\n{' ' * indent}".join(rows) + "]"


def _text(number: Any) -> str:
    """A number that reads back as the same: the shortest one for its type."""
    if isinstance(number, np.complexfloating):
        plain = complex(number)
        return repr(plain) if cmath.isfinite(plain) else f"complex({_text(number.real)}, {_text(number.imag)})"
    if isinstance(number, np.floating):
        return str(number) if math.isfinite(number) else f'float("{float(number)}")'
    return str(number)
