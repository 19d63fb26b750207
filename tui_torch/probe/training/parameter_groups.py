"""Parameters in a few groups, each of what one module holds, or several neighbours, or a module around them."""

from __future__ import annotations

from collections.abc import Sequence

Holder = tuple[str, ...]
"""The names of modules, one in the other: `("layers", "0", "attention")`; of neighbours `("layers", "0:4")`."""


def module_groups(holders: Sequence[Holder], most: int) -> list[Holder]:
    """Give each parameter its group: of the finest division that has at most `most` groups.

    Neighbours that are numbered, as of an `nn.Sequential`, are taken together before a division by the modules around
    them is tried: the first layers and the last of a deep model tell more than their sum.

    Args:
        holders: For each parameter, the modules that it is in, the outermost first.
        most: Maximum number of groups.

    Returns:
        For each parameter, the name of its group.
    """
    for depth in range(max(map(len, holders), default=0), 0, -1):
        cut = [holder[:depth] for holder in holders]
        together = 1
        while True:
            groups = _joined(cut, together)
            if len(set(groups)) <= most:
                return groups
            together *= 2
            if together > len(cut):
                break
    return [()] * len(holders)


def _joined(holders: Sequence[Holder], together: int) -> list[Holder]:
    """Take so many numbered neighbours together. Where these are all, the module around them has their name."""
    if together == 1:
        return list(holders)
    numbers: dict[Holder, set[int]] = {}
    for holder in holders:
        if holder and _is_number(holder[-1]):
            numbers.setdefault(holder[:-1], set()).add(int(holder[-1]))
    groups: list[Holder] = []
    for holder in holders:
        if not (holder and _is_number(holder[-1])):
            groups.append(holder)
            continue
        around, last = holder[:-1], max(numbers[holder[:-1]])
        first = int(holder[-1]) // together * together
        until = min(first + together, last + 1)
        is_all = first == 0 and until == last + 1
        groups.append(around if is_all else (*around, f"{first}:{until}" if until - first > 1 else str(first)))
    return groups


def _is_number(name: str) -> bool:
    return name.isascii() and name.isdecimal()
