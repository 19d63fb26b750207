"""Classes, words and the field behind them: what a step plots, read without changing anything."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from tui_torch.probe.inspector.plot_field import COLUMNS, ROWS
from tui_torch.probe.inspector.plot_points import PlotPoints
from tui_torch.protocol.orders import Plot, PlotMatrix, PlotSeries
from tui_torch.protocol.plots.plotted import Fitted, LabelledMatrix, PlotField, Plotted

X = torch.tensor([[-1.0, -1.0], [1.0, 1.0], [1.0, -1.0]])
NAMES: dict[str, Any] = {"X": X, "y": torch.tensor([0, 1, 1]), "torch": torch, "np": np}
SERIES = PlotSeries("X[:, 0]", "X[:, 1]", by="y")


def read(plot: Plot, names: dict[str, Any] = NAMES, *, complete: bool = True) -> Plotted:
    plotted = PlotPoints(plot).read(names, complete=complete)
    assert plotted is not None
    return plotted


def field(expression: str, names: dict[str, Any] = NAMES, **limits: Any) -> PlotField:
    plotted = read(Plot((SERIES,), expression, **limits), names)
    assert plotted.problem is None and plotted.field is not None
    return plotted.field


@pytest.mark.parametrize("by", ["y", "y == 1", "[0, 1, 1]", "np.array([0., 1., 1.])"])
def test_each_point_has_its_class(by: str) -> None:
    assert read(Plot((PlotSeries("X[:, 0]", "X[:, 1]", by=by),))).series[0].classes == (0, 1, 1)


def test_a_point_that_is_not_finite_takes_its_class_and_its_word_along() -> None:
    names = {**NAMES, "x": [0.0, float("nan"), 2.0], "w": ["a", "b", "c"]}
    (series,) = read(Plot((PlotSeries("x", "x", by="y", words="w"),)), names).series
    assert series == Fitted(((0.0, 0.0), (2.0, 2.0)), classes=(0, 1), words=("a", "c"))


@pytest.mark.parametrize(
    ("series", "sentence"),
    [
        (PlotSeries("y", "y", by="y / 2"), "`y / 2` holds 0.5, and a class is a whole number."),
        (PlotSeries("y", "y", by="y[:2]"), "`y[:2]` has 2 for the 3 points of `y`."),
        (
            PlotSeries("torch.arange(40)", "torch.arange(40)", by="torch.arange(40)"),
            "`torch.arange(40)` has 40 classes: at most 36 have a mark.",
        ),
        (PlotSeries("y", "y", words="y"), "`y` cannot be drawn: it is a Tensor of shape [3], not a list of texts."),
    ],
)
def test_what_are_no_classes_or_words_is_said(series: PlotSeries, sentence: str) -> None:
    assert read(Plot((series,))).problem == sentence


def test_lists_that_grow_in_a_loop_are_drawn_as_far_as_both_go() -> None:
    names = {"rates": [0.1, 0.2, 0.3], "losses": [3.0, 2.0]}
    plot = Plot((PlotSeries("rates", "losses", line=True),))
    assert read(plot, names, complete=False).series[0].points == ((0.1, 3.0), (0.2, 2.0))
    assert read(plot, names).problem == "`rates` has 3 numbers and `losses` has 2: a point is one of each."


@pytest.mark.parametrize("expression", ["(grid[:, 0] > 0).long()", "lambda g: g[:, 0] > 0", "side", "side(grid)"])
def test_a_field_is_an_expression_of_the_grid_or_a_function_of_it(expression: str) -> None:
    names = {**NAMES, "side": lambda points: (points[:, :1] > 0).int().numpy()}
    found = field(expression, names, xlim=(-2.0, 2.0), ylim=(0.0, 1.0))
    assert (found.classes, found.xlim, found.ylim) == ((0, 1), (-2.0, 2.0), (0.0, 1.0))
    assert found.cells == (bytes(COLUMNS // 2) + b"\1" * (COLUMNS // 2)) * ROWS


def test_the_grid_begins_at_the_top_on_the_left() -> None:
    found = field("grid[:, 1] * 100 + grid[:, 0]", xlim=(0.0, 1.0), ylim=(0.0, 1.0))
    cells = [found.cells[row * COLUMNS : (row + 1) * COLUMNS] for row in (0, ROWS - 1)]
    assert cells[0][-1] == 255 and cells[1][0] == 1 and cells[0][0] > cells[1][-1]
    assert (found.low, found.high) == pytest.approx((100 / 96 + 1 / 128, 100 * 95 / 96 + 127 / 128))


def test_a_field_without_limits_is_a_little_wider_than_the_points() -> None:
    found = field("grid[:, 0] > 0")
    assert found.xlim == found.ylim == pytest.approx((-1.1, 1.1))


def test_the_grid_has_the_dtype_of_the_points() -> None:
    names = {**NAMES, "X": X.double(), "model": torch.nn.Linear(2, 3).double()}
    assert set(field("model(grid).argmax(1)", names).classes) <= {0, 1, 2}


def test_numbers_that_are_not_finite_have_no_level() -> None:
    found = field("torch.where(grid[:, 0] > 0, grid[:, 0], torch.nan)", xlim=(-1.0, 1.0))
    assert found.cells[0] == 0 and found.cells[COLUMNS - 1] == 255


@pytest.mark.parametrize(
    ("expression", "sentence"),
    [
        ("grid", "`grid` cannot be drawn: it is a Tensor of shape [3072, 2], not one class or number for each of"),
        ("y", "`y` has 3 numbers for the 3,072 points of `grid`."),
        ("model(grid)", "`model(grid)` cannot be drawn: NameError: name 'model' is not defined."),
        ("lambda g: g @ g", "`lambda g: g @ g` cannot be drawn: RuntimeError: "),
        ("torch.arange(3072)", "`torch.arange(3072)` gives 3072 classes: at most 36 have a mark."),
    ],
)
def test_what_is_no_field_is_said(expression: str, sentence: str) -> None:
    problem = read(Plot((SERIES,), expression)).problem
    assert problem is not None and problem.startswith(sentence)


def test_a_model_that_is_not_there_yet_leaves_the_points_alone() -> None:
    plotted = read(Plot((SERIES,), "model(grid)"), complete=False)
    assert plotted.problem is None and plotted.field is None and len(plotted.series[0].points) == 3


def test_the_field_leaves_a_model_and_the_random_state_as_they_were() -> None:
    model = torch.nn.Sequential(torch.nn.Linear(2, 3), torch.nn.BatchNorm1d(3), torch.nn.Dropout(0.5))
    before = {name: buffer.clone() for name, buffer in model.named_buffers()}
    state = torch.get_rng_state()
    field("model(grid).argmax(1)", {**NAMES, "model": model})
    assert torch.equal(torch.get_rng_state(), state) and model.training
    assert all(torch.equal(buffer, before[name]) for name, buffer in model.named_buffers())
    assert all(parameter.grad is None for parameter in model.parameters())


@pytest.mark.parametrize("values", ["C", "C.numpy()", "C.tolist()"])
def test_a_matrix_comes_with_the_labels_of_its_edges(values: str) -> None:
    names = {**NAMES, "C": torch.tensor([[3, 1], [0, 4]]), "names": ["cat", "dog"]}
    (matrix,) = read(Plot((), matrix=PlotMatrix(values, "names")), names).matrices
    assert matrix == LabelledMatrix(((3.0, 1.0), (0.0, 4.0)), ("cat", "dog"), ("cat", "dog"), True)


def test_a_matrix_without_labels_has_numbers_and_one_that_is_not_square_its_own() -> None:
    (matrix,) = read(Plot((), matrix=PlotMatrix("X", "['a', 'b', 'c']"))).matrices
    assert (matrix.rows, matrix.columns) == (("a", "b", "c"), ("0", "1"))
    assert not matrix.are_whole and matrix.cells[0] == (-1.0, -1.0)


def test_of_three_axes_each_matrix_along_the_first_has_its_title() -> None:
    names = {"A": torch.arange(8.0).reshape(2, 2, 2), "words": ["a", "b"]}
    first, second = read(Plot((), matrix=PlotMatrix("A", "words", each="head")), names).matrices
    assert first == LabelledMatrix(((0.0, 1.0), (2.0, 3.0)), ("a", "b"), ("a", "b"), False, "head 0")
    assert (second.cells, second.title) == (((4.0, 5.0), (6.0, 7.0)), "head 1")


@pytest.mark.parametrize(
    ("matrix", "sentence"),
    [
        (PlotMatrix("y"), "`y` cannot be drawn: it is a Tensor of shape [3], not a matrix of numbers."),
        (PlotMatrix("torch.ones(41, 2)"), "`torch.ones(41, 2)` is 41 x 2: one of 1 to 40 rows and columns is drawn."),
        (PlotMatrix("torch.ones(0, 2)"), "`torch.ones(0, 2)` is 0 x 2: one of 1 to 40 rows and columns is drawn."),
        (PlotMatrix("X", "['a']"), "`['a']` has 1 for the 3 rows."),
        (PlotMatrix("X", "y"), "`y` cannot be drawn: it is a Tensor of shape [3], not a list of texts."),
        (PlotMatrix("torch.ones(17, 2, 2)"), "`torch.ones(17, 2, 2)` is 17 matrices: 1 to 16 are drawn."),
        (
            PlotMatrix("torch.ones(5, 40, 40)"),
            "`torch.ones(5, 40, 40)` has 8,000 numbers: at most 6,400 are drawn.",
        ),
        (
            PlotMatrix("torch.ones(1, 1, 2, 2)"),
            "`torch.ones(1, 1, 2, 2)` cannot be drawn: it is a Tensor of shape [1, 1, 2, 2], not a matrix of numbers.",
        ),
        (PlotMatrix("no"), "`no` cannot be drawn: NameError: name 'no' is not defined."),
    ],
)
def test_what_is_no_matrix_is_said(matrix: PlotMatrix, sentence: str) -> None:
    assert read(Plot((), matrix=matrix)).problem == sentence
    assert (PlotPoints(Plot((), matrix=matrix)).read(NAMES, complete=False) is None) == (matrix.values == "no")
