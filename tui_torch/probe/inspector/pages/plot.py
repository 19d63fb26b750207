"""Any value drawn as the `plot:` of a lesson is: a curve, points, matrices with their numbers, or images."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch

from tui_torch.probe.inspector.fit_points import POINTS
from tui_torch.probe.inspector.listed_numbers import listed_numbers
from tui_torch.probe.inspector.matrix import Whole, numbers, whole
from tui_torch.probe.inspector.pages.picture import picture
from tui_torch.probe.inspector.pictures.evidence import evidence_of
from tui_torch.probe.inspector.pictures.readings import readings_of, tile_axis
from tui_torch.probe.inspector.plot_matrix import MOST, MOST_CELLS, MOST_MATRICES
from tui_torch.probe.values.elements import Base, UnreadableError
from tui_torch.protocol.orders import Plot, PlotKind, PlotMatrix, PlotSeries, Reading, Request
from tui_torch.protocol.plots.plotted import Fitted, LabelledMatrix, Plotted
from tui_torch.protocol.views import PlotView

LINES = 6
"""Maximum number of curves in one plot: as many as have a colour of their own."""
READ = 100_000
"""Maximum number of elements of curves that are all read; of more, some are, evenly spaced."""
_EDGE, _ABOVE = 4, 3
"""Columns of the labels of a matrix's rows, and rows of its title and of the labels of its columns, at most."""
LONGER = 3
"""How many times as long as wide a matrix is at least, for it to be curves rather than cells."""


def plot(request: Request, value: Any) -> PlotView:
    """A value as what is asked for, or as what suits its shape best. Call it inside `unobserved()`.

    Reads a bounded part of the value, and makes no graph. Where nothing can be drawn, `note` says why in a sentence.

    Args:
        request: The value's expression, the kind of plot, an index, and the size of a picture.
        value: A tensor, an array, or a list of numbers.
    """
    name = request.expression
    try:
        seen = _seen(value)
        count = math.prod(seen.shape)
        if count < 2:
            has = "is one number" if count else "has no element"
            return PlotView(request, note=f"{name} {has}: a plot takes two or more.")
        kinds, image = _kinds(seen, value)
        kind = request.kind if request.kind in kinds else kinds[0]
        match kind:
            case "curve":
                view = _curves(request, seen)
            case "points":
                view = _points(request, seen)
            case "matrix":
                view = _matrices(request, seen)
            case "images":
                view = _pictured(request, value, image)
    except UnreadableError as error:
        return PlotView(request, note=f"{name} cannot be drawn: {error}.")
    said = "; ".join(filter(None, (view.said, seen.note)))
    return replace(view, kind=kind, kinds=kinds, said=said)


def _seen(value: Any) -> Whole:
    if not issubclass(type(value), list | tuple):
        return whole(value)
    array, note = listed_numbers(value, READ)
    return Whole(array, array.shape, note)


def _kinds(seen: Whole, value: Any) -> tuple[tuple[PlotKind, ...], Reading | None]:
    """What the elements can be drawn as, the most telling first, and as what images."""
    sides = tuple(side for side in seen.shape if side > 1)
    match sides:
        case (_,):
            return ("curve", "matrix") if len(seen.shape) > 1 else ("curve",), None
        case (count, 2) if count > 2:
            return ("points", "curve", "matrix"), None
        case (rows, columns) if min(sides) <= LINES and max(sides) >= LONGER * min(rows, columns):
            return ("curve", "matrix"), None
        case _:
            pass
    is_computed = isinstance(value, torch.Tensor) and Base.grad_fn.__get__(value) is not None
    is_parameter = issubclass(type(value), torch.nn.Parameter)
    found = readings_of(seen.shape, evidence_of(seen), is_parameter=is_parameter, is_computed=is_computed).possible
    images: list[Reading] = [reading for reading in found if reading not in ("heatmap", "strip")]
    if not images:
        return ("matrix",), None
    return ("images", "matrix") if found[0] == images[0] else ("matrix", "images"), images[0]


# Curves and points


@dataclass(frozen=True, slots=True)
class _Rows:
    """Numbers in rows, of which some columns were read."""

    numbers: np.ndarray
    """(rows, columns that were read), in float64."""
    stride: int
    """Columns from one that was read to the next."""
    total: int
    """All columns."""


def _curves(request: Request, seen: Whole) -> PlotView:
    matrix = _flat(seen)
    rows, columns = matrix.shape
    # The shorter side has the curves.
    has_columns = rows > columns
    found = _rows(matrix.T if has_columns else matrix, READ)
    lines = [_line(row, found.stride) for row in found.numbers]
    if not any(lines):
        return PlotView(request, note=f"No number of {request.expression} is finite.")
    labels = [request.expression]
    if len(lines) > 1:
        labels = [f"[:, {place}]" if has_columns else f"[{place}]" for place in range(len(lines))]
    series = tuple(PlotSeries("index", label, line=True, label=label) for label in labels)
    plotted = Plotted(tuple(Fitted(line) for line in lines))
    return PlotView(request, plot=Plot(series), plotted=plotted, said=_said(found, "number"))


def _points(request: Request, seen: Whole) -> PlotView:
    found = _rows(_flat(seen).T, 2 * POINTS)
    finite = np.isfinite(found.numbers).all(0)
    pairs = tuple(zip(*found.numbers[:, finite].tolist(), strict=True))
    if not pairs:
        return PlotView(request, note=f"No point of {request.expression} has two finite numbers.")
    name = request.expression
    series = PlotSeries(f"{name}[:, 0]", f"{name}[:, 1]")
    return PlotView(request, plot=Plot((series,)), plotted=Plotted((Fitted(pairs),)), said=_said(found, "point"))


def _flat(seen: Whole) -> Any:
    """The elements of one or two sides longer than 1 as a view of two dimensions; of one, as one row."""
    sides = [side for side in seen.shape if side > 1]
    shape = sides if len(sides) == 2 else (1, *sides)
    return seen.held.reshape(shape) if isinstance(seen.held, np.ndarray) else Base.reshape(seen.held, shape)


def _rows(matrix: Any, most: int) -> _Rows:
    """At most `most` numbers of a matrix: all of them, or columns at equal distances."""
    rows, columns = int(matrix.shape[0]), int(matrix.shape[1])
    stride = 1 if rows * columns <= most else -(-columns // POINTS)
    return _Rows(numbers(matrix if stride == 1 else matrix[:, ::stride]), stride, columns)


def _line(row: np.ndarray, stride: int) -> tuple[tuple[float, float], ...]:
    """(index, number) pairs: of more than POINTS, the least and the greatest of each stretch."""
    finite = np.flatnonzero(np.isfinite(row))
    if len(finite) > POINTS:
        stretches = np.array_split(finite, POINTS // 2)
        ends = {int(part[at]) for part in stretches for at in (row[part].argmin(), row[part].argmax())}
        finite = np.array(sorted(ends))
    return tuple(zip((finite * stride).tolist(), row[finite].tolist(), strict=True))


def _said(found: _Rows, what: str) -> str:
    read = found.numbers.shape[1]
    if found.stride > 1:
        return f"{read:,} of {found.total:,} {what}s, evenly spaced"
    few = " with the least and the greatest of each stretch" if what == "number" and read > POINTS else ""
    each = f"{len(found.numbers)} curves of " if what == "number" and len(found.numbers) > 1 else ""
    return f"{each}{read:,} {what}s{few}"


# Matrices and images


def _matrices(request: Request, seen: Whole) -> PlotView:
    held, shape = seen.held, seen.shape
    if min(shape[-2:]) == 1:
        held = _flat(seen) if len([side for side in shape if side > 1]) < 3 else _squeezed(held)
        shape = tuple(int(side) for side in held.shape)
    axis = tile_axis(shape)
    count = 1 if axis is None else shape[axis]
    rows, columns = shape[-2:]
    is_small = max(rows, columns) <= MOST and count <= MOST_MATRICES and count * rows * columns <= MOST_CELLS
    if not is_small or not _have_room(request, count, rows, columns):
        return _pictured(request, held, "heatmap" if axis is None else "strip")
    counts = () if axis is None else shape[:axis]
    wanted = (*request.index, *[0] * len(counts))[: len(counts)]
    index = tuple(min(max(at, 0), size - 1) for at, size in zip(wanted, counts, strict=True))
    whole_one = Whole(held, shape, None)
    places = [whole_one.index((*index, place)) for place in range(count)]
    row_labels, column_labels = (tuple(map(str, range(side))) for side in shape[-2:])
    matrices = tuple(
        LabelledMatrix(
            tuple(map(tuple, numbers(whole_one.matrix(place)).tolist())),
            row_labels,
            column_labels,
            _are_whole(held),
            str(list(place)) if count > 1 else "",
        )
        for place in places
    )
    plotted = Plotted((), matrices=matrices)
    drawn = Plot((), matrix=PlotMatrix(request.expression))
    said = "" if count == 1 else f"{count} matrices, {rows:,} x {columns:,} each"
    return PlotView(request, plot=drawn, plotted=plotted, index=index, counts=counts, said=said)


def _have_room(request: Request, count: int, rows: int, columns: int) -> bool:
    """Whether matrices with labels have room beside and below each other; a cell takes two columns of characters.

    The size of a picture is that of pixels, two of which are one above the other in a character.
    """
    across = (request.width + 2) // (_EDGE + 2 * columns + 2)
    down = (request.height // 2 + 1) // (_ABOVE + rows + 1)
    return across * down >= count


def _squeezed(held: Any) -> Any:
    return held.squeeze() if isinstance(held, np.ndarray) else Base.squeeze(held)


def _are_whole(held: Any) -> bool:
    if isinstance(held, np.ndarray):
        return held.dtype.kind in "biu"
    dtype: torch.dtype = Base.dtype.__get__(held)
    return not dtype.is_floating_point and not dtype.is_complex


def _pictured(request: Request, value: Any, reading: Reading | None) -> PlotView:
    view = picture(replace(request, side="picture", reading=reading, kind=None), value)
    return PlotView(request, picture=view, index=view.index, counts=view.counts)
