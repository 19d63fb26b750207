"""Images with labels and predictions, and those of a cell of a confusion matrix, read without changing anything."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch

from tui_torch.probe.inspector.answer import look
from tui_torch.probe.inspector.plot_images import MOST_IMAGES
from tui_torch.probe.inspector.plot_points import PlotPoints
from tui_torch.protocol.orders import Plot, PlotImages, PlotMatrix, Request
from tui_torch.protocol.plots.plotted import ImageGrid, Plotted
from tui_torch.protocol.views import ConfusionCellView

X = torch.arange(24.0).view(6, 2, 2) / 23
NAMES: dict[str, Any] = {
    "x": X.requires_grad_(),
    "y": torch.tensor([0, 1, 1, 0, 1, 0]),
    "p": np.array([0, 1, 0, 0, 0, 1]),
    "torch": torch,
}
IMAGES = PlotImages("x", "y", "p")


def plot_of(images: PlotImages) -> Plot:
    return Plot((), images=images.values, labels=images.labels, predictions=images.predictions)


def read(images: PlotImages, names: dict[str, Any] = NAMES, *, complete: bool = True) -> Plotted | None:
    return PlotPoints(plot_of(images)).read(names, complete=complete)


def grid(images: PlotImages, names: dict[str, Any] = NAMES) -> ImageGrid:
    plotted = read(images, names)
    assert plotted is not None and plotted.problem is None and plotted.images is not None
    return plotted.images


def test_each_image_has_its_pixels_its_label_and_its_prediction() -> None:
    seen = grid(IMAGES)
    assert (seen.count, seen.height, seen.width, seen.channels) == (6, 2, 2, 1)
    assert list(seen.pixels) == [round(number / 23 * 255) for number in range(24)]
    assert seen.labels == (0, 1, 1, 0, 1, 0) and seen.predictions == (0, 1, 0, 0, 0, 1) and seen.wrong == 3


def test_channels_stand_before_or_behind_the_sides_and_bytes_are_what_they_are() -> None:
    first = torch.randint(0, 256, (4, 3, 9, 5), dtype=torch.uint8)
    wanted = bytes(first.permute(0, 2, 3, 1).contiguous().flatten().tolist())
    for value in (first, first.permute(0, 2, 3, 1), first.numpy()):
        seen = grid(PlotImages("v"), {"v": value})
        assert (seen.height, seen.width, seen.channels, seen.pixels) == (9, 5, 3, wanted)


def test_of_many_large_images_some_are_read_and_reduced() -> None:
    seen = grid(PlotImages("v"), {"v": torch.zeros(1, 1).expand(10**6, 300, 200)})
    assert (seen.count, len(seen.numbers), seen.height, seen.width) == (10**6, MOST_IMAGES, 32, 21)
    colour = grid(PlotImages("v"), {"v": torch.rand(500, 3, 32, 32)})
    assert len(colour.numbers) == 21 and len(colour.pixels) == 21 * 32 * 32 * 3


def test_reading_leaves_no_graph_and_the_same_random_numbers() -> None:
    version, state = X._version, torch.get_rng_state()
    assert grid(PlotImages("x", "y", "torch.rand(6, 3).argmax(1)")).count == 6
    assert X.grad_fn is None and X.grad is None and X._version == version
    assert torch.equal(torch.get_rng_state(), state)


@pytest.mark.parametrize(
    ("images", "sentence"),
    [
        (
            PlotImages("x.view(-1, 4)"),
            "`x.view(-1, 4)` cannot be drawn as images: it is a Tensor of shape [6, 4]",
        ),
        (PlotImages("x", "y[:2]"), "`y[:2]` has 2 for the 6 images."),
        (
            PlotImages("x", "y", "torch.rand(6, 2)"),
            "`torch.rand(6, 2)` cannot be drawn: it is a Tensor of shape [6, 2]",
        ),
        (
            PlotImages("x", "torch.rand(6)"),
            "`torch.rand(6)` cannot be drawn: it is a Tensor of shape [6], exp",
        ),
        (PlotImages("gone"), "`gone` cannot be drawn: NameError: name 'gone' is not defined."),
    ],
)
def test_what_are_no_images_labels_or_predictions_is_said(images: PlotImages, sentence: str) -> None:
    plotted = read(images)
    assert plotted is not None and plotted.problem is not None and plotted.problem.startswith(sentence)


def test_while_the_code_runs_a_name_that_is_not_there_yet_is_no_problem() -> None:
    assert read(PlotImages("x", "y", "later"), complete=False) is None


def test_a_cell_has_the_images_of_its_label_and_its_prediction() -> None:
    view = look(Request("cell", "x", row=1, column=0, images=IMAGES), NAMES)
    assert isinstance(view, ConfusionCellView) and view.images is not None
    assert view.images.numbers == (2, 4) and view.images.count == view.images.wrong == 2
    empty = look(Request("cell", "x", row=1, column=7, images=IMAGES), NAMES)
    assert isinstance(empty, ConfusionCellView) and empty.images is not None and empty.images.count == 0


@pytest.mark.parametrize(
    ("cells", "sentence"),
    [
        ("[[2, 1], [2, 1]]", None),
        ("[[0.7, 0.3], [0.7, 0.3]]", None),
        ("[[2, 2], [1, 1]]", "Row 0, column 1 says 2, and 1 have that label and that prediction."),
        ("[[3]]", "There is no row for the class 1: the matrix has 1."),
    ],
)
def test_a_matrix_that_counts_something_else_is_told_once_the_code_is_over(cells: str, sentence: str | None) -> None:
    points = PlotPoints(replace(plot_of(IMAGES), matrix=PlotMatrix("m")))
    names = {**NAMES, "m": torch.tensor(eval(cells))}
    for complete, told in ((True, sentence), (False, None)):
        plotted = points.read(names, complete=complete)
        assert plotted is not None and plotted.problem is None and plotted.cell_problem == told
