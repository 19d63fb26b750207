"""Histograms as characters: in one line, or as bars."""

from __future__ import annotations

import math
from collections.abc import Sequence

from rich.cells import cell_len

_EIGHTHS = "▁▂▃▄▅▆▇█"
_IN_A_LINE = _EIGHTHS[:-1]
"""At most seven eighths high: in rows under each other, full blocks would touch."""
_DENSITIES = ".:-=+*#%@"


def sparkline(histogram: Sequence[int], ascii: bool = False, bars: int = 10) -> str:
    """A histogram in one line of at most `bars` characters; an empty bin is blank."""
    counts = merged(histogram, bars)
    levels = _DENSITIES if ascii else _IN_A_LINE
    peak = max(counts, default=0)
    return "".join(levels[max(round(count / peak * len(levels)), 1) - 1] if count else " " for count in counts)


def merged(histogram: Sequence[int], bars: int) -> list[int]:
    """A histogram with at most `bars` bins, neighbours added up."""
    together = math.ceil(len(histogram) / bars)
    return [sum(histogram[at : at + together]) for at in range(0, len(histogram), together or 1)]


def bar_chart(
    histogram: Sequence[int], low: str, high: str, width: int, height: int = 3, ascii: bool = False
) -> list[str]:
    """A histogram as bars, and below them a line with the bounds of the range.

    Args:
        histogram: Counts over equal bins.
        low: The lower bound, as text.
        high: The upper bound, as text.
        width: Maximum cells of a line.
        height: Rows of the bars.
        ascii: Draws with ASCII characters only.

    Returns:
        `height` + 1 lines; no lines without a count, or if the bins do not fit.
    """
    peak = max(histogram, default=0)
    gap = 1 if width >= 3 * len(histogram) else 0
    thick = min((width + gap) // max(len(histogram), 1) - gap, 5)
    if not peak or thick < 1:
        return []
    rows = [
        (" " * gap).join(_bar_cell(count / peak * height, level, ascii) * thick for count in histogram)
        for level in range(height - 1, -1, -1)
    ]
    line = cell_len(rows[0]) - cell_len(low) - cell_len(high) - 2
    return [*rows, f"{low} {('-' if ascii else '─') * max(line, 1)} {high}"]


def _bar_cell(bar: float, level: int, ascii: bool) -> str:
    """The character of a bar (its height in rows) on the row `level`, counted from the bottom.

    A bar above 0 always shows on row 0.
    """
    filled = min(bar - level, 1.0)
    if level == 0 and bar > 0:
        filled = max(filled, 0.125)
    eighths = round(filled * 8)
    if eighths <= 0:
        return " "
    if ascii:
        return "#" if eighths > 4 or level == 0 else " "
    return _EIGHTHS[eighths - 1]
