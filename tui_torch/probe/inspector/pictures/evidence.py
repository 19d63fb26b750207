"""What the elements themselves say about whether they are a picture: their range, and how neighbours are alike.

A sample is read, whatever the size: a range is that of the sample.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import torch

from tui_torch.probe.inspector.matrix import Whole, numbers
from tui_torch.probe.values import elements

Kind = Literal["bool", "uint8", "int", "float", "complex", "other"]

MATRICES = 6
"""Maximum number of matrices that are looked at."""
SIDE = 64
"""Maximum rows and columns that are read of a matrix."""
ROWS, LONGEST_ROW = 16, 4096
"""Maximum number of rows that are added up, and their elements."""
ALIKE = 0.6
"""Neighbours are alike when the mean square of their differences is at most this share of that between strangers."""
ROUNDING = 0.01
"""How far a row that sums to 1 may be from it, in the least precise dtypes."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a sample of the elements is like."""

    kind: Kind
    low: float
    high: float
    """Of the finite elements; low is larger than high without one."""
    sampled: bool
    """Whether there are more elements than were read for that."""
    whole: bool
    """Whether all of them are integers."""
    infinite: bool
    """Whether one is inf or -inf."""
    rows_sum_to_one: bool
    """Whether each row is a distribution."""
    mirrored: bool
    """Whether the matrices are symmetric, or triangular."""
    smooth: bool
    """Whether neighbours down and across a matrix are alike."""
    smooth_last: bool
    """The same of the rows and columns of an image whose channels come last."""
    opaque: float
    opaque_last: float
    """The share of the fourth channel's elements that are the greatest number, channels first and last; 0 without."""


def evidence_of(seen: Whole) -> Evidence:
    """Read a sample of the elements. Call it inside `unobserved()`, for a value with an element.

    Raises:
        UnreadableError: The elements are not numbers.
    """
    kind = kind_of(seen.held)
    if kind == "other":
        raise elements.UnreadableError("elements that are no numbers cannot be drawn")
    held = seen.held
    sample = numbers(elements.sample(held).reshape(1, -1)) if isinstance(held, np.ndarray) else elements.read(held)
    finite = sample[np.isfinite(sample)]
    low = float(finite.min(initial=math.inf))
    high = float(finite.max(initial=-math.inf))
    rows, columns = (1, *seen.shape)[-2:]
    matrices = list(_matrices(seen))
    squares = [_corner(matrix) for matrix in matrices] if rows == columns > 2 else []
    return Evidence(
        kind,
        low,
        high,
        math.prod(seen.shape) > elements.EXACT,
        bool((finite == np.rint(finite)).all()),
        bool(np.isinf(sample).any()),
        columns > 1 and low >= 0 and high <= 1 + ROUNDING and _rows_sum_to_one(matrices),
        _are_mirrored(squares),
        _is_smooth([_middle(matrix) for matrix in matrices]),
        _is_smooth([_middle(plane) for plane in _planes_of_last(seen)]),
        _opaque(seen, -3, 255.0 if kind == "uint8" else 1.0),
        _opaque(seen, -1, 255.0 if kind == "uint8" else 1.0),
    )


def kind_of(held: Any) -> Kind:
    """The kind of the elements of a tensor or an array."""
    if isinstance(held, np.ndarray):
        kinds: dict[str, Kind] = {"b": "bool", "i": "int", "u": "int", "f": "float", "c": "complex"}
        return "uint8" if held.dtype == np.uint8 else kinds.get(held.dtype.kind, "other")
    dtype = elements.Base.dtype.__get__(held)
    if dtype is torch.bool:
        return "bool"
    if dtype is torch.uint8:
        return "uint8"
    if dtype.is_complex:
        return "complex"
    return "float" if dtype.is_floating_point or "q" in str(dtype) else "int"


def at(held: Any, dimension: int, index: int) -> Any:
    """The view at an index of one dimension, which is counted from the end or the beginning."""
    if isinstance(held, np.ndarray):
        return held[(*[slice(None)] * (dimension % held.ndim), index)]
    return elements.Base.select(held, dimension, index)


def _indices(counts: tuple[int, ...]) -> Iterator[tuple[int, ...]]:
    """Evenly spaced indices along dimensions of these sizes: all of few."""
    total = math.prod(counts)
    for number in range(min(total, MATRICES)):
        yield tuple(int(index) for index in np.unravel_index(number * total // min(total, MATRICES), counts))


def _matrices(seen: Whole) -> Iterator[Any]:
    """Some of the matrices of the last two dimensions."""
    for index in _indices(seen.shape[:-2]) if len(seen.shape) > 2 else [()]:
        yield seen.matrix(index)


def _planes_of_last(seen: Whole) -> Iterator[Any]:
    """Some channels of some images, if the channels come last."""
    if len(seen.shape) < 3 or seen.shape[-1] not in (1, 3, 4):
        return
    for index in _indices(seen.shape[:-3]) if len(seen.shape) > 3 else [()]:
        held = seen.held
        for position in index:
            held = at(held, 0, position)
        yield at(held, -1, 0)


def _middle(matrix: Any) -> np.ndarray:
    rows, columns = (int(size) for size in matrix.shape)
    top, left = max((rows - SIDE) // 2, 0), max((columns - SIDE) // 2, 0)
    return numbers(matrix[top : top + SIDE, left : left + SIDE])


def _corner(matrix: Any) -> np.ndarray:
    return numbers(matrix[:SIDE, :SIDE])


def _rows_sum_to_one(matrices: list[Any]) -> bool:
    for matrix in matrices:
        rows, columns = (int(size) for size in matrix.shape)
        if columns > LONGEST_ROW:
            return False
        part = numbers(matrix[:: max(rows // ROWS, 1)][:ROWS])
        if not (np.abs(part.sum(axis=1) - 1) <= ROUNDING).all():
            return False
    return True


def _are_mirrored(squares: list[np.ndarray]) -> bool:
    """Whether all squares that are not of one number are symmetric, or all are triangular."""
    told = [square for square in squares if np.isfinite(square).any() and not (square == square[0, 0]).all()]
    symmetric = all(np.allclose(square, square.T, rtol=1e-4, atol=1e-7, equal_nan=True) for square in told)
    return bool(told) and (symmetric or any(_are_alike(told, below) for below in (True, False)))


def _are_alike(squares: list[np.ndarray], below: bool) -> bool:
    """Whether all elements on one side of the diagonal are one number, that of the first square, and others are not."""
    side = np.tri(len(squares[0]), k=-1, dtype=bool)
    side = side if below else side.T
    number = squares[0][side][0]
    return all((square[side] == number).all() and not (square[~side] == number).all() for square in squares)


def _is_smooth(planes: list[np.ndarray]) -> bool:
    """Whether the square of the difference of neighbours is small beside what it is between any two elements."""
    down = across = apart = 0.0
    for plane in planes:
        if min(plane.shape) < 2 or not np.isfinite(plane).all():
            continue
        with np.errstate(all="ignore"):
            apart += 2 * float(plane.var())
            down += float(np.square(np.diff(plane, axis=0)).mean())
            across += float(np.square(np.diff(plane, axis=1)).mean())
    return 0 < apart < math.inf and max(down, across) <= ALIKE * apart


def _opaque(seen: Whole, axis: int, most: float) -> float:
    if len(seen.shape) < 3 or seen.shape[axis] != 4:
        return 0.0
    held = at(seen.held, axis, 3)
    while len(held.shape) > 2:
        held = at(held, 0, 0)
    alpha = _middle(held)
    return float((alpha == most).mean())
