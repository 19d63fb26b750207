"""Where a line of the code is after an edit: above or below, or no more itself."""

from __future__ import annotations

from collections.abc import Sequence


def line_after(line: int, before: Sequence[str], after: Sequence[str]) -> int | None:
    """Return the number of a line, 1 for the first, in the code after an edit; None if the edit changed it.

    Args:
        line: Its number before.
        before, after: All lines.
    """
    index = line - 1
    if index >= len(before):
        return None
    above = next((at for at, (old, new) in enumerate(zip(before, after, strict=False)) if old != new), len(after))
    if index < min(above, len(after)):
        return line
    below = len(before) - index
    moved = len(after) - below
    same = moved >= above and all(before[-at] == after[-at] for at in range(1, below + 1))
    return moved + 1 if same else None
