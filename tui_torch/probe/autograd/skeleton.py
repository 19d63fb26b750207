"""A whole autograd graph as numbers: its operations in the order in which they ran, then its leaves."""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from tui_torch.probe.autograd.saved_tensors import inputs, operations
from tui_torch.probe.isolation.torch_internals import sequence_number
from tui_torch.probe.values.short_repr import class_name

COUNTED = 200_000
"""Maximum number of nodes that are read; those beyond it are left out, the ones furthest from the value."""


@dataclass(slots=True)
class Skeleton:
    """The nodes of a graph, by number, and what each was computed from."""

    nodes: list[Any]
    """Autograd's nodes of the operations, in the order in which they ran, so that the last is the value's."""
    types: list[str]
    """The class of each operation."""
    leaves: list[Any]
    """The tensors of the leaves, in the order in which the operations used them."""
    sources: list[tuple[int, ...]]
    """For each operation what it was computed from, with repeats: operations, always with a lower number, and leaves,
    numbered from `len(nodes)`."""
    more: int = 0
    """1 if the graph goes on beyond COUNTED nodes."""

    @property
    def count(self) -> int:
        """The number of operations."""
        return len(self.nodes)

    def users(self) -> list[list[int]]:
        """For each leaf the operations that use it, each once, first to last."""
        found: list[list[int]] = [[] for _ in self.leaves]
        for number, sources in enumerate(self.sources):
            for source in dict.fromkeys(sources):
                if source >= self.count:
                    found[source - self.count].append(number)
        return found


def read_skeleton(root: Any) -> Skeleton:
    """Read the graph under a node of autograd's, in time linear in its nodes. Call it inside `unobserved()`."""
    met = list(islice(operations(root), COUNTED + 1))
    more = int(len(met) > COUNTED)
    found = met[:COUNTED]
    kinds = [class_name(node) for node in found]
    ran = [node for node, kind in zip(found, kinds, strict=True) if kind != "AccumulateGrad"]
    ran.sort(key=sequence_number)
    numbers = {node: number for number, node in enumerate(ran)}
    if any(numbers.get(parent, -1) >= number for number, node in enumerate(ran) for parent, _ in inputs(node)):
        # Several threads have computed it, each with numbers of its own.
        ran = _in_order(ran, numbers)
        numbers = {node: number for number, node in enumerate(ran)}
    leaf_numbers: dict[Any, int] = {}
    leaves: list[Any] = []
    known = set(found) if more else None
    sources: list[tuple[int, ...]] = []
    for node in ran:
        own: list[int] = []
        for parent, _ in inputs(node):
            if parent is None or (known is not None and parent not in known):
                continue
            number = numbers.get(parent)
            if number is None:
                number = leaf_numbers.get(parent)
                if number is None:
                    number = leaf_numbers[parent] = len(ran) + len(leaves)
                    leaves.append(parent.variable)
            own.append(number)
        sources.append(tuple(own))
    return Skeleton(ran, [class_name(node) for node in ran], leaves, sources, more=more)


def _in_order(ran: Sequence[Any], numbers: dict[Any, int]) -> list[Any]:
    """Return the operations so that each comes after what it was computed from, else in the order that they have."""
    users: list[list[int]] = [[] for _ in ran]
    missing = [0] * len(ran)
    for number, node in enumerate(ran):
        for parent in {numbers[parent] for parent, _ in inputs(node) if parent in numbers}:
            users[parent].append(number)
            missing[number] += 1
    ready = [number for number, count in enumerate(missing) if not count]
    ordered: list[Any] = []
    while ready:
        number = heapq.heappop(ready)
        ordered.append(ran[number])
        for user in users[number]:
            missing[user] -= 1
            if not missing[user]:
                heapq.heappush(ready, user)
    return ordered
