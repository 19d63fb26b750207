"""One value drawn over the whole screen: a curve, points, matrices with their numbers, or images."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container
from textual.content import Content
from textual.geometry import clamp
from textual.screen import ModalScreen
from textual.widgets import Static

from tui_torch.drawing.pictures.sentences import detail_sentence, reading_sentence, shown_tiles
from tui_torch.drawing.text import numbers
from tui_torch.protocol.orders import PICTURE_COLUMNS, PICTURE_ROWS, PlotKind, Request
from tui_torch.protocol.summaries import Summary
from tui_torch.protocol.views import PictureView, PlotView, View
from tui_torch.ui.charts.fit_chart import FitChart
from tui_torch.ui.colours.depth import Depth
from tui_torch.ui.common.key_bar import KeyBar
from tui_torch.ui.inspector.page import MUTED, WARNING
from tui_torch.ui.inspector.pages.picture import PixelGrid, heat_of, scale
from tui_torch.ui.inspector.pane import TensorInspector
from tui_torch.ui.inspector.slices import Slices
from tui_torch.ui.keys.declared import PLOT_SCREEN
from tui_torch.ui.screens.present_size import PresentSize

WAITING = "It is being read."

_AROUND = 4, 6
"""Columns and rows of the screen that are not for a picture: the border, what is said above it, and the keys."""


class PlotScreen(PresentSize, ModalScreen[None]):
    """Draws one value, as what suits it best or as what the learner chooses, and again when the value is read again.

    It says what it needs by a function, and is given the answers by `show()`.
    """

    BINDINGS: ClassVar[list[BindingType]] = PLOT_SCREEN.bindings()

    DEFAULT_CSS = """
    PlotScreen {
        & > #plot {
            border: round $border;
            border-title-color: $foreground;
            border-subtitle-color: $text-muted;
            background: $background;
            height: 1fr;
            padding: 0 1;
            layout: vertical;
        }
        &.-ascii > #plot { border: ascii $border; }
        & #plot-said { height: auto; max-height: 4; }
        & #plot-drawing { height: 1fr; layers: chart pixels; }
        & #plot-drawing > FitChart { layer: chart; width: 100%; height: 100%; border: none; visibility: hidden; }
        & #plot-drawing > PixelGrid { layer: pixels; width: 100%; height: 100%; visibility: hidden; }
        & #plot-drawing > .-drawn { visibility: visible; }
    }
    """

    def __init__(self, summary: Summary, ask: Callable[[Request], None], *, ascii_only: bool = False) -> None:
        """Show a value.

        Args:
            summary: The value.
            ask: Asks for a `PlotView`, which comes by `show()`.
            ascii_only: Use ASCII characters alone.
        """
        super().__init__(classes="-ascii" if ascii_only else None)
        self._summary = summary
        self._ask = ask
        self._ascii = ascii_only
        self._kind: PlotKind | None = None
        """What the learner chose to draw it as; None before they chose."""
        self._view: PlotView | None = None
        self._slices = Slices()
        self._said = Static(WAITING, id="plot-said", markup=False)
        self._drawing = Container(id="plot-drawing")
        self._chart = FitChart(ascii_only=ascii_only)
        self._pixels = PixelGrid(ascii_only)

    def compose(self) -> ComposeResult:
        with Container(id="plot"):
            yield self._said
            with self._drawing:
                yield self._chart
                yield self._pixels
        yield KeyBar()

    def on_mount(self) -> None:
        self._write_border()
        self._request()

    def on_resize(self, event: events.Resize) -> None:
        # A matrix may have room for its numbers now.
        if self._view is not None and self._view.kind in ("matrix", "images"):
            self._request()

    @property
    def has_other_kinds(self) -> bool:
        """Whether the value can be drawn as something else."""
        return self._view is not None and len(self._view.kinds) > 1

    @property
    def has_slices(self) -> bool:
        """Whether there are others than the matrices or images on show."""
        return self._slices.turning > 0

    @property
    def has_dimensions(self) -> bool:
        """Whether these are along several dimensions."""
        return self._slices.turning > 1

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return PLOT_SCREEN.works(action, self)

    def show(self, view: View) -> None:
        """Draw the value as it is now."""
        if not isinstance(view, PlotView) or not self.is_mounted:
            return
        self._view = view
        self._slices.stay(view.index, view.counts)
        self._draw(view)
        self._write_border()
        self.refresh_bindings()

    def say(self, sentence: str) -> None:
        """Say in place of a drawing why there is none."""
        if self.is_mounted:
            self._show_drawn(None)
            self._said.update(Content.styled(sentence, "$text-warning"))

    def wait(self, when: str) -> None:
        """Say when the value is read, unless it is drawn already."""
        if self.is_mounted and self._view is None:
            self._said.update(Content.styled(when, MUTED))

    def action_change(self, by: int) -> None:
        """Draw the value as the next kind that it can be, or the one before, round at the ends."""
        if self._view is None or self._view.kind is None:
            return
        kinds = self._view.kinds
        self._kind = kinds[(kinds.index(self._view.kind) + by) % len(kinds)]
        self._slices.begin(())
        self._request()

    def action_step(self, by: int) -> None:
        """Move along the chosen dimension."""
        if self._slices.step(by):
            self._request()

    def action_turn(self, by: int) -> None:
        """Choose another dimension to step along."""
        if self._slices.turn(by) and self._view is not None:
            self._said.update(Content("\n").join(self._lines(self._view)))

    @property
    def _is_shaded(self) -> bool:
        return self._ascii or not Depth.of(self.app).shows_pictures

    def _request(self) -> None:
        width, height = (max(side - around, 1) for side, around in zip(self.app.size, _AROUND, strict=True))
        across, down = (width // 2, height) if self._is_shaded else (width, 2 * height)
        self._ask(
            Request(
                "plot",
                self._summary.name,
                self._slices.index,
                height=clamp(down, 1, PICTURE_ROWS),
                width=clamp(across, 1, PICTURE_COLUMNS),
                kind=self._kind,
            )
        )

    def _draw(self, view: PlotView) -> None:
        if view.note is not None or view.kind is None:
            self.say(view.note or "It cannot be drawn.")
            return
        if view.plot is not None and view.plotted is not None:
            if view.plot != self._chart.plot:
                self._chart.begin(view.plot)
            self._chart.show(view.plotted)
            self._show_drawn(self._chart)
        elif view.picture is not None:
            self._pixels.show(view.picture if view.picture.rows else None)
            self._show_drawn(self._pixels)
        self._said.update(Content("\n").join(self._lines(view)))

    def _show_drawn(self, drawn: FitChart | PixelGrid | None) -> None:
        for widget in (self._chart, self._pixels):
            widget.set_class(widget is drawn, "-drawn")

    def _lines(self, view: PlotView) -> Iterator[Content]:
        """What is said above the drawing: which part is drawn, how much of it, and the scale of colours."""
        picture = view.picture
        tiles = "" if picture is None else shown_tiles(picture, self._ascii)
        parts: list[Content] = []
        if self.has_slices:
            rest = len(self._summary.shape or ()) - (len(view.counts) - bool(tiles))
            parts.append(self._slices.written(", ".join([":"] * max(rest, 1)), self._ascii, tiles))
        times = "x" if self._ascii else "×"
        first, *further = (view.said,) if picture is None else _said_of(picture, times)
        parts.append(Content.styled(first, MUTED))
        lines = (Content("  ").join(part for part in parts if part), *(Content.styled(one, MUTED) for one in further))
        yield from filter(None, lines)
        if picture is not None:
            yield from self._of_picture(picture)

    def _of_picture(self, picture: PictureView) -> Iterator[Content]:
        if picture.note:
            yield Content.styled(picture.note, MUTED)
        if picture.flawed:
            mark = "x" if self._is_shaded else "×"
            yield Content.styled(f"{numbers.counted(picture.flawed, 'element')} NaN or Inf ({mark})", WARNING)
        if not picture.image:
            yield scale(picture, self._drawing.size.width, None if self._is_shaded else heat_of(picture, self.app))

    def _write_border(self) -> None:
        frame = self.query_one("#plot")
        summary, view = self._summary, self._view
        separator = " - " if self._ascii else " · "
        shape = f" {list(summary.shape)}" if summary.shape is not None else ""
        frame.border_title = Content(f"{summary.name}{separator}{summary.dtype or summary.type}{shape}")
        before, after = ("<", ">") if self._ascii else ("‹", "›")
        kinds = view.kinds if view is not None else ()
        names = [f"{before}{kind}{after}" if view is not None and kind == view.kind else kind for kind in kinds]
        frame.border_subtitle = Content(separator.join(names) if len(names) > 1 else "".join(kinds))


def _said_of(picture: PictureView, times: str) -> tuple[str, str]:
    """What a picture takes the elements for, and how it is reduced."""
    # Other keys than those of the inspector's page go on to another reading.
    alone = replace(picture, readings=(picture.reading,))
    return reading_sentence(alone, "", times), detail_sentence(alone, times)


def open_plot(inspector: TensorInspector, summary: Summary, *, ascii_only: bool = False) -> None:
    """Draw a value of the tensors pane over the whole screen, and let the pane know of it until it is closed."""
    screen = PlotScreen(summary, inspector.ask_for_plot, ascii_only=ascii_only)
    inspector.follow_plot(screen)
    inspector.app.push_screen(screen, inspector.leave_plot)
