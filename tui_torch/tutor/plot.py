"""A loss curve as lines of text, for any face: braille dots or plain ASCII, with axes whose numbers are round.

A column that holds many steps is a line from its smallest loss to its largest, so that a spike of one step shows.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from rich.style import StyleType
from rich.text import Text

from tui_torch.tutor.scale import (
    RowScale,
    Tick,
    count_label,
    linear_scale,
    log_scale,
    round_counts,
    spaced,
)

if TYPE_CHECKING:
    from tui_torch.tutor.curve import LossCurve, Span

Dots = Literal["braille", "ascii"]
Part = Literal["text", "axis", "epoch", "curve", "mark"]

LEAST_PLOT = 8
"""Columns of curve below which the numbers on the left give way to it."""


LEAST_EPOCH = 4
"""Columns between two epochs below which not every one of them is marked."""


@dataclass(frozen=True, slots=True)
class PlotStyles:
    """How each part of a chart looks, in Rich's words."""

    curve: StyleType = "cyan"
    axis: StyleType = "bright_black"
    """The lines of both axes."""
    epoch: StyleType = "bright_black"
    """The faint verticals where epochs begin."""
    mark: StyleType = "bold red"
    """The flag where the loss stopped being a number."""
    text: StyleType = "none"
    """The numbers on both axes."""


@dataclass(frozen=True, slots=True)
class _Glyphs:
    across: str
    down: str
    corner: str
    tick_left: str
    tick_below: str
    epoch: str
    flag: str
    point: str
    below_zero: str


_GLYPHS: dict[Dots, _Glyphs] = {
    "braille": _Glyphs("─", "│", "└", "┤", "┬", "┊", "╎", "●", "≤0"),
    "ascii": _Glyphs("-", "|", "+", "+", "+", ":", "!", "*", "<=0"),
}

# The bits of a braille cell's left and right half, from the top dot to the bottom one.
_BITS = ((0x01, 0x02, 0x04, 0x40), (0x08, 0x10, 0x20, 0x80))


def _run(side: int, top: int, bottom: int) -> int:
    return sum(_BITS[side][top : bottom + 1])


_RUNS = tuple(tuple(tuple(_run(side, top, bottom) for bottom in range(4)) for top in range(4)) for side in range(2))
"""Bits for dots `top` to `bottom` of one half, both included."""


def draw(
    curve: LossCurve,
    width: int,
    height: int,
    *,
    dots: Dots = "braille",
    log: bool = False,
    styles: PlotStyles | None = None,
) -> tuple[Text, ...]:
    """Draw the curve on `height` lines of `width` cells each.

    `log` asks for a logarithmic loss axis; it is granted when `takes_log(curve)`. An empty curve gives empty axes.
    """
    if width < 1 or height < 1:
        return ()
    glyphs = _GLYPHS[dots]
    footer = 2 if height >= 5 else 0
    rows = height - footer
    scale = _row_scale(curve, rows, glyphs, log=log)
    counts_epochs = len(curve.epoch_starts) > 1
    unit = "epoch" if counts_epochs else "step"
    gutter = max([len(tick.label) for tick in scale.ticks] + [len(unit) if footer else 0]) + 1
    if width - gutter - 1 < LEAST_PLOT:
        gutter, footer = 0, 0
        rows = height
        scale = _row_scale(curve, rows, glyphs, log=log)
    left = gutter + 1 if gutter else 0
    canvas = _Canvas(width, height)

    plot = width - left
    if gutter:
        _draw_rows_axis(canvas, scale, glyphs, gutter)
    ticks = _count_ticks(curve, plot, epochs=counts_epochs)
    if footer:
        _draw_columns_axis(canvas, ticks, unit, glyphs, left, rows)
    if counts_epochs:
        for column in _epoch_columns(curve, plot, ticks):
            for row in range(rows):
                canvas.put(left + column, row, glyphs.epoch, "epoch")
    if dots == "braille":
        _draw_braille(canvas, curve, scale, left, glyphs)
    else:
        _draw_ascii(canvas, curve, scale, left, glyphs)
    _draw_flag(canvas, curve, glyphs, left, rows)
    return canvas.lines(styles or PlotStyles())


def takes_log(curve: LossCurve) -> bool:
    """Whether a logarithmic axis can show the curve: some loss is above zero."""
    return curve.low_positive < math.inf


def caption(curve: LossCurve, width: int, *, separator: str = " · ", note: str = "") -> str:
    """The curve in numbers, `0.5123 last · 0.4987 best · epoch 37 · step 111 · lr 1e-05`, in at most `width` cells.

    What does not fit is left out from the right. `note` comes before step and learning rate.
    """
    parts: list[str] = []
    if curve.last is not None:
        parts.append(f"{reading(curve.last.loss)} last")
    if curve.best is not None:
        parts.append(f"{reading(curve.best.loss)} best")
    if note:
        parts.append(note)
    if curve.epoch is not None:
        parts.append(f"epoch {curve.epoch}")
    if curve.steps:
        parts.append(f"step {curve.steps}")
    if curve.learning_rate is not None:
        parts.append(f"lr {curve.learning_rate:.3g}")
    while parts and len(separator.join(parts)) > width:
        parts.pop()
    return separator.join(parts)


def reading(loss: float) -> str:
    """A loss to four digits, of a width that stays put while the digits change: 0.5123, 68000, 1.235e-06, NaN, -Inf."""
    if math.isnan(loss):
        return "NaN"
    if math.isinf(loss):
        return "Inf" if loss > 0 else "-Inf"
    if loss == 0:
        return "0"
    if not 1e-4 <= abs(loss) < 1e6:
        return f"{loss:.3e}"
    return f"{loss:.{max(3 - math.floor(math.log10(abs(loss))), 0)}f}"


class _Canvas:
    """Cells that each hold one character and belong to one part of the chart."""

    def __init__(self, width: int, height: int) -> None:
        self.width = width
        self.height = height
        self._characters = [[" "] * width for _ in range(height)]
        self._parts: list[list[Part]] = [["text"] * width for _ in range(height)]

    def put(self, column: int, row: int, character: str, part: Part) -> None:
        self._characters[row][column] = character
        self._parts[row][column] = part

    def write(self, column: int, row: int, text: str, part: Part) -> None:
        for offset, character in enumerate(text):
            self.put(column + offset, row, character, part)

    def is_curve(self, column: int, row: int) -> bool:
        return self._parts[row][column] == "curve"

    def lines(self, styles: PlotStyles) -> tuple[Text, ...]:
        look: dict[Part, StyleType] = {
            "text": styles.text,
            "axis": styles.axis,
            "epoch": styles.epoch,
            "curve": styles.curve,
            "mark": styles.mark,
        }
        lines: list[Text] = []
        for characters, parts in zip(self._characters, self._parts, strict=True):
            line = Text(no_wrap=True, end="")
            begin = 0
            for column in range(1, self.width + 1):
                if column == self.width or parts[column] != parts[begin]:
                    line.append("".join(characters[begin:column]), look[parts[begin]])
                    begin = column
            lines.append(line)
        return tuple(lines)


def _row_scale(curve: LossCurve, rows: int, glyphs: _Glyphs, *, log: bool) -> RowScale:
    if curve.low > curve.high:
        return RowScale(top=1.0, per_row=1.0 / rows, rows=rows, ticks=())
    if log and takes_log(curve):
        below = glyphs.below_zero if curve.low <= 0 and rows > 1 else ""
        return log_scale(curve.low_positive, curve.high, rows, below=below)
    return linear_scale(curve.low, curve.high, rows)


def _draw_rows_axis(canvas: _Canvas, scale: RowScale, glyphs: _Glyphs, gutter: int) -> None:
    for row in range(scale.rows):
        canvas.put(gutter, row, glyphs.down, "axis")
    for tick in scale.ticks:
        canvas.put(gutter, tick.at, glyphs.tick_left, "axis")
        canvas.write(gutter - 1 - len(tick.label), tick.at, tick.label, "text")


def _draw_columns_axis(canvas: _Canvas, ticks: list[Tick], unit: str, glyphs: _Glyphs, left: int, row: int) -> None:
    canvas.put(left - 1, row, glyphs.corner, "axis")
    for column in range(left, canvas.width):
        canvas.put(column, row, glyphs.across, "axis")
    canvas.write(left - 2 - len(unit), row + 1, unit, "axis")
    free = left - 1
    for tick in ticks:
        begin = min(max(left + tick.at - (len(tick.label) - 1) // 2, 0), canvas.width - len(tick.label))
        canvas.put(left + tick.at, row, glyphs.tick_below, "axis")
        if begin >= free:
            canvas.write(begin, row + 1, tick.label, "text")
            free = begin + len(tick.label) + 1


def _count_ticks(curve: LossCurve, columns: int, *, epochs: bool) -> list[Tick]:
    """Round epochs, or round steps, and the first one where it has room."""
    spans = curve.spans
    if not spans:
        return []
    place = curve.placer(columns)
    first, last = spans[0].start, spans[-1].end
    if epochs:
        begun = curve.epoch_starts
        first_mark = begun[0].epoch, place(begun[0].step)
        longest = begun[-1].epoch

        def multiples(stride: int) -> list[tuple[int, int]]:
            return [(start.epoch, place(start.step)) for start in begun if start.epoch % stride == 0]
    else:
        first_mark = first, 0
        longest = last

        def multiples(stride: int) -> list[tuple[int, int]]:
            return [(step, place(step)) for step in range(-(-first // stride) * stride, last + 1, stride)]

    gap = len(count_label(longest)) + 3
    least = (longest - first_mark[0]) / columns
    marks = spaced(multiples, round_counts(max(least, 1)), gap)
    if not marks or marks[0][1] - first_mark[1] >= gap - 2:
        marks.insert(0, first_mark)
    return [Tick(column, count_label(number)) for number, column in marks]


def _epoch_columns(curve: LossCurve, columns: int, ticks: list[Tick]) -> list[int]:
    """Where the faint verticals stand: at every epoch, or at those that the axis names when epochs are crowded."""
    place = curve.placer(columns)
    begun = [column for start in curve.epoch_starts if (column := place(start.step)) > 0]
    crowded = any(right - left < LEAST_EPOCH for left, right in itertools.pairwise([0, *begun]))
    return [tick.at for tick in ticks if tick.at > 0] if crowded else begun


@dataclass(slots=True)
class _Stroke:
    """What one column of dots holds, in dots from the upper edge."""

    top: float
    bottom: float
    measured: tuple[float, float] | None
    """From the largest loss to the smallest; None where a line only passes on its way to the next point."""
    alone: bool = False
    """No line reaches it: a single dot would be overlooked."""


def _strokes(columns: tuple[Span | None, ...], scale: RowScale, dots_per_row: int) -> list[_Stroke | None]:
    """Each column from its largest loss to its smallest, joined from the last loss of one to the first of the next."""
    strokes: list[_Stroke | None] = [None] * len(columns)

    def pass_through(column: int, one: float, other: float) -> None:
        top, bottom = (one, other) if one <= other else (other, one)
        stroke = strokes[column]
        if stroke is None:
            strokes[column] = _Stroke(top, bottom, None)
            return
        stroke.alone = False
        if top < stroke.top:
            stroke.top = top
        if bottom > stroke.bottom:
            stroke.bottom = bottom

    def place(loss: float) -> float:
        return scale.place(loss) * dots_per_row

    before: tuple[int, float] | None = None
    for column, span in enumerate(columns):
        if span is None:
            continue
        if span.finite:
            top, bottom = place(span.high), place(span.low)
            strokes[column] = _Stroke(top, bottom, (top, bottom), alone=int(top) == int(bottom))
        if before is not None and math.isfinite(span.first):
            start, height = before
            end_height = place(span.first)
            slope = (end_height - height) / (column - start)
            pass_through(start, height, height + slope / 2)
            for between in range(start + 1, column):
                middle = height + slope * (between - start)
                pass_through(between, middle - slope / 2, middle + slope / 2)
            pass_through(column, end_height - slope / 2, end_height)
        before = (column, place(span.last)) if math.isfinite(span.last) else None
    return strokes


def _draw_braille(canvas: _Canvas, curve: LossCurve, scale: RowScale, left: int, glyphs: _Glyphs) -> None:
    width = canvas.width - left
    cells = [[0] * width for _ in range(scale.rows)]
    points: list[tuple[int, int]] = []
    for column, stroke in enumerate(_strokes(curve.columns(width * 2), scale, 4)):
        if stroke is None:
            continue
        cell, side = divmod(column, 2)
        top, bottom = int(stroke.top), int(stroke.bottom)
        if stroke.alone:
            points.append((cell, top // 4))
        first, last = top // 4, bottom // 4
        runs = _RUNS[side]
        if first == last:
            cells[first][cell] |= runs[top % 4][bottom % 4]
            continue
        cells[first][cell] |= runs[top % 4][3]
        cells[last][cell] |= runs[0][bottom % 4]
        whole = runs[0][3]
        for row in range(first + 1, last):
            cells[row][cell] |= whole
    for row, line in enumerate(cells):
        for column, bits in enumerate(line):
            if bits:
                canvas.put(left + column, row, chr(0x2800 + bits), "curve")
    for column, row in points:
        canvas.put(left + column, row, glyphs.point, "curve")


def _draw_ascii(canvas: _Canvas, curve: LossCurve, scale: RowScale, left: int, glyphs: _Glyphs) -> None:
    for column, stroke in enumerate(_strokes(curve.columns(canvas.width - left), scale, 1), start=left):
        if stroke is None:
            continue
        top, bottom = int(stroke.top), int(stroke.bottom)
        for row in range(top, bottom + 1):
            canvas.put(column, row, glyphs.down, "curve")
        if stroke.measured is not None:
            for end in stroke.measured:
                canvas.put(column, int(end), glyphs.point, "curve")
        elif top == bottom:
            canvas.put(column, top, glyphs.across, "curve")


def _draw_flag(canvas: _Canvas, curve: LossCurve, glyphs: _Glyphs, left: int, rows: int) -> None:
    """Say where the loss stopped being a number, on the row where the words hide least of the curve."""
    if curve.broke is None:
        return
    plot = canvas.width - left
    pole = left + curve.placer(plot)(curve.broke.step)
    for row in range(rows):
        if not canvas.is_curve(pole, row):
            canvas.put(pole, row, glyphs.flag, "mark")
    words = reading(curve.broke.loss)
    for text in (f" {words} at step {curve.broke.step} ", f" {words} "):
        if pole + 1 + len(text) <= canvas.width:
            begin = pole + 1
        elif pole - len(text) >= left:
            begin = pole - len(text)
        else:
            continue
        hidden = [
            sum(canvas.is_curve(column, row) for column in range(begin, begin + len(text))) for row in range(rows)
        ]
        canvas.write(begin, hidden.index(min(hidden)), text, "mark")
        return
    canvas.write(max(left, canvas.width - len(words)), 0, words[:plot], "mark")
