"""The matrix that the last two dimensions of a tensor or an array span, at one index of the dimensions before them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from tui_torch.probe.articles import an
from tui_torch.probe.isolation.readable_memory import refuse_unreadable_array
from tui_torch.probe.values import elements
from tui_torch.probe.values.elements import Base
from tui_torch.probe.values.short_repr import class_name, short_repr
from tui_torch.protocol.events import Element

DENSE = 1 << 16
"""Maximum number of elements of a sparse or quantized tensor that is shown in full, and not as it is stored."""
ELEMENT = 40
"""Maximum characters of an element that is not a number."""


@dataclass(frozen=True, slots=True)
class Whole:
    """The elements of one value, not copied: a detached strided tensor, or a plain array."""

    held: Any
    shape: tuple[int, ...]
    note: str | None

    def index(self, wanted: tuple[int, ...]) -> tuple[int, ...]:
        """One index for each dimension before the last two, brought within the shape."""
        leading = self.shape[:-2]
        filled = (*wanted, *[0] * len(leading))[: len(leading)]
        return tuple(min(max(at, 0), max(size - 1, 0)) for at, size in zip(filled, leading, strict=True))

    def matrix(self, index: tuple[int, ...]) -> Any:
        """The 2-D view, without a copy, at an index that `index()` returned. A vector is one row."""
        held = self.held
        if isinstance(held, np.ndarray):
            for at in index:
                held = held[at] if held.shape[0] else np.empty((0, *held.shape[2:]), held.dtype)
            return held.reshape(1, -1) if held.ndim < 2 else held
        for at in index:
            shape = tuple(Base.shape.__get__(held))
            held = Base.select(held, 0, at) if shape[0] else Base.new_empty(held, (0, *shape[2:]))
        dim = Base.dim(held)
        return held if dim >= 2 else Base.unsqueeze(held, 0) if dim else Base.reshape(held, (1, 1))


def whole(value: Any) -> Whole:
    """The elements of a tensor or an array. Call it inside `unobserved()`.

    Raises:
        UnreadableError: The value has no elements, or they cannot be read.
    """
    if issubclass(type(value), np.ndarray):
        array = np.ndarray.view(value, np.ndarray)
        refuse_unreadable_array(array)
        return Whole(array, array.shape, None)
    if not issubclass(type(value), torch.Tensor):
        raise elements.UnreadableError(f"{an(class_name(value))} has no elements to show")
    held, note = elements.stored(value)
    numel = Base.numel(value)
    if note is not None and note.startswith("sparse") and numel <= DENSE:
        return Whole(elements.dense(value), _shape(value), "sparse: elements that it does not store are 0")
    if note is None and Base.is_quantized.__get__(held) and numel <= DENSE:
        held = Base.dequantize(held)
    if note is not None and Base.dim(held) > 2:
        held = Base.flatten(held)
    return Whole(held, _shape(held), note)


def _shape(tensor: torch.Tensor) -> tuple[int, ...]:
    return tuple(int(size) for size in Base.shape.__get__(tensor))


def window(matrix: Any, row: int, column: int, rows: int, columns: int) -> tuple[tuple[Element, ...], ...]:
    """The elements of a part of a matrix, row by row: fewer than asked for at the matrix's end."""
    if isinstance(matrix, np.ndarray):
        part = matrix[row : row + rows, column : column + columns]
        flat = elements.array_values(part, lambda item: short_repr(item, ELEMENT) or f"<{class_name(item)}>")
        height, width = part.shape
    else:
        height, width = _shape(matrix)
        height, width = max(min(rows, height - row), 0), max(min(columns, width - column), 0)
        part = Base.narrow(Base.narrow(matrix, 0, row if height else 0, height), 1, column if width else 0, width)
        flat = elements.values(part)
    return tuple(flat[at * width : (at + 1) * width] for at in range(height))


def numbers(matrix: Any) -> np.ndarray:
    """A small part of a matrix as a float64 copy of its shape; magnitudes of complex elements.

    Raises:
        UnreadableError: The elements are not numbers.
    """
    if isinstance(matrix, np.ndarray):
        if matrix.dtype.kind not in "biufc":
            raise elements.UnreadableError("elements that are no numbers cannot be drawn")
        with np.errstate(all="ignore"):
            return np.array(np.abs(matrix) if matrix.dtype.kind == "c" else matrix, dtype=np.float64)
    return elements.read(matrix, Base.numel(matrix)).reshape(_shape(matrix))
