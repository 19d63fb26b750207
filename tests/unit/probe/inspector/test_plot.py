"""The plot of any value: as what it is drawn, how much of it is read, and what is said where nothing can be."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from tui_torch.probe.inspector.answer import look
from tui_torch.probe.inspector.fit_points import POINTS
from tui_torch.protocol.orders import PlotKind, Request
from tui_torch.protocol.views import PlotView
from tui_torch.protocol.wire import decode_tagged, encode_tagged

RISING = torch.arange(10_000.0)


def plot_of(value: Any, kind: PlotKind | None = None, *index: int) -> PlotView:
    view = look(Request("plot", "x", index, kind=kind), {"x": value})
    assert isinstance(view, PlotView)
    assert decode_tagged((PlotView,), encode_tagged(view)) == view
    return view


@pytest.mark.parametrize(
    ("value", "kinds"),
    [
        (RISING, ("curve",)),
        ([0.5, torch.tensor(0.25), np.float32(0.125)], ("curve",)),
        (torch.zeros(9, 1), ("curve", "matrix")),
        (np.zeros((2, 200)), ("curve", "matrix")),
        (torch.zeros(50, 2), ("points", "curve", "matrix")),
        ([(0, 1), (1, 4), (2, 9)], ("points", "curve", "matrix")),
        (torch.zeros(5, 7), ("matrix",)),
        (torch.eye(12).expand(2, 4, 12, 12), ("matrix", "images")),
        (torch.linspace(0, 1, 6 * 256).reshape(6, 1, 16, 16), ("images", "matrix")),
    ],
)
def test_a_value_is_drawn_as_what_its_shape_suggests_and_as_the_others_on_demand(
    value: Any, kinds: tuple[PlotKind, ...]
) -> None:
    assert plot_of(value).kinds == kinds and plot_of(value).kind == kinds[0]
    for kind in kinds:
        view = plot_of(value, kind)
        assert view.kind == kind and view.note is None and (view.plotted is None) is not (view.picture is None)


def test_a_curve_has_its_numbers_at_their_places_and_a_long_one_keeps_its_spikes() -> None:
    short = plot_of([1.0, float("nan"), 3.0]).plotted
    assert short is not None and short.series[0].points == ((0.0, 1.0), (2.0, 3.0))
    spiked = RISING.clone().requires_grad_()
    with torch.no_grad():
        spiked[4321] = 1e6
    long = plot_of(spiked).plotted
    assert long is not None and (4321.0, 1e6) in long.series[0].points
    assert len(long.series[0].points) <= POINTS
    assert spiked.grad_fn is None and spiked.grad is None


def test_of_a_large_value_a_bounded_part_is_read_and_it_says_so() -> None:
    wide = torch.zeros(1).expand(50_000_000)
    view = plot_of(wide)
    assert view.said == "500 of 50,000,000 numbers, evenly spaced"
    points = plot_of(torch.zeros(1).expand(9_000_000, 2))
    assert points.said.endswith("of 9,000,000 points, evenly spaced")


def test_each_head_of_an_attention_is_a_matrix_at_the_index_of_the_batch() -> None:
    attention = torch.arange(2 * 3 * 4 * 4).reshape(2, 3, 4, 4)
    view = plot_of(attention, "matrix", 1)
    assert view.counts == (2,) and view.index == (1,) and view.plotted is not None
    assert [matrix.title for matrix in view.plotted.matrices] == ["[1, 0]", "[1, 1]", "[1, 2]"]
    assert view.plotted.matrices[0].cells[0] == (48.0, 49.0, 50.0, 51.0) and view.plotted.matrices[0].are_whole


def test_matrices_without_room_for_numbers_are_pictures() -> None:
    assert plot_of(torch.rand(16, 40, 40), "matrix").picture is not None
    small = look(Request("plot", "x", height=20, width=30, kind="matrix"), {"x": torch.rand(12, 12)})
    assert isinstance(small, PlotView) and small.picture is not None and small.picture.reading == "heatmap"


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        (torch.tensor(1.0), "x is one number: a plot takes two or more."),
        ([], "x has no element: a plot takes two or more."),
        (torch.full((5,), torch.nan), "No number of x is finite."),
        (["a", "b"], "x cannot be drawn: a str among its items is no number."),
        ([[1], [1, 2]], "x cannot be drawn: its items are of different lengths."),
        (torch.empty(3, device="meta"), "x cannot be drawn: on the meta device: a shape without elements."),
        (torch.nn.ReLU(), "x cannot be drawn: a ReLU has no elements to show."),
    ],
)
def test_one_sentence_says_why_nothing_can_be_drawn(value: Any, sentence: str) -> None:
    assert plot_of(value).note == sentence
