"""Images beside each other with their labels and predictions, as lines of text: as many as have room."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from tui_torch.drawing.canvas.canvas import Canvas
from tui_torch.drawing.pictures.shades import brightness, shade
from tui_torch.drawing.text.cells import clipped, one_cell_each
from tui_torch.drawing.text.numbers import counted
from tui_torch.protocol.late_dataclass import dataclass

if TYPE_CHECKING:
    from tui_torch.protocol.plots.plotted import ImageGrid

MOST_PIXELS = 8
"""Maximum side of a pixel of an image, in pixels of the screen."""
LEAST_SIDE = 12
"""Pixels to which the longer side of an image is reduced before fewer images are shown."""
_LONGEST = 14
"""Maximum cells of what stands below an image that is not as wide."""
_GAP = 1
"""Cells between two images beside each other, and below one that nothing stands below."""
_SHADES = 31
"""The steps from black to white of each channel: more of them are not told apart, and take longer to draw."""


def draw_images(
    canvas: Canvas,
    grid: ImageGrid,
    names: Sequence[str],
    *,
    has_colours: bool,
    ascii_only: bool,
    numbered: bool = False,
) -> None:
    """Draw images as large as they can be with all of them in sight, and else as many as there is room for.

    A prediction that is not the label stands behind it, with a cross before both. The last row says how many more
    there are, and how many predictions are wrong.

    Args:
        canvas: An empty canvas with the parts `text`, `axis` and `wrong`.
        grid: The images.
        names: The names of the classes, from 0; the others have their number.
        has_colours: Draw two pixels to a cell in their colours; else each is two characters by its brightness.
        ascii_only: Whether the terminal has no Unicode.
        numbered: Write the index of each image below it in place of its label and prediction.
    """
    _GridDrawing(canvas, grid, names, has_colours, ascii_only, numbered).draw()


@dataclass(frozen=True, slots=True)
class _ImageSize:
    """How much of a canvas an image takes."""

    rows: int
    columns: int
    """Pixels of the screen."""
    height: int
    width: int
    """Cells, with what stands below it, and the gaps."""
    across: int
    down: int
    """How many there is room for."""


class _GridDrawing:
    """Images on one canvas."""

    def __init__(
        self,
        canvas: Canvas,
        grid: ImageGrid,
        names: Sequence[str],
        has_colours: bool,
        ascii_only: bool,
        numbered: bool,
    ) -> None:
        self._canvas = canvas
        self._grid = grid
        self._names = names
        self._has_colours = has_colours
        self._ascii_only = ascii_only
        self._numbered = numbered
        self._captions = [self._caption(place) for place in range(len(grid.numbers))]
        self._longest = min(max((len(text) for text, _ in self._captions), default=0), _LONGEST)

    def draw(self) -> None:
        count, size = len(self._grid.numbers), self._size()
        shown = 0 if size is None else min(count, size.across * size.down)
        for place in range(shown):
            assert size is not None
            self._draw_image(place, size, (place % size.across) * size.width, (place // size.across) * size.height)
        self._draw_summary(shown)

    def _size(self) -> _ImageSize | None:
        """The largest size in which all images have room, and else the smallest that can be told; None for no room."""
        found = None
        least = min(max(self._grid.height, self._grid.width), LEAST_SIDE)
        for rows, columns in self._sizes():
            if max(rows, columns) < least and found is not None:
                break
            size = self._fitted(rows, columns)
            fits = size.across * size.down
            if fits >= len(self._grid.numbers):
                return size
            found = size if fits else found
        return found

    def _sizes(self) -> Iterator[tuple[int, int]]:
        height, width = self._grid.height, self._grid.width
        for magnified in range(MOST_PIXELS, 1, -1):
            yield height * magnified, width * magnified
        longer = max(height, width)
        for side in range(longer, 0, -1):
            yield max(round(height * side / longer), 1), max(round(width * side / longer), 1)

    def _fitted(self, rows: int, columns: int) -> _ImageSize:
        high, wide = (-(-rows // 2), columns) if self._has_colours else (rows, 2 * columns)
        below = int(self._longest > 0)
        height, width = high + (below or _GAP), max(wide, self._longest) + _GAP
        room = self._canvas.height - 1
        return _ImageSize(
            rows,
            columns,
            height,
            width,
            (self._canvas.width + _GAP) // width if wide <= self._canvas.width else 0,
            (room + (0 if below else _GAP)) // height,
        )

    def _draw_image(self, place: int, size: _ImageSize, left: int, top: int) -> None:
        pixels = self._pixels(place, size.rows, size.columns)
        if self._has_colours:
            for row in range(0, size.rows, 2):
                below = pixels[row + 1] if row + 1 < size.rows else [None] * size.columns
                for column, (upper, lower) in enumerate(zip(pixels[row], below, strict=True)):
                    self._canvas.lay(left + column, top + row // 2, _colour(upper), _colour(lower))
        else:
            for row, line in enumerate(pixels):
                text = "".join(shade(1 + brightness(pixel) * 254 // 255) * 2 for pixel in line)
                self._canvas.write(left, top + row, text, "text")
        text, part = self._captions[place]
        if text:
            text = clipped(text, size.width - _GAP, self._ascii_only)
            self._canvas.write(left, top + size.height - 1, text, part)

    def _pixels(self, place: int, rows: int, columns: int) -> list[list[int]]:
        """The pixels of an image, magnified or reduced, each of which has the bytes red, green and blue."""
        grid, count = self._grid, self._grid.channels
        length = grid.height * grid.width * count
        held = grid.pixels[place * length : (place + 1) * length]
        down, across = _areas(grid.height, rows), _areas(grid.width, columns)
        return [
            [
                _packed(
                    [
                        _mean([held[(y * grid.width + x) * count + channel] for y in vertical for x in horizontal])
                        for channel in range(count)
                    ]
                )
                for horizontal in across
            ]
            for vertical in down
        ]

    def _caption(self, place: int) -> tuple[str, str]:
        """What stands below an image, and its part of the canvas."""
        grid = self._grid
        if self._numbered:
            return f"#{grid.numbers[place]}", "axis"
        label = self._name(grid.labels[place]) if grid.labels else ""
        predicted = self._name(grid.predictions[place]) if grid.predictions else ""
        if grid.labels and grid.predictions and grid.labels[place] != grid.predictions[place]:
            return f"{self._cross} {label}{self._arrow}{predicted}", "wrong"
        return label or predicted, "text"

    def _name(self, one: int) -> str:
        name = self._names[one] if 0 <= one < len(self._names) else str(one)
        return one_cell_each(name, ascii_only=self._ascii_only)

    @property
    def _cross(self) -> str:
        return "x" if self._ascii_only else "✗"

    @property
    def _arrow(self) -> str:
        return ">" if self._ascii_only else "→"

    def _draw_summary(self, shown: int) -> None:
        grid = self._grid
        more = grid.count - shown
        parts = [f"and {more:,} more" if shown else counted(more, "image")] if more else []
        if not grid.count:
            parts = ["no image"]
        if grid.wrong is not None and not self._numbered:
            sign = f" ({self._cross} label{self._arrow}prediction)" if grid.wrong else ""
            parts.append(f"{grid.wrong:,} of {grid.count:,} wrong{sign}")
        if grid.flawed:
            parts.append(f"{counted(grid.flawed, 'pixel')} NaN or Inf")
        sentence = (", " if self._ascii_only else " · ").join(parts)
        self._canvas.write(0, self._canvas.height - 1, clipped(sentence, self._canvas.width, self._ascii_only), "axis")


def _areas(size: int, to: int) -> list[range]:
    """The pixels along a side that each of `to` pixels stands for."""
    return [range(at * size // to, max((at + 1) * size // to, at * size // to + 1)) for at in range(to)]


def _mean(levels: list[int]) -> int:
    level = levels[0] if len(levels) == 1 else sum(levels) / len(levels)
    return round(round(level / 255 * _SHADES) / _SHADES * 255)


def _packed(channels: Sequence[int]) -> int:
    red, green, blue = channels if len(channels) == 3 else (channels[0],) * 3
    return red << 16 | green << 8 | blue


def _colour(pixel: int | None) -> str | None:
    return None if pixel is None else f"#{pixel:06x}"
