"""The Picture page: a matrix as a heatmap with its scale, an image in its colours, or several of either."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, Literal

from rich.color import Color as RichColor
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.app import ComposeResult
from textual.color import BLACK, WHITE, Color
from textual.content import Content
from textual.css.styles import RulesMap
from textual.geometry import clamp
from textual.strip import Strip
from textual.widget import Widget

from tui_torch.drawing.pictures.pixels import Pixels, pixels_of
from tui_torch.drawing.pictures.sentences import detail_sentence, next_reading, reading_sentence, shown_tiles
from tui_torch.drawing.pictures.shades import brightness, shade
from tui_torch.drawing.text import numbers
from tui_torch.protocol.orders import PICTURE_COLUMNS, PICTURE_ROWS, Reading, Request
from tui_torch.protocol.views import PictureView, View
from tui_torch.ui.colours import heat
from tui_torch.ui.colours.contrast import contrast
from tui_torch.ui.colours.depth import Depth
from tui_torch.ui.inspector.page import DELETED, MUTED, WARNING, DetailPage
from tui_torch.ui.inspector.slices import Slices
from tui_torch.ui.keys.bound import keys_of

if TYPE_CHECKING:
    from textual.app import App

_SCALE_WIDTH = 24
"""Maximum cells of the scale's bar."""
MIN_ROWS, IMAGE_ROWS = 3, 6
"""Rows for which a heatmap, and one for which an image, has less said of it."""


class PicturePage(DetailPage):
    """A tensor as a picture: of matrices, or of images if it looks like some."""

    TITLE = "Picture"

    DEFAULT_CSS = """
    PicturePage { scrollbar-size: 0 0; scrollbar-gutter: auto; }
    PicturePage > PixelGrid { height: 1fr; min-height: 3; }
    """

    def __init__(self, *, ascii_only: bool = False) -> None:
        super().__init__(ascii_only=ascii_only)
        self._slices = Slices()
        self._chosen: dict[str, Reading] = {}
        """What the learner chose to take a value for, by its name."""
        self._pixels = PixelGrid(ascii_only)

    def compose(self) -> ComposeResult:
        yield from super().compose()
        yield self._pixels

    def begin(self) -> None:
        self._slices.begin(())
        self._pixels.show(None)

    def forget(self) -> None:
        self._chosen.clear()

    def show_view(self, view: View | None, absent: str = "") -> None:
        if isinstance(view, PictureView):
            self._slices.stay(view.index, view.counts)
        self._pixels.show(view if isinstance(view, PictureView) and view.rows else None)
        super().show_view(view, absent)

    @property
    def shaded(self) -> bool:
        """Whether levels are drawn as characters instead of colours."""
        return self.ascii or not Depth.of(self.app).shows_pictures

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
            reading=self._chosen.get(self.summary.name),
        )

    def on_resize(self, event: events.Resize) -> None:
        self.draw()
        self.post_message(self.Changed())

    @property
    def slices(self) -> int:
        return self._slices.turning

    @property
    def other_drawing(self) -> Literal["", "picture", "graph"]:
        return "picture" if isinstance(self.view, PictureView) and next_reading(self.view) is not None else ""

    def step(self, by: int) -> bool:
        if not self._slices.step(by):
            return False
        self.post_message(self.Changed())
        return True

    def switch(self) -> bool:
        following = next_reading(self.view) if isinstance(self.view, PictureView) else None
        if following is None:
            return False
        self._chosen[self.summary.name] = following
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
            if not self.summary.shape:
                yield Content.styled("One number: a picture needs a dimension.", MUTED)
            elif self.summary.change == "gone":
                yield Content.styled(DELETED, "$text-warning")
            else:
                yield from self.said_in_place()
            return
        if view.note:
            yield Content.styled(view.note, "$text-warning")
        if not view.rows:
            return
        times = "x" if self.ascii else "×"
        index, detail = self._index(view), Content.styled(detail_sentence(view, times), MUTED)
        sentence = reading_sentence(view, keys_of(self.app).plain("tensors.switch"), times)
        of_it = [*self._legend(view, width)]
        # A page of a few rows is for the picture: what is said of it takes those that are left.
        captions = (
            [Content.styled(sentence, MUTED), _joined(index, detail)],
            [_joined(index, detail)],
            [index],
        )
        height, for_it = self.size.height, IMAGE_ROWS if view.image else MIN_ROWS
        said: list[Content] = []
        for caption in captions:
            said = [line for line in (*caption, *of_it) if line]
            if not height or Content("\n").join(said).get_height(RulesMap(), width) + for_it <= height:
                break
        yield from said

    def _legend(self, view: PictureView, width: int) -> Iterator[Content]:
        """What the colours mean, and what has none."""
        if view.flawed:
            mark = "x" if self.shaded else "×"
            yield Content.styled(f"{numbers.counted(view.flawed, 'element')} NaN or Inf ({mark})", WARNING)
        if not view.image:
            yield scale(view, width, None if self.shaded else heat_of(view, self.app))

    def _index(self, view: PictureView) -> Content:
        """Which of the matrices or images are shown."""
        if not view.counts:
            return Content()
        tiles = shown_tiles(view, self.ascii)
        rest = len(view.shape) - len(view.counts) + bool(tiles)
        return self._slices.written(", ".join([":"] * rest), self.ascii, tiles)


def _joined(*parts: Content) -> Content:
    return Content("  ").join(part for part in parts if part)


def heat_of(view: PictureView, app: App[Any]) -> tuple[Color, ...]:
    """The colours of a heatmap's levels, from the lowest."""
    between = heat.stops(app.theme_variables, diverging=view.diverging)
    return heat.colours(between, Depth.of(app))


def scale(view: PictureView, width: int, colours: Sequence[Color] | None) -> Content:
    """The legend of the colours or shades: `-2.1 ░▒▓█ 2.1`; a diverging scale has 0 in its middle.

    Args:
        colours: Those of the levels; None for shades.
    """
    if view.low is None or view.high is None:
        return Content.styled("no finite element", MUTED)
    low, high = numbers.rounded(view.low), numbers.rounded(view.high)
    bar = Content("")
    length = max(min(_SCALE_WIDTH, width - len(low) - len(high) - 2), 4)
    for at in range(length):
        level = 1 + round(at / (length - 1) * 254)
        bar += Content(shade(level)) if colours is None else Content.styled("█", colours[level - 1].hex)
    line = Content.assemble((low, MUTED), " ", bar, " ", (high, MUTED))
    if view.diverging:
        line += Content.styled(", 0 in the middle", MUTED) if width - line.cell_length > 17 else Content("")
    return line


def _against(ground: Color) -> RichColor:
    """Black or white, whichever is seen better on a ground."""
    return max((BLACK, WHITE), key=lambda colour: contrast(colour, ground)).rich_color


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
        return self._ascii or not Depth.of(self.app).shows_pictures

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
        pixels = pixels_of(view, width, height)
        return self._in_shades(pixels, view) if self._shaded else self._coloured(pixels, view)

    def _in_shades(self, pixels: Pixels, view: PictureView) -> list[Strip]:
        def mark(pixel: int | None) -> str:
            if pixel is None:
                return " "
            return shade(1 + brightness(pixel) * 254 // 255) if view.image else shade(pixel)

        return [Strip([Segment("".join(mark(pixel) * 2 for pixel in row), self.rich_style)]) for row in pixels]

    def _coloured(self, pixels: Pixels, view: PictureView) -> list[Strip]:
        levels = heat_of(view, self.app)
        ground = self.rich_style.bgcolor
        colours: dict[int | None, RichColor | None] = {None: ground}

        def colour_of(pixel: int | None) -> RichColor | None:
            if pixel is not None and pixel not in colours:
                if view.image:
                    colours[pixel] = RichColor.from_rgb(pixel >> 16, pixel >> 8 & 255, pixel & 255)
                else:
                    colours[pixel] = levels[pixel - 1].rich_color
            return colours[pixel]

        def cell(top: int | None, bottom: int | None) -> Segment:
            if not view.image and 0 in (top, bottom):
                # Without a finite element: a cross, on the colour of the pixel that it shares its character with.
                other = top or bottom or None
                cross = _against(levels[other - 1]) if other else self.rich_style.color
                return Segment("×", Style(color=cross, bgcolor=colour_of(other), bold=True))
            if top is None:
                # The character's own colour is that of the lower half, since a background has no colour of its own.
                return Segment(" " if bottom is None else "▄", Style(color=colour_of(bottom), bgcolor=ground))
            return Segment("▀", Style(color=colour_of(top), bgcolor=colour_of(bottom)))

        below = [*pixels, [None] * len(pixels[0])]
        return [Strip(map(cell, pixels[y], below[y + 1])).simplify() for y in range(0, len(pixels), 2)]
