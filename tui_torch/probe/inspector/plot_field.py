"""The field behind a plot: what a function gives for each point of a grid, such as the class that a model predicts."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from typing import Any, cast

import torch

from tui_torch.probe.inspector.fit_points import MISSING, MOST_CLASSES, Numbers, PlotProblem, described
from tui_torch.probe.isolation.undisturbed import unobserved
from tui_torch.probe.values.elements import Base
from tui_torch.probe.values.evaluate import error_line, evaluate
from tui_torch.probe.values.module_buffers import buffers_kept
from tui_torch.protocol.plots.plotted import PlotField

COLUMNS, ROWS = 64, 48
"""The points of the grid, across and down."""
GRID = "grid"
"""The name of the grid in the expression."""
LEVELS = 255
"""The levels of numbers, from 1."""
MARGIN = 0.05
"""How much wider than its points a plot without limits is, on each side."""


def limits_around(values: Iterable[float]) -> tuple[float, float]:
    """Limits a little wider than some numbers; from 0 to 1 around none."""
    found = list(values)
    if not found:
        return 0.0, 1.0
    low, high = min(found), max(found)
    room = (high - low) * MARGIN or max(abs(high), 1.0) / 2
    return low - room, high + room


def read_field(
    expression: str,
    namespace: Mapping[str, object],
    xlim: tuple[float, float],
    ylim: tuple[float, float],
    like: object = None,
) -> PlotField:
    """What an expression gives on a grid within limits, in a `quiet()` block. Raises PlotProblem.

    Args:
        expression: Either uses `grid`, a (COLUMNS * ROWS, 2) tensor of points, or is a function of it.
        namespace: The names in scope, in which `grid` is hidden.
        xlim: The limits across.
        ylim: The limits upwards.
        like: A tensor whose floating dtype and device the grid has; anything else is passed over.
    """
    grid = _grid(xlim, ylim, like)
    with buffers_kept(namespace):
        value, error = evaluate(expression, {**namespace, GRID: grid})
        if error is None and callable(value) and not issubclass(type(value), torch.Tensor):
            value, error = _called(cast("Callable[[Any], object]", value), grid)
    if error is not None:
        raise PlotProblem(f"`{expression}` cannot be drawn: {error}.", missing=error.startswith(MISSING))
    try:
        numbers = Numbers(value)
    except Exception:
        raise PlotProblem(
            f"`{expression}` cannot be drawn: it is {described(value)}, not one class or number for each of the "
            f"{COLUMNS * ROWS:,} points of `{GRID}`."
        ) from None
    if len(numbers) != COLUMNS * ROWS:
        raise PlotProblem(f"`{expression}` has {len(numbers):,} numbers for the {COLUMNS * ROWS:,} points of `{GRID}`.")
    values = numbers.at(list(range(COLUMNS * ROWS)))
    if not numbers.are_whole:
        return _of_numbers(values, xlim, ylim)
    classes = sorted(set(map(int, values)))
    if len(classes) > MOST_CLASSES:
        raise PlotProblem(f"`{expression}` gives {len(classes)} classes: at most {MOST_CLASSES} have a mark.")
    places = {one: place for place, one in enumerate(classes)}
    return PlotField(COLUMNS, ROWS, xlim, ylim, bytes(places[int(value)] for value in values), tuple(classes))


def _called(function: Callable[[Any], object], grid: torch.Tensor) -> tuple[object, str | None]:
    try:
        return function(grid), None
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        return None, error_line(error)


def _grid(xlim: tuple[float, float], ylim: tuple[float, float], like: object) -> torch.Tensor:
    """The centres of the cells, row by row from the top."""
    with unobserved():
        columns = [xlim[0] + (column + 0.5) / COLUMNS * (xlim[1] - xlim[0]) for column in range(COLUMNS)]
        rows = [ylim[1] - (row + 0.5) / ROWS * (ylim[1] - ylim[0]) for row in range(ROWS)]
        grid = torch.cartesian_prod(torch.tensor(rows), torch.tensor(columns)).flip(1)
        if issubclass(type(like), torch.Tensor):
            dtype: torch.dtype = Base.dtype.__get__(like)
            grid = Base.to(grid, Base.device.__get__(like), dtype if dtype.is_floating_point else grid.dtype)
        return grid


def _of_numbers(values: list[float], xlim: tuple[float, float], ylim: tuple[float, float]) -> PlotField:
    finite = [value for value in values if math.isfinite(value)]
    low, high = min(finite, default=0.0), max(finite, default=0.0)
    length = high - low
    step = (LEVELS - 1) / length if 0 < length < math.inf else 0.0
    cells = bytes(1 + round((value - low) * step) if math.isfinite(value) else 0 for value in values)
    return PlotField(COLUMNS, ROWS, xlim, ylim, cells, low=low, high=high)
