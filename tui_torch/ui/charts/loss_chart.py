"""The pane that draws the loss of the current run as it grows, and earlier runs of the same step behind it."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from rich.style import Style
from textual.binding import BindingType
from textual.content import Content
from textual.message import Message
from textual.reactive import reactive
from textual.strip import Strip

from tui_torch.drawing.canvas.canvas import ALL_DOTS, PATTERNS, Dots
from tui_torch.drawing.charts.captions import at_cursor, caption
from tui_torch.drawing.charts.curve import SMOOTHINGS
from tui_torch.drawing.charts.loss_plot import (
    PlotSettings,
    PlotStyles,
    draw_runs,
    resolution,
    step_at,
    step_range,
    takes_log,
)
from tui_torch.drawing.charts.run_history import RunHistory
from tui_torch.drawing.charts.sampled_text import draw_text, text_rows
from tui_torch.drawing.charts.training_run import CHART_KINDS
from tui_torch.drawing.charts.value_axis import asks_for_log
from tui_torch.drawing.charts.zoom import MINIMUM_LENGTH, StepRange, StepWindow
from tui_torch.protocol.events import SeriesKind
from tui_torch.ui.charts.drawn import DrawnWidget
from tui_torch.ui.charts.strips import centred, strip_of
from tui_torch.ui.common.border_labels import label_border
from tui_torch.ui.common.help_of_keys import HelpOfKeys
from tui_torch.ui.keys.bound import table_by_name
from tui_torch.ui.keys.declared import CHART

if TYPE_CHECKING:
    from textual import events

    from tui_torch.drawing.charts.training_run import TrainingRun
    from tui_torch.protocol.events import Outcome, TrainingProgress
    from tui_torch.protocol.plots.sampled_texts import SampledText

INVITATION = "A loop that calls backward() draws its loss here."

BORDER_LABEL_MARGIN = 6
"""Cells of the border that its subtitle cannot use: at each end a corner, a stretch of line and a space."""

FALLING: tuple[SeriesKind, ...] = ("loss", "gradient norm")
"""What falls by orders of magnitude, so that its range may ask for a logarithmic axis."""

ZOOM_FACTOR = 0.5
"""The share of the steps in sight that zooming in once leaves."""


class LossChart(HelpOfKeys, DrawnWidget, can_focus=True):
    """The curves of the current run with its epochs, and earlier runs dimmer behind them.

    `begin()` starts a run, `extend()` adds a progress event, `finish()` ends the run, and `clear()` forgets all runs.
    """

    HELP_OF_KEYS = f"""\
## Loss

Every `backward()` on a scalar adds a point. Where a column holds many steps, it reaches from their smallest loss to
their largest, so that no spike is lost. Dotted verticals are epochs: passes over a `DataLoader`. Where the loss stops
being a number, a flag says at which step. The axis is logarithmic by itself where most of a curve would else lie on its
foot; {{chart.log}} switches it. Several losses, and what was logged, share the chart; a legend names them. An accuracy
or another score that is logged has the axis at the right, which an arrow in the legend points to.

What the function of the training's loss computes under `no_grad()` or `inference_mode()`, of other data, is the loss of
validation, which is drawn dimmer: the mean of each pass, at the step after which it was computed.

Where no code calls `backward()`, the losses are those that `torch.autograd.grad()` is called with, and the values that
functions of `torch.func.grad_and_value()` return.

Run the step again with other code, and the earlier runs stay, dimmer, named by what differs in the code. They make the
axes longer within reason: of one that diverged, or was much longer, a part is shown.

With the focus here ({{chart}}):

{table_by_name(CHART)}
"""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        *(f"loss-chart--curve-{number}" for number in range(len(PATTERNS))),
        "loss-chart--validation",
        "loss-chart--earlier",
        "loss-chart--raw",
        "loss-chart--axis",
        "loss-chart--epoch",
        "loss-chart--mark",
        "loss-chart--cursor",
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
        & > .loss-chart--curve-0 {
            color: $text-primary;
        }
        & > .loss-chart--curve-1 {
            color: $text-warning;
        }
        & > .loss-chart--curve-2 {
            color: $text-success;
        }
        & > .loss-chart--curve-3 {
            color: $text-secondary;
        }
        & > .loss-chart--curve-4 {
            color: $text-error;
        }
        & > .loss-chart--curve-5 {
            color: $text-accent;
        }
        & > .loss-chart--validation {
            color: $validation-line;
        }
        & > .loss-chart--earlier, & > .loss-chart--raw {
            color: $line;
        }
        & > .loss-chart--axis {
            color: $text-muted;
        }
        & > .loss-chart--epoch {
            color: $faint-line;
        }
        & > .loss-chart--mark {
            color: $text-error;
            text-style: bold;
        }
        & > .loss-chart--cursor {
            color: $foreground;
            text-style: bold;
        }
        & > .loss-chart--text {
            color: $text-muted;
        }
        & > .loss-chart--empty {
            color: $text-muted;
        }
        &:ansi > .loss-chart--axis, &:ansi > .loss-chart--epoch, &:ansi > .loss-chart--empty,
        &:ansi > .loss-chart--earlier, &:ansi > .loss-chart--raw, &:ansi > .loss-chart--validation {
            text-style: dim;
        }
    }
    """

    BINDINGS: ClassVar[list[BindingType]] = CHART.bindings()

    show_log: reactive[bool | None] = reactive[bool | None](None)
    """Whether the learner wants the value axis logarithmic; values of 0 and less are then shown on a row of their own.

    None: it is where the range of a run's values asks for it.
    """
    smoothing: reactive[int | None] = reactive[int | None](None)
    """The index in curve.SMOOTHINGS of the average that is drawn; None for the raw values."""
    shown: reactive[SeriesKind] = reactive[SeriesKind]("loss")
    """What to show; runs without such a series show the loss."""
    cursor: reactive[int | None] = reactive[int | None](None)
    """The step at the cursor; None without a cursor."""
    window: reactive[StepWindow] = reactive(StepWindow())
    """The steps in sight."""
    dots: reactive[Dots] = reactive[Dots]("braille")
    """The characters to draw with; always `ascii` if the terminal has no Unicode."""

    class EarlierForgotten(Message):
        """The learner wants no earlier runs behind the current one."""

    class DotsChosen(Message):
        """The learner chose the characters to draw with."""

        def __init__(self, dots: Dots) -> None:
            super().__init__()
            self.dots: Dots = dots

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
        self._runs = RunHistory()
        self._asking_for_log: set[SeriesKind] = set()
        """What of the current run a linear axis would hide. It stays: an axis that goes to and fro is worse."""
        self.set_class(ascii_only, "-ascii")
        self.redraw()

    @property
    def run(self) -> TrainingRun:
        """The run since `begin()`, which is drawn in front."""
        return self._runs.current

    @property
    def runs(self) -> RunHistory:
        """The current run and the earlier ones."""
        return self._runs

    @property
    def has_loop(self) -> bool:
        """Whether the current run has a curve."""
        return self.run.has_loop

    def begin(self, code: str) -> None:
        """Start a run of this code, with the one before it behind."""
        self._runs.begin(code)
        self._asking_for_log.clear()
        self.set_reactive(LossChart.cursor, None)
        self.set_reactive(LossChart.window, StepWindow())
        self._redraw_unless_empty()

    def clear(self) -> None:
        """Forget every run, and how they were looked at: another step is shown."""
        self._runs = RunHistory()
        self.set_reactive(LossChart.smoothing, None)
        self.set_reactive(LossChart.show_log, None)
        self.set_reactive(LossChart.shown, "loss")
        self.begin("")

    def show(self, runs: RunHistory) -> None:
        """Show runs that are over."""
        self._runs = runs
        self._asking_for_log = {kind for kind in FALLING if asks_for_log(self.run.of(kind))}
        self.redraw()

    def follow(self, runs: RunHistory) -> None:
        """Show the same run as it is now, seen as before."""
        self._runs = runs
        self._asking_for_log |= {kind for kind in FALLING if asks_for_log(self.run.of(kind))}
        self.redraw()

    def extend(self, progress: TrainingProgress) -> None:
        """Add what the recorder saw since the last event."""
        self.run.extend(progress)
        self._asking_for_log |= {kind for kind in FALLING if asks_for_log(self.run.of(kind))}
        self.redraw()

    def show_texts(self, texts: tuple[SampledText, ...]) -> None:
        """Show below the curve what the run has written."""
        self.run.texts = texts
        self.redraw()

    def finish(self, outcome: Outcome) -> None:
        """Show how the run ended; the curves stay."""
        self._runs.outcome = outcome
        self._redraw_unless_empty()

    # Keys

    def action_toggle_log(self) -> None:
        """Switch between a linear and a logarithmic axis."""
        self.show_log = not self.is_log

    def action_smooth(self) -> None:
        """Show the next moving average; after the last one, the raw values."""
        following = 0 if self.smoothing is None else self.smoothing + 1
        self.smoothing = following if following < len(SMOOTHINGS) else None

    def action_show_next(self) -> None:
        """Show the next kind of series that the runs have."""
        kinds = self._kinds()
        self.shown = kinds[(kinds.index(self._kind()) + 1) % len(kinds)]

    def action_forget(self) -> None:
        """Remove the earlier runs from the chart."""
        self._runs.forget_earlier()
        self.redraw()
        self.screen.refresh_bindings()
        self.post_message(self.EarlierForgotten())

    def action_zoom(self, direction: int) -> None:
        """Zoom in (1) or out (-1), around the cursor if there is one."""
        factor = ZOOM_FACTOR if direction > 0 else 1 / ZOOM_FACTOR
        least = max(MINIMUM_LENGTH, 8 * resolution(self._runs, self._kind()))
        self.window = self.window.zoomed(factor, self._step_range(), about=self.cursor, least=least)

    def action_show_all(self) -> None:
        """Show every step."""
        self.window = StepWindow()

    def action_pan(self, direction: int) -> None:
        """Move by half a window, later (1) or earlier (-1)."""
        self.window = self.window.panned(direction * 0.5, self._step_range())

    def action_move(self, by: int) -> None:
        """Move the cursor by columns; it first appears at the newest step in sight."""
        if not self.has_curves:
            return
        whole = self._step_range()
        now = self.window.on(whole)
        if self.cursor is None:
            self.cursor = int(now.last)
            return
        per_column = max(1, round(now.length / max(1, self.size.width)))
        self.cursor = int(min(max(self.cursor + by * per_column, whole.first), whole.last))
        self.window = self.window.holding(self.cursor, whole)

    def action_drop_cursor(self) -> None:
        """Remove the cursor."""
        self.cursor = None

    def action_next_dots(self) -> None:
        """Draw with the next kind of characters."""
        self.dots = ALL_DOTS[(ALL_DOTS.index(self.dots) + 1) % len(ALL_DOTS)]
        self.post_message(self.DotsChosen(self.dots))

    @property
    def is_log(self) -> bool:
        """Whether the value axis is to be logarithmic: by the learner's choice, or because the range asks for it."""
        return self._kind() in self._asking_for_log if self.show_log is None else self.show_log

    @property
    def has_cursor(self) -> bool:
        """Whether a cursor reads the values."""
        return self.cursor is not None

    @property
    def has_earlier_runs(self) -> bool:
        """Whether runs before the current one are drawn."""
        return bool(self._runs.earlier)

    @property
    def has_other_views(self) -> bool:
        """Whether there is a gradient norm or a learning rate to show besides the loss."""
        return len(self._kinds()) > 1

    @property
    def is_zoomed(self) -> bool:
        """Whether a part of the steps is shown."""
        return self.window != StepWindow()

    @property
    def has_other_dots(self) -> bool:
        """Whether curves can be drawn with other characters."""
        return not self._ascii_only

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return CHART.works(action, self)

    def on_click(self, event: events.Click) -> None:
        """Put the cursor at the mouse."""
        if not self.has_curves:
            return
        offset = event.get_content_offset(self)
        width, height = self.size
        height -= text_rows(self.run.texts, height)
        step = step_at(self._runs, width, height, offset.x, settings=self._settings()) if offset is not None else None
        if step is not None:
            self.cursor = step

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        event.stop()
        self.action_zoom(1)

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        event.stop()
        self.action_zoom(-1)

    # Drawing

    def watch_show_log(self) -> None:
        self.redraw()

    def watch_smoothing(self) -> None:
        self.redraw()

    def watch_shown(self) -> None:
        self.redraw()

    def watch_cursor(self, before: int | None, now: int | None) -> None:
        self.redraw()
        if (before is None) is not (now is None):
            self.refresh_bindings()

    def watch_window(self, before: StepWindow, now: StepWindow) -> None:
        self.redraw()
        if StepWindow() in (before, now):
            self.refresh_bindings()

    def watch_dots(self) -> None:
        self.redraw()

    @property
    def has_curves(self) -> bool:
        """Whether a run is drawn, the current one or an earlier one."""
        return self.has_loop or bool(self._runs.earlier)

    def _kinds(self) -> list[SeriesKind]:
        """The kinds of series that the runs have; always the loss."""
        runs = [self.run, *(earlier.run for earlier in self._runs.earlier)]
        return [kind for kind in CHART_KINDS if kind == "loss" or any(run.of(kind) for run in runs)]

    def _kind(self) -> SeriesKind:
        return self.shown if self.shown in self._kinds() else "loss"

    def _step_range(self) -> StepRange:
        return step_range(self._runs, self._kind())

    def _settings(self) -> PlotSettings:
        dots: Dots = "ascii" if self._ascii_only else self.dots
        return PlotSettings(self._kind(), self.is_log, self.smoothing, self.window, self.cursor, dots)

    def _redraw_unless_empty(self) -> None:
        """Draw again what a run begins or ends with. A run without a loop has no chart, before and after."""
        if self.has_curves or not self.has_class("-empty"):
            self.redraw()
        else:
            self._write_border()

    def redraw(self) -> None:
        self.set_class(not self.has_curves, "-empty")
        self._write_border()
        super().redraw()

    def _write_border(self) -> None:
        """Write the title and the caption into the border."""
        shown = self._kind()
        separator = ", " if self._ascii_only else " · "
        outcome = self._runs.outcome
        ended = outcome if outcome not in (None, "ok") and self.has_loop else None
        smoothed = f"smoothed {SMOOTHINGS[self.smoothing]:g}" if self.smoothing is not None else None
        title = separator.join(filter(None, (shown.capitalize(), smoothed, ended)))
        room = self.outer_size.width - BORDER_LABEL_MARGIN
        subtitle = ""
        if self.has_curves and self.cursor is not None:
            subtitle = at_cursor(self._runs, self.cursor, room, shown=shown, ascii_only=self._ascii_only)
        elif self.has_curves:
            note = separator.join(self._notes(shown))
            subtitle = caption(self._runs, room, shown=shown, note=note, ascii_only=self._ascii_only)
        # Not as markup: a loss may be named `losses[0]`.
        label_border(self, title, Content(subtitle))

    def _notes(self, shown: SeriesKind) -> list[str]:
        notes: list[str] = []
        if self.is_log and self.run.of(shown):
            notes.append("log scale" if takes_log(self._runs, shown) else "linear: no loss is above 0")
        return notes

    def draw(self) -> list[Strip]:
        width, height = self.size
        if not self.has_curves:
            style = self.get_component_rich_style("loss-chart--empty")
            return centred(self.run.why_no_loss or INVITATION, width, height, style, self.app.console)

        def style_of(part: str) -> Style:
            return self.get_component_rich_style(f"loss-chart--{part}")

        styles = PlotStyles(
            curves=tuple(style_of(f"curve-{number}") for number in range(len(PATTERNS))),
            validation=style_of("validation"),
            earlier=style_of("earlier"),
            raw=style_of("raw"),
            axis=style_of("axis"),
            epoch=style_of("epoch"),
            mark=style_of("mark"),
            cursor=style_of("cursor"),
            text=style_of("text"),
        )
        below = text_rows(self.run.texts, height)
        lines = draw_runs(self._runs, width, height - below, settings=self._settings(), styles=styles)
        text = draw_text(
            self.run.texts,
            self.cursor,
            width,
            below,
            ascii_only=self._ascii_only,
            style=self.rich_style,
            muted=style_of("text"),
        )
        return [strip_of(line) for line in (*lines, *text)]
