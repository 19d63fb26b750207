"""A grid of marks, one for each thing, in rows and columns that have several each: where each mark stands."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import field

from rich.cells import cell_len

from tui_torch.protocol.late_dataclass import dataclass

APART = 3
"""Cells between two columns, and beside the labels."""

MARKS = {"solved": "■", "tried": "◪", "open": "□"}
"""The mark of what is solved, was tried, or is untouched; which it is does not depend on colours."""
ASCII_MARKS = {"solved": "#", "tried": "+", "open": "."}


def marks(*, ascii_only: bool) -> dict[str, str]:
    """By how far something is, its mark, which is one cell wide."""
    return ASCII_MARKS if ascii_only else MARKS


@dataclass(frozen=True, slots=True)
class MarkGrid:
    """Where the marks stand; lines and cells are counted from 0."""

    label_width: int
    """Cells of the longest label."""
    starts: tuple[int, ...]
    """The cell that each column begins at."""
    end: int
    """The cell after the last column."""
    tops: tuple[int, ...]
    """The line that each row begins at."""
    lines: int
    """Number of lines of all rows."""
    places: tuple[tuple[int, int], ...] = field(default=())
    """(line, cell) of each mark: row by row, and in a row column by column."""


def mark_grid(labels: Sequence[str], titles: Sequence[str], counts: Sequence[Sequence[int]], width: int) -> MarkGrid:
    """Lay out a grid.

    There is a cell between two marks if all rows fit so; a row that fits in no other way is broken into lines.

    Args:
        labels: What each row is called.
        titles: What each column is called.
        counts: For each row, how many marks each column has there.
        width: In how many cells it has to fit, with its labels.
    """
    label_width = max(map(cell_len, labels), default=0)
    most = [max((row[at] for row in counts), default=0) for at in range(len(titles))]
    room = width - label_width - APART * len(titles)
    step = 2 if _width(titles, most, 2) <= room else 1
    while _width(titles, most, step) > room and max(most) > 1:
        most[most.index(max(most))] -= 1
    starts: list[int] = []
    end = label_width
    for title, count in zip(titles, most, strict=True):
        starts.append(end + APART)
        end = starts[-1] + _column_width(title, count, step)
    tops: list[int] = []
    places: list[tuple[int, int]] = []
    line = 0
    for row in counts:
        tops.append(line)
        for column, count in enumerate(row):
            across = max(most[column], 1)
            places += [(line + at // across, starts[column] + step * (at % across)) for at in range(count)]
        line = max((place[0] for place in places), default=line) + 1
    return MarkGrid(label_width, tuple(starts), end, tuple(tops), line, tuple(places))


def _column_width(title: str, count: int, step: int) -> int:
    return max(cell_len(title), step * count - (step - 1))


def _width(titles: Sequence[str], counts: Sequence[int], step: int) -> int:
    return sum(_column_width(title, count, step) for title, count in zip(titles, counts, strict=True))
