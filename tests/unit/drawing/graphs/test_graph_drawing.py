"""The picture of a graph, and the way from box to box."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from tests.unit.drawing.graphs.test_graph_text import LINE, WEIGHT
from tui_torch.drawing.graphs.drawing import GraphDrawing, node_above, node_below, node_beside
from tui_torch.protocol.autograd_graph import Graph, GraphEdge, GraphNode

PICTURE = """\
        ╭──────────╮
        │   add    │
        │ y = 17.0 │
        ╰─────┬────╯
              │ × 1
        ┏━━━━━┻━━━━┓
        ▸ multiply ┃
        ┗━━━━━┳━━━━┛
      ┌───────┴╌╌╌╌╌╌┐
      │ × 3          ┊
┌─────┴────┐  ┌╌╌╌╌╌╌┴╌╌╌╌╌╌┐
│ w = 4.0  │  ┊   x = 3.0   ┊
│ grad 3.0 │  ┊ no gradient ┊
└──────────┘  └╌╌╌╌╌╌╌╌╌╌╌╌╌┘"""
NAMES = st.text(st.characters(exclude_categories=("C", "Z")), max_size=12)
NODES = st.builds(
    GraphNode,
    st.sampled_from(["operation", "leaf", "input"]),
    NAMES.filter(bool),
    st.just("FooBackward0"),
    st.none() | NAMES,
    st.none() | st.lists(st.integers(0, 999), max_size=4).map(tuple),
    st.none() | st.just("float32"),
    st.none() | st.tuples(st.floats()),
    gradient_norm=st.none() | st.floats(0, 1e9),
)


@st.composite
def graphs(draw: st.DrawFn) -> Graph:
    nodes = draw(st.lists(NODES, min_size=1, max_size=9))
    pairs = [(start, end) for end in range(len(nodes)) for start in range(end)]
    shaped = [(*pair, shape) for pair in pairs for shape in (None, (), (2, 3))]
    edges = draw(st.lists(st.sampled_from(shaped), max_size=12)) if shaped else []
    factors = draw(st.lists(st.none() | st.floats(-9, 9), min_size=len(edges), max_size=len(edges)))
    return Graph(
        "y", tuple(nodes), tuple(GraphEdge(*edge, factor) for edge, factor in zip(edges, factors, strict=True))
    )


def picture(graph: Graph, selected: int | None = None, ascii: bool = False) -> str:
    rows = GraphDrawing(graph, ascii=ascii).rows(selected)
    return "\n".join("".join(cell.text for cell in row).rstrip() for row in rows)


def test_a_line_is_drawn_from_its_value_down_to_its_leaves() -> None:
    assert picture(LINE, selected=1) == PICTURE


def test_lines_of_two_operations_cross_without_joining() -> None:
    nodes = tuple(GraphNode("operation", name, "F") for name in "abcdef")
    edges = [(0, 1), (0, 2), (1, 3), (1, 4), (1, 5), (2, 3), (2, 4), (2, 5)]
    drawn = picture(Graph("y", nodes, tuple(GraphEdge(*edge) for edge in edges)))
    assert drawn.count("┬") + drawn.count("┳") >= 3
    assert "┼" not in drawn


@pytest.mark.parametrize("ascii", [False, True])
def test_leaves_operations_and_inputs_have_borders_of_their_own(ascii: bool) -> None:
    borders = {
        tuple(GraphDrawing(Graph("y", (GraphNode(kind, "n", "N", "n"),)), ascii=ascii).rows(None)[0])
        for kind in ("operation", "leaf", "input")
    }
    assert len(borders) == 3


def test_within_ascii_every_character_is() -> None:
    graph = Graph("y", (*LINE.nodes, WEIGHT), (*LINE.edges, GraphEdge(0, 4, (2, 3))))
    assert picture(graph, selected=0, ascii=True).isascii()


@given(graphs(), st.booleans())
def test_every_row_is_as_wide_as_the_canvas(graph: Graph, ascii: bool) -> None:
    drawing = GraphDrawing(graph, ascii=ascii)
    rows = drawing.rows(0)
    assert len(rows) == drawing.layout.height
    assert all(len(row) == drawing.layout.width for row in rows)
    assert {cell_len("".join(cell.text for cell in row)) for row in rows} == {drawing.layout.width}


@given(graphs())
def test_every_node_is_reached_by_keys_from_the_value(graph: Graph) -> None:
    drawing = GraphDrawing(graph)
    reached, waiting = set[int](), list(drawing.layout.layers[0])
    while waiting:
        at = waiting.pop()
        if at in reached:
            continue
        reached.add(at)
        steps = [node_below(drawing, at), node_above(drawing, at)]
        steps += [node_beside(drawing, at, by) for by in (-1, 1)]
        waiting += [step for step in steps if step is not None]
    assert reached == set(range(len(graph.nodes)))


def test_down_goes_to_an_input_and_up_back_to_the_operation() -> None:
    drawing = GraphDrawing(LINE)
    assert node_below(drawing, 0) == 1
    assert node_above(drawing, 1) == 0
    assert node_beside(drawing, 2, 1) == 3
    assert node_beside(drawing, 2, -1) is None
    assert node_below(drawing, 3) is None


def test_selecting_another_node_leaves_the_picture_of_the_others() -> None:
    drawing = GraphDrawing(LINE)
    before = drawing.rows(None)
    drawing.rows(2)
    assert drawing.rows(None) == before
