"""What a step plots, as points and a line; evaluated without changing anything."""

from __future__ import annotations

import math
from collections.abc import Mapping
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
import torch

from tui_torch.probe.inspector.plot_points import PlotPoints
from tui_torch.protocol.orders import Plot, PlotSeries
from tui_torch.protocol.plots.plotted import Fitted


def read(series: PlotSeries, names: Mapping[str, object], *, complete: bool = True) -> Fitted | None:
    plotted = PlotPoints(Plot((series,))).read(names, complete=complete)
    return None if plotted is None else plotted.series[0]


def test_points_and_the_fit_by_growing_x() -> None:
    names = {"x": torch.tensor([2.0, 0.0, 1.0]), "y": np.array([20.0, 0.0, 10.0]), "w": torch.tensor(3.0)}
    fitted = read(PlotSeries("x", "y", "w * x"), names)
    assert fitted is not None and fitted.problem is None
    assert fitted.points == ((2.0, 20.0), (0.0, 0.0), (1.0, 10.0))
    assert fitted.fit == ((0.0, 0.0), (1.0, 3.0), (2.0, 6.0))


@pytest.mark.parametrize("x", ["[1, 2]", "torch.tensor([[1], [2]])", "np.array([[1, 2]])", "range(1, 3)"])
def test_whatever_is_a_row_of_numbers_is_drawn(x: str) -> None:
    fitted = read(PlotSeries(x, x), {"torch": torch, "np": np})
    assert fitted is not None and fitted.points == ((1.0, 1.0), (2.0, 2.0))


def test_many_points_are_thinned_evenly_and_keep_the_ends() -> None:
    x = torch.arange(1_000_000.0)
    fitted = read(PlotSeries("x", "x", "x"), {"x": x})
    assert fitted is not None and len(fitted.points) == len(fitted.fit) == 500
    across = [point[0] for point in fitted.points]
    assert (across[0], across[-1]) == (0.0, 999_999.0)
    assert {round(b - a) for a, b in pairwise(across)} <= {2003, 2004, 2005}


def test_what_is_not_finite_is_left_out() -> None:
    names = {"x": torch.tensor([0.0, 1.0, 2.0]), "y": torch.tensor([0.0, math.nan, math.inf])}
    fitted = read(PlotSeries("x", "y", "y * math.nan"), {**names, "math": math})
    assert fitted is not None and fitted.points == ((0.0, 0.0),) and fitted.fit == ()
    assert fitted.problem == "No number of `y * math.nan` is finite."


@pytest.mark.parametrize(
    ("plot", "problem"),
    [
        (PlotSeries("z", "y"), "`z` cannot be drawn: NameError: name 'z' is not defined."),
        (PlotSeries("x", "y[:2]"), "`x` has 3 numbers and `y[:2]` has 2: a point is one of each."),
        (PlotSeries("x", "y", "y[:2]"), "`y[:2]` has 2 numbers for the 3 of `x`."),
        (PlotSeries("x", "w"), "`w` cannot be drawn: it is a Tensor of shape [3, 3], not numbers in a row."),
        (PlotSeries("x", "'text'"), "`'text'` cannot be drawn: it is a str, not numbers in a row."),
        (PlotSeries("x", "y", "y @ w[:2]"), None),
    ],
)
def test_what_cannot_be_drawn_is_said_in_a_sentence(plot: PlotSeries, problem: str | None) -> None:
    names = {"x": torch.ones(3), "y": torch.ones(3), "w": torch.ones(3, 3)}
    fitted = read(plot, names)
    assert fitted is not None and fitted.problem is not None
    assert problem is None or fitted.problem == problem


def test_a_name_that_is_not_there_yet_is_no_problem() -> None:
    points = PlotSeries("x", "x", "model(x)")
    assert read(points, {}, complete=False) is None
    fitted = read(points, {"x": torch.ones(2)}, complete=False)
    assert fitted is not None and (len(fitted.points), fitted.fit, fitted.problem) == (2, (), None)


def test_drawing_leaves_a_model_the_random_state_and_a_graph_that_waits_as_they_were() -> None:
    model = torch.nn.Sequential(torch.nn.Linear(1, 3), torch.nn.BatchNorm1d(3), torch.nn.Dropout(0.5))
    names: dict[str, Any] = {"x": torch.randn(8, 1), "model": model, "nets": {"model": model}}
    waiting = model(names["x"]).sum()
    before = {name: (buffer, buffer.clone(), buffer._version) for name, buffer in model.named_buffers()}
    state = torch.get_rng_state()
    fitted = read(PlotSeries("x", "x", "model(x)[:, 0]"), names)
    assert fitted is not None and len(fitted.fit) == 8
    assert torch.equal(torch.get_rng_state(), state)
    for name, buffer in model.named_buffers():
        kept, copy, version = before[name]
        assert buffer is kept and torch.equal(buffer, copy) and buffer._version == version
    waiting.backward()
