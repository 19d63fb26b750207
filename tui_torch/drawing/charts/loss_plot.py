"""The runs of a step as lines of text, for any face: curves with axes whose numbers are round, and a legend.

The current run decides about both axes. Earlier runs may make them longer, within reason: the value axis by the largest
value of the current run, up and down (a logarithmic axis by as many decades as the current run spans, at least one up
and three down); the step axis to four times its steps. What lies beyond is left out, so that one diverged run does not
flatten all the others.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from rich.style import StyleType
from rich.text import Text

from tui_torch.drawing.canvas.axes import draw_columns_axis, draw_rows_axis
from tui_torch.drawing.canvas.canvas import (
    EARLIER_MARKERS,
    GLYPHS,
    MARKERS,
    PATTERNS,
    PER_CELL,
    Canvas,
    Dots,
    Glyphs,
    Pattern,
    one_cell_each,
    sample,
)
from tui_torch.drawing.canvas.scale import (
    RowScale,
    Tick,
    count_label,
    linear_scale,
    log_scale,
    round_counts,
    spaced,
)
from tui_torch.drawing.canvas.strokes import raw, smoothed, strokes
from tui_torch.drawing.charts.captions import reading
from tui_torch.drawing.charts.curve import Curve, placer
from tui_torch.drawing.charts.run_history import Runs
from tui_torch.drawing.charts.training_run import Shown, TrainingRun
from tui_torch.drawing.charts.zoom import Extent, Window

LEAST_PLOT = 8
"""Columns of curve below which the numbers on the left give way to it."""

LEAST_EPOCH = 4
"""Columns between two epochs below which not every one of them is marked."""

LEAST_ROWS_OF_LEGEND = 8
"""Rows of a chart for each row of its legend."""

LONGER = 4
"""How many times as many steps as the current run's the axis may have for the sake of earlier runs."""

MOST_LINES = len(PATTERNS)
"""Series of the current run that are drawn; more could not be told apart."""


@dataclass(frozen=True, slots=True)
class View:
    """What is shown of the runs, and how."""

    shown: Shown = "loss"
    log: bool = False
    """Asks for a logarithmic value axis; it is granted when `takes_log`."""
    smoothing: int | None = None
    """Which of curve.SMOOTHINGS is drawn, with the raw values behind it; None: those alone."""
    window: Window = field(default_factory=Window)
    cursor: int | None = None
    """The step that the cursor stands on."""
    dots: Dots = "braille"


@dataclass(frozen=True, slots=True)
class PlotStyles:
    """How each part of a chart looks, in Rich's words."""

    curves: tuple[StyleType, ...] = ("cyan", "yellow", "magenta", "green", "blue", "white")
    """The series of the current run; the first again when there are more."""
    earlier: StyleType = "bright_black"
    raw: StyleType = "bright_black"
    """The values as they came, behind their average."""
    axis: StyleType = "bright_black"
    """The lines of both axes."""
    epoch: StyleType = "bright_black"
    """The faint verticals where epochs begin."""
    mark: StyleType = "bold red"
    """The flag where a series stopped being a number."""
    cursor: StyleType = "bold"
    text: StyleType = "none"
    """The numbers on both axes."""

    def by_part(self) -> dict[str, StyleType]:
        parts = {part: getattr(self, part) for part in ("earlier", "raw", "axis", "epoch", "mark", "cursor", "text")}
        return parts | {_part(number): self.curves[number % len(self.curves)] for number in range(MOST_LINES)}


@dataclass(frozen=True, slots=True)
class _Line:
    """One curve of the chart."""

    name: str
    curve: Curve
    part: str
    pattern: Pattern
    marker: str
    earlier: bool = False


@dataclass(frozen=True, slots=True)
class _Plot:
    """Where the curves are: which cells, which steps, which values."""

    left: int
    above: int
    columns: int
    scale: RowScale
    steps: Extent
    limits: tuple[float, float]
    """The values beyond which an earlier run is not drawn."""
    unit: str
    """What the axis below counts: `epoch`, or `step`."""
    lines: list[_Line]
    """Those in front first."""
    legend: list[list[tuple[str, str]]]
    """Rows of (part, text) pairs."""

    def column(self, step: float) -> int:
        """The column of a step, from the left edge of the chart; outside of the plot when the step is not shown."""
        return self.left + placer(self.steps.first, self.steps.last, self.columns)(step)

    def shows(self, step: float) -> bool:
        return self.steps.first <= step <= self.steps.last


def draw(
    runs: Runs, width: int, height: int, *, view: View | None = None, styles: PlotStyles | None = None
) -> tuple[Text, ...]:
    """Draw the runs on `height` lines of `width` cells each. No run at all gives empty axes."""
    if width < 1 or height < 1:
        return ()
    view = view or View()
    glyphs = GLYPHS[view.dots]
    run = runs.current
    plot = _lay_out(runs, width, height, view)
    canvas = Canvas(width, height)
    rows = range(plot.above, plot.above + plot.scale.rows)

    for row, entries in enumerate(plot.legend):
        column = plot.left if plot.columns > 40 else 0
        for part, text in entries:
            canvas.write(column, row, text, part)
            column += len(text)
    if plot.left:
        draw_rows_axis(canvas, plot.scale, glyphs, gutter=plot.left - 1, above=plot.above)
    ticks = _count_ticks(run, plot) if plot.lines else []
    if plot.left and rows.stop < height:
        draw_columns_axis(canvas, ticks, glyphs, gutter=plot.left - 1, row=rows.stop, unit=plot.unit)
    if plot.unit == "epoch":
        for column in _epoch_columns(run, plot, ticks):
            for row in rows:
                canvas.put(column, row, glyphs.epoch, "epoch")
    if view.cursor is not None and plot.shows(view.cursor):
        for row in rows:
            canvas.put(plot.column(view.cursor), row, glyphs.cursor, "cursor")
    _draw_lines(canvas, plot, view)
    _draw_flags(canvas, plot, glyphs, several=len(run.of(view.shown)) > 1)
    return canvas.lines((styles or PlotStyles()).by_part())


def step_at(runs: Runs, width: int, height: int, column: int, *, view: View) -> int | None:
    """The step that a column of the chart stands for; None beside the plot."""
    plot = _lay_out(runs, width, height, view)
    if not plot.left <= column < width:
        return None
    return round(placer(plot.steps.first, plot.steps.last, plot.columns).step_at(column - plot.left))


def _lay_out(runs: Runs, width: int, height: int, view: View) -> _Plot:
    glyphs = GLYPHS[view.dots]
    lines = _lines_of(runs, view)
    legend = _legend(runs, lines, view, width, height // LEAST_ROWS_OF_LEGEND)
    above = len(legend)
    footer = 2 if height - above >= 5 else 0
    steps = view.window.on(extent(runs, view.shown))
    bounds = _Bounds.of(lines, steps, log=view.log)
    scale = bounds.scale(height - above - footer, glyphs)
    begun = [start for start in runs.current.epoch_starts if steps.first <= start.step <= steps.last]
    unit = "epoch" if len(begun) > 1 else "step"
    left = max([len(tick.label) for tick in scale.ticks] + [len(unit) if footer else 0]) + 2
    if width - left < LEAST_PLOT:
        left = 0
        scale = bounds.scale(height - above, glyphs)
    return _Plot(left, above, width - left, scale, steps, bounds.limits, unit, lines, legend)


def takes_log(runs: Runs, shown: Shown = "loss") -> bool:
    """Whether a logarithmic axis can show the run: some value is above zero."""
    return any(series.curve.low_positive < math.inf for run in _all(runs) for series in run.of(shown))


def extent(runs: Runs, shown: Shown = "loss") -> Extent:
    """The steps that there are to show: of the current run, and of earlier ones within reason."""
    curves = [series.curve for series in runs.current.of(shown)]
    before = [series.curve for named in runs.earlier for series in named.run.of(shown)]
    if not curves:
        curves, before = before, []
    first = min((curve.first_step for curve in curves), default=1)
    last = max((curve.last_step for curve in curves), default=1)
    longest = max((curve.last_step for curve in before), default=last)
    return Extent(first, max(last, min(longest, first + LONGER * (last - first))))


def resolution(runs: Runs, shown: Shown = "loss") -> int:
    """Steps below which nothing is told apart any more."""
    return max((series.curve.span_steps for series in runs.current.of(shown)), default=1)


def _all(runs: Runs) -> Iterable[TrainingRun]:
    return runs.current, *(named.run for named in runs.earlier)


def _part(number: int) -> str:
    return f"curve-{number}"


def _lines_of(runs: Runs, view: View) -> list[_Line]:
    """The curves, those in front first: of the current run, then of earlier ones, the latest first."""
    ascii_only = view.dots == "ascii"
    lines = [
        _Line(
            one_cell_each(series.name, ascii_only=ascii_only),
            series.curve,
            _part(number),
            PATTERNS[number],
            MARKERS[number],
        )
        for number, series in enumerate(runs.current.of(view.shown)[:MOST_LINES])
    ]
    for age, named in enumerate(runs.earlier):
        name = one_cell_each(named.name, ascii_only=ascii_only)
        look = PATTERNS[1 + age % (len(PATTERNS) - 1)], EARLIER_MARKERS[age % len(EARLIER_MARKERS)]
        lines += [
            _Line(name, series.curve, "earlier", *look, earlier=True)
            for series in named.run.of(view.shown)[:MOST_LINES]
        ]
    return lines


def _legend(runs: Runs, lines: list[_Line], view: View, width: int, rows: int) -> list[list[tuple[str, str]]]:
    """What tells the lines apart, as rows of (part, text) pairs; none where there is one line only, or no room."""
    if len(lines) < 2 or rows < 1:
        return []
    current = [line for line in lines if not line.earlier]
    entries: list[list[tuple[str, str]]] = []
    name = one_cell_each(runs.name, ascii_only=view.dots == "ascii")
    if name and len(current) > 1:
        entries.append([("text", name)])
        name = ""
    for line in current:
        entries.append([(line.part, sample(line.pattern, view.dots, line.marker)), ("text", f" {name or line.name}")])
        entries[-1].append(("text", _last(line)))
    for _, group in itertools.groupby(lines[len(current) :], key=lambda line: line.marker):
        line = next(group)
        dim = f" {line.name}{_last(line)}"
        entries.append([("earlier", sample(line.pattern, view.dots, line.marker) + dim)])
    return _laid_out(entries, width, rows)


def _last(line: _Line) -> str:
    return f" {reading(line.curve.last.value)}" if line.curve.last is not None else ""


def _laid_out(entries: list[list[tuple[str, str]]], width: int, rows: int) -> list[list[tuple[str, str]]]:
    """The entries on at most so many rows; `+2` for those that have no room."""
    laid: list[list[tuple[str, str]]] = [[]]
    used = 0
    for number, entry in enumerate(entries):
        length = sum(len(text) for _, text in entry)
        left = len(entries) - number - 1
        # The last row keeps room for saying how many are left out.
        room = width - (4 if left and len(laid) == rows else 0)
        gap = 2 if laid[-1] else 0
        if used + gap + length > room and laid[-1] and len(laid) < rows:
            laid.append([])
            used, gap = 0, 0
        if used + gap + length > room:
            laid[-1].append(("text", f"{' ' * gap}+{left + 1}"))
            break
        laid[-1] += [("text", " " * gap), *entry]
        used += gap + length
    return laid


@dataclass(frozen=True, slots=True)
class _Bounds:
    """Between which values the curves are drawn."""

    low: float
    """Infinite, and `high` less, when there is no finite value in sight."""
    high: float
    positive: float
    """The smallest value above zero; infinite when there is none."""
    log: bool
    limits: tuple[float, float]

    @classmethod
    def of(cls, lines: Sequence[_Line], steps: Extent, *, log: bool) -> _Bounds:
        own = [_reach(line.curve, steps) for line in lines if not line.earlier]
        others = [_reach(line.curve, steps) for line in lines if line.earlier]
        if all(low > high for low, high, _ in own):
            # Nothing to see of the current run yet: the latest run that has something stands in.
            seen = [number for number, (low, high, _) in enumerate(others) if low <= high]
            own = [others.pop(seen[0])] if seen else []
        low, high, positive = _union(own)
        log = log and positive < math.inf
        if log:
            decades = math.log10(high) - math.log10(positive)
            limits = (-math.inf, high * 10.0 ** min(max(decades, 1.0), 300.0))
            least = positive / 10.0 ** min(max(decades, 3.0), 300.0)
            positive = min([positive, *(max(found[2], least) for found in others if found[2] < math.inf)])
        else:
            room = max(abs(low), abs(high)) if low <= high else math.inf
            limits = (low - room, high + room)
        for other_low, other_high, _ in others:
            if other_low <= other_high and low <= high:
                low = min(low, max(other_low, limits[0]))
                high = max(high, min(other_high, limits[1]))
        return cls(low, high, positive, log, limits if others else (-math.inf, math.inf))

    def scale(self, rows: int, glyphs: Glyphs) -> RowScale:
        if self.low > self.high:
            return RowScale(top=1.0, per_row=1.0 / rows, rows=rows, ticks=())
        if self.log:
            below = glyphs.below_zero if self.low <= 0 and rows > 1 else ""
            return log_scale(self.positive, self.high, rows, below=below)
        return linear_scale(self.low, self.high, rows)


_Range = tuple[float, float, float]
"""The smallest value, the largest, and the smallest above zero; infinite where there is none."""


def _reach(curve: Curve, steps: Extent) -> _Range:
    """What a curve reaches within these steps."""
    if steps.first <= curve.first_step and curve.last_step <= steps.last:
        return curve.low, curve.high, curve.low_positive
    seen = [span for span in curve.between(steps.first, steps.last) if span.finite]
    positive = min((span.low for span in seen if span.low > 0), default=math.inf)
    if any(span.low <= 0 < span.high for span in seen):
        # A span from below zero to above it does not tell which value above zero is its smallest.
        positive = min(positive, curve.low_positive)
    return (
        min((span.low for span in seen), default=math.inf),
        max((span.high for span in seen), default=-math.inf),
        positive,
    )


def _union(ranges: Sequence[_Range]) -> _Range:
    return (
        min((low for low, _, _ in ranges), default=math.inf),
        max((high for _, high, _ in ranges), default=-math.inf),
        min((positive for _, _, positive in ranges), default=math.inf),
    )


def _draw_lines(canvas: Canvas, plot: _Plot, view: View) -> None:
    """From the earliest run to the current one, and of that the first series last: what is drawn later is in front."""
    across, down = PER_CELL[view.dots]
    count = plot.columns * across
    place = placer(plot.steps.first, plot.steps.last, count)
    at = plot.left, plot.above

    columns_of = [drawn.curve.columns(place) for drawn in plot.lines]

    def line(number: int, part: str, average: int | None, *, behind: bool) -> None:
        drawn, columns = plot.lines[number], columns_of[number]
        reaches = raw(columns) if average is None else smoothed(columns, average)
        limits = plot.limits if drawn.earlier else (-math.inf, math.inf)
        canvas.draw(
            strokes(reaches, count, plot.scale, down, limits),
            part,
            at=at,
            rows=plot.scale.rows,
            dots=view.dots,
            pattern=PATTERNS[0] if part == "raw" else drawn.pattern,
            marker="." if part == "raw" else drawn.marker,
            behind=behind,
        )

    for number, drawn in reversed(list(enumerate(plot.lines))):
        if drawn.earlier:
            line(number, drawn.part, view.smoothing, behind=True)
        elif view.smoothing is not None:
            line(number, "raw", None, behind=True)
    for number, drawn in reversed(list(enumerate(plot.lines))):
        if not drawn.earlier:
            line(number, drawn.part, view.smoothing, behind=False)


def _count_ticks(run: TrainingRun, plot: _Plot) -> list[Tick]:
    """Round epochs, or round steps, and the first one where it has room; at columns from the chart's left edge."""
    first, last = math.ceil(plot.steps.first), math.floor(plot.steps.last)
    if plot.unit == "epoch":
        begun = [start for start in run.epoch_starts if plot.shows(start.step)]
        first_mark = begun[0].epoch, plot.column(begun[0].step)
        longest = begun[-1].epoch

        def multiples(stride: int) -> list[tuple[int, int]]:
            return [(start.epoch, plot.column(start.step)) for start in begun if start.epoch % stride == 0]
    else:
        first_mark = first, plot.column(first)
        longest = last

        def multiples(stride: int) -> list[tuple[int, int]]:
            return [(step, plot.column(step)) for step in range(-(-first // stride) * stride, last + 1, stride)]

    gap = len(count_label(longest)) + 3
    least = (longest - first_mark[0]) / plot.columns
    marks = spaced(multiples, round_counts(max(least, 1)), gap)
    if not marks or marks[0][1] - first_mark[1] >= gap - 2:
        marks.insert(0, first_mark)
    return [Tick(column, count_label(number)) for number, column in marks]


def _epoch_columns(run: TrainingRun, plot: _Plot, ticks: list[Tick]) -> list[int]:
    """Where the faint verticals stand: at every epoch, or at those that the axis names when epochs are crowded."""
    shown = [plot.column(start.step) for start in run.epoch_starts if plot.shows(start.step)]
    begun = [column for column in shown if column > plot.left]
    crowded = any(right - left < LEAST_EPOCH for left, right in itertools.pairwise([plot.left, *begun]))
    return [tick.at for tick in ticks if tick.at > plot.left] if crowded else begun


def _draw_flags(canvas: Canvas, plot: _Plot, glyphs: Glyphs, *, several: bool) -> None:
    """Say where a series of the current run stopped being a number, on the row where the words hide least."""
    taken: set[int] = set()
    for line in plot.lines:
        broke = line.curve.broke
        if line.earlier or broke is None or not plot.shows(broke.step):
            continue
        pole = plot.column(broke.step)
        rows = range(plot.above, plot.above + plot.scale.rows)
        for row in rows:
            if not canvas.is_curve(pole, row):
                canvas.put(pole, row, glyphs.flag, "mark")
        free = [row for row in rows if row not in taken] or list(rows)
        words = reading(broke.value)
        whose = f"{line.name} " if several else ""
        taken.add(_flag(canvas, plot, pole, free, words, [f" {whose}{words} at step {broke.step} ", f" {words} "]))


def _flag(canvas: Canvas, plot: _Plot, pole: int, rows: list[int], short: str, texts: list[str]) -> int:
    """Write the first of the texts that has room beside the pole; the row that it stands on."""
    for text in texts:
        if pole + 1 + len(text) <= canvas.width:
            begin = pole + 1
        elif pole - len(text) >= plot.left:
            begin = pole - len(text)
        else:
            continue
        hidden = [sum(canvas.is_curve(column, row) for column in range(begin, begin + len(text))) for row in rows]
        row = rows[hidden.index(min(hidden))]
        canvas.write(begin, row, text, "mark")
        return row
    canvas.write(max(plot.left, canvas.width - len(short)), rows[0], short[: plot.columns], "mark")
    return rows[0]
