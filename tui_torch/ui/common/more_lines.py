"""How many lines a pane has out of sight, in words."""

from __future__ import annotations

from tui_torch.drawing.text import numbers


def more_lines(count: int, *, above: bool, ascii_only: bool) -> str:
    """Say how many lines there are above what is in sight, or below it: `▼ 5 more lines`."""
    sign = ("^" if above else "v") if ascii_only else "▲" if above else "▼"
    return f"{sign} {numbers.counted(count, 'more line')}{' above' if above else ''}"


def more_below(count: int, *, ascii_only: bool) -> str:
    """Say how many lines there are below what is in sight; nothing without any."""
    return more_lines(count, above=False, ascii_only=ascii_only) if count > 0 else ""


def titled(title: str, above: int, below: int, *, ascii_only: bool) -> str:
    """A pane's title, with how many lines there are above what is in sight, and below it, if there are any."""
    counts = ((above, True), (below, False))
    said = (more_lines(count, above=is_above, ascii_only=ascii_only) for count, is_above in counts if count > 0)
    return (" - " if ascii_only else " · ").join((title, *said))
