"""What a kernel's code has started, as Linux tells of a process that lives."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

_CHILDREN_FAULTS = 11 - 3, 13 - 3
"""Places of the page faults, minor and major, of children that were waited for; among the fields after the name."""


def descendants(pid: int) -> frozenset[int] | None:
    """The children of a process, theirs, and so on; None where that cannot be told."""
    found: set[int] = set()
    waiting = [pid]
    while waiting:
        children = _children(waiting.pop())
        if children is None:
            if not found:
                return None
            continue  # it has ended meanwhile
        waiting += children
        found |= set(children)
    return frozenset(found)


def has_started_none(pid: int) -> bool:
    """Whether a process has certainly started no other one, neither one that lives nor one that has ended."""
    with suppress(OSError, IndexError, ValueError):
        if Path(f"/proc/{pid}/task/{pid}/children").exists() and not _children(pid):
            fields = Path(f"/proc/{pid}/stat").read_text("ascii", "replace").rpartition(")")[2].split()
            return not any(int(fields[place]) for place in _CHILDREN_FAULTS)
    return False


def _children(pid: int) -> list[int] | None:
    try:
        threads = list(Path(f"/proc/{pid}/task").iterdir())
        return [int(child) for thread in threads for child in (thread / "children").read_text().split()]
    except (OSError, ValueError):
        return None
