"""The pane that draws what a step's `plot:` names: points, and the line fitted to them."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from rich.style import Style
from textual.reactive import reactive
from textual.strip import Strip

from tui_torch.drawing.canvas.canvas import Dots
from tui_torch.drawing.charts.fit_plot import FitNames, FitStyles, draw_fit
from tui_torch.ui.charts.drawn import DrawnWidget
from tui_torch.ui.charts.strips import centred, strip_of

if TYPE_CHECKING:
    from tui_torch.protocol.events import Fitted

INVITATION = "Run the code: the points are drawn here, and the fit as it moves."


class FitChart(DrawnWidget):
    """Points and the line fitted to them: `begin()` names them, and `show()` draws their current values."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "fit-chart--points",
        "fit-chart--fit",
        "fit-chart--axis",
        "fit-chart--text",
        "fit-chart--empty",
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
        self._names: FitNames | None = None
        self._fitted: Fitted | None = None
        self.border_title = "Fit"
        self.set_class(ascii_only, "-ascii")
        self.redraw()

    def begin(self, names: FitNames | None) -> None:
        """Name what will be drawn; None hides the pane."""
        self._names = names
        self._fitted = None
        self.border_title = "Points" if names is not None and names.fit is None else "Fit"
        self.redraw()

    def show(self, fitted: Fitted) -> None:
        """Draw the current points and fit."""
        self._fitted = fitted
        self.redraw()

    def watch_dots(self) -> None:
        self.redraw()

    def redraw(self) -> None:
        self.set_class(self._names is None, "-absent")
        self.set_class(self._fitted is None, "-empty")
        super().redraw()

    def _style(self, part: str) -> Style:
        return self.get_component_rich_style(f"fit-chart--{part}")

    def draw(self) -> list[Strip]:
        width, height = self.size
        fitted, names = self._fitted, self._names
        if fitted is None or names is None or fitted.problem is not None:
            sentence = fitted.problem if fitted is not None and fitted.problem is not None else INVITATION
            return centred(sentence, width, height, self._style("empty"), self.app.console)
        styles = FitStyles(
            points=self._style("points"), fit=self._style("fit"), axis=self._style("axis"), text=self._style("text")
        )
        dots: Dots = "ascii" if self._ascii_only else self.dots
        return [strip_of(line) for line in draw_fit(fitted, names, width, height, dots=dots, styles=styles)]
