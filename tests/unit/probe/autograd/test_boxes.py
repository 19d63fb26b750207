"""Any graph is divided into boxes that fit: every operation and leaf in one of them, and every edge kept."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from tui_torch.probe.autograd.box_edges import BoxEdges
from tui_torch.probe.autograd.boxes import Place, Stretch, boxes_of, place_leaves
from tui_torch.probe.autograd.models_in_reach import Models
from tui_torch.probe.autograd.module_calls import Call
from tui_torch.probe.autograd.skeleton import Skeleton
from tui_torch.protocol.autograd_graph import GraphBox

TYPES = ["MulBackward0", "AddBackward0", "ViewBackward0", "TransposeBackward0", "TanhBackward0"]


@dataclass(frozen=True)
class Case:
    """A graph without tensors, and the calls in it."""

    skeleton: Skeleton
    root: Call
    users: list[list[int]]


@st.composite
def cases(draw: st.DrawFn) -> Case:
    count = draw(st.integers(1, 60))
    leaves = draw(st.integers(0, 6))
    # All of a graph's numbers at once: to draw each would take ten times as long as what is tested.
    drawn = draw(st.binary(min_size=5 * count, max_size=5 * count))
    sources: list[tuple[int, ...]] = []
    for number in range(count):
        known = [*range(number), *range(count, count + leaves)]
        several, *places = drawn[4 * number : 4 * number + 4]
        sources.append(tuple(known[place % len(known)] for place in places[: several % 4]) if known else ())
    # A pattern that is repeated, now and then, as the layers of a network are.
    pattern = draw(st.lists(st.sampled_from(TYPES), min_size=1, max_size=6))
    types = [pattern[number % len(pattern)] for number in range(count)]
    if draw(st.booleans()):
        types = [TYPES[place % len(TYPES)] for place in drawn[4 * count :]]
    skeleton = Skeleton([None] * count, types, [None] * leaves, sources)
    root = Call((), 0, count)
    draw(calls(root, 3))
    return Case(skeleton, root, skeleton.users())


@st.composite
def calls(draw: st.DrawFn, call: Call, depth: int) -> None:
    """Add children, side by side and one within the other, to a call."""
    at = call.first
    while depth and at < call.last and draw(st.booleans()):
        first = draw(st.integers(at, call.last - 1))
        last = draw(st.integers(first + 1, call.last))
        child = Call((*call.path, f"c{len(call.children) % 3}"), first, last)
        call.children.append(child)
        draw(calls(child, depth - 1))
        at = last


def divided(case: Case, place: Place, rows: int) -> list[Stretch]:
    return boxes_of(case.skeleton, Models(), case.root, place, rows)


@settings(deadline=None)
@given(cases(), st.integers(2, 30))
def test_the_boxes_are_the_operations_side_by_side_and_no_more_than_fit(case: Case, rows: int) -> None:
    boxes = divided(case, (0, case.skeleton.count), rows)
    assert 1 <= len(boxes) <= rows
    assert (boxes[0].first, boxes[-1].last) == (0, case.skeleton.count)
    assert all(box.first < box.last for box in boxes)
    assert all(box.last == after.first for box, after in pairwise(boxes))


@settings(deadline=None)
@given(cases(), st.integers(2, 9))
def test_opening_one_box_after_the_other_leads_to_every_operation(case: Case, rows: int) -> None:
    reached: list[int] = []
    waiting: list[Place] = [(0, case.skeleton.count)]
    steps = 0
    while waiting:
        place = waiting.pop()
        boxes = divided(case, place, rows)
        assert len(boxes) <= rows
        assert (boxes[0].first, boxes[-1].last) == place
        steps += 1
        assert steps < 500
        for box in boxes:
            if box.last - box.first == 1:
                reached.append(box.first)
            else:
                assert (box.first, box.last) != place
                waiting.append((box.first, box.last))
    assert sorted(reached) == list(range(case.skeleton.count))


@settings(deadline=None)
@given(cases(), st.integers(2, 9), st.integers(1, 4))
def test_every_leaf_is_in_one_box_or_in_one_box_of_leaves(case: Case, rows: int, leaf_rows: int) -> None:
    boxes = divided(case, (0, case.skeleton.count), rows)
    groups = [leaf % 2 for leaf in range(len(case.users))]
    inside, apart = place_leaves(case.users, groups, boxes, frozenset(), leaf_rows)
    assert len(apart) <= leaf_rows
    placed = [leaf for leaves in inside for leaf in leaves] + [leaf for box in apart for leaf in box.leaves]
    assert sorted(placed) == [leaf for leaf, users in enumerate(case.users) if users]
    for box, leaves in zip(boxes, inside, strict=True):
        for leaf in leaves:
            assert all(box.first <= number < box.last for number in case.users[leaf])


@settings(deadline=None)
@given(cases(), st.integers(2, 9))
def test_two_boxes_are_joined_where_an_edge_joins_their_nodes_and_nowhere_else(case: Case, rows: int) -> None:
    count = case.skeleton.count
    boxes = divided(case, (0, count), rows)
    inside, apart = place_leaves(case.users, [None] * len(case.users), boxes, frozenset(), 3)
    at = [len(boxes) - 1 - number for number in range(len(boxes))]
    tensors = {count + leaf: len(boxes) + place for place, box in enumerate(apart) for leaf in box.leaves}
    box_of = {number: at[place] for place, box in enumerate(boxes) for number in range(box.first, box.last)}
    box_of |= {count + leaf: at[place] for place, leaves in enumerate(inside) for leaf in leaves}
    box_of |= tensors
    wanted = {
        (box_of[number], box_of[source])
        for number, sources in enumerate(case.skeleton.sources)
        for source in sources
        if box_of[number] != box_of[source]
    }
    drawn = [GraphBox("module", "")] * len(boxes) + [GraphBox("parameters", "")] * len(apart)
    edges = BoxEdges(case.skeleton, (0, count), boxes, at, tensors, {}, lambda number: None).edges({}, None, drawn)
    assert {(edge.start, edge.end) for edge in edges} == wanted
    assert all(edge.start < edge.end for edge in edges)


def chain(types: list[str]) -> Case:
    sources = [() if not number else (number - 1,) for number in range(len(types))]
    skeleton = Skeleton([None] * len(types), types, [], sources)  # type: ignore[arg-type]
    return Case(skeleton, Call((), 0, len(types)), [])


def test_what_is_repeated_is_one_group_beside_what_is_not() -> None:
    case = chain(["MulBackward0", "TanhBackward0"] * 100 + ["SumBackward0"])
    boxes = divided(case, (0, 201), 10)
    assert [(box.first, box.last, box.repeats) for box in boxes] == [(0, 200, 100), (200, 201, 1)]


def test_a_group_is_opened_in_round_numbers_of_what_is_repeated() -> None:
    case = chain(["MulBackward0", "TanhBackward0"] * 100 + ["SumBackward0"])
    boxes = divided(case, (0, 200), 10)
    assert [box.repeats for box in boxes] == [10] * 10
    assert [box.last - box.first for box in boxes] == [20] * 10


def test_operations_that_only_reshape_go_with_the_one_before() -> None:
    views = ["ViewBackward0", "TransposeBackward0"]
    case = chain(["BmmBackward0", *views, "SoftmaxBackward0", "BmmBackward0", *views, "AddBackward0"])
    assert [(box.first, box.last) for box in divided(case, (0, 8), 4)] == [(0, 3), (3, 4), (4, 7), (7, 8)]
