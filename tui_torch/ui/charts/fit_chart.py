"""The pane that draws what a step's `plot:` names: points, and the line fitted to them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, ClassVar

from rich.style import Style
from rich.text import Text
from textual.binding import BindingType
from textual.message import Message
from textual.reactive import reactive
from textual.strip import Strip

from tui_torch.drawing.canvas.canvas import Dots
from tui_torch.drawing.charts.matrices.confusion_matrix import draw_confusion, draw_items
from tui_torch.drawing.charts.matrices.labelled_matrix import TALLEST
from tui_torch.drawing.charts.step_plot import COLOURS, StepPlotStyles, draw_plot
from tui_torch.ui.charts.confusion_cells import ConfusionCells
from tui_torch.ui.charts.drawn import DrawnWidget
from tui_torch.ui.charts.strips import centred, strip_of
from tui_torch.ui.colours.depth import Depth
from tui_torch.ui.keys.bound import keys_of
from tui_torch.ui.keys.declared import MATRIX

if TYPE_CHECKING:
    from tui_torch.protocol.orders import Plot, Request
    from tui_torch.protocol.plots.plotted import Plotted
    from tui_torch.protocol.views import View

_HEAT = 0.45
"""How much of a colour is in the ground of a matrix's largest cell, on which its number is still read."""
_COLUMN = re.compile(r"\[:, \d+\]$")
MIN_ROWS = 8
"""Rows that it has in any case, with its frame."""
INVITATION = "Run the code: the points are drawn here, and the fit as it moves."

_TINT = 0.28
"""How much of a class's colour is in the ground of its part of the field."""


IMAGES_INVITATION = "Run the code: its images are drawn here."
MATRIX_INVITATION = "Run the code: its matrix is drawn here."


class FitChart(DrawnWidget, can_focus=True):
    """What a step plots, such as points and the line fitted to them: `begin()` says what, and `show()` draws it."""

    BINDINGS: ClassVar[list[BindingType]] = MATRIX.bindings()

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "fit-chart--points",
        "fit-chart--fit",
        "fit-chart--axis",
        "fit-chart--text",
        "fit-chart--empty",
        "fit-chart--wrong",
        "fit-chart--cursor",
        "fit-chart--class0",
        "fit-chart--class1",
        "fit-chart--class2",
        "fit-chart--class3",
        "fit-chart--class4",
        "fit-chart--class5",
    }

    DEFAULT_CSS = """
    FitChart {
        height: 1fr;
        min-height: 3;
        background: $background;
        color: $foreground;
        border: round $border-blurred;
        border-title-color: $text-muted;
        border-title-style: none;

        &.-absent {
            display: none;
        }
        &.-ascii {
            border: ascii $border-blurred;
        }
        &:focus {
            border: round $border;
            border-title-color: $foreground;
        }
        &.-ascii:focus {
            border: ascii $border;
        }
        & > .fit-chart--wrong {
            color: $text-error;
            text-style: bold;
        }
        & > .fit-chart--cursor {
            text-style: bold reverse;
        }
        & > .fit-chart--points {
            color: $text-warning;
        }
        & > .fit-chart--fit {
            color: $text-primary;
        }
        & > .fit-chart--class0 {
            color: $text-warning;
        }
        & > .fit-chart--class1 {
            color: $text-primary;
        }
        & > .fit-chart--class2 {
            color: $text-error;
        }
        & > .fit-chart--class3 {
            color: $text-success;
        }
        & > .fit-chart--class4 {
            color: $text-accent;
        }
        & > .fit-chart--class5 {
            color: $text-secondary;
        }
        & > .fit-chart--axis {
            color: $text-muted;
        }
        & > .fit-chart--text {
            color: $text-muted;
        }
        & > .fit-chart--empty {
            color: $text-muted;
        }
        &:ansi > .fit-chart--axis, &:ansi > .fit-chart--empty {
            text-style: dim;
        }
    }
    """

    class CellOpened(Message):
        """The images of a cell of the confusion matrix are wanted: `answer()` takes what the request is answered by."""

        def __init__(self, request: Request) -> None:
            super().__init__()
            self.request = request

    dots: reactive[Dots] = reactive[Dots]("braille")
    """The characters to draw with; always `ascii` if the terminal has no Unicode."""

    def __init__(self, *, ascii_only: bool = False, id: str | None = None) -> None:
        super().__init__(id=id)
        self._ascii_only = ascii_only
        self._plot: Plot | None = None
        self._plotted: Plotted | None = None
        self._cells: ConfusionCells | None = None
        """Those of a confusion matrix; None for another plot."""
        self.can_focus = False
        self.border_title = "Fit"
        self.set_class(ascii_only, "-ascii")
        self.redraw()

    @property
    def plot(self) -> Plot | None:
        """What is drawn."""
        return self._plot

    def begin(self, plot: Plot | None) -> None:
        """Say what will be drawn; None hides the pane."""
        self._plot = plot
        self._plotted = None
        self._cells = ConfusionCells(plot) if plot is not None and plot.opens_cells else None
        # Nothing else here has keys.
        self.can_focus = self._cells is not None
        self.border_title = "Fit" if plot is None or plot.is_fit else _title(plot)
        self.redraw()

    def show(self, plotted: Plotted) -> None:
        """Draw what is plotted as it is now."""
        had_cells, self._plotted = self.chooses_cell, plotted
        if self._cells is not None and plotted.matrices:
            self._cells.follow(plotted.matrices[0])
            self._ask_for_cell()
        self.redraw()
        if had_cells is not self.chooses_cell:
            self.refresh_bindings()

    # The cells of a confusion matrix

    @property
    def chooses_cell(self) -> bool:
        """Whether there are cells to choose from."""
        has_matrix = self._plotted is not None and bool(self._plotted.matrices)
        return has_matrix and self._cells is not None and not self._cells.is_open

    @property
    def shows_cell(self) -> bool:
        """Whether the images of a cell are shown."""
        return self._cells is not None and self._cells.is_open

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return MATRIX.works(action, self)

    def action_choose_cell(self, down: int, right: int) -> None:
        if self._cells is not None:
            self._cells.choose(down, right)
            self.redraw()

    def action_open_cell(self) -> None:
        if self._cells is not None:
            self._cells.open()
            self._ask_for_cell()
            self._show_cell_or_matrix()

    def action_leave_cell(self) -> None:
        if self._cells is not None:
            self._cells.leave()
            self._show_cell_or_matrix()

    def answer(self, request: Request, view: View | None) -> None:
        """Show what a request of `CellOpened` was answered by; None if the kernel had no answer."""
        if self._cells is not None:
            self._cells.answer(request, view)
            self.redraw()

    def _ask_for_cell(self) -> None:
        if self._cells is not None and (request := self._cells.request()) is not None:
            self.post_message(self.CellOpened(request))

    def _show_cell_or_matrix(self) -> None:
        self.redraw()
        self.refresh_bindings()

    def on_focus(self) -> None:
        self.redraw()

    def on_blur(self) -> None:
        self.redraw()

    def watch_dots(self) -> None:
        self.redraw()

    def redraw(self) -> None:
        self.set_class(self._plot is None, "-absent")
        self.set_class(self._plotted is None, "-empty")
        self.set_class(self._plot is not None and not self._plot.series, "-matrix")
        self.set_class(self._plot is not None and _shows_places(self._plot), "-places")
        self.styles.max_height = self._most_rows()
        super().redraw()

    def _most_rows(self) -> int | None:
        """Rows of a matrix with its edges and its frame, beyond which there would be blank ones; else None."""
        if self._plotted is None or self._plot is None or len(self._plotted.matrices) != 1:
            return None
        if self._plot.opens_cells:  # whose images have the rest
            return None
        [matrix] = self._plotted.matrices
        longest, edge = (max(map(len, labels), default=1) for labels in (matrix.columns, matrix.rows))
        # Labels that have no room beside each other are written downwards.
        is_wide = (longest + 1) * len(matrix.columns) <= self.size.width - edge - 1
        labels = 1 if is_wide else min(longest, TALLEST)
        return max(len(matrix.rows) + labels + bool(matrix.title) + 2, MIN_ROWS)

    def _style(self, part: str) -> Style:
        return self.get_component_rich_style(f"fit-chart--{part}")

    def draw(self) -> list[Strip]:
        width, height = self.size
        plotted, plot = self._plotted, self._plot
        if plotted is None or plot is None or plotted.problem is not None:
            sentence = (plotted.problem if plotted is not None else None) or _invitation(plot)
            return centred(sentence, width, height, self._style("empty"), self.app.console)
        has_tints = not self._ascii_only and Depth.of(self.app).shows_pictures
        tints = self._tints(_TINT) if has_tints else ()
        classes = tuple(self._style(f"class{place}") for place in range(COLOURS))
        styles = StepPlotStyles(
            points=self._style("points"),
            fit=self._style("fit"),
            axis=self._style("axis"),
            text=self._style("text"),
            classes=classes,
            wrong=self._style("wrong"),
            cursor=self._style("cursor"),
            tints=tints,
            heat=(self.background_colors[1].hex6, self._tints(_HEAT)[1]) if tints else None,
        )
        dots: Dots = "ascii" if self._ascii_only else self.dots
        if self._cells is not None and plotted.matrices and (self._cells.is_open or self.has_focus):
            return [strip_of(line) for line in self._draw_cells(self._cells, plotted, styles)]
        return [strip_of(line) for line in draw_plot(plotted, plot, width, height, dots=dots, styles=styles)]

    def _draw_cells(self, cells: ConfusionCells, plotted: Plotted, styles: StepPlotStyles) -> tuple[Text, ...]:
        """The images of the open cell, or the matrix with the chosen one."""
        parts, heat = styles.by_part(), styles.heat
        if cells.is_open:
            return draw_items(cells.images, cells.sentence, *self.size, parts, heat, ascii_only=self._ascii_only)
        below = plotted.cell_problem or f"{cells.choice}; {keys_of(self.app).plain('matrix.open')} shows them"
        matrix, at = plotted.matrices[0], cells.cell
        return draw_confusion(matrix, *self.size, parts, heat, ascii_only=self._ascii_only, cell=at, below=below)

    def _tints(self, share: float) -> tuple[str, ...]:
        """The grounds of the classes: the pane's own, with a share of the class's colour."""
        ground = self.background_colors[1]
        colours = (self.get_visual_style(f"fit-chart--class{place}").foreground for place in range(COLOURS))
        if ground.ansi is not None:
            return ()
        return tuple(ground.blend(colour, share, 1).hex6 for colour in colours)


def _shows_places(plot: Plot) -> bool:
    """Whether a plot shows what is where in a plane, for which it needs rows: borders, classes, words or columns."""
    return plot.field is not None or any(
        series.by or series.words or (_COLUMN.search(series.x) and not series.fit) for series in plot.series
    )


def _title(plot: Plot) -> str:
    if plot.matrix is not None:
        return "Confusion matrix" if plot.opens_cells else "Matrix"
    if plot.images is not None:
        return "Images"
    return "Plot" if plot.field is not None or any(series.line for series in plot.series) else "Points"


def _invitation(plot: Plot | None) -> str:
    if plot is not None and plot.matrix is not None:
        return MATRIX_INVITATION
    return IMAGES_INVITATION if plot is not None and plot.images is not None else INVITATION
