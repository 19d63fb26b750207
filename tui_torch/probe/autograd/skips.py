"""The sums of a graph that a value reaches by a skip: a residual connection, or one of a dense block or a U-Net."""

from __future__ import annotations

from tui_torch.probe.autograd.layer_operations import stem
from tui_torch.probe.autograd.module_calls import Call
from tui_torch.probe.autograd.skeleton import Skeleton

JOINING = frozenset({"Add", "Cat"})
"""Operations that bring two ways together."""
_FOLLOWED = 2_000
"""Maximum number of operations that are followed back from one sum; a skip around more of them is not noticed."""


def joins(skeleton: Skeleton, number: int) -> bool:
    """Whether an operation adds or concatenates."""
    return stem(skeleton.types[number]) in JOINING


def skip_sums(skeleton: Skeleton, root: Call) -> set[int]:
    """Return the operations that add or concatenate two values of which one was computed from the other.

    A sum in a module of two values that were both computed from the module's one input counts, too: there the skip
    has layers of its own, to change the shape.

    Args:
        skeleton: The graph.
        root: The whole graph as a call.
    """
    begins = _begins(skeleton, root)
    found: set[int] = set()
    left = 20 * skeleton.count + _FOLLOWED
    for number, sources in enumerate(skeleton.sources):
        computed = sorted({source for source in sources if source < skeleton.count})
        if len(computed) < 2 or not joins(skeleton, number) or left < 0:
            continue
        first = computed[0]
        begin = begins[number]
        ends, steps = _reached(skeleton, computed[1:], first)
        left -= steps
        if first in ends:
            found.add(number)
        elif begin and first >= begin:
            entries = [_reached(skeleton, [source], begin - 1)[0] for source in computed]
            left -= steps
            if len(entries[0]) == 1 and all(entry == entries[0] for entry in entries):
                found.add(number)
    return found


def _reached(skeleton: Skeleton, starts: list[int], until: int) -> tuple[set[int], int]:
    """Return the operations up to number `until` that some lead back to, stopping there, and how many were followed."""
    ends: set[int] = set()
    met = set(starts)
    waiting = list(starts)
    while waiting and len(met) < _FOLLOWED:
        number = waiting.pop()
        if number <= until:
            ends.add(number)
            continue
        for source in skeleton.sources[number]:
            if source < skeleton.count and source not in met:
                met.add(source)
                waiting.append(source)
    return ends, len(met)


def _begins(skeleton: Skeleton, root: Call) -> list[int]:
    """Return for each operation where the innermost call that it is in begins."""
    found = [0] * skeleton.count
    waiting = [root]
    while waiting:
        call = waiting.pop()
        found[call.first : call.last] = [call.first] * (call.last - call.first)
        waiting.extend(call.children)
    return found
