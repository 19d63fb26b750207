"""The Picture page: a matrix as a heatmap with its scale, or an image in its colours."""

from __future__ import annotations

from collections.abc import Iterator

from rich.color import Color
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.app import ComposeResult
from textual.content import Content
from textual.geometry import clamp
from textual.strip import Strip
from textual.widget import Widget

from tui_torch.drawing.text import numbers
from tui_torch.protocol.events import Summary
from tui_torch.protocol.orders import PICTURE_COLUMNS, PICTURE_ROWS, Request
from tui_torch.protocol.views import PictureView, View
from tui_torch.ui.inspector.page import MUTED, WARNING, DetailPage
from tui_torch.ui.inspector.slices import Slices

Colour = tuple[int, int, int]

_VIRIDIS = ((68, 1, 84), (59, 82, 139), (33, 145, 140), (94, 201, 98), (253, 231, 37))
_AROUND_ZERO = {
    True: ((92, 176, 255), (46, 92, 150), (30, 33, 40), (160, 84, 28), (255, 160, 70)),
    False: ((24, 84, 168), (130, 170, 220), (244, 244, 244), (232, 168, 110), (176, 70, 0)),
}
"""From below 0 to above it, on a dark (True) or light background; 0 has the colour of the background."""
_SHADES = " .:-=+*#%@"
_NOT_FINITE = (200, 60, 120)
"""The colour of a cell without a finite element; it also has a cross."""
_MAX_PIXELS_PER_CELL = 8
"""Maximum side of a cell, in pixels: larger cells would not show more."""
_SCALE_WIDTH = 24
"""Maximum cells of the scale's bar."""


class PicturePage(DetailPage):
    """A tensor's last two dimensions as a heatmap, or its last three as an image."""

    TITLE = "Picture"

    DEFAULT_CSS = """
    PicturePage { scrollbar-size: 0 0; scrollbar-gutter: auto; }
    PicturePage > PixelGrid { height: 1fr; min-height: 3; }
    """

    def __init__(self, *, ascii_only: bool = False) -> None:
        super().__init__(ascii_only=ascii_only)
        self._slices = Slices()
        self._heatmap = False
        """Whether an image is drawn as a heatmap of one of its channels."""
        self._pixels = PixelGrid(ascii_only)

    def compose(self) -> ComposeResult:
        yield from super().compose()
        yield self._pixels

    def begin(self) -> None:
        self._slices.begin(())
        self._heatmap = False
        self._pixels.show(None)

    def show_view(self, view: View | None) -> None:
        if isinstance(view, PictureView):
            if view.counts != self._slices.counts:
                self._slices.begin(view.counts)
            self._pixels.show(view if view.rows else None)
        super().show_view(view)

    @property
    def shaded(self) -> bool:
        """Whether levels are drawn as characters instead of colours."""
        return self.ascii or self.app.no_color

    def request(self) -> Request | None:
        shape = self.summary.shape
        if not shape or self.summary.change == "gone":
            return None
        width, height = self._pixels.pixel_size
        return Request(
            "picture",
            self.summary.name,
            self._slices.index,
            height=clamp(height, 1, PICTURE_ROWS) if height else PICTURE_ROWS,
            width=clamp(width, 1, PICTURE_COLUMNS) if width else PICTURE_COLUMNS,
            heatmap=self._heatmap,
        )

    def on_resize(self, event: events.Resize) -> None:
        self.post_message(self.Changed())

    def step(self, by: int) -> bool:
        if not self._slices.step(by):
            return False
        self.post_message(self.Changed())
        return True

    def switch(self) -> bool:
        if not (self._heatmap or (isinstance(self.view, PictureView) and self.view.image)):
            return False
        self._heatmap = not self._heatmap
        self._slices.begin(())
        self.post_message(self.Changed())
        return True

    def turn(self, by: int) -> bool:
        turned = self._slices.turn(by)
        self.draw()
        return turned

    def lines(self, width: int) -> Iterator[Content]:
        view = self.view
        if not isinstance(view, PictureView):
            yield Content.styled(_absent(self.summary), MUTED)
            return
        if view.note:
            yield Content.styled(view.note, "$text-warning")
        if not view.rows:
            return
        yield self._caption(view)
        if view.flawed:
            mark = "x" if self.shaded else "×"
            yield Content.styled(f"{numbers.counted(view.flawed, 'element')} NaN or Inf ({mark})", WARNING)
        if not view.image:
            yield scale(view, width, self.shaded, self.app.current_theme.dark)

    def _caption(self, view: PictureView) -> Content:
        times = "x" if self.ascii else "×"
        rows, columns = view.size
        said = f"{rows:,}{times}{columns:,}{' image' if view.image else ''}"
        cells = len(view.rows), len(view.rows[0]) // (6 if view.image else 2)
        if cells != view.size:
            each = f"{_ratio(rows, cells[0])}{times}{_ratio(columns, cells[1])}"
            said += f", a cell is the mean of {each}" if view.exact else f", a cell is the mean of some of {each}"
        if view.image and view.low is not None and view.high is not None:
            said += f", black is {numbers.rounded(view.low)}, white {numbers.rounded(view.high)}"
        if not self._slices.index:
            return Content.styled(said, MUTED)
        rest = ":, :, :" if view.image else ":, :"
        return self._slices.written(rest, self.ascii) + Content.styled(f"  {said}", MUTED)


def _ratio(size: int, cells: int) -> str:
    return f"{size / cells:.3g}"


def _absent(summary: Summary) -> str:
    if not summary.shape:
        return "One number: a picture needs a dimension."
    return "It is gone." if summary.change == "gone" else ""


def scale(view: PictureView, width: int, shaded: bool, dark: bool) -> Content:
    """The legend of the colours or shades: `-2.1 ░▒▓█ 2.1`; a diverging scale has 0 in its middle."""
    if view.low is None or view.high is None:
        return Content.styled("no finite element", MUTED)
    low, high = numbers.rounded(view.low), numbers.rounded(view.high)
    bar = Content("")
    length = max(min(_SCALE_WIDTH, width - len(low) - len(high) - 2), 4)
    for at in range(length):
        level = 1 + round(at / (length - 1) * 254)
        if shaded:
            bar += Content(shade(level))
        else:
            red, green, blue = colour(level, view.diverging, dark)
            bar += Content.styled("█", f"rgb({red},{green},{blue})")
    line = Content.assemble((low, MUTED), " ", bar, " ", (high, MUTED))
    if view.diverging:
        line += Content.styled(", 0 in the middle", MUTED) if width - line.cell_length > 17 else Content("")
    return line


def colour(level: int, diverging: bool, dark: bool) -> Colour:
    """The colour of a level from 1 to 255, linear between the stops."""
    stops = _AROUND_ZERO[dark] if diverging else _VIRIDIS
    at = (level - 1) / 254 * (len(stops) - 1)
    lower = min(int(at), len(stops) - 2)
    share = at - lower
    first, second = stops[lower], stops[lower + 1]
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(first, second, strict=True))
    return red, green, blue


def shade(level: int) -> str:
    """The character of a level from 1 to 255; a cross for 0, a cell without a finite element."""
    return _SHADES[min((level - 1) * len(_SHADES) // 255, len(_SHADES) - 1)] if level else "x"


class PixelGrid(Widget):
    """A picture as large as the widget allows.

    In colour a character holds two pixels, one above the other; without colour a pixel is two equal characters.
    """

    ALLOW_SELECT = False

    def __init__(self, ascii: bool) -> None:
        super().__init__()
        self._ascii = ascii
        self._view: PictureView | None = None
        self._lines: list[Strip] | None = None

    def show(self, view: PictureView | None) -> None:
        """Show this picture; None for an empty widget."""
        self._view = view
        self._lines = None
        self.refresh()

    @property
    def _shaded(self) -> bool:
        return self._ascii or self.app.no_color

    @property
    def pixel_size(self) -> tuple[int, int]:
        """The pixels that fit, across and down."""
        width, height = self.size
        return (width // 2, height) if self._shaded else (width, 2 * height)

    def on_resize(self) -> None:
        self._lines = None

    def notify_style_update(self) -> None:
        # Another theme has another background.
        self._lines = None
        super().notify_style_update()

    def render_line(self, y: int) -> Strip:
        if self._lines is None:
            self._lines = [] if self._view is None else self._drawn(self._view)
        blank = Strip.blank(self.size.width, self.rich_style)
        if y >= len(self._lines):
            return blank
        return self._lines[y].extend_cell_length(self.size.width, self.rich_style)

    def _drawn(self, view: PictureView) -> list[Strip]:
        width, height = self.pixel_size
        if width < 1 or height < 1:
            return []
        across, down = drawn_size(view, width, height)
        levels = [_levels(row, view.image) for row in view.rows]
        rows, columns = len(levels), len(levels[0])
        picked = [[levels[y * rows // down][x * columns // across] for x in range(across)] for y in range(down)]
        return self._in_shades(picked, view) if self._shaded else self._coloured(picked, view)

    def _in_shades(self, pixels: list[list[int]], view: PictureView) -> list[Strip]:
        lines: list[Strip] = []
        for row in pixels:
            shades = (shade(1 + _brightness(pixel) * 254 // 255) if view.image else shade(pixel) for pixel in row)
            lines.append(Strip([Segment("".join(mark * 2 for mark in shades), self.rich_style)]))
        return lines

    def _coloured(self, pixels: list[list[int]], view: PictureView) -> list[Strip]:
        dark = self.app.current_theme.dark
        ground = self.rich_style.bgcolor
        colours: dict[int, Color] = {}

        def colour_of(pixel: int) -> Color:
            if pixel not in colours:
                if view.image:
                    rgb = (pixel >> 16, pixel >> 8 & 255, pixel & 255)
                else:
                    rgb = colour(pixel, view.diverging, dark) if pixel else _NOT_FINITE
                colours[pixel] = Color.from_rgb(*rgb)
            return colours[pixel]

        lines: list[Strip] = []
        for y in range(0, len(pixels), 2):
            upper = pixels[y]
            lower = pixels[y + 1] if y + 1 < len(pixels) else None
            segments: list[Segment] = []
            for x, top in enumerate(upper):
                bottom = None if lower is None else lower[x]
                if not view.image and (not top or bottom == 0):
                    other = top or bottom
                    under = colour_of(other) if other else ground
                    segments.append(Segment("×", Style(color=colour_of(0), bgcolor=under, bold=True)))
                    continue
                segments.append(
                    Segment("▀", Style(color=colour_of(top), bgcolor=ground if bottom is None else colour_of(bottom)))
                )
            lines.append(Strip(segments).simplify())
        return lines


def _levels(row: str, image: bool) -> list[int]:
    digits = 6 if image else 2
    return [int(row[at : at + digits], 16) for at in range(0, len(row), digits)]


def _brightness(pixel: int) -> int:
    return ((pixel >> 16) * 299 + (pixel >> 8 & 255) * 587 + (pixel & 255) * 114) // 1000


def drawn_size(view: PictureView, width: int, height: int) -> tuple[int, int]:
    """The size of a picture in pixels, across and down, within `width` and `height`.

    A multiple of its elements if they fit. An image keeps its proportions; a heatmap may be stretched along one side,
    so that a long matrix is not a thread.
    """
    rows, columns = view.size
    if view.image:
        factor = min(width / columns, height / rows)
        factor = min(int(factor), _MAX_PIXELS_PER_CELL) if factor >= 1 else factor
        return max(round(columns * factor), 1), max(round(rows * factor), 1)
    across = min(width // columns, _MAX_PIXELS_PER_CELL) * columns or width
    down = min(height // rows, _MAX_PIXELS_PER_CELL) * rows or height
    return across, down
