"""How several pictures of one size fit on a screen: magnified, reduced, or on several pages."""

from __future__ import annotations

from dataclasses import dataclass

GAP = 1
"""Pixels between two pictures."""
MOST_PIXELS = 8
"""Maximum side of a cell, in pixels: larger cells would not show more."""
LEAST_SIDE = 12
"""Cells to which the shorter side of a picture is reduced before the pictures are put on several pages."""


SIZES = 200
"""Number of sizes that are tried, about."""


@dataclass(frozen=True, slots=True)
class Arrangement:
    """Pictures in rows beside each other."""

    height: int
    width: int
    """Cells of each picture: at most its elements."""
    magnified: int
    """Pixels along the side of a cell."""
    across: int
    """Number of pictures beside each other."""
    page: int
    """Number of pictures that are shown at once."""
    pages: int


def arranged(count: int, rows: int, columns: int, height: int, width: int) -> Arrangement:
    """Arrange `count` pictures of `rows` by `columns` elements on `height` by `width` pixels, as large as they can be.

    Every argument is at least 1. The pictures of a page always fit, whatever the sizes are.
    """
    for magnified in range(MOST_PIXELS, 1, -1):
        if _that_fit(rows * magnified, columns * magnified, height, width) >= count:
            return _in_rows(count, rows, columns, height, width, magnified)
    longer, shorter = max(rows, columns), min(rows, columns)
    least = max(longer * min(shorter, LEAST_SIDE) // shorter, 1)
    size = rows, columns
    for side in range(longer, least - 1, -max(longer // SIZES, 1)):
        # Of a side that is longer than the screen no more is seen.
        size = _reduced(rows, side, longer, height), _reduced(columns, side, longer, width)
        if _that_fit(*size, height, width) >= count:
            break
    return _in_rows(count, *size, height, width)


def _reduced(side: int, to: int, longer: int, most: int) -> int:
    return min(max(round(side * to / longer), 1), most)


def _that_fit(tall: int, wide: int, height: int, width: int) -> int:
    return ((height + GAP) // (tall + GAP)) * ((width + GAP) // (wide + GAP))


def _in_rows(count: int, tall: int, wide: int, height: int, width: int, magnified: int = 1) -> Arrangement:
    across = (width + GAP) // (wide * magnified + GAP)
    page = min(across * ((height + GAP) // (tall * magnified + GAP)), count)
    return Arrangement(tall, wide, magnified, min(across, page), page, -(-count // page))
