"""A matrix that a step plots with labels at its edges."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch

from tui_torch.probe.inspector.fit_points import MISSING, Numbers, PlotProblem, described, listed, short_text
from tui_torch.probe.isolation.undisturbed import unobserved
from tui_torch.probe.values.elements import Base
from tui_torch.probe.values.evaluate import evaluate
from tui_torch.probe.values.module_buffers import buffers_kept
from tui_torch.protocol.events import LabelledMatrix
from tui_torch.protocol.orders import PlotMatrix

MOST = 40
"""Maximum number of rows, and of columns."""


def read_matrix(matrix: PlotMatrix, namespace: Mapping[str, object]) -> LabelledMatrix:
    """The matrix as it is now, in a `quiet()` block. Raises PlotProblem."""
    with buffers_kept(namespace):
        value, error = evaluate(matrix.values, namespace)
    if error is not None:
        raise PlotProblem(f"`{matrix.values}` cannot be drawn: {error}.", missing=error.startswith(MISSING))
    shape, numbers = _matrix(matrix.values, value)
    if max(shape) > MOST or not min(shape):
        size = f"{shape[0]:,} x {shape[1]:,}"
        raise PlotProblem(f"`{matrix.values}` is {size}: one of 1 to {MOST} rows and columns is drawn.")
    cells = numbers.at(list(range(len(numbers))))
    rows = _labels(matrix.rows, shape[0], "rows", namespace)
    if matrix.columns is None and matrix.rows is not None and shape[0] == shape[1]:
        columns = rows
    else:
        columns = _labels(matrix.columns, shape[1], "columns", namespace)
    by_row = tuple(tuple(cells[row * shape[1] : (row + 1) * shape[1]]) for row in range(shape[0]))
    return LabelledMatrix(by_row, rows, columns, numbers.are_whole)


def _matrix(expression: str, value: object) -> tuple[tuple[int, int], Numbers]:
    """The shape of a matrix, and its elements row by row."""
    try:
        if issubclass(type(value), torch.Tensor):
            assert isinstance(value, torch.Tensor)
            rows, columns = Base.shape.__get__(value)
            with unobserved():
                return (rows, columns), Numbers(Base.reshape(Base.detach(value), (-1,)))
        array = np.asarray(value)
        rows, columns = array.shape
        return (rows, columns), Numbers(array.reshape(-1))
    except Exception:
        raise PlotProblem(
            f"`{expression}` cannot be drawn: it is {described(value)}, not a matrix of numbers."
        ) from None


def _labels(expression: str | None, length: int, of: str, namespace: Mapping[str, object]) -> tuple[str, ...]:
    if expression is None:
        return tuple(map(str, range(length)))
    labels = listed(expression, namespace)
    if len(labels) != length:
        raise PlotProblem(f"`{expression}` has {len(labels):,} for the {length:,} {of}.")
    return tuple(map(short_text, labels))
