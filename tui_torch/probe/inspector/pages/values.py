"""A window on the elements of a tensor or an array, and the same window on its gradient."""

from __future__ import annotations

from typing import Any

import numpy as np

from tui_torch.probe.inspector.matrix import Whole, whole, window
from tui_torch.probe.values.elements import grad_of
from tui_torch.protocol.orders import Request
from tui_torch.protocol.views import COLUMNS, ROWS, ValuesView, Window


def values(request: Request, value: Any) -> ValuesView:
    """The window that the request asks for, moved to lie within the matrix. Call it inside `unobserved()`.

    Raises:
        UnreadableError: The value has no elements, or they cannot be read.
    """
    seen = whole(value)
    index = seen.index(request.index)
    height, width = (1, *seen.shape)[-2:] if seen.shape else (1, 1)
    rows, columns = (ROWS, COLUMNS) if len(seen.shape) > 1 else (1, ROWS * COLUMNS)
    row = min(max(request.row, 0), max(height - rows, 0))
    column = min(max(request.column, 0), max(width - columns, 0))
    part = window(seen.matrix(index), row, column, rows, columns)
    return ValuesView(
        request, seen.shape, index, row, column, part, _gradient(value, seen, index, row, column), seen.note
    )


def _gradient(value: Any, seen: Whole, index: tuple[int, ...], row: int, column: int) -> Window | None:
    if issubclass(type(value), np.ndarray):
        return None
    gradient = grad_of(value)
    if gradient is None:
        return None
    try:
        held = whole(gradient)
    except Exception:  # a gradient that cannot be read leaves the elements as they are
        return None
    if held.shape != seen.shape:
        return None
    rows, columns = (ROWS, COLUMNS) if len(seen.shape) > 1 else (1, ROWS * COLUMNS)
    return window(held.matrix(index), row, column, rows, columns)
