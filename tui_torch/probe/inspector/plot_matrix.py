"""The matrices that a step plots with labels at their edges."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch

from tui_torch.probe.inspector.fit_points import MISSING, Numbers, PlotProblem, described, listed, short_text
from tui_torch.probe.isolation.undisturbed import unobserved
from tui_torch.probe.values.elements import Base
from tui_torch.probe.values.evaluate import evaluate
from tui_torch.probe.values.module_buffers import buffers_kept
from tui_torch.protocol.orders import PlotMatrix
from tui_torch.protocol.plots.plotted import LabelledMatrix

MOST = 40
"""Maximum number of rows, and of columns."""
MOST_MATRICES = 16
"""Maximum number of matrices."""
MOST_CELLS = 6400
"""Maximum number of the cells of all matrices together, which are sent several times a second."""


def read_matrices(matrix: PlotMatrix, namespace: Mapping[str, object]) -> tuple[LabelledMatrix, ...]:
    """The matrix as it is now, or each of several, in a `quiet()` block. Raises PlotProblem."""
    with buffers_kept(namespace):
        value, error = evaluate(matrix.values, namespace)
    if error is not None:
        raise PlotProblem(f"`{matrix.values}` cannot be drawn: {error}.", missing=error.startswith(MISSING))
    count, shape, numbers = _matrices(matrix.values, value)
    if count is not None and not 1 <= count <= MOST_MATRICES:
        raise PlotProblem(f"`{matrix.values}` is {count:,} matrices: 1 to {MOST_MATRICES} are drawn.")
    if max(shape) > MOST or not min(shape):
        size = f"{shape[0]:,} x {shape[1]:,}"
        raise PlotProblem(f"`{matrix.values}` is {size}: one of 1 to {MOST} rows and columns is drawn.")
    if len(numbers) > MOST_CELLS:
        raise PlotProblem(f"`{matrix.values}` has {len(numbers):,} numbers: at most {MOST_CELLS:,} are drawn.")
    cells = numbers.at(list(range(len(numbers))))
    rows = _labels(matrix.rows, shape[0], "rows", namespace)
    if matrix.columns is None and matrix.rows is not None and shape[0] == shape[1]:
        columns = rows
    else:
        columns = _labels(matrix.columns, shape[1], "columns", namespace)
    by_row = [tuple(cells[begin : begin + shape[1]]) for begin in range(0, len(cells), shape[1])]
    return tuple(
        LabelledMatrix(
            tuple(by_row[place * shape[0] : (place + 1) * shape[0]]),
            rows,
            columns,
            numbers.are_whole,
            "" if count is None else f"{matrix.each} {place}".strip(),
        )
        for place in range(count or 1)
    )


def _matrices(expression: str, value: object) -> tuple[int | None, tuple[int, int], Numbers]:
    """How many matrices it is (None for one without an axis for it), the shape of each, and all their elements."""
    try:
        if issubclass(type(value), torch.Tensor):
            assert isinstance(value, torch.Tensor)
            *several, rows, columns = Base.shape.__get__(value)
            with unobserved():
                numbers = Numbers(Base.reshape(Base.detach(value), (-1,)))
        else:
            array = np.asarray(value)
            *several, rows, columns = array.shape
            numbers = Numbers(array.reshape(-1))
        (count,) = several or (None,)
    except Exception:
        raise PlotProblem(
            f"`{expression}` cannot be drawn: it is {described(value)}, not a matrix of numbers."
        ) from None
    return count, (rows, columns), numbers


def _labels(expression: str | None, length: int, of: str, namespace: Mapping[str, object]) -> tuple[str, ...]:
    if expression is None:
        return tuple(map(str, range(length)))
    labels = listed(expression, namespace)
    if len(labels) != length:
        raise PlotProblem(f"`{expression}` has {len(labels):,} for the {length:,} {of}.")
    return tuple(map(short_text, labels))
