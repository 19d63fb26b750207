"""The geometry of a layered graph on a grid of characters: the places of its boxes and lines, whatever they hold.

After Sugiyama, Tagawa and Toda, "Methods for Visual Understanding of Hierarchical System Structures" (1981): layers by
the longest path, fewer crossings by barycentres, then coordinates. Columns are chosen by isotonic regression: of all
positions that keep the order and the gaps, those nearest (least squares) to the middle of a box's neighbours.
"""

from __future__ import annotations

from bisect import bisect_right, insort
from collections.abc import Callable, Sequence
from dataclasses import field
from itertools import pairwise

from tui_torch.protocol.late_dataclass import dataclass

GAP = 2
"""Minimum columns between two boxes of a layer."""
PORT_GAP = 2
"""Minimum columns between two lines that enter the same box."""
_SWEEPS = 8
_FEW_SWEEPS = 2
_MAX_ITEMS_SWEPT = 1000
"""Maximum number of boxes and passing lines for _SWEEPS; larger graphs get _FEW_SWEEPS, to be drawn in time."""

GridPoint = tuple[int, int]
"""Column and row, from 0."""


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle, border included, in columns and rows."""

    x: int
    y: int
    width: int
    height: int

    @property
    def centre(self) -> int:
        """The middle column."""
        return self.x + self.width // 2


@dataclass(frozen=True, slots=True)
class Layout:
    """The geometry of a whole graph."""

    width: int
    height: int
    boxes: tuple[Box, ...]
    """One for each node."""
    wires: tuple[tuple[GridPoint, ...], ...]
    """For each edge the corners of its line, from below the upper box to above the lower one. The last part goes down;
    from its end, one column to the right, there is room for the edge's label."""
    layers: tuple[tuple[int, ...], ...]
    """The nodes of each layer from left to right, from the top layer down."""


@dataclass(slots=True)
class _Item:
    """A node, or the place where a long edge passes through a layer."""

    width: int
    height: int
    overhang: int = 0
    """Columns to the right of the box that a label may take."""
    node: int | None = None
    layer: int = 0
    x: int = 0
    above: list[int] = field(default_factory=list[int])
    below: list[int] = field(default_factory=list[int])
    port: int = 0
    """The column from which lines leave."""

    @property
    def left(self) -> int:
        return self.width // 2

    @property
    def right(self) -> int:
        return self.width - self.width // 2 + self.overhang

    @property
    def centre(self) -> int:
        return self.x + self.left


@dataclass(slots=True)
class _Segment:
    """The part of an edge between two adjacent layers."""

    edge: int
    upper: int
    lower: int
    label: int
    port: int = 0
    """The column where it enters the lower item."""
    track: int = -1
    """The row between the layers where it goes sideways; -1 for a straight line."""


def arrange(sizes: Sequence[tuple[int, int]], edges: Sequence[tuple[int, int]], labels: Sequence[int]) -> Layout:
    """Lay out a directed graph, edges pointing down; deterministic.

    Args:
        sizes: Minimum width (3 or more) and height of each node's box, border included.
        edges: (upper, lower) pairs of nodes.
        labels: The width of each edge's label; 0 for none.

    Raises:
        ValueError: If the graph has a cycle.
    """
    if not sizes:
        return Layout(0, 0, (), (), ())
    return _Arrangement(sizes, edges, labels).layout()


class _Arrangement:
    """The state of one layout: items and segments get their layer, order, column and row one after the other."""

    def __init__(
        self, sizes: Sequence[tuple[int, int]], edges: Sequence[tuple[int, int]], labels: Sequence[int]
    ) -> None:
        self.edges = edges
        self.labels = labels
        entering: list[list[int]] = [[] for _ in sizes]
        for edge, (_, end) in enumerate(edges):
            entering[end].append(labels[edge])
        self.items = [
            _Item(max(width, _room(entering[node])), height, node=node) for node, (width, height) in enumerate(sizes)
        ]
        for item, widths in zip(self.items, entering, strict=True):
            if len(widths) == 1:
                item.overhang = max(widths[0] + 2 - (item.width - item.left), 0)
        self.segments: list[_Segment] = []
        depths = _depths(len(sizes), edges)
        self.layers: list[list[int]] = [[] for _ in range(max(depths) + 1)]
        for item, depth in zip(self.items, depths, strict=True):
            item.layer = depth
        self._route()
        self.sweeps = _SWEEPS if len(self.items) <= _MAX_ITEMS_SWEPT else _FEW_SWEEPS
        self._order()

    def layout(self) -> Layout:
        self._place()
        self._choose_ports()
        tops, height = self._choose_rows()
        boxes = tuple(
            Box(item.x, tops[item.layer], item.width, item.height) for item in self.items if item.node is not None
        )
        wires = self._wires(tops)
        width = max(
            max(item.x + item.left + item.right for item in self.items),
            max((wire[-1][0] + 2 + label for wire, label in zip(wires, self.labels, strict=True)), default=0),
        )
        layers = tuple(
            tuple(node for item in layer if (node := self.items[item].node) is not None) for layer in self.layers
        )
        return Layout(width, height, boxes, wires, layers)

    # Which items there are, and in which order

    def _route(self) -> None:
        """Cut every edge into segments from layer to layer."""
        for edge, (start, end) in enumerate(self.edges):
            upper = start
            for layer in range(self.items[start].layer + 1, self.items[end].layer):
                passing = len(self.items)
                self.items.append(_Item(1, 1, layer=layer))
                self._connect(_Segment(edge, upper, passing, 0))
                upper = passing
            self._connect(_Segment(edge, upper, end, self.labels[edge]))

    def _connect(self, segment: _Segment) -> None:
        at = len(self.segments)
        self.segments.append(segment)
        self.items[segment.upper].below.append(at)
        self.items[segment.lower].above.append(at)

    def _order(self) -> None:
        """Order each layer's items with few crossings, beginning with depth-first order from the left."""
        visited: set[int] = set()
        waiting = [item for item in reversed(range(len(self.items))) if not self.items[item].above]
        while waiting:
            item = waiting.pop()
            if item in visited:
                continue
            visited.add(item)
            self.layers[self.items[item].layer].append(item)
            waiting.extend(self.segments[segment].lower for segment in reversed(self.items[item].below))
        best, fewest = [list(layer) for layer in self.layers], self._crossings()
        for sweep in range(self.sweeps):
            if not fewest:
                break
            if sweep % 2:
                for layer in reversed(self.layers[:-1]):
                    self._sort(layer, self._middle_below)
            else:
                for layer in self.layers[1:]:
                    self._sort(layer, self._middle_above)
            if (crossings := self._crossings()) < fewest:
                best, fewest = [list(layer) for layer in self.layers], crossings
        self.layers = best

    def _sort(self, layer: list[int], middle: Callable[[int, dict[int, int]], float | None]) -> None:
        ranks = {item: rank for row in self.layers for rank, item in enumerate(row)}
        middles = {item: middle(item, ranks) for item in layer}
        layer.sort(key=lambda item: ranks[item] if (found := middles[item]) is None else found)

    def _middle_above(self, item: int, ranks: dict[int, int]) -> float | None:
        above = [ranks[self.segments[segment].upper] for segment in self.items[item].above]
        return sum(above) / len(above) if above else None

    def _middle_below(self, item: int, ranks: dict[int, int]) -> float | None:
        below = [ranks[self.segments[segment].lower] for segment in self.items[item].below]
        return sum(below) / len(below) if below else None

    def _crossings(self) -> int:
        ranks = {item: rank for layer in self.layers for rank, item in enumerate(layer)}
        crossings = 0
        for layer in self.layers:
            passed: list[int] = []
            for item in layer:
                ends = sorted(ranks[self.segments[segment].lower] for segment in self.items[item].below)
                crossings += sum(len(passed) - bisect_right(passed, end) for end in ends)
                for end in ends:
                    insort(passed, end)
        return crossings

    # Columns

    def _place(self) -> None:
        """Choose each item's column: packed to the left first, then towards the middle of its neighbours."""
        for layer in self.layers:
            self._move_towards(layer, [0.0] * len(layer))
        for _ in range(self.sweeps):
            for layer in self.layers[1:]:
                self._move_towards(layer, [self._pull(item, above=True, below=False) for item in layer])
            for layer in reversed(self.layers[:-1]):
                self._move_towards(layer, [self._pull(item, above=False, below=True) for item in layer])
        for layer in self.layers[1:]:
            self._move_towards(layer, [self._pull(item, above=True, below=True) for item in layer])
        for layer in reversed(self.layers[:-1]):
            self._move_towards(layer, [self._pull(item, above=False, below=True) for item in layer])
        leftmost = min(item.x for item in self.items)
        for item in self.items:
            item.x -= leftmost

    def _pull(self, item: int, *, above: bool, below: bool) -> float:
        own = self.items[item]
        centres = [self.items[self.segments[segment].upper].centre for segment in own.above] if above else []
        centres += [self.items[self.segments[segment].lower].centre for segment in own.below] if below else []
        return sum(centres) / len(centres) if centres else float(own.centre)

    def _move_towards(self, layer: list[int], wanted: list[float]) -> None:
        items = [self.items[item] for item in layer]
        gaps = [a.right + GAP + b.left for a, b in pairwise(items)]
        # A straight long line is worth more than a centred box.
        weights = [4.0 if item.node is None else 1.0 for item in items]
        for item, centre in zip(items, spread(wanted, gaps, weights), strict=True):
            item.x = centre - item.left

    def _choose_ports(self) -> None:
        for item in self.items:
            item.port = item.centre
            ends = {self.segments[segment].lower for segment in item.below}
            if item.node is not None and len(ends) == 1:
                # Where the two boxes face each other, the line can go straight down.
                other = self.items[ends.pop()]
                low, high = max(_first(item), _first(other)), min(_last(item), _last(other))
                if low <= high:
                    item.port = min(max(item.centre, low), high)
        for item in self.items:
            self._choose_ports_into(item)

    def _choose_ports_into(self, item: _Item) -> None:
        entering = sorted(item.above, key=lambda segment: (self._from(segment), segment))
        if not entering:
            return
        low, high = _first(item), _last(item)
        if len(entering) == 1:
            segment = self.segments[entering[0]]
            high = max(min(high, item.x + item.left + item.right - 1 - segment.label), low)
            port = self._from(entering[0])
            segment.port = port if low <= port <= high else min(item.centre, high)
            return
        widths = [self.segments[segment].label for segment in entering]
        gaps = [_gap_after(width) for width in widths[:-1]]
        high -= widths[-1]
        ports = spread([self._from(segment) for segment in entering], gaps, within=(low, high))
        for segment, port in zip(entering, ports, strict=True):
            self.segments[segment].port = port

    def _from(self, segment: int) -> int:
        return self.items[self.segments[segment].upper].port

    # Rows

    def _choose_rows(self) -> tuple[list[int], int]:
        """The first row of each layer, and the total number of rows."""
        tops: list[int] = []
        row = 0
        for layer in self.layers:
            tops.append(row)
            tracks = self._choose_tracks(layer)
            row += max(self.items[item].height for item in layer) + tracks + 1
        return tops, row - 1

    def _choose_tracks(self, layer: list[int]) -> int:
        """Give every fan of lines below a layer a row to go sideways, as near the layer as possible.

        Fans that do not touch share a row. Returns the number of rows.
        """
        fans = {
            item: (min(ports), max(ports))
            for item in layer
            if (ports := [self.items[item].port, *(self.segments[segment].port for segment in self.items[item].below)])
            and min(ports) < max(ports)
        }
        taken: list[list[tuple[int, int]]] = []
        rows: dict[int, int] = {}

        def row_of(item: int, asked: frozenset[int]) -> int:
            if item in rows:
                return rows[item]
            left, right = fans[item]
            first = 0
            # A line may turn into a column that another fan comes down in only below the row where that fan leaves it.
            for other in fans:
                if other != item and other not in asked and self._enters_below(item, other):
                    first = max(first, row_of(other, asked | {item}) + 1)
            row = next(
                row
                for row in range(first, len(taken) + 2)
                if row >= len(taken) or all(right + 1 < start or end + 1 < left for start, end in taken[row])
            )
            while len(taken) <= row:
                taken.append([])
            taken[row].append((left, right))
            rows[item] = row
            return row

        for item in fans:
            for segment in self.items[item].below:
                self.segments[segment].track = row_of(item, frozenset())
        return len(taken)

    def _enters_below(self, item: int, other: int) -> bool:
        return any(self.segments[segment].port == self.items[other].port for segment in self.items[item].below)

    def _wires(self, tops: list[int]) -> tuple[tuple[GridPoint, ...], ...]:
        wires: list[list[GridPoint]] = [[] for _ in self.edges]
        floors = [
            top + max(self.items[item].height for item in layer) for top, layer in zip(tops, self.layers, strict=True)
        ]
        for segment in self.segments:
            upper = self.items[segment.upper]
            end = tops[self.items[segment.lower].layer] - 1
            wire = wires[segment.edge]
            floor = floors[upper.layer]
            if not wire:
                wire.append((upper.port, tops[upper.layer] + upper.height))
            if segment.track >= 0:
                wire.append((upper.port, floor + segment.track))
                wire.append((segment.port, floor + segment.track))
            wire.append((segment.port, end))
        return tuple(map(_without_repeats, wires))


def _without_repeats(points: list[GridPoint]) -> tuple[GridPoint, ...]:
    kept = [points[0]]
    for point in points[1:]:
        if len(kept) > 1 and kept[-2][0] == kept[-1][0] == point[0]:
            kept[-1] = point
        elif point != kept[-1]:
            kept.append(point)
    return tuple(kept)


def _first(item: _Item) -> int:
    return item.x if item.node is None else item.x + 1


def _last(item: _Item) -> int:
    return item.x if item.node is None else item.x + item.width - 2


def _room(labels: list[int]) -> int:
    """The minimum width of a box that lines with these labels enter side by side."""
    return 2 + sum(map(_gap_after, labels)) if len(labels) > 1 else 3


def _gap_after(label: int) -> int:
    return label + 3 if label else PORT_GAP


def _depths(count: int, edges: Sequence[tuple[int, int]]) -> list[int]:
    """The length of the longest path to each node. Raises ValueError if the graph has a cycle."""
    leaving: list[list[int]] = [[] for _ in range(count)]
    unfinished = [0] * count
    for start, end in edges:
        leaving[start].append(end)
        unfinished[end] += 1
    depths = [0] * count
    ready = [node for node in range(count) if not unfinished[node]]
    done = 0
    while ready:
        node = ready.pop()
        done += 1
        for end in leaving[node]:
            depths[end] = max(depths[end], depths[node] + 1)
            unfinished[end] -= 1
            if not unfinished[end]:
                ready.append(end)
    if done < count:
        raise ValueError("a graph with a cycle has no layers")
    return depths


def spread(
    wanted: Sequence[float],
    gaps: Sequence[int],
    weights: Sequence[float] | None = None,
    *,
    within: tuple[int, int] | None = None,
) -> list[int]:
    """The positions nearest to those wanted, by weighted least squares, that keep the gaps.

    Args:
        wanted: The wanted positions, from left to right.
        gaps: Minimum distance between each position and the next.
        weights: The weight of each wanted position; None for equal weights.
        within: The first and the last position allowed; it must hold all the gaps.
    """
    offsets = [0]
    for gap in gaps:
        offsets.append(offsets[-1] + gap)
    # Isotonic regression of the wanted positions minus the gaps, by pooling adjacent violators: [mean, weight, count].
    blocks: list[list[float]] = []
    for at, (place, offset) in enumerate(zip(wanted, offsets, strict=True)):
        weight = 1.0 if weights is None else weights[at]
        blocks.append([place - offset, weight, 1])
        while len(blocks) > 1 and blocks[-2][0] > blocks[-1][0]:
            mean, weight, count = blocks.pop()
            last = blocks[-1]
            last[0] = (last[0] * last[1] + mean * weight) / (last[1] + weight)
            last[1] += weight
            last[2] += count
    means = [round(mean) for mean, _, count in blocks for _ in range(int(count))]
    if within is not None:
        # Still the nearest: a bounded isotonic regression is the unbounded one, clipped to the bounds.
        means = [min(max(mean, within[0]), within[1] - offsets[-1]) for mean in means]
    return [mean + offset for mean, offset in zip(means, offsets, strict=True)]
