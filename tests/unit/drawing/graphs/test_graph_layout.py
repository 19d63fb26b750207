"""A graph of any shape is laid out so that it can be read: no box on another, every edge a line from box to box."""

from __future__ import annotations

from itertools import pairwise
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui_torch.drawing.graphs.layout import Box, GridPoint, Layout, arrange, spread

Sizes = list[tuple[int, int]]
Edges = list[tuple[int, int]]

SIZES = [(width, height) for width in range(3, 21) for height in range(3, 6)]


@st.composite
def graphs(draw: st.DrawFn) -> tuple[Sizes, Edges, list[int]]:
    count = draw(st.integers(1, 14))
    sizes = draw(st.lists(st.sampled_from(SIZES), min_size=count, max_size=count))
    # Edges lead to nodes with a larger number: there is no cycle. Some are there twice.
    pairs = [(start, end) for end in range(count) for start in range(end)]
    labelled = [(*pair, label) for pair in pairs for label in (0, 3, 6)]
    edges = draw(st.lists(st.sampled_from(labelled), max_size=24)) if pairs else []
    return sizes, [(start, end) for start, end, _ in edges], [label for _, _, label in edges]


def cells(wire: tuple[GridPoint, ...]) -> set[GridPoint]:
    """Every place that a line passes."""
    found = {wire[0]}
    for (x, y), (to_x, to_y) in pairwise(wire):
        assert x == to_x or y == to_y, "a line goes straight down or sideways"
        step_x, step_y = (to_x > x) - (to_x < x), (to_y > y) - (to_y < y)
        while (x, y) != (to_x, to_y):
            x, y = x + step_x, y + step_y
            found.add((x, y))
    return found


def area(box: Box) -> set[GridPoint]:
    return {(x, y) for x in range(box.x, box.x + box.width) for y in range(box.y, box.y + box.height)}


def layout_of(graph: tuple[Sizes, Edges, list[int]]) -> Layout:
    return arrange(*graph)


@given(graphs())
def test_boxes_are_as_large_as_asked_and_none_touches_another(graph: tuple[Sizes, Edges, list[int]]) -> None:
    layout = layout_of(graph)
    taken: set[GridPoint] = set()
    for box, (width, height) in zip(layout.boxes, graph[0], strict=True):
        assert box.width >= width
        assert box.height == height
        around = area(Box(box.x - 1, box.y, box.width + 2, box.height))
        assert not taken & around
        taken |= area(box)


@given(graphs())
def test_every_edge_is_a_line_from_below_its_first_box_to_above_its_second(
    graph: tuple[Sizes, Edges, list[int]],
) -> None:
    layout = layout_of(graph)
    for (start, end), wire in zip(graph[1], layout.wires, strict=True):
        above, below = layout.boxes[start], layout.boxes[end]
        assert wire[0][1] == above.y + above.height
        assert above.x < wire[0][0] < above.x + above.width - 1
        assert wire[-1][1] == below.y - 1
        assert below.x < wire[-1][0] < below.x + below.width - 1


@given(graphs())
def test_no_line_goes_through_a_box(graph: tuple[Sizes, Edges, list[int]]) -> None:
    layout = layout_of(graph)
    boxes: set[GridPoint] = set().union(*map(area, layout.boxes))
    for wire in layout.wires:
        assert not cells(wire) & boxes


@given(graphs())
def test_everything_is_on_the_canvas(graph: tuple[Sizes, Edges, list[int]]) -> None:
    layout = layout_of(graph)
    places = set().union(*map(area, layout.boxes), *map(cells, layout.wires))
    for wire, label in zip(layout.wires, graph[2], strict=True):
        places |= {(wire[-1][0] + 1 + at, wire[-1][1]) for at in range(label + 1)}
    assert min(x for x, _ in places) >= 0
    assert min(y for _, y in places) == 0
    assert max(x for x, _ in places) < layout.width
    assert max(y for _, y in places) == layout.height - 1


@given(graphs())
def test_a_label_has_its_place_beside_the_end_of_its_line(graph: tuple[Sizes, Edges, list[int]]) -> None:
    layout = layout_of(graph)
    taken: set[GridPoint] = set().union(*map(area, layout.boxes), *map(cells, layout.wires))
    for wire, label in zip(layout.wires, graph[2], strict=True):
        x, y = wire[-1]
        own = {(x + 2 + at, y) for at in range(label)}
        assert not own & taken
        taken |= own


@given(graphs())
def test_lines_into_the_same_box_come_in_at_places_of_their_own(graph: tuple[Sizes, Edges, list[int]]) -> None:
    ends = [wire[-1] for wire in layout_of(graph).wires]
    assert len(set(ends)) == len(ends)


@given(graphs())
def test_every_edge_leads_down(graph: tuple[Sizes, Edges, list[int]]) -> None:
    layout = layout_of(graph)
    for start, end in graph[1]:
        assert layout.boxes[start].y + layout.boxes[start].height < layout.boxes[end].y


@given(graphs())
def test_the_same_graph_is_laid_out_the_same_way(graph: tuple[Sizes, Edges, list[int]]) -> None:
    assert layout_of(graph) == layout_of(graph)


@given(graphs())
def test_every_node_is_in_one_layer_from_left_to_right(graph: tuple[Sizes, Edges, list[int]]) -> None:
    layout = layout_of(graph)
    assert sorted(node for layer in layout.layers for node in layer) == list(range(len(graph[0])))
    for layer in layout.layers:
        assert [layout.boxes[node].x for node in layer] == sorted(layout.boxes[node].x for node in layer)


def test_a_chain_is_one_straight_line() -> None:
    layout = arrange([(8, 3), (20, 3), (10, 4)], [(0, 1), (1, 2)], [0, 0])
    assert all(len(wire) <= 2 and wire[0][0] == wire[-1][0] for wire in layout.wires)


def test_a_tree_is_drawn_without_crossings_in_the_order_of_its_edges() -> None:
    layout = arrange([(9, 3)] * 7, [(0, 1), (0, 2), (1, 3), (1, 4), (2, 5), (2, 6)], [0] * 6)
    assert layout.layers == ((0,), (1, 2), (3, 4, 5, 6))
    root, left, right = layout.boxes[:3]
    assert abs(2 * root.centre - left.centre - right.centre) <= 1


def test_a_crossing_that_can_be_avoided_is() -> None:
    # 0 and 1 stand over 3 and 2: the lower two change places.
    layout = arrange([(9, 3)] * 5, [(4, 0), (4, 1), (0, 3), (1, 2), (0, 2), (0, 3)], [0] * 6)
    assert layout.layers[2] == (3, 2)


def test_a_graph_without_nodes_is_empty() -> None:
    assert arrange([], [], []) == Layout(0, 0, (), (), ())


def test_a_cycle_is_refused() -> None:
    with pytest.raises(ValueError, match="cycle"):
        arrange([(3, 3), (3, 3)], [(0, 1), (1, 0)], [0, 0])


@pytest.mark.parametrize("seed", range(3))
def test_two_hundred_nodes_are_laid_out(seed: int) -> None:
    random = Random(seed)
    edges = [(random.randrange(max(node - 6, 0), node), node) for node in range(1, 200)]
    edges += [(random.randrange(0, 190), 199) for _ in range(40)]
    edges = [(start, end) for start, end in edges if start < end]
    layout = arrange([(12, 3)] * 200, edges, [0] * len(edges))
    assert len(layout.boxes) == 200


@given(st.lists(st.tuples(st.floats(-50, 50), st.integers(1, 9)), min_size=1, max_size=12))
def test_places_keep_their_order_and_their_gaps(wanted: list[tuple[float, int]]) -> None:
    gaps = [gap for _, gap in wanted[1:]]
    places = spread([place for place, _ in wanted], gaps)
    assert all(after - before >= gap for (before, after), gap in zip(pairwise(places), gaps, strict=True))


@given(st.lists(st.tuples(st.floats(-50, 50), st.integers(1, 9)), min_size=1, max_size=12), st.integers(0, 20))
def test_places_stay_within_their_bounds(wanted: list[tuple[float, int]], room: int) -> None:
    gaps = [gap for _, gap in wanted[1:]]
    places = spread([place for place, _ in wanted], gaps, within=(5, 5 + sum(gaps) + room))
    assert places[0] >= 5
    assert places[-1] <= 5 + sum(gaps) + room
    assert all(after - before >= gap for (before, after), gap in zip(pairwise(places), gaps, strict=True))


def test_places_that_have_room_are_where_they_are_wanted() -> None:
    assert spread([3, 10, 20], [2, 2]) == [3, 10, 20]
    assert spread([5, 5], [4]) == [3, 7]
