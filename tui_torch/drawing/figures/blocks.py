"""Draws a picture as half blocks, two pixels in a cell; without colours as dots, eight in a cell."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from rich.console import Console
from rich.segment import Segment

from tui_torch.drawing.figures.unasked import unasked

if TYPE_CHECKING:
    from PIL.Image import Image

    from tui_torch.drawing.figures.picture import Picture

Row = list[Segment]
"""The segments of one row of cells."""

_DOTS = (0x01, 0x08, 0x02, 0x10, 0x04, 0x20, 0x40, 0x80)
"""The bits of a braille character, row by row from the top left."""
_GROUND = 24
"""How far from the colour around it a pixel is still that colour, of 255."""
_MOSTLY = 0.6
"""From which share of the pixels on it is a line drawing: its lines stay whole, and nothing is shaded."""

_THICK = 3
"""Pixels of a picture for each that is drawn, from which on thin lines are made thicker."""


def cells_of(picture: Picture, columns: int, rows: int, *, enlarged: bool = False) -> tuple[int, int]:
    """How many columns and rows of cells a picture takes, in its own proportions: a cell is as wide as half its height.

    Args:
        columns: Maximum number of columns.
        rows: Maximum number of rows.
        enlarged: Fill them, rather than give each pixel half a cell at most.
    """
    scale = min(columns / picture.width, 2 * rows / picture.height)
    if not enlarged:
        scale = min(scale, 1.0)
    across, down = round(picture.width * scale), round(picture.height * scale / 2)
    return max(1, min(across, columns)), max(1, min(down, rows))


def half_blocks(picture: Picture, columns: int, rows: int) -> list[Row]:
    """A picture in that many cells, each its upper and its lower half in a colour of their own."""
    with unasked():
        from textual_image.renderable import HalfcellImage

        drawn = HalfcellImage(_resized(picture, columns, 2 * rows), columns, rows)
        # Any console: what a terminal makes of the colours is for whoever writes them.
        console = Console(width=columns, height=rows, color_system="truecolor")
        lines = list(Segment.split_lines(console.render(drawn, console.options.update(height=rows))))
    return [_joined(line) for line in lines[:rows]]


def dots(picture: Picture, columns: int, rows: int) -> list[Row]:
    """A picture in that many cells of braille, without colours: what stands out from its edge."""
    from PIL import Image, ImageChops, ImageOps

    grey = _resized(picture, 2 * columns, 4 * rows).convert("L")
    ink = ImageOps.invert(grey) if _is_light_around(grey) else grey
    if (ground := _ground(ink)) is not None:
        ink = ImageChops.difference(ink, Image.new("L", ink.size, ground)).point(_above(_GROUND))
    bits = ink.convert("1")
    pixels = bits.tobytes()
    stride = (bits.width + 7) // 8

    def cell(column: int, row: int) -> str:
        code = 0
        for at, bit in enumerate(_DOTS):
            x, y = 2 * column + at % 2, 4 * row + at // 2
            if pixels[y * stride + x // 8] >> (7 - x % 8) & 1:
                code |= bit
        return chr(0x2800 + code)

    return [[Segment("".join(cell(column, row) for column in range(columns)))] for row in range(rows)]


def _resized(picture: Picture, width: int, height: int) -> Image:
    from PIL.Image import Resampling

    image = picture.image
    if width > image.width and height > image.height:
        # Pixels stay pixels: of a small picture, each is meant.
        return image.resize((width, height), Resampling.NEAREST)
    if _THICK * width <= image.width and _THICK * height <= image.height:
        grey = image.convert("L")
        if _ground(grey) is not None:
            # A line as thin as a third of a pixel would be a shade of its ground: it is made as thick as one.
            image = _thickened(image.resize((_THICK * width, _THICK * height), Resampling.BOX), _is_light_around(grey))
    # Of the filters that leave no rings around lines, the sharpest.
    return image.resize((width, height), Resampling.HAMMING)


def _thickened(image: Image, is_light: bool) -> Image:
    """A line drawing whose lines are two pixels thicker; where two meet, the stronger one is on top."""
    from PIL import ImageChops, ImageOps
    from PIL.Image import composite

    grey = image.convert("L")
    ink = ImageOps.invert(grey) if is_light else grey
    for offset in ((1, 0), (-1, 0), (0, 1), (0, -1)):
        moved, moved_ink = image.copy(), ink.copy()
        moved.paste(image, offset)
        moved_ink.paste(ink, offset)
        image = composite(moved, image, ImageChops.subtract(moved_ink, ink).point(_above(0)))
        ink = ImageChops.lighter(ink, moved_ink)
    return image


def _above(level: int) -> list[int]:
    """Pillow's table for what is brighter than a level as white, and the rest as black."""
    return [0] * (level + 1) + [255] * (255 - level)


def _ground(grey: Image) -> int | None:
    """The brightness of the ground of a line drawing; None for another picture."""
    histogram = grey.histogram()
    ground = max(range(256), key=histogram.__getitem__)
    on_it = sum(histogram[max(0, ground - _GROUND) : ground + _GROUND + 1])
    return ground if on_it >= _MOSTLY * grey.width * grey.height else None


def _is_light_around(grey: Image) -> bool:
    """Whether the edge of a picture is lighter than its middle grey."""
    edge = grey.copy()
    edge.paste(0, (1, 1, max(1, edge.width - 1), max(1, edge.height - 1)))
    around = min(edge.width * edge.height, 2 * (edge.width + edge.height) - 4)
    return sum(level * count for level, count in enumerate(edge.histogram())) > 127 * around


def _joined(line: Row) -> Row:
    """A row with neighbours of one style in one segment."""
    return [
        Segment("".join(segment.text for segment in alike), style)
        for style, alike in groupby(line, key=lambda segment: segment.style)
    ]
