"""The pane that draws what a step's `plot:` names: points, and the line fitted to them."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from rich.style import Style
from textual.reactive import reactive
from textual.strip import Strip

from tui_torch.drawing.canvas.canvas import Dots
from tui_torch.drawing.charts.step_plot import COLOURS, StepPlotStyles, draw_plot
from tui_torch.ui.charts.drawn import DrawnWidget
from tui_torch.ui.charts.strips import centred, strip_of
from tui_torch.ui.colours.depth import Depth

if TYPE_CHECKING:
    from tui_torch.protocol.orders import Plot
    from tui_torch.protocol.plots.plotted import Plotted

_HEAT = 0.45
"""How much of a colour is in the ground of a matrix's largest cell, on which its number is still read."""
INVITATION = "Run the code: the points are drawn here, and the fit as it moves."

_TINT = 0.28
"""How much of a class's colour is in the ground of its part of the field."""


class FitChart(DrawnWidget):
    """What a step plots, such as points and the line fitted to them: `begin()` says what, and `show()` draws it."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "fit-chart--points",
        "fit-chart--fit",
        "fit-chart--axis",
        "fit-chart--text",
        "fit-chart--empty",
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

    dots: reactive[Dots] = reactive[Dots]("braille")
    """The characters to draw with; always `ascii` if the terminal has no Unicode."""

    def __init__(self, *, ascii_only: bool = False, id: str | None = None) -> None:
        super().__init__(id=id)
        self._ascii_only = ascii_only
        self._plot: Plot | None = None
        self._plotted: Plotted | None = None
        self.border_title = "Fit"
        self.set_class(ascii_only, "-ascii")
        self.redraw()

    def begin(self, plot: Plot | None) -> None:
        """Say what will be drawn; None hides the pane."""
        self._plot = plot
        self._plotted = None
        self.border_title = "Fit" if plot is None or plot.is_fit else _title(plot)
        self.redraw()

    def show(self, plotted: Plotted) -> None:
        """Draw what is plotted as it is now."""
        self._plotted = plotted
        self.redraw()

    def watch_dots(self) -> None:
        self.redraw()

    def redraw(self) -> None:
        self.set_class(self._plot is None, "-absent")
        self.set_class(self._plotted is None, "-empty")
        self.set_class(self._plot is not None and not self._plot.series, "-matrix")
        super().redraw()

    def _style(self, part: str) -> Style:
        return self.get_component_rich_style(f"fit-chart--{part}")

    def draw(self) -> list[Strip]:
        width, height = self.size
        plotted, plot = self._plotted, self._plot
        if plotted is None or plot is None or plotted.problem is not None:
            sentence = plotted.problem if plotted is not None and plotted.problem is not None else INVITATION
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
            tints=tints,
            heat=(self.background_colors[1].hex6, self._tints(_HEAT)[1]) if tints else None,
        )
        dots: Dots = "ascii" if self._ascii_only else self.dots
        return [strip_of(line) for line in draw_plot(plotted, plot, width, height, dots=dots, styles=styles)]

    def _tints(self, share: float) -> tuple[str, ...]:
        """The grounds of the classes: the pane's own, with a share of the class's colour."""
        ground = self.background_colors[1]
        colours = (self.get_visual_style(f"fit-chart--class{place}").foreground for place in range(COLOURS))
        if ground.ansi is not None:
            return ()
        return tuple(ground.blend(colour, share, 1).hex6 for colour in colours)


def _title(plot: Plot) -> str:
    if plot.matrix is not None:
        return "Confusion matrix" if plot.opens_cells else "Matrix"
    if plot.images is not None:
        return "Images"
    return "Plot" if plot.field is not None or any(series.line for series in plot.series) else "Points"
