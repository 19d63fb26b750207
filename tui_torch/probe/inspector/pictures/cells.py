"""The means of a matrix's areas: as many as a picture has cells."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from tui_torch.probe.inspector.matrix import numbers

EXACT = 4_000_000
"""Maximum number of elements that are all read."""
PER_CELL = 4
"""Approximate rows and columns of elements that are read for a cell of a larger matrix."""
BAND = 1 << 18
"""Number of elements that are converted to float64 at a time."""


@dataclass(frozen=True, slots=True)
class Cells:
    """The means of a matrix's areas, and what its elements were."""

    means: np.ndarray
    """float64; NaN where no element is finite."""
    minimum: float
    maximum: float
    """Of the finite elements; inf and -inf without one."""
    flawed: int
    """NaN and Inf."""
    exact: bool


def cells_of(matrix: Any, most_rows: int, most_columns: int, exact: int = EXACT) -> Cells:
    """The means of a 2-D tensor's or array's areas. Call it inside `unobserved()`.

    Args:
        matrix: At least one element.
        most_rows: Maximum rows of cells.
        most_columns: Maximum columns of cells.
        exact: The maximum number of elements that are all read; of more, some rows and columns are.

    Raises:
        UnreadableError: The elements are not numbers.
    """
    height, width = (int(size) for size in matrix.shape)
    many = height * width > exact
    row_step = max(height // (most_rows * PER_CELL), 1) if many else 1
    column_step = max(width // (most_columns * PER_CELL), 1) if many else 1
    # Steps are views: nothing is copied before a band of rows is.
    some = matrix[::row_step, ::column_step]
    height, width = (int(size) for size in some.shape)
    rows, columns = min(height, most_rows), min(width, most_columns)
    across = np.arange(columns) * width // columns
    edges = [at * height // rows for at in range(rows + 1)]
    means = np.empty((rows, columns))
    low, high, flawed = np.inf, -np.inf, 0
    is_small = height * width <= BAND
    read = numbers(some) if is_small else None
    band = max(BAND // width, 1)
    with np.errstate(all="ignore"):
        for row in range(rows):
            total, count = np.zeros(columns), np.zeros(columns)
            for start in range(edges[row], edges[row + 1], band):
                end = min(start + band, edges[row + 1])
                part = numbers(some[start:end]) if read is None else read[start:end]
                finite = np.isfinite(part)
                if not finite.all():
                    flawed += part.size - int(finite.sum())
                    low = min(low, float(part.min(initial=np.inf, where=finite)))
                    high = max(high, float(part.max(initial=-np.inf, where=finite)))
                    part = np.where(finite, part, 0.0)
                else:
                    low, high = min(low, float(part.min())), max(high, float(part.max()))
                total += np.add.reduceat(part.sum(axis=0), across)
                count += np.add.reduceat(finite.sum(axis=0), across)
            means[row] = total / count
    return Cells(means, low, high, flawed, row_step == column_step == 1)
