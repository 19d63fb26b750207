"""Values of checks as they are shown: an input in a line, and two values that are compared as small grids."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import torch

from tui_torch.probe.values.short_repr import class_name, short_repr
from tui_torch.probe.values.tensor_facts import dtype_text
from tui_torch.protocol.grading.results import MOST_COLUMNS, MOST_ROWS, ShownValue

LINE = 160
"""Maximum characters of an input."""
WRITTEN_OUT = 48
"""Maximum number of elements of an input that is written out."""
_DIGITS = (4, 6, 9, 17)
"""Significant digits, of which the fewest are written by which two different numbers look different."""


def input_line(value: object) -> str:
    """An input in a line, as code that makes it: `tensor([[0., 89.]])`; its dtype, where that is not the usual one."""
    if not isinstance(value, torch.Tensor):
        return short_repr(value, LINE) or class_name(value)
    if value.numel() > WRITTEN_OUT:
        return shape_and_dtype(value)
    numbers = _nested(value.detach().tolist())
    # Without an element there is nothing to tell a dtype by.
    usual = (torch.float32, torch.int64, torch.bool) if value.numel() else (torch.float32,)
    dtype = "" if value.dtype in usual else f", dtype=torch.{dtype_text(value.dtype)}"
    empty = f", shape {list(value.shape)}" if not value.numel() else ""
    text = f"tensor({numbers}{dtype}{empty})"
    return text if len(text) <= LINE else shape_and_dtype(value)


def shape_and_dtype(value: torch.Tensor) -> str:
    """`[2, 3] float32`."""
    return f"{list(value.shape)} {dtype_text(value.dtype)}"


def side_by_side(
    expected: Any, got: Any, differs: torch.Tensor | None
) -> tuple[ShownValue, ShownValue, tuple[tuple[int, int], ...]]:
    """The two values, and the (row, column) of the shown elements that differ.

    Args:
        expected: What was wanted.
        got: What came.
        differs: For tensors of one shape, a bool for each element: whether it differs.
    """
    if not (isinstance(expected, torch.Tensor) and isinstance(got, torch.Tensor)):
        return shown(expected), shown(got), ()
    if differs is None:
        return shown(expected), shown(got), ()
    flags = _matrix(differs)
    first = torch.nonzero(flags)[0].tolist() if bool(flags.any()) else [0, 0]
    # The first difference is in sight.
    top = _start(first[0], flags.shape[0], MOST_ROWS)
    left = _start(first[1], flags.shape[1], MOST_COLUMNS)
    one, other = _window(expected, top, left), _window(got, top, left)
    wrong = flags[top : top + MOST_ROWS, left : left + MOST_COLUMNS]
    rows: tuple[list[tuple[str, ...]], list[tuple[str, ...]]] = [], []
    for line, (wanted, seen) in enumerate(zip(one, other, strict=True)):
        pairs = [_pair(a, b, bool(wrong[line, column])) for column, (a, b) in enumerate(zip(wanted, seen, strict=True))]
        rows[0].append(tuple(a for a, _ in pairs))
        rows[1].append(tuple(b for _, b in pairs))
    labels = _labels(expected, top, len(one))
    is_cut = flags.numel() > wrong.numel()
    return (
        ShownValue(shape_and_dtype(expected), tuple(rows[0]), labels, is_cut),
        ShownValue(shape_and_dtype(got), tuple(rows[1]), labels, is_cut),
        tuple((row, column) for row, column in torch.nonzero(wrong).tolist()),
    )


def shown(value: Any) -> ShownValue:
    """A value by itself."""
    if not isinstance(value, torch.Tensor):
        return ShownValue(short_repr(value, LINE) or f"an object of {class_name(value)}")
    rows = _window(value, 0, 0)
    is_cut = value.numel() > sum(map(len, rows))
    texts = tuple(tuple(_number(element, _DIGITS[0]) for element in row) for row in rows)
    return ShownValue(shape_and_dtype(value), texts, _labels(value, 0, len(rows)), is_cut)


def _matrix(value: torch.Tensor) -> torch.Tensor:
    """A tensor as a matrix of its rows: of more dimensions, all rows below each other."""
    if value.ndim == 0:
        return value.reshape(1, 1)
    return value.reshape(-1, value.shape[-1]) if value.numel() else value.new_empty((0, value.shape[-1]))


def _window(value: torch.Tensor, top: int, left: int) -> list[list[Any]]:
    matrix = _matrix(value.detach())
    return matrix[top : top + MOST_ROWS, left : left + MOST_COLUMNS].tolist()


def _start(first: int, count: int, most: int) -> int:
    return max(0, min(first - most // 2, count - most))


def _labels(value: torch.Tensor, top: int, count: int) -> tuple[str, ...]:
    if value.ndim < 3:
        return ()
    sizes = list(value.shape[:-1])
    labels: list[str] = []
    for row in range(top, top + count):
        index: list[int] = []
        for size in reversed(sizes):
            row, place = divmod(row, size)
            index.insert(0, place)
        labels.append(str(index))
    return tuple(labels)


def _pair(wanted: Any, seen: Any, differ: bool) -> tuple[str, str]:
    """Two elements in as many digits as it takes to tell them apart, where they differ."""
    pairs = [(_number(wanted, digits), _number(seen, digits)) for digits in _DIGITS]
    return next((pair for pair in pairs if not differ or pair[0] != pair[1]), pairs[-1])


def _number(value: Any, digits: int) -> str:
    if isinstance(value, float) and math.isfinite(value):
        return f"{value:.{digits}g}"
    return str(value)


def _nested(value: Any) -> str:
    if isinstance(value, Sequence) and not isinstance(value, str):
        return f"[{', '.join(map(_nested, value))}]"
    text = _number(value, 6)
    # With a point, as PyTorch writes it: without one it would be a whole number.
    return f"{text}." if isinstance(value, float) and text.lstrip("-").isdigit() else text
