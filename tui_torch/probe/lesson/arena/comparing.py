"""Comparing what an answer gives with what it should give: kind, shape, dtype, values."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch

from tui_torch.probe.values.short_repr import class_name, short_repr
from tui_torch.probe.values.tensor_facts import dtype_text

_TOLERANCES = {
    torch.float64: 1e-7,
    torch.float32: 1e-4,
    torch.float16: 1e-2,
    torch.bfloat16: 5e-2,
}
"""Relative, and a tenth of it absolute: the same sum in another order may differ by as much."""


@dataclass(frozen=True, slots=True)
class ValueDifference:
    """Where what came is not what was wanted."""

    sentence: str
    """The end of a sentence about the value: `has shape [2], wanted [2, 3]`."""
    expected: Any
    got: Any
    """What differs: the values, or the items of them that do."""
    differs: torch.Tensor | None = None
    """Of tensors of one shape, a bool for each element."""
    path: str = ""
    """Where in the value, `[0]`; empty for the value itself."""


def difference(expected: Any, got: Any, *, within: float | None = None, dtype: bool = True) -> ValueDifference | None:
    """What differs, first of all; None where nothing does.

    Args:
        expected: A tensor, a number, a text, or lists, tuples and dicts of them.
        got: What came.
        within: Relative and absolute tolerance of numbers; None: one that suits their dtype.
        dtype: Whether the dtypes of tensors are compared.
    """
    return _difference(expected, got, within, dtype, "")


def _difference(expected: Any, got: Any, within: float | None, dtype: bool, path: str) -> ValueDifference | None:
    match expected:
        case torch.Tensor():
            return _of_tensors(expected, got, within, dtype, path)
        case bool() | None | str():
            is_same = type(got) is type(expected) and got == expected
            return None if is_same else _wanted(expected, got, path)
        case int() | float():
            is_number = isinstance(got, int | float) and not isinstance(got, bool)
            tolerance = _TOLERANCES[torch.float32] if within is None else within
            is_same = is_number and (
                math.isclose(expected, got, rel_tol=tolerance, abs_tol=tolerance / 10)
                or (math.isnan(expected) and math.isnan(got))
            )
            return None if is_same else _wanted(expected, got, path)
        case tuple() | list():
            if not isinstance(got, tuple | list) or len(got) != len(expected):
                return _wanted(expected, got, path)
            pairs = enumerate(zip(expected, got, strict=True))
            found = (_difference(a, b, within, dtype, f"{path}[{index}]") for index, (a, b) in pairs)
            return next((one for one in found if one is not None), None)
        case dict():
            if not isinstance(got, Mapping) or set(got) != set(expected):
                return _wanted(expected, got, path)
            found = (_difference(expected[key], got[key], within, dtype, f"{path}[{key!r}]") for key in expected)
            return next((one for one in found if one is not None), None)
        case _:
            return None if _is_same(expected, got) else _wanted(expected, got, path)


def _of_tensors(
    expected: torch.Tensor, got: Any, within: float | None, dtype: bool, path: str
) -> ValueDifference | None:
    if not isinstance(got, torch.Tensor):
        wanted = f"a tensor of shape {list(expected.shape)}"
        return ValueDifference(f"is {_kind(got)}, wanted {wanted}", expected, got, None, path)
    if got.shape != expected.shape:
        sentence = f"has shape {list(got.shape)}, wanted {list(expected.shape)}"
        return ValueDifference(sentence, expected, got, None, path)
    if dtype and got.dtype != expected.dtype:
        sentence = f"has dtype {dtype_text(got.dtype)}, wanted {dtype_text(expected.dtype)}"
        return ValueDifference(sentence, expected, got, None, path)
    differs = _differing(expected, got, within)
    count = int(differs.sum())
    if not count:
        return None
    total = differs.numel()
    where = (
        "differs from what is wanted" if total == 1 else f"differs from what is wanted in {count} of {total} elements"
    )
    return ValueDifference(f"{where}{_by_how_much(expected, got, differs)}", expected, got, differs, path)


def _differing(expected: torch.Tensor, got: torch.Tensor, within: float | None) -> torch.Tensor:
    one, other = expected.detach(), got.detach().to(expected.device)
    coarser = max((one.dtype, other.dtype), key=lambda dtype: _TOLERANCES.get(dtype, 0.0))
    tolerance = _TOLERANCES.get(coarser, 0.0) if within is None else within
    if not (one.is_floating_point() or one.is_complex()) and not other.is_floating_point():
        return one != other
    if not one.is_complex():
        one, other = one.double(), other.double()
    return ~torch.isclose(other, one, rtol=tolerance, atol=tolerance / 10, equal_nan=True)


def _by_how_much(expected: torch.Tensor, got: torch.Tensor, differs: torch.Tensor) -> str:
    if expected.dtype == torch.bool or expected.is_complex() or got.is_complex():
        return ""
    wanted, seen = expected.detach().double()[differs], got.detach().double()[differs]
    if bool((seen.isnan() & ~wanted.isnan()).any()):
        return ": it is nan where it should not be"
    if bool((seen.isinf() & ~wanted.isinf()).any()):
        return ": it is infinite where it should not be"
    apart = (seen - wanted).abs()
    finite = apart[apart.isfinite()]
    return f", by up to {float(finite.max()):.3g}" if finite.numel() else ""


def _wanted(expected: Any, got: Any, path: str) -> ValueDifference:
    return ValueDifference(f"is {_kind(got)}, wanted {_kind(expected)}", expected, got, None, path)


def _kind(value: Any) -> str:
    if isinstance(value, torch.Tensor):
        return f"a tensor of shape {list(value.shape)}"
    return short_repr(value, 80) or f"an object of {class_name(value)}"


def _is_same(expected: Any, got: Any) -> bool:
    try:
        return bool(expected == got)
    except Exception:  # of any kind: what `==` of a class raises, or a tensor of many
        return False
