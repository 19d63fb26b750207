"""A matrix as a heatmap, an image as one, or several of either side by side, in as many cells as a terminal shows."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from tui_torch.probe.inspector.matrix import Whole, whole
from tui_torch.probe.inspector.pictures.arrangement import arranged
from tui_torch.probe.inspector.pictures.cells import EXACT, Cells, cells_of
from tui_torch.probe.inspector.pictures.evidence import at, evidence_of, kind_of
from tui_torch.probe.inspector.pictures.readings import Readings, readings_of, tile_axis
from tui_torch.probe.values.elements import Base, UnreadableError
from tui_torch.protocol.orders import PICTURE_COLUMNS, PICTURE_ROWS, Reading, Request
from tui_torch.protocol.views import PictureView, Tiles


def picture(request: Request, value: Any) -> PictureView:
    """Cells that are the means of the elements in their area. Call it inside `unobserved()`.

    Raises:
        UnreadableError: There is no element to draw.
    """
    seen = whole(value)
    if not seen.shape or 0 in seen.shape:
        raise UnreadableError("a picture needs a dimension" if not seen.shape else "there is no element to draw")
    is_computed = isinstance(value, torch.Tensor) and Base.grad_fn.__get__(value) is not None
    is_parameter = issubclass(type(value), torch.nn.Parameter)
    found = readings_of(seen.shape, evidence_of(seen), is_parameter=is_parameter, is_computed=is_computed)
    reading = request.reading if request.reading in found.possible else found.possible[0]
    match reading:
        case "heatmap":
            return _matrix(request, seen, found)
        case "strip":
            return _strip(request, seen, found)
        case _:
            return _images(request, seen, found, reading)


@dataclass(frozen=True, slots=True)
class _Pictures:
    """Those pictures of a reading that are shown, and where they are among all."""

    indices: list[tuple[int, ...]]
    """Of each, along the dimensions before its own."""
    index: tuple[int, ...]
    counts: tuple[int, ...]
    rows: int
    columns: int
    """Maximum cells of each."""
    tiles: Tiles | None


def _matrix(request: Request, seen: Whole, found: Readings) -> PictureView:
    index = seen.index(request.index)
    matrix = seen.matrix(index)
    size: tuple[int, ...] = tuple(int(side) for side in matrix.shape)
    shown = _Pictures([index], index, seen.shape[:-2], *_bounds(request), None)
    return _heatmaps(request, seen, found, "heatmap", shown, (size[0], size[1]))


def _strip(request: Request, seen: Whole, found: Readings) -> PictureView:
    axis = tile_axis(seen.shape)
    assert axis is not None
    size = seen.shape[-2], seen.shape[-1]
    wanted = _within(request.index, seen.shape[:axis])
    shown = _side_by_side(request, size, seen.shape[axis], len(wanted))
    after = (0,) * (len(seen.shape) - 3 - axis)
    indices = [(*wanted, *index, *after) for index in shown.indices]
    pages = shown.counts
    shown = _Pictures(
        indices, (*wanted, *shown.index), (*seen.shape[:axis], *pages), shown.rows, shown.columns, shown.tiles
    )
    return _heatmaps(request, seen, found, "strip", shown, size)


def _images(request: Request, seen: Whole, found: Readings, reading: Reading) -> PictureView:
    own = 2 if reading.startswith("grey") else 3
    last = reading.endswith("-last")
    before = seen.shape[:-own]
    size = seen.shape[-3:-1] if last else seen.shape[-2:]
    sides = size[0], size[1]
    if "grid" in reading:
        shown = _side_by_side(request, sides, math.prod(before), 0)
        indices = [tuple(int(place) for place in np.unravel_index(number, before)) for (number,) in shown.indices]
    else:
        index = _within(request.index, before)
        shown = _Pictures([index], index, before, *_bounds(request), None)
        indices = [index]
    channels = 1 if own == 2 else seen.shape[-1] if last else seen.shape[-3]
    exact = EXACT // (len(indices) * min(channels, 3))
    planes = [
        [cells_of(plane, shown.rows, shown.columns, exact) for plane in _planes(seen, index, own, last)[:3]]
        for index in indices
    ]
    every = [plane for planes_of_one in planes for plane in planes_of_one]
    low, high = min(plane.minimum for plane in every), max(plane.maximum for plane in every)
    are_bytes = kind_of(seen.held) == "uint8" or (found.are_bytes and low >= 0 and high <= 255)
    bottom, top = _range(are_bytes, low, high)
    rows: list[str] = []
    for planes_of_one in planes:
        colours = np.stack([plane.means for plane in planes_of_one] * (3 // len(planes_of_one)), axis=-1)
        share = np.nan_to_num(_share(colours, bottom, top)) if np.isfinite(low) else np.zeros_like(colours)
        pixels = np.rint(np.clip(share, 0, 1) * 255).astype(np.uint8)
        rows += [row.tobytes().hex() for row in pixels]
    seeable = bool(np.isfinite(low))
    return PictureView(
        request,
        reading,
        tuple(rows),
        bottom if seeable else None,
        top if seeable else None,
        low if seeable else None,
        high if seeable else None,
        False,
        sides,
        shown.index,
        shown.counts,
        all(plane.exact for plane in every),
        sum(plane.flawed for plane in every),
        "the fourth channel, opacity, is not drawn" if channels == 4 else seen.note,
        seen.shape,
        found.possible,
        found.why,
        shown.tiles,
    )


def _planes(seen: Whole, index: tuple[int, ...], own: int, last: bool) -> list[Any]:
    """The channels of the image at an index, as 2-D views."""
    held = seen.held
    for position in index:
        held = at(held, 0, position)
    if own == 2:
        return [held]
    axis = -1 if last else -3
    return [at(held, axis, channel) for channel in range(int(held.shape[axis]))]


def _side_by_side(request: Request, size: tuple[int, int], total: int, before: int) -> _Pictures:
    """Those of `total` pictures that are on the page that is asked for, whose number is the index after `before`."""
    height, width = _bounds(request)
    layout = arranged(total, *size, height, width)
    page = min(max(request.index[before] if len(request.index) > before else 0, 0), layout.pages - 1)
    numbers = range(page * layout.page, min((page + 1) * layout.page, total))
    several = layout.pages > 1
    return _Pictures(
        [(number,) for number in numbers],
        (page,) if several else (),
        (layout.pages,) if several else (),
        layout.height,
        layout.width,
        Tiles(layout.height, layout.across, layout.magnified, numbers.start, total, layout.pages),
    )


def _heatmaps(
    request: Request, seen: Whole, found: Readings, reading: Reading, shown: _Pictures, size: tuple[int, int]
) -> PictureView:
    """Matrices as levels of one scale."""
    exact = EXACT // len(shown.indices)
    every = [cells_of(seen.matrix(index), shown.rows, shown.columns, exact) for index in shown.indices]
    minimum, maximum = min(cells.minimum for cells in every), max(cells.maximum for cells in every)
    # Of the means, since areas of a large matrix lie far nearer to each other than its elements do.
    means = np.concatenate([cells.means[np.isfinite(cells.means)] for cells in every])
    low, high, diverging = _scale(float(means.min(initial=np.inf)), float(means.max(initial=-np.inf)))
    rows = [row.tobytes().hex() for cells in every for row in _levels(cells, low, high)]
    return PictureView(
        request,
        reading,
        tuple(rows),
        low,
        high,
        None if low is None else minimum,
        None if low is None else maximum,
        diverging,
        size,
        shown.index,
        shown.counts,
        all(cells.exact for cells in every),
        sum(cells.flawed for cells in every),
        seen.note,
        seen.shape,
        found.possible,
        found.why,
        shown.tiles,
    )


def _levels(cells: Cells, low: float | None, high: float | None) -> np.ndarray:
    levels = np.zeros(cells.means.shape, np.uint8)
    finite = np.isfinite(cells.means)
    if low is not None and high is not None:
        share = np.full(int(finite.sum()), 0.5) if high == low else _share(cells.means[finite], low, high)
        levels[finite] = 1 + np.rint(np.clip(share, 0, 1) * 254).astype(np.uint8)
    return levels


def _share(means: np.ndarray, low: float, high: float) -> np.ndarray:
    # Halved, so that the span of numbers near float64's largest is one, too.
    return (means / 2 - low / 2) / (high / 2 - low / 2)


def _scale(minimum: float, maximum: float) -> tuple[float | None, float | None, bool]:
    if not np.isfinite(minimum):
        return None, None, False
    if minimum < 0 < maximum:
        largest = max(-minimum, maximum)
        return -largest, largest, True
    return minimum, maximum, False


def _range(are_bytes: bool, low: float, high: float) -> tuple[float, float]:
    """The numbers that are black and white: 0 and 255 or 0 and 1 as in files and PyTorch's transforms, if they fit.

    Otherwise the image was normalized, and they are its least and its greatest number.
    """
    if are_bytes:
        return 0.0, 255.0
    if low >= 0 and high <= 1:
        return 0.0, 1.0
    return (low, high) if low < high else (low - 1, high)


def _within(wanted: tuple[int, ...], counts: tuple[int, ...]) -> tuple[int, ...]:
    """An index along dimensions of these sizes, 0 where none is wanted."""
    filled = (*wanted, *[0] * len(counts))[: len(counts)]
    return tuple(min(max(index, 0), count - 1) for index, count in zip(filled, counts, strict=True))


def _bounds(request: Request) -> tuple[int, int]:
    return min(max(request.height, 1), PICTURE_ROWS), min(max(request.width, 1), PICTURE_COLUMNS)
