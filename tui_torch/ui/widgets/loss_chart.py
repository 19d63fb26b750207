"""The pane that draws the loss of a run while it runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from rich.segment import Segment
from rich.style import Style
from rich.text import Text
from textual.binding import Binding, BindingType
from textual.reactive import reactive
from textual.strip import Strip
from textual.widget import Widget

from tui_torch.tutor.curve import LossCurve
from tui_torch.tutor.plot import PlotStyles, caption, draw, takes_log

if TYPE_CHECKING:
    from textual import events

    from tui_torch.kernel.events import Outcome, TrainingProgress

INVITATION = "A loop that calls backward() draws its loss here."

BORDER_LABEL_MARGIN = 6
"""Cells of the border that its subtitle cannot have: at each end a corner, a stretch of line and a space."""


class LossChart(Widget, can_focus=True):
    """The loss of the current run, step by step, with its epochs.

    It is told what happens: `begin()` when a run starts, `extend()` for each progress event, `finish()` at the end.
    """

    HELP = """\
## Loss

Every `backward()` on a scalar adds a point. Where a column holds many steps, it reaches from their smallest loss to
their largest, so that no spike is lost. Dotted verticals are epochs: passes over a `DataLoader`. Where the loss stops
being a number, a flag says at which step.

`L` switches between a linear and a logarithmic axis.
"""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "loss-chart--curve",
        "loss-chart--axis",
        "loss-chart--epoch",
        "loss-chart--mark",
        "loss-chart--text",
        "loss-chart--empty",
    }

    DEFAULT_CSS = """
    LossChart {
        height: 1fr;
        min-height: 3;
        background: $background;
        color: $foreground;
        border: round $border-blurred;
        border-title-color: $text-muted;
        border-subtitle-color: $foreground;
        border-title-style: none;

        &:focus {
            border: round $border;
            border-title-color: $foreground;
        }
        &.-ascii {
            border: ascii $border-blurred;
        }
        &.-ascii:focus {
            border: ascii $border;
        }
        & > .loss-chart--curve {
            color: $text-primary;
        }
        & > .loss-chart--axis {
            color: $foreground 40%;
        }
        & > .loss-chart--epoch {
            color: $foreground 15%;
        }
        & > .loss-chart--mark {
            color: $text-error;
            text-style: bold;
        }
        & > .loss-chart--text {
            color: $foreground 70%;
        }
        & > .loss-chart--empty {
            color: $foreground 60%;
        }
        &:ansi > .loss-chart--axis, &:ansi > .loss-chart--epoch, &:ansi > .loss-chart--empty {
            text-style: dim;
        }
    }
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("L", "toggle_log", "Log scale", tooltip="Draw the loss on a logarithmic axis, or a linear one"),
    ]

    ALLOW_SELECT = False

    show_log: reactive[bool] = reactive(False)
    """Whether the loss axis is logarithmic. A loss of zero or less is then shown on a row of its own."""

    def __init__(
        self,
        *,
        ascii_only: bool = False,
        name: str | None = None,
        id: str | None = None,
        classes: str | None = None,
        disabled: bool = False,
    ) -> None:
        super().__init__(name=name, id=id, classes=classes, disabled=disabled)
        self._ascii_only = ascii_only
        self._curve = LossCurve()
        self._outcome: Outcome | None = None
        self._strips: list[Strip] | None = None
        self.set_class(ascii_only, "-ascii")
        self._redraw()

    @property
    def curve(self) -> LossCurve:
        """What is drawn: the losses since `begin()`."""
        return self._curve

    @property
    def has_loop(self) -> bool:
        """A single backward() is an example, not a loop: it has a value, and no curve."""
        return self._curve.count > 1

    def begin(self) -> None:
        """Forget the last run: a new one starts."""
        self._curve = LossCurve()
        self._outcome = None
        self._redraw()

    def extend(self, progress: TrainingProgress) -> None:
        """Add what the recorder saw."""
        self._curve.extend(progress)
        self._redraw()

    def finish(self, outcome: Outcome) -> None:
        """Say how the run ended; the curve stays."""
        self._outcome = outcome
        self._redraw()

    def action_toggle_log(self) -> None:
        """Switch between a linear and a logarithmic axis."""
        self.show_log = not self.show_log

    def watch_show_log(self) -> None:
        self._redraw()

    def notify_style_update(self) -> None:
        super().notify_style_update()
        self._strips = None

    def on_resize(self, event: events.Resize) -> None:
        self._redraw()

    def render_line(self, y: int) -> Strip:
        """One line of the chart; all of them are drawn once for each change."""
        if self._strips is None:
            self._strips = self._draw()
        return self._strips[y] if y < len(self._strips) else Strip.blank(self.size.width, self.rich_style)

    def _redraw(self) -> None:
        self._strips = None
        self.set_class(not self.has_loop, "-empty")
        self._tell()
        self.refresh()

    def _tell(self) -> None:
        """Write the title and the numbers into the border."""
        separator = ", " if self._ascii_only else " · "
        ended = self._outcome if self._outcome not in (None, "ok") and self.has_loop else None
        self.border_title = separator.join(filter(None, ("Loss", ended)))
        room = self.outer_size.width - BORDER_LABEL_MARGIN
        note = ""
        if self.show_log and self._curve.count:
            note = "log scale" if takes_log(self._curve) else "linear: no loss is above 0"
        self.border_subtitle = caption(self._curve, room, separator=separator, note=note) if self.has_loop else ""

    def _draw(self) -> list[Strip]:
        width, height = self.size
        if not self.has_loop:
            return self._invitation(width, height)
        styles = PlotStyles(
            curve=self.get_component_rich_style("loss-chart--curve"),
            axis=self.get_component_rich_style("loss-chart--axis"),
            epoch=self.get_component_rich_style("loss-chart--epoch"),
            mark=self.get_component_rich_style("loss-chart--mark"),
            text=self.get_component_rich_style("loss-chart--text"),
        )
        dots = "ascii" if self._ascii_only else "braille"
        lines = draw(self._curve, width, height, dots=dots, log=self.show_log, styles=styles)
        return [_strip(line) for line in lines]

    def _invitation(self, width: int, height: int) -> list[Strip]:
        """The sentence of the empty pane, in the middle of it."""
        style = self.get_component_rich_style("loss-chart--empty")
        lines = Text(INVITATION, style).wrap(self.app.console, max(1, width - 2))[: max(height, 1)]
        above = (height - len(lines)) // 2
        blank = Strip.blank(width, style)
        centred = [Strip([Segment(line.plain.strip().center(width), style)]) for line in lines]
        return [*[blank] * above, *centred, *[blank] * (height - above - len(lines))]


def _strip(line: Text) -> Strip:
    """A drawn line as Textual has it; its spans lie side by side, so that Rich need not work out what overlaps."""
    segments: list[Segment] = []
    for span in line.spans:
        assert isinstance(span.style, Style)
        segments.append(Segment(line.plain[span.start : span.end], span.style))
    return Strip(segments, line.cell_len)
