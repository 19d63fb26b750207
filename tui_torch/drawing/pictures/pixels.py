"""The pixels of a picture as large as there is room for it, and of several beside each other."""

from __future__ import annotations

from tui_torch.protocol.views import PictureView, Tiles

MOST_PIXELS = 8
"""Maximum side of a cell, in pixels: larger cells would not show more."""

Pixels = list[list[int | None]]
"""Levels of a heatmap or colours of an image, row by row; None for what is between two pictures."""


def pixels_of(view: PictureView, width: int, height: int) -> Pixels:
    """The pixels of a picture, or of several, on at most `width` by `height`; both at least 1."""
    levels = [_levels(row, view.image) for row in view.rows]
    if view.tiles is not None:
        return [row[:width] for row in _side_by_side(levels, view.tiles)[:height]]
    across, down = drawn_size(view, width, height)
    rows, columns = len(levels), len(levels[0])
    return [[levels[y * rows // down][x * columns // across] for x in range(across)] for y in range(down)]


def drawn_size(view: PictureView, width: int, height: int) -> tuple[int, int]:
    """The size of a picture in pixels, across and down, within `width` and `height`.

    A multiple of its elements if they fit. An image keeps its proportions; a heatmap may be stretched along one side,
    so that a long matrix is not a thread.
    """
    rows, columns = view.size
    if view.image:
        factor = min(width / columns, height / rows)
        factor = min(int(factor), MOST_PIXELS) if factor >= 1 else factor
        return max(round(columns * factor), 1), max(round(rows * factor), 1)
    across = min(width // columns, MOST_PIXELS) * columns or width
    down = min(height // rows, MOST_PIXELS) * rows or height
    return across, down


def _side_by_side(levels: list[list[int]], tiles: Tiles) -> Pixels:
    """Magnified pictures in rows, a pixel apart; a row that is not full ends early."""
    pictures = [levels[at : at + tiles.height] for at in range(0, len(levels), tiles.height)]
    drawn: Pixels = []
    for start in range(0, len(pictures), tiles.across):
        if drawn:
            drawn.append([None] * len(drawn[0]))
        beside = pictures[start : start + tiles.across]
        for y in range(tiles.height):
            line: list[int | None] = []
            for picture in beside:
                if line:
                    line.append(None)
                for level in picture[y]:
                    line += [level] * tiles.magnified
            missing = len(drawn[0]) - len(line) if drawn else 0
            drawn += [line + [None] * missing] * tiles.magnified
    return drawn


def _levels(row: str, image: bool) -> list[int]:
    digits = 6 if image else 2
    return [int(row[at : at + digits], 16) for at in range(0, len(row), digits)]
