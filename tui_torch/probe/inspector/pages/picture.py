"""A matrix as a heatmap, or an image as an image, reduced to as many cells as a terminal shows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from tui_torch.probe.inspector.pages.matrix import Whole, numbers, whole
from tui_torch.probe.values.elements import UnreadableError
from tui_torch.protocol.orders import PICTURE_COLUMNS, PICTURE_ROWS, Request
from tui_torch.protocol.views import PictureView

EXACT = 4_000_000
"""Maximum number of elements that are all read."""
PER_CELL = 4
"""Approximate rows and columns of elements that are read for a cell of a larger matrix."""
CHANNELS = (1, 3, 4)
"""Numbers of channels that an image has."""
LEAST = 8
"""Minimum rows and columns of an image; anything smaller is a stack of matrices."""
BAND = 1 << 18
"""Number of elements that are converted to float64 at a time."""


def picture(request: Request, value: Any) -> PictureView:
    """Cells that are the means of the elements in their area. Call it inside `unobserved()`.

    Raises:
        UnreadableError: There is no element to draw.
    """
    seen = whole(value)
    if not seen.shape or 0 in seen.shape:
        raise UnreadableError("a picture needs a dimension" if not seen.shape else "there is no element to draw")
    axis = None if request.heatmap else _channel_axis(seen)
    return _matrix(request, seen) if axis is None else _image(request, seen, axis)


def _channel_axis(seen: Whole) -> int | None:
    """The dimension of an image's channels, counted from the end; None if it is not an image."""
    if len(seen.shape) < 3:
        return None
    if seen.shape[-3] in CHANNELS and min(seen.shape[-2:]) >= LEAST:
        return -3
    # As image files have it: numbers from 0 to 255, channels last.
    if "uint8" in str(seen.held.dtype) and seen.shape[-1] in CHANNELS[1:] and min(seen.shape[-3:-1]) >= LEAST:
        return -1
    return None


@dataclass(frozen=True, slots=True)
class _Cells:
    """The means of a matrix's areas, and what its elements were."""

    means: np.ndarray
    """float64; NaN where no element is finite."""
    minimum: float
    maximum: float
    flawed: int
    """NaN and Inf."""
    exact: bool


def _matrix(request: Request, seen: Whole) -> PictureView:
    index = seen.index(request.index)
    matrix = seen.matrix(index)
    cells = _cells(matrix, *_bounds(request))
    low, high, diverging = _scale(cells)
    levels = np.zeros(cells.means.shape, np.uint8)
    finite = np.isfinite(cells.means)
    if low is not None and high is not None:
        span = high - low
        share = np.full(int(finite.sum()), 0.5) if span == 0 else _share(cells.means[finite], low, high)
        levels[finite] = 1 + np.rint(np.clip(share, 0, 1) * 254).astype(np.uint8)
    return PictureView(
        request,
        False,
        tuple(row.tobytes().hex() for row in levels),
        low,
        high,
        None if low is None else cells.minimum,
        None if low is None else cells.maximum,
        diverging,
        tuple(int(size) for size in matrix.shape),  # type: ignore[arg-type]
        index,
        seen.shape[:-2],
        cells.exact,
        cells.flawed,
        seen.note,
    )


def _share(means: np.ndarray, low: float, high: float) -> np.ndarray:
    # Halved, so that the span of numbers near float64's largest is one, too.
    return (means / 2 - low / 2) / (high / 2 - low / 2)


def _scale(cells: _Cells) -> tuple[float | None, float | None, bool]:
    if not np.isfinite(cells.minimum):
        return None, None, False
    if cells.minimum < 0 < cells.maximum:
        largest = max(-cells.minimum, cells.maximum)
        return -largest, largest, True
    return cells.minimum, cells.maximum, False


def _image(request: Request, seen: Whole, axis: int) -> PictureView:
    batch = seen.shape[:-3]
    filled = (*request.index, *[0] * len(batch))[: len(batch)]
    index = tuple(min(max(at, 0), size - 1) for at, size in zip(filled, batch, strict=True))
    held = seen.held
    for at in index:
        held = held[at] if isinstance(held, np.ndarray) else held.select(0, at)
    count = seen.shape[axis]
    last = axis == -1
    channels = [held[..., at] if last else held[at] for at in range(min(count, 3))]
    planes = [_cells(channel, *_bounds(request)) for channel in channels]
    low, high = min(plane.minimum for plane in planes), max(plane.maximum for plane in planes)
    bottom, top = _range(str(held.dtype), low, high)
    colours = np.stack([plane.means for plane in planes] * (3 if len(planes) == 1 else 1), axis=-1)
    share = np.nan_to_num(_share(colours, bottom, top)) if np.isfinite(low) else np.zeros_like(colours)
    pixels = np.rint(np.clip(share, 0, 1) * 255).astype(np.uint8)
    size = seen.shape[-3:-1] if last else seen.shape[-2:]
    seeable = bool(np.isfinite(low))
    return PictureView(
        request,
        True,
        tuple(row.tobytes().hex() for row in pixels),
        bottom if seeable else None,
        top if seeable else None,
        low if seeable else None,
        high if seeable else None,
        False,
        (size[0], size[1]),
        index,
        batch,
        all(plane.exact for plane in planes),
        sum(plane.flawed for plane in planes),
        f"{count} channels, the fourth (opacity) not drawn" if count == 4 else seen.note,
    )


def _range(dtype: str, low: float, high: float) -> tuple[float, float]:
    """The numbers that are black and white: 0 and 255 or 0 and 1 as in files and PyTorch's transforms, if they fit.

    Otherwise the image was normalized, and they are its least and its greatest number.
    """
    if "uint8" in dtype and "q" not in dtype:
        return 0.0, 255.0
    if low >= 0 and high <= 1:
        return 0.0, 1.0
    return (low, high) if low < high else (low - 1, high)


def _bounds(request: Request) -> tuple[int, int]:
    return min(max(request.height, 1), PICTURE_ROWS), min(max(request.width, 1), PICTURE_COLUMNS)


def _cells(matrix: Any, most_rows: int, most_columns: int) -> _Cells:
    height, width = (int(size) for size in matrix.shape)
    many = height * width > EXACT
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
    band = max(BAND // width, 1)
    with np.errstate(all="ignore"):
        for row in range(rows):
            total, count = np.zeros(columns), np.zeros(columns)
            for start in range(edges[row], edges[row + 1], band):
                part = numbers(some[start : min(start + band, edges[row + 1])])
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
    return _Cells(means, low, high, flawed, row_step == column_step == 1)
