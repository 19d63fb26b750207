"""The boxes of a large graph as rows with lines beside them."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from tui_torch.drawing.graphs.box_rows import BoxDrawing
from tui_torch.drawing.graphs.box_text import box_explanation, compact, totals
from tui_torch.protocol.autograd_graph import BoxEdge, Graph, GraphBox

BLOCK = Graph(
    "loss",
    boxes=(
        GraphBox("to", "layer1.2", nodes=0),
        GraphBox("operation", "add", type="AddBackward0", shape=(2, 8), skips=1, about="Each term gets it as it is."),
        GraphBox("module", "bn", "model.bn", "BatchNorm2d", "BatchNorm2d(8)", (4, 5), 3, 1, 0, (2, 8), 2, 16, 0.5),
        GraphBox("module", "conv", "model.conv", "Conv2d", "Conv2d(8, 8)", (3, 4), 2, 1, 0, (2, 8), 1, 14_016, 50.0),
        GraphBox("from", "layer1.0", nodes=0, shape=(2, 8)),
    ),
    box_edges=(BoxEdge(0, 1), BoxEdge(1, 2), BoxEdge(1, 4, is_skip=True), BoxEdge(2, 3), BoxEdge(3, 4)),
    place=(3, 6),
    count=341,
)
PICTURE = """\
                                          shape   nodes  params  ‖grad‖
  ○    to layer1.2
▸ ⊕─╮  add            skip from layer1.0  [2, 8]      1
  ■ │  bn             BatchNorm2d         [2, 8]      3      16     0.5  ╸
  ■ │  conv           Conv2d              [2, 8]      2  14.0 k      50  ━━━━━━━━━━━━
  ○─╯  from layer1.0                      [2, 8]"""
NAMES = st.text(st.characters(exclude_categories=("C", "Z")), min_size=1, max_size=40)
BOXES = st.builds(
    GraphBox,
    st.sampled_from(["module", "operation", "group", "parameters", "inputs", "from", "to"]),
    NAMES,
    st.none() | NAMES,
    NAMES | st.just(""),
    st.none() | NAMES,
    st.just(()) | st.just((3, 9)),
    st.integers(0, 200_000),
    st.sampled_from([1, 3, 2500]),
    st.integers(0, 12),
    st.none() | st.lists(st.integers(0, 999), max_size=4).map(tuple),
    st.integers(0, 300),
    st.integers(0, 10**13),
    st.none() | st.floats(0),
    st.integers(0, 3),
    st.integers(0, 20),
)


@st.composite
def graphs(draw: st.DrawFn) -> Graph:
    boxes = draw(st.lists(BOXES, min_size=1, max_size=20))
    pairs = [(start, end) for end in range(len(boxes)) for start in range(end)]
    chosen = draw(st.lists(st.sampled_from(pairs), unique=True, max_size=40)) if pairs else []
    edges = tuple(BoxEdge(start, end, None, draw(st.booleans())) for start, end in sorted(chosen))
    return Graph("loss", boxes=tuple(boxes), box_edges=edges)


def picture(graph: Graph, width: int = 90, height: int = 6, selected: int | None = None, ascii: bool = False) -> str:
    rows = BoxDrawing(graph, width, height, ascii=ascii).rows(selected)
    return "\n".join("".join(cell.text for cell in row).rstrip() for row in rows)


def test_a_residual_block_is_rows_with_the_skip_beside_them() -> None:
    assert picture(BLOCK, selected=1) == PICTURE


def test_lines_of_their_own_stand_between_the_rows_where_there_is_room() -> None:
    rows = picture(BLOCK, height=10).split("\n")
    assert [row.split("  ")[1] for row in rows[1:4]] == ["○", "│", "⊕─╮"]
    assert len(rows) == 10


def test_in_ascii_the_marks_of_every_kind_differ() -> None:
    drawn = picture(BLOCK, ascii=True)
    assert drawn.isascii()
    assert "+-.  add" in drawn
    assert "# |  bn" in drawn


@settings(deadline=None)
@given(graphs(), st.integers(1, 130), st.integers(1, 60), st.booleans())
def test_every_row_is_exactly_as_wide_as_the_pane_and_every_box_has_one(
    graph: Graph, width: int, height: int, ascii: bool
) -> None:
    drawing = BoxDrawing(graph, width, height, ascii=ascii)
    rows = drawing.rows(0)
    assert len(rows) == drawing.height
    assert {cell_len("".join(cell.text for cell in row)) for row in rows} == {width}
    places = [drawing.region(at).y for at in range(len(graph.boxes))]
    assert len(set(places)) == len(places)
    assert all(0 < y < drawing.height for y in places)
    if ascii:
        assert all(cell.text.isascii() for row in rows for cell in row)


@settings(deadline=None)
@given(graphs(), st.integers(40, 130))
def test_an_edge_that_has_no_line_is_said_in_words(graph: Graph, width: int) -> None:
    drawing = BoxDrawing(graph, width, 1)
    for start, _ in drawing.undrawn:
        assert "from" in drawing.words_of(start)


@given(graphs())
def test_every_box_is_reached_by_down_from_the_first(graph: Graph) -> None:
    drawing = BoxDrawing(graph, 80, 24)
    at, reached = 0, [0]
    while (below := drawing.go(at, "down")) is not None:
        assert drawing.go(below, "up") == at
        at = below
        reached.append(at)
    assert reached == list(range(len(graph.boxes)))
    assert drawing.go(at, "home") == 0


def test_right_goes_along_a_skip_and_left_back() -> None:
    drawing = BoxDrawing(BLOCK, 80, 24)
    assert drawing.go(1, "right") == 4
    assert drawing.go(4, "left") == 1
    assert drawing.go(4, "right") is None


@pytest.mark.parametrize("width", [20, 30, 45, 60])
def test_a_narrow_pane_keeps_names_and_gradients(width: int) -> None:
    drawn = picture(BLOCK, width)
    assert "bn" in drawn
    assert ("0.5" in drawn) == (width >= 30)


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (0, "0"),
        (9_999, "9,999"),
        (10_000, "10.0 k"),
        (999_499, "999 k"),
        (999_500, "1.00 M"),
        (25_557_032, "25.6 M"),
        (1_300_000_000, "1.30 G"),
        (2 * 10**12, "2 T"),
    ],
)
def test_counts_take_few_characters(count: int, text: str) -> None:
    assert compact(count) == text


def said(graph: Graph, at: int, ascii: bool = False) -> list[str]:
    return ["".join(text for text, _ in line) for line in box_explanation(graph, at, ascii)]


def test_a_module_is_explained_with_its_gradient_and_what_it_is_computed_from() -> None:
    box = replace(BLOCK.boxes[2], operations=(("batch norm", 1),))
    graph = replace(BLOCK, boxes=(*BLOCK.boxes[:2], box, *BLOCK.boxes[3:]))
    assert said(graph, 2) == [
        "model.bn BatchNorm2d(8) · [2, 8]",
        "‖grad‖ 0.5 over 16 parameters · 3 nodes: batch norm",
        "computed from conv",
    ]


def test_a_sum_says_which_way_is_the_skip() -> None:
    assert said(BLOCK, 1)[-1] == "computed from bn and, by a skip, from layer1.0"


def test_what_is_outside_says_so() -> None:
    assert said(BLOCK, 0) == ["to layer1.2 · outside the box that is open"]


def test_parameters_without_a_gradient_say_so() -> None:
    box = replace(BLOCK.boxes[2], gradient_norm=None, without_gradient=2)
    assert said(replace(BLOCK, boxes=(box,), box_edges=()), 0)[1].startswith("grad None over 16 parameters")
    some = replace(box, gradient_norm=1.5, without_gradient=1)
    assert "and 1 tensor without a gradient" in said(replace(BLOCK, boxes=(some,), box_edges=()), 0)[1]


def test_the_value_says_that_its_graph_was_freed_and_that_it_goes_on() -> None:
    graph = replace(BLOCK, boxes=BLOCK.boxes[2:], box_edges=(), freed="Freed by backward().", omitted=1)
    assert said(graph, 0)[1] == "Freed by backward()."
    assert said(graph, 0)[-1] == "The graph goes on: nodes beyond 200,000 are left out."


def test_the_totals_are_over_all_that_is_inside() -> None:
    assert totals(BLOCK) == "6 nodes in 3 boxes · 14,032 parameters · ‖grad‖ 50"
    assert totals(BLOCK, ascii=True).isascii()


@pytest.mark.parametrize("at", range(5))
def test_within_ascii_every_word_is(at: int) -> None:
    assert all(line.isascii() for line in said(BLOCK, at, ascii=True))
