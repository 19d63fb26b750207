"""The images that a step plots, with labels and predictions, and those that a cell of its confusion matrix counts.

Only the images that are shown are read, each as a view of the learner's tensor that is copied to the CPU. Of all others
only the labels and the predictions are.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from tui_torch.probe.inspector.fit_points import MISSING, Numbers, PlotProblem, described
from tui_torch.probe.inspector.matrix import Whole, numbers, whole
from tui_torch.probe.inspector.pictures.cells import cells_of
from tui_torch.probe.inspector.pictures.evidence import at, kind_of
from tui_torch.probe.isolation.undisturbed import unobserved
from tui_torch.probe.values.elements import Base, UnreadableError
from tui_torch.probe.values.evaluate import error_line, evaluate, quiet
from tui_torch.probe.values.module_buffers import buffers_kept
from tui_torch.protocol.orders import PlotImages, Request
from tui_torch.protocol.plots.plotted import ImageGrid, LabelledMatrix
from tui_torch.protocol.views import ConfusionCellView

MOST_IMAGES = 60
"""Maximum number of images that are read."""
MOST_BYTES = 1 << 16
"""Maximum number of bytes of their pixels, which are sent several times a second: of large images, fewer are read."""
SIDE = 32
"""Maximum side of an image that is sent, in pixels: each is the mean of an area of a larger one."""
MOST_LABELLED = 100_000
"""Maximum number of images that may have labels, since all labels are read."""
SAMPLED = 1 << 18
"""Number of elements of one image up to which all are read."""


def read_images(plot: PlotImages, namespace: Mapping[str, object]) -> ImageGrid:
    """The first images as they are now, in a `quiet()` block. Raises PlotProblem."""
    images = _images(plot.values, namespace)
    labels = _classes(plot.labels, images, namespace)
    predictions = _classes(plot.predictions, images, namespace)
    wrong = None if labels is None or predictions is None else int((labels != predictions).sum())
    shown = range(min(images.most, images.count))
    return _grid(images, shown, images.count, labels, predictions, wrong)


def cell_view(request: Request, namespace: Mapping[str, object]) -> ConfusionCellView:
    """The images whose label is the request's row, and whose prediction is its column."""
    plot = request.images or PlotImages(request.expression)
    try:
        with quiet():
            images = _images(plot.values, namespace)
            labels, predictions = _pairs(plot, images, namespace)
            found = np.flatnonzero((labels == request.row) & (predictions == request.column))
            shown = [int(index) for index in found[: images.most]]
            wrong = len(found) if request.row != request.column else 0
            return ConfusionCellView(request, _grid(images, shown, len(found), labels, predictions, wrong))
    except PlotProblem as problem:
        return ConfusionCellView(request, None, str(problem))


def cell_problem(matrices: Sequence[LabelledMatrix], plot: PlotImages, namespace: Mapping[str, object]) -> str | None:
    """Why a cell of a confusion matrix has not the images that it counts, in a `quiet()` block; None if all have.

    Of shares, which are not whole numbers, only that there is a row and a column for each class is told.
    """
    matrix, *others = matrices
    if others:
        return f"It is {len(matrices)} matrices, and a confusion matrix is one."
    try:
        images = _images(plot.values, namespace)
        labels, predictions = _pairs(plot, images, namespace)
    except PlotProblem as problem:
        return str(problem)
    cells = np.array(matrix.cells)
    for classes, length, of in ((labels, len(cells), "row"), (predictions, len(cells[0]), "column")):
        outside = classes[(classes < 0) | (classes >= length)]
        if len(outside):
            return f"There is no {of} for the class {outside[0]}: the matrix has {length:,}."
    if not matrix.are_whole:
        return None
    counts = np.zeros(cells.shape, dtype=np.int64)
    np.add.at(counts, (labels, predictions), 1)
    off = np.argwhere(counts != cells)
    if not len(off):
        return None
    row, column = off[0]
    return (
        f"Row {matrix.rows[row]}, column {matrix.columns[column]} says {int(cells[row, column]):,}, "
        f"and {int(counts[row, column]):,} have that label and that prediction."
    )


@dataclass(frozen=True, slots=True)
class _Images:
    """Images along the first axis of a tensor or an array, which is not copied."""

    expression: str
    seen: Whole
    channels: int
    axis: int | None
    """Where the channels are in one image; None if it has no axis for them."""

    @property
    def count(self) -> int:
        return self.seen.shape[0]

    @property
    def sides(self) -> tuple[int, int]:
        """The rows and columns of one, as they are sent."""
        height, width = (size for axis, size in enumerate(self.seen.shape[1:]) if axis != self.axis)
        share = min(SIDE / max(height, width), 1.0)
        return max(round(height * share), 1), max(round(width * share), 1)

    @property
    def most(self) -> int:
        """How many are read at most."""
        height, width = self.sides
        return max(min(MOST_IMAGES, MOST_BYTES // (height * width * self.channels)), 1)

    def read(self, index: int) -> np.ndarray:
        """One image, float64 of the shape rows x columns x channels. Call it inside `unobserved()`."""
        image = at(self.seen.held, 0, index)
        planes = [image] if self.axis is None else [at(image, self.axis, place) for place in range(self.channels)]
        height, width = self.sides
        if tuple(planes[0].shape) == (height, width):
            return np.stack([numbers(plane) for plane in planes], axis=-1)
        return np.stack([cells_of(plane, height, width, SAMPLED).means for plane in planes], axis=-1)


def _images(expression: str, namespace: Mapping[str, object]) -> _Images:
    value = _value(expression, namespace)
    try:
        with unobserved():
            seen = whole(value)
            kind = kind_of(seen.held)
            own_shape: Any = Base.shape.__get__(value) if issubclass(type(value), torch.Tensor) else seen.shape
    except UnreadableError as error:
        raise PlotProblem(f"`{expression}` cannot be drawn: {error}.") from None
    except Exception as error:  # a rare dtype, layout or backend lacks a kernel for it
        raise PlotProblem(f"`{expression}` cannot be drawn: {error_line(error)}.") from None
    shape = seen.shape
    if kind == "other" or tuple(own_shape) != shape or len(shape) not in (3, 4) or 0 in shape:
        raise PlotProblem(_no_images(expression, value))
    if len(shape) == 3:
        return _Images(expression, seen, 1, None)
    for axis in (0, 2):
        if shape[1 + axis] in (1, 3):
            return _Images(expression, seen, shape[1 + axis], axis)
    raise PlotProblem(_no_images(expression, value))


def _no_images(expression: str, value: object) -> str:
    return (
        f"`{expression}` cannot be drawn as images: it is {described(value)}, expected images x height x width, or "
        "images x channels x height x width with 1 or 3 channels."
    )


def _classes(expression: str | None, images: _Images, namespace: Mapping[str, object]) -> np.ndarray | None:
    """The class of each image, int64; None without an expression."""
    if expression is None:
        return None
    if images.count > MOST_LABELLED:
        raise PlotProblem(f"`{images.expression}` has {images.count:,} images: labels of {MOST_LABELLED:,} are read.")
    value = _value(expression, namespace)
    try:
        found = Numbers(value)
    except Exception:  # rare dtypes and layouts have errors of their own
        found = None
    if found is None or not found.are_whole:
        raise PlotProblem(
            f"`{expression}` cannot be drawn: it is {described(value)}, expected a whole number for each image, as "
            "`argmax(1)` makes of scores."
        )
    if len(found) != images.count:
        raise PlotProblem(f"`{expression}` has {len(found):,} for the {images.count:,} images.")
    return np.array(found.at(list(range(len(found)))), dtype=np.int64)


def _pairs(plot: PlotImages, images: _Images, namespace: Mapping[str, object]) -> tuple[np.ndarray, np.ndarray]:
    labels = _classes(plot.labels, images, namespace)
    predictions = _classes(plot.predictions, images, namespace)
    if labels is None or predictions is None:
        raise PlotProblem("The images of a cell are found by their labels and predictions, and there are none.")
    return labels, predictions


def _value(expression: str, namespace: Mapping[str, object]) -> object:
    with buffers_kept(namespace):
        value, error = evaluate(expression, namespace)
    if error is not None:
        raise PlotProblem(f"`{expression}` cannot be drawn: {error}.", missing=error.startswith(MISSING))
    return value


def _grid(
    images: _Images,
    shown: Sequence[int],
    count: int,
    labels: np.ndarray | None,
    predictions: np.ndarray | None,
    wrong: int | None,
) -> ImageGrid:
    height, width = images.sides
    read = np.zeros((len(shown), height, width, images.channels))
    try:
        with unobserved():
            for place, index in enumerate(shown):
                read[place] = images.read(index)
            kind = kind_of(images.seen.held)
    except Exception as error:  # a rare dtype, layout or backend lacks a kernel for it
        raise PlotProblem(f"`{images.expression}` cannot be drawn: {error_line(error)}.") from None
    finite = np.isfinite(read)
    low, high = float(read.min(initial=np.inf, where=finite)), float(read.max(initial=-np.inf, where=finite))
    if kind in ("uint8", "bool"):
        low, high = 0.0, 255.0 if kind == "uint8" else 1.0
    elif low >= 0 and high <= 1:
        low, high = 0.0, 1.0
    # Halves, since the difference of the largest floats is infinite.
    length = high / 2 - low / 2
    shares = (np.where(finite, read, low) / 2 - low / 2) / length if 0 < length < np.inf else np.zeros(read.shape)
    places = list(shown)
    return ImageGrid(
        count,
        tuple(places),
        height,
        width,
        images.channels,
        (shares * 255).round().astype(np.uint8).tobytes(),
        low if places else 0.0,
        high if places else 0.0,
        () if labels is None else tuple(labels[places].tolist()),
        () if predictions is None else tuple(predictions[places].tolist()),
        wrong,
        int(read.size - finite.sum()),
    )
