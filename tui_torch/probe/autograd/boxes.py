"""A graph, or a part of it, as a number of boxes that fits: calls of modules, operations, and groups of both.

Every box is an unbroken stretch of the operations in the order in which they ran. So what the boxes say of each other
has no cycle either, and each operation is in one box. A leaf is in the box that uses it, or a box of its own.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from math import ceil

from tui_torch.probe.autograd.layer_operations import RESHAPING, stem
from tui_torch.probe.autograd.models_in_reach import Models
from tui_torch.probe.autograd.module_calls import Call, stretches
from tui_torch.probe.autograd.skeleton import Skeleton

_PERIOD = 64
"""Maximum number of boxes in what is repeated."""
_MIN_ROOM = 4
"""Minimum number of boxes that one is opened for where not all fit."""
_MIN_REPEATS = 3
"""Minimum number of times that something is repeated to be a group."""

Place = tuple[int, int]
"""A stretch of operations: the first, and the one behind the last."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """One box: some operations that ran one after the other."""

    first: int
    last: int
    """Behind the last operation."""
    call: Call | None = None
    """The call that it is; None for an operation and for a group."""
    members: tuple[Stretch, ...] = ()
    """Of a group: the boxes that it stands for, in the order in which they ran."""
    repeats: int = 1
    """How many times a group does the same."""


def within(root: Call, place: Place) -> Call:
    """Return the innermost call that holds a stretch of operations."""
    call = root
    while True:
        inner = next((c for c in call.children if c.first <= place[0] and place[1] <= c.last), None)
        if inner is None:
            return call
        call = inner


def boxes_of(skeleton: Skeleton, models: Models, root: Call, place: Place, rows: int) -> list[Stretch]:
    """Divide a stretch of operations into at most so many boxes; the level of the modules is the deepest that fits.

    Args:
        skeleton: The graph.
        models: The modules that it runs through.
        root: The whole graph as a call.
        place: The stretch; a call, or some neighbours within one.
        rows: Maximum number of boxes, at least 2.
    """
    found = _opened(root, place)
    if len(found) > rows:
        return _folded(skeleton, models, found, rows)
    while True:
        deeper = [part for stretch in found for part in _parts(stretch)]
        if deeper == found:
            return found
        if len(deeper) > rows:
            break
        found = deeper
    if len(found) <= max(rows // 3, 2):
        return _largest_opened(skeleton, models, found, rows)
    return found


def _largest_opened(skeleton: Skeleton, models: Models, found: list[Stretch], rows: int) -> list[Stretch]:
    """Return the boxes with the largest one opened, in groups if need be, if most of the operations are in it."""
    largest = max(found, key=lambda stretch: stretch.last - stretch.first)
    room = rows - len(found) + 1
    parts = _parts(largest)
    if len(parts) < 2 or room < _MIN_ROOM or 2 * (largest.last - largest.first) < found[-1].last - found[0].first:
        return found
    if len(parts) > room:
        parts = _folded(skeleton, models, parts, room)
    at = found.index(largest)
    return [*found[:at], *parts, *found[at + 1 :]]


def _opened(root: Call, place: Place) -> list[Stretch]:
    """Return what is inside a stretch; of what is nothing but one call, what is inside that."""
    call = within(root, place)
    found = _stretches(call, *place)
    while len(found) == 1 and (only := found[0].call) is not None:
        found = _stretches(only, *place)
    return found


def _stretches(call: Call, first: int, last: int) -> list[Stretch]:
    return [
        Stretch(part, part + 1) if isinstance(part, int) else Stretch(part.first, part.last, part)
        for part in stretches(call, first, last)
    ]


def _parts(stretch: Stretch) -> list[Stretch]:
    """Return what is inside a call of a module that consists of others; anything else as it is."""
    call = stretch.call
    if call is None or not call.children:
        return [stretch]
    return _stretches(call, call.first, call.last)


# Groups


def _folded(skeleton: Skeleton, models: Models, found: list[Stretch], rows: int) -> list[Stretch]:
    """Return groups: of operations and what only reshapes their results, or of what is repeated, or of neighbours."""
    with_reshaping = _with_reshaping(skeleton, found)
    if 1 < len(with_reshaping) <= rows:
        return with_reshaping
    periods = _repeats(_kinds(skeleton, models, found))
    groups = [
        found[start] if period * repeats == 1 else _group(found[start : start + period * repeats], repeats)
        for start, period, repeats in periods
    ]
    if 1 < len(groups) <= rows:
        return groups
    if len(groups) == 1:
        return _divided(found, periods[0][1], rows)
    return _divided(min(groups, with_reshaping, key=len) if len(with_reshaping) > 1 else groups, 0, rows)


def _with_reshaping(skeleton: Skeleton, found: list[Stretch]) -> list[Stretch]:
    """Return groups of each operation with those behind it that only give its result another shape or order."""
    runs: list[list[Stretch]] = []
    for stretch in found:
        is_operation = stretch.call is None and not stretch.members
        if is_operation and stem(skeleton.types[stretch.first]) in RESHAPING and runs and runs[-1][-1].call is None:
            runs[-1].append(stretch)
        else:
            runs.append([stretch])
    return [run[0] if len(run) == 1 else _group(run) for run in runs]


def _group(members: Sequence[Stretch], repeats: int = 1) -> Stretch:
    flat = tuple(one for member in members for one in (member.members or (member,)))
    return Stretch(members[0].first, members[-1].last, members=flat, repeats=repeats)


def _divided(found: list[Stretch], period: int, rows: int) -> list[Stretch]:
    """Return groups of a round number of neighbours, or of passes of what is repeated; `period` is 0 if nothing is."""
    passes = ceil(len(found) / (period or 1))
    size = next(size for size in _round_numbers() if ceil(passes / size) <= rows)
    # A round number may be that of all.
    step = (size if size < passes else ceil(passes / rows)) * (period or 1)
    groups: list[Stretch] = []
    for at in range(0, len(found), step):
        members = found[at : at + step]
        repeats = len(members) // period if period else 1
        groups.append(members[0] if len(members) == 1 else _group(members, repeats))
    return groups


def _round_numbers() -> Iterator[int]:
    """1, 2, 5, 10, 20, and so on."""
    power = 1
    while True:
        yield from (power, 2 * power, 5 * power)
        power *= 10


def _repeats(kinds: Sequence[int]) -> list[tuple[int, int, int]]:
    """Divide a sequence into what is repeated one after the other and what is not: (start, period, repeats).

    Of the periods from a place, the one that covers most is taken, and of equals the shortest.
    """
    found: list[tuple[int, int, int]] = []
    at, count = 0, len(kinds)
    while at < count:
        best = (1, 1)
        for period in range(1, min(_PERIOD, (count - at) // _MIN_REPEATS) + 1):
            if kinds[at] != kinds[at + period]:
                continue
            end = at + period
            while end < count and kinds[end] == kinds[end - period]:
                end += 1
            repeats = (end - at) // period
            if repeats >= _MIN_REPEATS and repeats * period > best[0] * best[1]:
                best = (period, repeats)
            if end == count:
                break  # no other period goes on for longer
        found.append((at, best[0], best[1]))
        at += best[0] * best[1]
    return found


def _kinds(skeleton: Skeleton, models: Models, found: Sequence[Stretch]) -> list[int]:
    """Return a number for each box, the same for boxes that do the same."""
    numbers: dict[object, int] = {}

    def number_of(kind: object) -> int:
        return numbers.setdefault(kind, len(numbers))

    def kind_of(stretch: Stretch) -> int:
        if stretch.call is None:
            return number_of(skeleton.types[stretch.first])
        inside = tuple(kind_of(part) for part in _stretches(stretch.call, stretch.first, stretch.last))
        return number_of((models.class_of(stretch.call.path), inside))

    return [kind_of(stretch) for stretch in found]


# Leaves


@dataclass(frozen=True, slots=True)
class LeafBox:
    """Leaves that several boxes use, or none of them alone, as one box."""

    leaves: tuple[int, ...]
    """Their numbers, from 0."""
    users: tuple[int, ...]
    """The boxes that use them, by their index in the order in which they ran."""


def place_leaves(
    users: Sequence[Sequence[int]],
    groups: Sequence[object],
    boxes: Sequence[Stretch],
    own: frozenset[int],
    rows: int,
) -> tuple[list[list[int]], list[LeafBox]]:
    """Give each leaf that is used in some boxes, and nowhere else, to the box that uses it, or a box of its own.

    Args:
        users: For each leaf the operations that use it.
        groups: For each leaf what it belongs to: those of one group may share a box.
        boxes: The boxes, in the order in which they ran.
        own: The leaves that get a box of their own in any case.
        rows: Maximum number of boxes of leaves, at least 1.

    Returns:
        For each box the leaves in it; and the boxes of leaves.
    """
    inside: list[list[int]] = [[] for _ in boxes]
    starts = [box.first for box in boxes]
    first, last = boxes[0].first, boxes[-1].last
    shared: dict[tuple[object, tuple[int, ...]], list[int]] = {}
    for leaf, numbers in enumerate(users):
        if not numbers or numbers[0] < first or numbers[-1] >= last:
            continue
        using = tuple(dict.fromkeys(bisect_right(starts, number) - 1 for number in numbers))
        if len(using) == 1 and leaf not in own:
            inside[using[0]].append(leaf)
        else:
            shared.setdefault((groups[leaf], using), []).append(leaf)
    found = [LeafBox(tuple(leaves), using) for (_, using), leaves in shared.items()]
    if len(found) > rows:
        by_group: dict[object, list[LeafBox]] = {}
        for (group, _), box in zip(shared, found, strict=True):
            by_group.setdefault(group, []).append(box)
        found = [_merged(same) for same in by_group.values()]
    if len(found) > rows:
        found = [*found[: rows - 1], _merged(found[rows - 1 :])]
    return inside, found


def _merged(boxes: Sequence[LeafBox]) -> LeafBox:
    leaves = tuple(leaf for box in boxes for leaf in box.leaves)
    return replace(boxes[0], leaves=leaves, users=tuple(sorted({user for box in boxes for user in box.users})))
