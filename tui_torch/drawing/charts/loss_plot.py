"""The runs of a step as lines of text: curves, axes with round numbers, and a legend.

The current run decides both axes. Earlier runs may extend them within limits: the value axis by the current run's
largest value, up and down (a logarithmic axis by as many decades as the current run spans, at least one up and three
down); the step axis to four times the current run's steps. Values outside are left out, so that one diverged run does
not flatten the others.

An accuracy, or another score, has an axis of its own at the right, from 0 to the full score.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable
from dataclasses import field

from rich.style import StyleType
from rich.text import Text

from tui_torch.drawing.canvas.axes import MIN_PLOT_COLUMNS, draw_columns_axis, draw_rows_axis
from tui_torch.drawing.canvas.canvas import GLYPHS, PATTERNS, PER_CELL, Canvas, Dots, Glyphs
from tui_torch.drawing.canvas.scale import RowScale, Tick, count_label, round_counts, spaced
from tui_torch.drawing.canvas.strokes import strokes
from tui_torch.drawing.charts.captions import value_text
from tui_torch.drawing.charts.curve import Curve, averages_by_column, placer, values_by_column
from tui_torch.drawing.charts.legend import (
    MAX_CURVES_DRAWN,
    RAW_MARKER,
    Entry,
    StyledCurve,
    curve_part,
    legend,
    styled_curves,
)
from tui_torch.drawing.charts.run_history import RunHistory
from tui_torch.drawing.charts.score_axis import (
    axis_columns,
    draw_right_axis,
    highest,
    score_scale,
    without_scores,
)
from tui_torch.drawing.charts.training_run import TrainingRun
from tui_torch.drawing.charts.value_axis import NO_LIMITS, ValueAxis
from tui_torch.drawing.charts.zoom import StepRange, StepWindow
from tui_torch.protocol.events import SeriesKind
from tui_torch.protocol.late_dataclass import dataclass

MIN_EPOCH_COLUMNS = 4
"""Minimum columns between two epochs: with fewer, only those that the axis names are marked."""

ROWS_PER_LEGEND_ROW = 8
"""A chart has one row of legend per this many rows."""

COLUMNS_PER_POINT = 4
"""Minimum columns for each value of a curve that is drawn as points."""

MAX_STRETCH = 4
"""Maximum length of the step axis, in lengths of the current run, to show longer earlier runs."""


@dataclass(frozen=True, slots=True)
class PlotSettings:
    """Which part of the runs is drawn, and how."""

    shown: SeriesKind = "loss"
    """`loss` includes the losses of validation, and what was logged."""
    log: bool = False
    """Asks for a logarithmic value axis, which needs `takes_log`."""
    smoothing: int | None = None
    """The index in curve.SMOOTHINGS of the average to draw, the raw values behind it; None for the raw values alone."""
    window: StepWindow = field(default_factory=StepWindow)
    cursor: int | None = None
    """The step at the cursor."""
    dots: Dots = "braille"


@dataclass(frozen=True, slots=True)
class PlotStyles:
    """The style of each part of a chart."""

    curves: tuple[StyleType, ...] = ("cyan", "yellow", "magenta", "green", "blue", "white")
    """The curves of the current run; the styles repeat if there are more curves."""
    validation: StyleType = "dim cyan"
    """Those of its validation."""
    earlier: StyleType = "bright_black"
    raw: StyleType = "bright_black"
    """The values behind their average."""
    axis: StyleType = "bright_black"
    """The lines of both axes."""
    epoch: StyleType = "bright_black"
    """The faint verticals where epochs begin."""
    mark: StyleType = "bold red"
    """The flag where a curve first is NaN or infinite."""
    cursor: StyleType = "bold"
    text: StyleType = "none"
    """The numbers on both axes."""

    def by_part(self) -> dict[str, StyleType]:
        """The styles by the parts that a canvas knows."""
        names = ("validation", "earlier", "raw", "axis", "epoch", "mark", "cursor", "text")
        parts = {part: getattr(self, part) for part in names}
        return parts | {
            curve_part(number): self.curves[number % len(self.curves)] for number in range(MAX_CURVES_DRAWN)
        }


@dataclass(frozen=True, slots=True)
class _Plot:
    """The geometry of a chart: its cells, its steps and its values."""

    left: int
    """Columns to the left of the plot."""
    above: int
    """Rows above the plot."""
    columns: int
    scale: RowScale
    steps: StepRange
    limits: tuple[float, float]
    """The values outside which an earlier run is not drawn."""
    unit: str
    """What the lower axis counts: `epoch` or `step`."""
    curves: list[StyledCurve]
    """Those in front first."""
    legend: list[Entry]
    right: RowScale | None = None
    """The axis of the scores; None without any, or without room for its numbers."""

    def column(self, step: float) -> int:
        """The column of a step, from the left edge of the chart; outside the plot if the step is not shown."""
        return self.left + placer(self.steps.first, self.steps.last, self.columns)(step)

    def shows(self, step: float) -> bool:
        """Whether a step is in sight."""
        return self.steps.first <= step <= self.steps.last

    @property
    def end(self) -> int:
        """The column after the plot's last one."""
        return self.left + self.columns

    def scale_of(self, styled: StyledCurve) -> RowScale:
        """The axis of a curve: for a score, that from 0 to its own full score."""
        return self.scale if styled.full is None else score_scale(styled.full, self.scale.rows)


def draw_runs(
    runs: RunHistory, width: int, height: int, *, settings: PlotSettings | None = None, styles: PlotStyles | None = None
) -> tuple[Text, ...]:
    """Draw the runs on `height` lines of `width` cells each; empty axes without a run."""
    if width < 1 or height < 1:
        return ()
    settings = settings or PlotSettings()
    glyphs = GLYPHS[settings.dots]
    run = runs.current
    plot = _lay_out(runs, width, height, settings)
    canvas = Canvas(width, height)
    rows = range(plot.above, plot.above + plot.scale.rows)

    for row, entries in enumerate(plot.legend):
        length = sum(len(text) for _, text in entries)
        column = plot.left if plot.columns > 40 and plot.left + length <= width else 0
        for part, text in entries:
            canvas.write(column, row, text, part)
            column += len(text)
    if plot.left:
        draw_rows_axis(canvas, plot.scale, glyphs, gutter=plot.left - 1, above=plot.above)
    ticks = _count_ticks(run, plot) if plot.curves else []
    has_footer = bool(plot.left) and rows.stop < height
    if has_footer:
        row = rows.stop
        draw_columns_axis(canvas, ticks, glyphs, gutter=plot.left - 1, row=row, unit=plot.unit, end=plot.end)
    if plot.right is not None:
        draw_right_axis(canvas, plot.right, glyphs, column=plot.end, above=plot.above, corner=has_footer)
    if plot.unit == "epoch":
        for column in _epoch_columns(run, plot, ticks):
            for row in rows:
                canvas.put(column, row, glyphs.epoch, "epoch")
    if settings.cursor is not None and plot.shows(settings.cursor):
        for row in rows:
            canvas.put(plot.column(settings.cursor), row, glyphs.cursor, "cursor")
    _draw_curves(canvas, plot, settings)
    _draw_flags(canvas, plot, glyphs, run, several=len(run.of(settings.shown)) > 1)
    return canvas.lines((styles or PlotStyles()).by_part())


def step_at(runs: RunHistory, width: int, height: int, column: int, *, settings: PlotSettings) -> int | None:
    """The step that a column of the chart shows; None outside the plot."""
    plot = _lay_out(runs, width, height, settings)
    if not plot.left <= column < plot.end:
        return None
    return round(placer(plot.steps.first, plot.steps.last, plot.columns).step_at(column - plot.left))


def _lay_out(runs: RunHistory, width: int, height: int, settings: PlotSettings) -> _Plot:
    glyphs = GLYPHS[settings.dots]
    curves = styled_curves(runs, settings.shown, settings.dots)
    legend_rows = legend(runs, curves, settings.dots, width, height // ROWS_PER_LEGEND_ROW, settings.smoothing)
    above = len(legend_rows)
    footer = 2 if height - above >= 5 else 0
    steps = settings.window.on(step_range(runs, settings.shown))
    of_axis = [styled for styled in curves if styled.full is None]
    axis = ValueAxis.of(
        [styled.curve for styled in of_axis if not styled.earlier],
        [styled.curve for styled in of_axis if styled.earlier],
        steps,
        log=settings.log,
    )
    scale = axis.scale(height - above - footer, glyphs)
    begun = [start for start in runs.current.epoch_starts if steps.first <= start.step <= steps.last]
    unit = "epoch" if len(begun) > 1 else "step"
    left = max([len(tick.label) for tick in scale.ticks] + [len(unit) if footer else 0]) + 2
    full = highest([styled.full for styled in curves])
    right = None if full is None else score_scale(full, scale.rows)
    if right is not None and width - left - axis_columns(right) < MIN_PLOT_COLUMNS:
        right = None
    if width - left < MIN_PLOT_COLUMNS:
        left = 0
        scale = axis.scale(height - above, glyphs)
    columns = width - left - (axis_columns(right) if right is not None else 0)
    return _Plot(left, above, columns, scale, steps, axis.limits, unit, curves, legend_rows, right)


def takes_log(runs: RunHistory, shown: SeriesKind = "loss") -> bool:
    """Whether a logarithmic axis can show the runs: whether any value is above 0."""
    return any(curve.low_positive < math.inf for run in _all_runs(runs) for curve in without_scores(run.of(shown)))


def step_range(runs: RunHistory, shown: SeriesKind = "loss") -> StepRange:
    """The steps of the current run, and of earlier ones up to MAX_STRETCH times as many.

    Those of all its losses, so that what was looked at now and then stands at its steps.
    """
    curves = list(runs.current.of(shown))
    if curves and shown != "loss":
        curves += runs.current.of("loss")
    before = [curve for earlier in runs.earlier for curve in earlier.run.of(shown)]
    if not curves:
        curves, before = before, []
    first = min((curve.first_step for curve in curves), default=1)
    last = max((curve.last_step for curve in curves), default=1)
    longest = max((curve.last_step for curve in before), default=last)
    return StepRange(first, max(last, min(longest, first + MAX_STRETCH * (last - first))))


def resolution(runs: RunHistory, shown: SeriesKind = "loss") -> int:
    """The number of steps that the coarsest curve of the current run keeps as one."""
    return max((curve.span_steps for curve in runs.current.of(shown)), default=1)


def _all_runs(runs: RunHistory) -> Iterable[TrainingRun]:
    return runs.current, *(earlier.run for earlier in runs.earlier)


def _draw_curves(canvas: Canvas, plot: _Plot, settings: PlotSettings) -> None:
    """Draw from the earliest run to the current one, and of that the first curve last: later ones are in front."""
    across, down = PER_CELL[settings.dots]
    count = plot.columns * across
    place = placer(plot.steps.first, plot.steps.last, count)
    at = plot.left, plot.above

    columns_of = [styled.curve.columns(place) for styled in plot.curves]

    def draw(number: int, part: str, average: int | None, *, behind: bool) -> None:
        styled, columns = plot.curves[number], columns_of[number]
        reaches = values_by_column(columns) if average is None else averages_by_column(columns, average)
        limits = plot.limits if styled.earlier else NO_LIMITS
        canvas.draw(
            strokes(reaches, count, plot.scale_of(styled), down, NO_LIMITS if styled.full else limits),
            part,
            at=at,
            dots=settings.dots,
            pattern=PATTERNS[0] if part == "raw" else styled.pattern,
            marker=RAW_MARKER if part == "raw" else styled.marker,
            behind=behind,
        )

    from_the_back = list(reversed(list(enumerate(plot.curves))))
    for number, styled in from_the_back:
        if styled.earlier:
            draw(number, styled.part, settings.smoothing, behind=True)
        elif settings.smoothing is not None:
            draw(number, "raw", None, behind=True)
    for number, styled in from_the_back:
        if not styled.earlier and _are_points(styled.curve, plot):
            _draw_points(canvas, plot, styled, settings.dots)
        elif not styled.earlier:
            draw(number, styled.part, settings.smoothing, behind=False)


def _are_points(curve: Curve, plot: _Plot) -> bool:
    """Whether a curve has so few values, of steps far apart, that a line would tell of what nobody has looked at."""
    is_sampled = curve.kind == "gradient norm" and curve.count < curve.last_step - curve.first_step + 1
    return is_sampled and curve.count * COLUMNS_PER_POINT <= plot.columns


def _draw_points(canvas: Canvas, plot: _Plot, styled: StyledCurve, dots: Dots) -> None:
    """Put a mark where each value of a curve is."""
    mark = styled.marker if dots == "ascii" else GLYPHS[dots].point
    for span in styled.curve.between(plot.steps.first, plot.steps.last):
        if span.finite:
            row = plot.above + int(plot.scale_of(styled).place(span.last))
            canvas.put(plot.column(span.end), row, mark, styled.part)


def _count_ticks(run: TrainingRun, plot: _Plot) -> list[Tick]:
    """Round epochs or steps, and the first one if it has room; at columns from the chart's left edge."""
    each = run.losses_in_turn
    first, last = math.ceil(plot.steps.first / each), math.floor(plot.steps.last / each)
    if plot.unit == "epoch":
        begun = [start for start in run.epoch_starts if plot.shows(start.step)]
        first_mark = begun[0].epoch, plot.column(begun[0].step)
        longest = begun[-1].epoch

        def multiples(stride: int) -> list[tuple[int, int]]:
            return [(start.epoch, plot.column(start.step)) for start in begun if start.epoch % stride == 0]
    else:
        first_mark = first, plot.column(max(first * each, plot.steps.first))
        longest = last

        def multiples(stride: int) -> list[tuple[int, int]]:
            return [(step, plot.column(step * each)) for step in range(-(-first // stride) * stride, last + 1, stride)]

    gap = len(count_label(longest)) + 3
    least = (longest - first_mark[0]) / plot.columns
    marks = spaced(multiples, round_counts(max(least, 1)), gap)
    if not marks or marks[0][1] - first_mark[1] >= gap - 2:
        marks.insert(0, first_mark)
    return [Tick(column, count_label(number)) for number, column in marks]


def _epoch_columns(run: TrainingRun, plot: _Plot, ticks: list[Tick]) -> list[int]:
    """The columns of the faint verticals: of every epoch, or of those that the axis names if epochs are crowded."""
    shown = [plot.column(start.step) for start in run.epoch_starts if plot.shows(start.step)]
    begun = [column for column in shown if column > plot.left]
    crowded = any(right - left < MIN_EPOCH_COLUMNS for left, right in itertools.pairwise([plot.left, *begun]))
    return [tick.at for tick in ticks if tick.at > plot.left] if crowded else begun


def _draw_flags(canvas: Canvas, plot: _Plot, glyphs: Glyphs, run: TrainingRun, *, several: bool) -> None:
    """Mark where a curve of the current run first is NaN or infinite, in words on the row where they hide least."""
    taken: set[int] = set()
    for styled in plot.curves:
        broken = styled.curve.broken
        if styled.earlier or broken is None or not plot.shows(broken.step):
            continue
        pole = plot.column(broken.step)
        rows = range(plot.above, plot.above + plot.scale.rows)
        for row in rows:
            if not canvas.is_curve(pole, row):
                canvas.put(pole, row, glyphs.flag, "mark")
        free = [row for row in rows if row not in taken] or list(rows)
        words = value_text(broken.value)
        whose = f"{styled.name} " if several else ""
        at_step = f" {whose}{words} at step {run.iteration(broken.step)} "
        taken.add(_flag(canvas, plot, pole, free, words, [at_step, f" {words} "]))


def _flag(canvas: Canvas, plot: _Plot, pole: int, rows: list[int], short: str, texts: list[str]) -> int:
    """Write the first of the texts that has room beside the pole, and return its row."""
    for text in texts:
        if pole + 1 + len(text) <= plot.end:
            begin = pole + 1
        elif pole - len(text) >= plot.left:
            begin = pole - len(text)
        else:
            continue
        hidden = [sum(canvas.is_curve(column, row) for column in range(begin, begin + len(text))) for row in rows]
        row = rows[hidden.index(min(hidden))]
        canvas.write(begin, row, text, "mark")
        return row
    canvas.write(max(plot.left, plot.end - len(short)), rows[0], short[: plot.columns], "mark")
    return rows[0]
