"""The edges between the boxes of a graph: all those between the nodes of two boxes as one."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from tui_torch.probe.autograd.boxes import Place, Stretch
from tui_torch.probe.autograd.skeleton import Skeleton
from tui_torch.probe.autograd.skips import joins
from tui_torch.protocol.autograd_graph import BoxEdge, GraphBox

Shape = tuple[int, ...] | None


@dataclass(slots=True)
class BoxEdges:
    """The edges of one set of boxes while they are found."""

    skeleton: Skeleton
    place: Place
    """The operations that are in the boxes."""
    stretches: Sequence[Stretch]
    """The boxes of operations, in the order in which they ran."""
    at: Sequence[int]
    """Where each of these is in the list of boxes."""
    tensors: Mapping[int, int]
    """Where the box is of a leaf or an input that is not in a box of operations, by its number."""
    outside: Mapping[int, int]
    """Where the box is of an operation, leaf or input outside, by its number."""
    shape_of: Callable[[int], Shape]
    """Returns the shape of the result of an operation, or of a leaf or an input, by its number."""
    _starts: list[int] = field(init=False)
    _shapes: dict[tuple[int, int], Shape] = field(default_factory=dict[tuple[int, int], Shape])
    _joining: set[tuple[int, int]] = field(default_factory=set[tuple[int, int]])
    """The edges that an operation adds or concatenates along."""

    def __post_init__(self) -> None:
        self._starts = [stretch.first for stretch in self.stretches]

    def edges(
        self, inputs: Mapping[int, Sequence[int]], above: int | None, boxes: Sequence[GraphBox]
    ) -> tuple[BoxEdge, ...]:
        """Return the edges; called once.

        Args:
            inputs: For each input, by its number, the operations that used it.
            above: Where the box is for what uses a result from inside; None if nothing does.
            boxes: All boxes, each before those that it was computed from.
        """
        first, last = self.place
        for stretch, start in zip(self.stretches, self.at, strict=True):
            for number in range(stretch.first, stretch.last):
                for source in self.skeleton.sources[number]:
                    if not stretch.first <= source < stretch.last:
                        self._connect(start, number, source)
        for source, users in inputs.items():
            for number in users:
                if first <= number < last:
                    self._connect(self.at[self._box_of(number)], number, source)
        if above is not None:
            for number in range(last, self.skeleton.count):
                for source in self.skeleton.sources[number]:
                    if first <= source < last:
                        self._put(above, self.at[self._box_of(source)], source)
        return _with_skips(self._shapes, self._joining, boxes)

    def _box_of(self, number: int) -> int:
        return bisect_right(self._starts, number) - 1

    def _connect(self, start: int, number: int, source: int) -> None:
        if source in self.outside:
            end = self.outside[source]
        elif source < self.skeleton.count:
            end = self.at[self._box_of(source)]
        elif source in self.tensors:
            end = self.tensors[source]
        else:
            return  # it is in the same box
        self._put(start, end, source)
        if joins(self.skeleton, number):
            self._joining.add((start, end))

    def _put(self, start: int, end: int, source: int) -> None:
        if (start, end) not in self._shapes:
            self._shapes[start, end] = self.shape_of(source)


def _with_skips(
    shapes: Mapping[tuple[int, int], Shape], joining: set[tuple[int, int]], boxes: Sequence[GraphBox]
) -> tuple[BoxEdge, ...]:
    ends: list[list[int]] = [[] for _ in boxes]
    for start, end in shapes:
        ends[start].append(end)
    # The boxes that each one leads to, as bits; a box comes before those that it was computed from.
    reached = [0] * len(boxes)
    for at in range(len(boxes) - 1, -1, -1):
        for end in ends[at]:
            reached[at] |= 1 << end | reached[end]
    return tuple(
        BoxEdge(
            start,
            end,
            shapes[start, end],
            (start, end) in joining
            and boxes[end].kind not in ("parameters", "inputs")
            and any(reached[other] >> end & 1 for other in ends[start] if other != end),
        )
        for start, end in sorted(shapes)
    )
