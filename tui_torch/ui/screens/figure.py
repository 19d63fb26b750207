"""A figure over the whole screen."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any, ClassVar, Literal

from textual import events, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container
from textual.content import Content
from textual.screen import ModalScreen
from textual.strip import Strip
from textual.widget import Widget

from tui_torch.drawing.figures.blocks import cells_of
from tui_torch.drawing.figures.picture import UnreadablePictureError, as_png, read_picture
from tui_torch.drawing.figures.unasked import unasked
from tui_torch.tutor.config import FigureGraphics
from tui_torch.ui.common.inline_markdown import with_code
from tui_torch.ui.common.key_bar import KeyBar
from tui_torch.ui.keys.declared import FIGURE_SCREEN
from tui_torch.ui.pictures import save_figure, saved_as
from tui_torch.ui.screens.present_size import PresentSize
from tui_torch.ui.shown_figure import ShownFigure, within

GRAPHICS_PIXELS = 2048
"""Maximum width and height in pixels of a picture that is sent to the terminal."""


class FigureView(Widget):
    """One figure in characters, as large as there is room for."""

    DEFAULT_CSS = """
    FigureView { width: 1fr; height: 1fr; background: $background; }
    """

    def __init__(self, figure: ShownFigure, *, colourless: bool) -> None:
        super().__init__()
        self._figure = figure
        self._colourless = colourless

    def render_line(self, y: int) -> Strip:
        """A row of the figure, in the middle of the room."""
        width, height = self.size
        cells = cells_of(self._figure.picture, width, height, enlarged=True)
        strips = self._figure.strips(*cells, colourless=self._colourless)
        at = y - (height - len(strips)) // 2
        ground = self.rich_style
        if not 0 <= at < len(strips):
            return Strip.blank(width, ground)
        strip = strips[at]
        margin = (width - strip.cell_length) // 2
        return within(Strip([*Strip.blank(margin, ground), *strip], margin + strip.cell_length), ground, width)


class FigureGraphicsView(Container):
    """One figure by a protocol of the terminal for pictures."""

    DEFAULT_CSS = """
    FigureGraphicsView { align: center middle; }
    """

    def __init__(self, figure: ShownFigure, graphics: Literal["kitty", "sixel"]) -> None:
        super().__init__()
        self._picture = read_picture(figure.image, GRAPHICS_PIXELS)
        with unasked():
            from textual_image.widget import SixelImage, TGPImage
        # It has to be drawn outside that block: one of the two writes to standard output.
        self._image: Any = (TGPImage if graphics == "kitty" else SixelImage)(self._picture.image)

    def compose(self) -> ComposeResult:
        yield self._image

    def on_resize(self, event: events.Resize) -> None:
        self._image.styles.width, self._image.styles.height = cells_of(
            self._picture, event.size.width, event.size.height, enlarged=True
        )

    def on_unmount(self) -> None:
        # The terminal keeps a picture until it is told otherwise.
        self._image.image = None


class FigureScreen(PresentSize, ModalScreen[None]):
    """Shows a figure of a run, and the others of the same run by keys."""

    BINDINGS: ClassVar[list[BindingType]] = FIGURE_SCREEN.bindings()

    DEFAULT_CSS = """
    FigureScreen {
        & > #figure {
            border: round $border;
            border-title-color: $foreground;
            border-subtitle-color: $text-muted;
            background: $background;
            height: 1fr;
        }
    }
    """

    def __init__(
        self, figures: Sequence[ShownFigure], at: int, graphics: FigureGraphics | Literal["dots"] = "blocks"
    ) -> None:
        """Show a figure.

        Args:
            figures: The figures of the run, oldest first; at least one.
            at: The index of the one that is shown first.
            graphics: How it is drawn; dots are for a terminal that has no colours.
        """
        super().__init__()
        self._figures = figures
        self._at = at
        self._graphics = graphics
        self._said = ""
        """Where the figure on show was saved, if it was."""

    @property
    def has_others(self) -> bool:
        """Whether the run has drawn other figures, too."""
        return len(self._figures) > 1

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return FIGURE_SCREEN.works(action, self)

    def compose(self) -> ComposeResult:
        with Container(id="figure"):
            yield self._view()
        yield KeyBar()

    def _view(self) -> Widget:
        figure, graphics = self._figures[self._at], self._graphics
        if graphics == "kitty" or graphics == "sixel":
            return FigureGraphicsView(figure, graphics)
        return FigureView(figure, colourless=graphics == "dots")

    def on_mount(self) -> None:
        self._say()

    def _say(self, saved: str = "") -> None:
        self._said = saved
        frame = self.query_one("#figure")
        figure = self._figures[self._at]
        which = f" ({self._at + 1} of {len(self._figures)})" if self.has_others else ""
        frame.border_title = Content(f"{figure.title.capitalize()}{which}")
        frame.border_subtitle = with_code(saved)

    def follow(self, figures: Sequence[ShownFigure]) -> None:
        """Go on with these figures: the one on show, or what was drawn in its place since; at least one."""
        # Not at once: a key may be taking away the view of the one before.
        self.call_later(self._go_on_with, figures)

    async def _go_on_with(self, figures: Sequence[ShownFigure]) -> None:
        shown = self._figures[self._at]
        self._figures = figures
        self._at = figures.index(shown) if shown in figures else min(self._at, len(figures) - 1)
        if figures[self._at] is shown:
            self._say(self._said)
        else:
            await self._draw()
        self.refresh_bindings()

    async def action_go(self, by: int) -> None:
        """Show the next figure, or the one before; after the last, the first."""
        self._at = (self._at + by) % len(self._figures)
        await self._draw()

    async def _draw(self) -> None:
        frame = self.query_one("#figure", Container)
        async with self.batch():
            await frame.remove_children()
            await frame.mount(self._view())
        self._say()

    @work(exclusive=True)
    async def action_save(self) -> None:
        """Save the figure in the current folder, as it was drawn."""
        try:
            png = await asyncio.to_thread(as_png, self._figures[self._at].image)
            said = saved_as(save_figure(png))
        except UnreadablePictureError as error:
            said = str(error)
        except OSError as error:
            said = f"It cannot be saved in the current folder ({error.strerror})"
        self._say(said)
