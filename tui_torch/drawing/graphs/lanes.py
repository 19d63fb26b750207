"""Lines beside a column of rows: which row is joined to which, as version-control logs draw their branches.

A row's mark stands in a lane. An edge to the next row goes straight down; a longer one goes down in a lane of its own
beside the rows between, and edges to the same row share a lane where they meet.
"""

from __future__ import annotations

from collections.abc import Container, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

K = TypeVar("K")

UP, DOWN, LEFT, RIGHT = 1, 2, 4, 8
"""The directions in which a line leaves a cell; a cell's are added up."""


@dataclass(slots=True)
class LaneRow(Generic[K]):
    """What is drawn beside one row."""

    mark: int = 0
    """The lane of the row's mark."""
    cells: dict[int, int] = field(default_factory=dict[int, int])
    """The directions of the lines in each cell: lane number n is in cell 2n, and the cells between have odd numbers."""
    kinds: dict[int, K] = field(default_factory=dict)
    """The kind of the edge that a cell belongs to."""
    joined: set[int] = field(default_factory=set[int])
    """The lanes that the row's mark is joined to; lines in other lanes only cross those to them."""
    below: dict[int, K] = field(default_factory=dict)
    """The lanes in which lines go on to the next row, and their kinds."""


@dataclass(frozen=True, slots=True)
class Lanes(Generic[K]):
    """The lines beside all rows."""

    rows: tuple[LaneRow[K], ...]
    width: int
    """Number of cells."""
    undrawn: tuple[tuple[int, int], ...]
    """The edges for which there was no lane."""


def lanes(count: int, edges: Sequence[tuple[int, int, K]], most: int, *, aside: Container[object] = ()) -> Lanes[K]:
    """Draw edges beside rows; deterministic.

    Args:
        count: Number of rows.
        edges: (upper row, lower row, kind), each pair once.
        aside: The kinds of edges that leave the lane of a row's mark to the others.
        most: Maximum number of lanes, at least 1; edges beyond them are left out, the longest ones of a row first.
    """
    leaving: list[list[tuple[int, K]]] = [[] for _ in range(count)]
    for start, end, kind in edges:
        leaving[start].append((end, kind))
    open_lanes: list[tuple[int, K] | None] = []
    """For each lane the row that its line goes down to, and the line's kind; None if it is free."""
    rows: list[LaneRow[K]] = []
    undrawn: list[tuple[int, int]] = []
    width = 1
    for row in range(count):
        before = list(open_lanes)
        ending = [lane for lane, held in enumerate(before) if held is not None and held[0] == row]
        for lane in ending:
            open_lanes[lane] = None
        mark = ending[0] if ending else _free(open_lanes, 0)
        beside: dict[int, K] = {lane: before[lane][1] for lane in ending[1:]}  # type: ignore[index]
        begun: set[int] = set()
        _put(open_lanes, mark, None)
        for number, (end, kind) in enumerate(sorted(leaving[row], key=lambda edge: (edge[1] in aside, edge[0]))):
            same = [lane for lane, held in enumerate(open_lanes) if held is not None and held[0] == end]
            if not number and (not same or end == row + 1):
                _put(open_lanes, mark, (end, kind))
            elif same:
                beside.setdefault(same[-1], kind)
            else:
                # In a lane that ends here, the line would seem to be that from above.
                lane = _free(open_lanes, mark + 1, ending)
                if lane >= most:
                    undrawn.append((row, end))
                    continue
                _put(open_lanes, lane, (end, kind))
                beside.setdefault(lane, kind)
                begun.add(lane)
        rows.append(_row(mark, beside, before, open_lanes, begun))
        width = max(width, 2 * max((lane for lane, held in enumerate(open_lanes) if held), default=0) + 1, 2 * mark + 1)
    return Lanes(tuple(rows), width, tuple(undrawn))


def _free(held: Sequence[object], first: int, but: Container[int] = ()) -> int:
    free = (lane for lane in range(first, len(held)) if held[lane] is None and lane not in but)
    return next(free, max(len(held), first))


def _put(held: list[tuple[int, K] | None], lane: int, what: tuple[int, K] | None) -> None:
    while len(held) <= lane:
        held.append(None)
    held[lane] = what


def _row(
    mark: int,
    beside: dict[int, K],
    before: Sequence[tuple[int, K] | None],
    after: Sequence[tuple[int, K] | None],
    begun: set[int],
) -> LaneRow[K]:
    """Return one row, given the lanes that its mark is joined to and all lanes above and below it."""
    row = LaneRow[K](mark, joined=set(beside))
    for lane, held in enumerate(before):
        if held is not None:
            row.cells[2 * lane] = UP
            row.kinds[2 * lane] = held[1]
    for lane, held in enumerate(after):
        if held is not None:
            row.cells[2 * lane] = row.cells.get(2 * lane, 0) | DOWN
            row.kinds.setdefault(2 * lane, held[1])
            if lane in begun:
                row.kinds[2 * lane] = held[1]
            row.below[lane] = held[1]
    # The nearest lane last, so that its kind is that of the cells between.
    for lane, kind in sorted(beside.items(), key=lambda item: -abs(item[0] - mark)):
        step = 1 if lane > mark else -1
        towards, back = (RIGHT, LEFT) if step > 0 else (LEFT, RIGHT)
        row.cells[2 * mark] = row.cells.get(2 * mark, 0) | towards
        for cell in range(2 * mark + step, 2 * lane, step):
            row.cells[cell] = row.cells.get(cell, 0) | LEFT | RIGHT
            row.kinds[cell] = row.kinds.get(cell, kind) if cell % 2 == 0 else kind
        row.cells[2 * lane] = row.cells.get(2 * lane, 0) | back
    return row
