"""What is said of a graph: in the boxes, beside the lines, and in full."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from tui_torch.drawing.graphs.text import box_lines, edge_labels, explanation
from tui_torch.protocol.autograd_graph import Graph, GraphEdge, GraphNode

ADD = GraphNode("operation", "add", "AddBackward0", "y", (), "float32", (17.0,), arriving=1.0, derivative="As it is.")
MULTIPLY = GraphNode("operation", "multiply", "MulBackward0", None, (), "float32", arriving=1.0, derivative="Times.")
W = GraphNode("leaf", "leaf", "AccumulateGrad", "w", (), "float32", (4.0,), (3.0,), 3.0, arriving=3.0)
X = GraphNode("input", "input", "", "x", (), "float32", (3.0,))
LINE = Graph("y", (ADD, MULTIPLY, W, X), (GraphEdge(0, 1, (), 1.0), GraphEdge(1, 2, (), 3.0, "x"), GraphEdge(1, 3, ())))
WEIGHT = GraphNode("leaf", "leaf", "AccumulateGrad", "model.weight", (2, 3), "float32", None, None, 0.51234)


def box(node: GraphNode, ascii: bool = False) -> list[str]:
    return ["".join(text for text, _ in line) for line in box_lines(node, ascii)]


def said(graph: Graph, at: int, ascii: bool = False) -> list[str]:
    return ["".join(text for text, _ in line) for line in explanation(graph, at, ascii)]


@pytest.mark.parametrize(
    ("node", "lines"),
    [
        (ADD, ["add", "y = 17.0"]),
        (MULTIPLY, ["multiply"]),
        (replace(MULTIPLY, values=(12.0,)), ["multiply", "= 12.0"]),
        (W, ["w = 4.0", "grad 3.0"]),
        (replace(W, gradient=None, gradient_norm=None), ["w = 4.0", "grad None"]),
        (replace(W, name=None, values=None, shape=(2, 3), gradient_norm=None), ["leaf [2, 3]", "grad None"]),
        (WEIGHT, ["model.weight [2, 3]", "‖grad‖ 0.5123"]),
        (X, ["x = 3.0", "no gradient"]),
        (replace(ADD, name="s", gradient=(2.0,), gradient_norm=2.0), ["add", "s = 17.0", "grad 2.0"]),
    ],
)
def test_a_box_says_what_it_is_and_its_numbers(node: GraphNode, lines: list[str]) -> None:
    assert box(node) == lines


def test_a_long_name_is_cut() -> None:
    (first, _) = box(replace(W, name="encoder.layers[11].attention.out_projection.weight"))
    assert first == "encoder.layers[11].attent… = 4.0"


def test_a_factor_stands_beside_an_edge_between_scalars() -> None:
    assert edge_labels(LINE) == ["× 1", "× 3", ""]
    assert edge_labels(LINE, ascii=True) == ["* 1", "* 3", ""]


def test_a_shape_stands_beside_an_edge_once_for_lines_that_join() -> None:
    graph = Graph("y", (ADD, W), (GraphEdge(0, 1, (2, 3)), GraphEdge(0, 1, (2, 3)), GraphEdge(0, 1, (3,))))
    assert edge_labels(graph) == ["[2, 3]", "", "[3]"]


def test_a_product_tells_the_derivative_with_its_numbers() -> None:
    assert said(LINE, 1) == ["multiply MulBackward0", "Times.", "w gets 1 × x = 1 × 3 = 3"]


@pytest.mark.parametrize(
    ("arriving", "words"), [(2.0, "2 × 0 = 0"), (math.inf, "0"), (math.nan, "0"), (None, "the gradient × 0")]
)
def test_a_gradient_that_is_replaced_by_0_is_0_whatever_it_was(arriving: float | None, words: str) -> None:
    graph = Graph("y", (replace(ADD, arriving=arriving), W), (GraphEdge(0, 1, (), 0.0, is_replaced=True),))
    assert said(graph, 0)[-1] == f"w gets {words}"


def test_every_input_of_an_operation_is_told() -> None:
    graph = Graph("y", (ADD, W, W), (GraphEdge(0, 1, (), 1.0), GraphEdge(0, 2, (), -2.0)))
    assert said(graph, 0)[-1] == "w gets 1 × 1 = 1; w gets 1 × (-2) = -2"


def test_an_input_that_is_used_twice_is_told_once() -> None:
    graph = Graph("y", (MULTIPLY, W), (GraphEdge(0, 1, (), 4.0, "w"), GraphEdge(0, 1, (), 4.0, "w")))
    assert said(graph, 0)[-1] == "w gets 1 × w = 1 × 4 = 4, twice"


def test_where_what_arrives_is_not_known_the_gradient_is_named() -> None:
    graph = replace(LINE, nodes=(ADD, replace(MULTIPLY, arriving=None), W, X))
    assert said(graph, 1)[-1] == "w gets the gradient × x = the gradient × 3"


def test_a_leaf_tells_its_gradient_and_the_derivative() -> None:
    assert said(LINE, 2) == ["w = 4.0 · leaf", "w.grad = 3.0 · dy/dw = 3"]


def test_a_leaf_whose_gradient_is_another_says_why() -> None:
    graph = replace(LINE, nodes=(ADD, MULTIPLY, replace(W, gradient=(6.0,)), X))
    assert said(graph, 2)[-1] == (
        "w.grad = 6.0 · dy/dw = 3: w.grad adds up every backward() since it was last None or 0."
    )


def test_a_leaf_without_a_gradient_says_that_backward_has_not_been_there() -> None:
    graph = Graph("y", (replace(WEIGHT, gradient_norm=None),))
    assert said(graph, 0) == [
        "model.weight · [2, 3] · leaf",
        "model.weight.grad is None: no backward() has reached it, or it was set to None since.",
    ]


def test_an_input_says_why_it_has_none() -> None:
    assert said(LINE, 3) == ["x = 3.0", "requires_grad=False: no gradient is computed for it."]


def test_the_value_says_that_its_graph_was_freed() -> None:
    graph = replace(LINE, freed="Freed by backward().")
    assert said(graph, 0)[-1] == "Freed by backward()."
    assert "Freed by backward()." not in said(graph, 1)


def test_a_vector_is_written_out_and_a_dtype_that_is_not_the_usual_one_named() -> None:
    graph = Graph("y", (replace(X, name="targets", shape=(3,), dtype="int64", values=(0, 2, 1)),))
    assert said(graph, 0)[0] == "targets = [0, 2, 1] · [3] · int64"


@pytest.mark.parametrize("at", range(4))
def test_within_ascii_every_word_is(at: int) -> None:
    graph = replace(LINE, nodes=tuple(replace(node, note="a·b ² ≤", name="größe") for node in LINE.nodes))
    assert all(line.isascii() for line in said(graph, at, ascii=True))
    assert all(line.isascii() for line in box(graph.nodes[at], ascii=True))
