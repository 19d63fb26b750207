"""Lines beside rows lead from each row to those that it is joined to, and to no other."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui_torch.drawing.graphs.lanes import DOWN, LEFT, RIGHT, UP, Lanes, lanes

Edges = list[tuple[int, int, str]]


@st.composite
def graphs(draw: st.DrawFn) -> tuple[int, Edges]:
    count = draw(st.integers(1, 14))
    pairs = [(start, end) for end in range(count) for start in range(end)]
    chosen = draw(st.lists(st.sampled_from(pairs), unique=True, max_size=30)) if pairs else []
    return count, [(start, end, draw(st.sampled_from("ab"))) for start, end in chosen]


def followed(drawn: Lanes[str]) -> set[tuple[int, int]]:
    """The edges that a reader sees: from each mark along its row to the lanes joined to it, and down these."""
    found: set[tuple[int, int]] = set()
    for start, row in enumerate(drawn.rows):
        for lane in {row.mark, *row.joined}:
            if not row.cells.get(2 * lane, 0) & DOWN:
                continue
            below = start + 1
            while drawn.rows[below].mark != lane and drawn.rows[below].cells[2 * lane] & DOWN:
                below += 1
            found.add((start, below))
    return found


def straight(count: int, edges: Edges, most: int = 99) -> Lanes[str]:
    return lanes(count, edges, most)


@given(graphs())
def test_every_edge_is_a_line_and_every_line_an_edge(graph: tuple[int, Edges]) -> None:
    count, edges = graph
    drawn = straight(count, edges)
    assert drawn.undrawn == ()
    assert followed(drawn) == {(start, end) for start, end, _ in edges}


@given(graphs(), st.integers(1, 4))
def test_with_few_lanes_an_edge_is_a_line_or_said_to_have_none(graph: tuple[int, Edges], most: int) -> None:
    count, edges = graph
    drawn = straight(count, edges, most)
    assert followed(drawn) | set(drawn.undrawn) == {(start, end) for start, end, _ in edges}
    assert not followed(drawn) & set(drawn.undrawn)


@given(graphs())
def test_what_goes_down_from_a_row_comes_in_at_the_next(graph: tuple[int, Edges]) -> None:
    drawn = straight(*graph)
    for row, below in pairwise(drawn.rows):
        going = {cell for cell, directions in row.cells.items() if directions & DOWN}
        coming = {cell for cell, directions in below.cells.items() if directions & UP}
        assert going == coming == {2 * lane for lane in row.below}


@given(graphs())
def test_a_line_to_the_side_ends_in_a_corner_or_a_tee(graph: tuple[int, Edges]) -> None:
    for row in straight(*graph).rows:
        for cell, directions in row.cells.items():
            if directions & RIGHT:
                assert row.cells[cell + 1] & LEFT
            if directions & LEFT:
                assert row.cells[cell - 1] & RIGHT


@given(graphs())
def test_everything_is_within_the_width(graph: tuple[int, Edges]) -> None:
    drawn = straight(*graph)
    cells = [cell for row in drawn.rows for cell in (*row.cells, 2 * row.mark)]
    assert max(cells) < drawn.width


def test_a_chain_stays_in_the_first_lane() -> None:
    drawn = straight(4, [(0, 1, "a"), (1, 2, "a"), (2, 3, "a")])
    assert [row.mark for row in drawn.rows] == [0, 0, 0, 0]
    assert drawn.width == 1


def test_a_skip_has_a_lane_beside_the_rows_that_it_passes() -> None:
    drawn = straight(4, [(0, 1, "a"), (1, 2, "a"), (2, 3, "a"), (0, 3, "skip")])
    assert [row.cells.get(2) for row in drawn.rows] == [DOWN | LEFT, UP | DOWN, UP | DOWN, UP | LEFT]
    assert [row.kinds[2] for row in drawn.rows] == ["skip"] * 4


def test_a_lane_that_ends_in_a_row_does_not_begin_there_again() -> None:
    edges = [(0, 1, "a"), (1, 2, "a"), (2, 3, "a"), (3, 4, "a"), (0, 2, "skip"), (2, 4, "skip")]
    drawn = straight(5, edges)
    assert drawn.rows[2].cells == {0: UP | DOWN | RIGHT, 1: LEFT | RIGHT, 2: UP | LEFT | RIGHT, 3: 12, 4: DOWN | LEFT}


def test_two_branches_have_a_lane_each_and_meet_again() -> None:
    drawn = straight(4, [(0, 1, "a"), (0, 2, "a"), (1, 3, "a"), (2, 3, "a")])
    assert [row.mark for row in drawn.rows] == [0, 0, 1, 0]


@pytest.mark.parametrize(("aside", "mark"), [((), 1), (("b",), 0)])
def test_an_edge_that_stands_aside_leaves_the_lane_to_the_others(aside: tuple[str, ...], mark: int) -> None:
    drawn = lanes(3, [(0, 1, "b"), (0, 2, "a")], 9, aside=aside)
    assert drawn.rows[2].mark == mark
