"""What a step plots, as lines of text: series of points and lines, and a field behind them, with round numbers."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

from rich.style import StyleType
from rich.text import Text

from tui_torch.drawing.canvas.canvas import GLYPHS, MARKERS, PATTERNS, PER_CELL, Canvas, Dots, Pattern, sample
from tui_torch.drawing.canvas.strokes import Reach, Stroke, strokes
from tui_torch.drawing.charts.matrices.confusion_matrix import WHAT_IS_WHERE, draw_confusion
from tui_torch.drawing.charts.matrices.labelled_matrix import draw_matrices
from tui_torch.drawing.charts.plot_field import draw_field, texture
from tui_torch.drawing.charts.plot_frame import Pairs, drawable_pairs, frame_of
from tui_torch.drawing.charts.right_series import has_right_axis, moved, right_scale
from tui_torch.drawing.charts.score_axis import axis_columns, draw_right_axis
from tui_torch.drawing.pictures.image_grid import draw_images
from tui_torch.drawing.text.cells import one_cell_each
from tui_torch.protocol.late_dataclass import dataclass

if TYPE_CHECKING:
    from tui_torch.protocol.orders import Plot
    from tui_torch.protocol.plots.plotted import Fitted, Plotted

MAX_CHARACTER_POINTS = 60
"""Maximum number of points of a series drawn as a character each; more are dots, since they would hide each other.
Points of classes are always characters, since colour alone would tell the classes of dots."""
COLOURS = 6
"""How many classes or series have a colour of their own; the next has the first again, and another mark."""

_MARKS = {False: "●▲■◆○△", True: "ox+*%@"}
"""By whether only ASCII is."""
_FEW_CLASSES = 4
"""Up to so many classes have those marks; more have their number, or a letter."""

_COUNTS = re.compile(r"\ba?range\(")
"""Of an expression that counts the points, whatever they are."""


@dataclass(frozen=True, slots=True)
class StepPlotStyles:
    """The style of each part of the plot."""

    points: StyleType = "yellow"
    fit: StyleType = "cyan"
    axis: StyleType = "bright_black"
    text: StyleType = "none"
    classes: tuple[StyleType, ...] = ("yellow", "cyan", "magenta", "green", "red", "blue")
    """Those of classes, or of several series: COLOURS of them."""
    tints: tuple[str, ...] = ()
    """The grounds of those, `#rrggbb`, to be seen below them; empty where there are no colours."""
    heat: tuple[str, str] | None = None
    """The grounds of the smallest and the largest cell of a matrix; None where there are no colours."""
    wrong: StyleType = "bold red"
    """A wrong prediction."""
    cursor: StyleType = "reverse"
    """The chosen cell of a matrix."""

    def by_part(self) -> dict[str, StyleType]:
        parts = {"points": self.points, "fit": self.fit, "axis": self.axis, "text": self.text, "field": self.axis}
        parts |= {"wrong": self.wrong, "cursor": self.cursor}
        return parts | {f"class{place}": style for place, style in enumerate(self.classes)}


def draw_plot(
    plotted: Plotted,
    plot: Plot,
    width: int,
    height: int,
    *,
    dots: Dots = "braille",
    styles: StepPlotStyles | None = None,
) -> tuple[Text, ...]:
    """Draw a step's plot on `height` lines of `width` cells each; NaN and infinite values are left out."""
    if width < 1 or height < 1:
        return ()
    if plot.opens_cells and plotted.matrices:
        styles, below = styles or StepPlotStyles(), plotted.cell_problem or WHAT_IS_WHERE
        return draw_confusion(
            plotted.matrices[0], width, height, styles.by_part(), styles.heat, ascii_only=dots == "ascii", below=below
        )
    if plot.matrix is not None or plot.images is not None:
        canvas, styles = Canvas(width, height), styles or StepPlotStyles()
        if plotted.matrices:
            draw_matrices(canvas, plotted.matrices, styles.heat, ascii_only=dots == "ascii")
        if plotted.images is not None:
            has_colours = styles.heat is not None
            draw_images(canvas, plotted.images, plot.names, has_colours=has_colours, ascii_only=dots == "ascii")
        return canvas.lines(styles.by_part())
    return _Drawing(plotted, plot, Canvas(width, height), dots, styles or StepPlotStyles()).lines()


class _Drawing:
    """One plot on one canvas."""

    def __init__(self, plotted: Plotted, plot: Plot, canvas: Canvas, dots: Dots, styles: StepPlotStyles) -> None:
        self._plotted = plotted
        self._plot = plot
        self._canvas = canvas
        self._dots: Dots = dots
        self._styles = styles
        self._series = tuple(zip(plot.series, plotted.series, strict=False))
        found = {one for _, values in self._series for one in values.classes}
        self._classes = sorted(found.union(plotted.field.classes if plotted.field is not None else ()))
        self._are_right = has_right_axis(plot)
        every = list(zip(self._series, self._are_right, strict=False))
        at_right, at_left = ([one for one, is_right in every if is_right is side] for side in (True, False))
        right = right_scale(at_right, canvas.height)
        width = canvas.width - (axis_columns(right) if right is not None else 0)
        points = [pair for _, values in at_left for pair in drawable_pairs(values.points, plot)]
        fits = [pair for _, values in at_left for pair in drawable_pairs(values.fit, plot)]
        self._frame = frame_of(plotted, plot, points, fits, width, canvas.height)
        self._right = right_scale(at_right, self._frame.rows)
        if self._right is not None:
            along = self._right
            self._series = tuple(
                (series, moved(values, along, self._frame.scale) if is_right else values)
                for (series, values), is_right in every
            )
        self._fits = [drawable_pairs(values.fit, plot) for _, values in self._series]

    def lines(self) -> tuple[Text, ...]:
        canvas, frame, field = self._canvas, self._frame, self._plotted.field
        drawn = [self._fit_strokes(fit) for fit in self._fits]
        if frame.above:
            self._write_legend(
                [
                    "" if any(line) or not values.fit else _lacks(fit)
                    for line, fit, (_, values) in zip(drawn, self._fits, self._series, strict=True)
                ]
            )
        frame.draw(canvas, GLYPHS[self._dots], one_cell_each(self._name_of_x, ascii_only=self._is_ascii))
        if self._right is not None:
            end, has_foot = frame.left + frame.columns, frame.footer > 0
            draw_right_axis(canvas, self._right, GLYPHS[self._dots], column=end, above=frame.above, corner=has_foot)
        if field is not None:
            places = [self._classes.index(one) for one in field.classes]
            draw_field(canvas, field, frame, places, self._dots, self._styles.tints)
        for place, (series, values) in enumerate(self._series):
            if series.line:
                self._join(self._pairs(values), self._part(place), self._pattern(place))
            elif not self._has_marks(values):
                spots = [self._spot(x, y) for x, y in self._pairs(values)]
                canvas.scatter(spots, self._part(place), at=self._at, dots=self._dots)
        for place, line in enumerate(drawn):
            part = "fit" if len(self._series) == 1 else self._part(place)
            canvas.draw(line, part, at=self._at, dots=self._dots, marker="-")
        for place, (series, values) in enumerate(self._series):
            if not series.line and self._has_marks(values):
                self._draw_marks(values, place)
        for _, values in self._series:
            self._write_words(values)
        return canvas.lines(self._styles.by_part())

    @property
    def _name_of_x(self) -> str:
        """What stands below the horizontal axis: nothing where its expression only counts, `torch.arange(30)`."""
        x = self._plot.series[0].x
        return "" if _COUNTS.search(x) else x

    @property
    def _is_ascii(self) -> bool:
        return self._dots == "ascii"

    @property
    def _at(self) -> tuple[int, int]:
        return self._frame.left, self._frame.above

    def _part(self, place: int) -> str:
        """The part of the chart that a series without classes is."""
        if len(self._series) == 1 and not self._classes:
            return "points"
        return f"class{(len(self._classes) + place) % COLOURS}"

    def _pattern(self, place: int) -> Pattern:
        """The pattern of a line, so that colour alone does not tell it from others."""
        return PATTERNS[place % len(PATTERNS)] if not self._is_ascii else PATTERNS[0]

    def _mark(self, place: int) -> str:
        marks = _MARKS[self._is_ascii]
        return marks[(len(self._classes) + place) % len(marks)]

    def _class_mark(self, place: int) -> str:
        if len(self._classes) <= _FEW_CLASSES:
            return _MARKS[self._is_ascii][place]
        one = self._classes[place]
        return str(one) if 0 <= one <= 9 else chr(ord("a") + place % 26)

    def _has_marks(self, values: Fitted) -> bool:
        return self._is_ascii or bool(values.classes) or len(values.points) <= MAX_CHARACTER_POINTS

    def _pairs(self, values: Fitted) -> list[tuple[float, float]]:
        return [(x, y) for x, y in drawable_pairs(values.points, self._plot) if self._frame.holds(x, y)]

    def _spot(self, x: float, y: float) -> tuple[int, int]:
        """The column and the row of dots of a point."""
        across, down = PER_CELL[self._dots]
        frame = self._frame
        return frame.place(across)(frame.across(x)), int(frame.scale.place(y) * down)

    def _cell(self, x: float, y: float) -> tuple[int, int]:
        across, down = PER_CELL[self._dots]
        column, row = self._spot(x, y)
        return self._frame.left + column // across, self._frame.above + row // down

    def _fit_strokes(self, fit: Pairs) -> list[Stroke | None]:
        frame = self._frame
        across, down = PER_CELL[self._dots]
        place, (low, high) = frame.place(across), frame.xlim
        # The line may begin far outside the plot: it is followed for one width of the plot on each side.
        beyond = low - (high - low), high + (high - low)
        columns = [place(min(max(frame.across(x), beyond[0]), beyond[1])) for x, _ in fit]
        return strokes(_reaches(fit, columns), frame.columns * across, frame.scale, down, frame.limits)

    def _join(self, pairs: Pairs, part: str, pattern: Pattern) -> None:
        """Join points by straight lines, wherever these lead, with those dots that the pattern has."""
        spots = [self._spot(x, y) for x, y in pairs]
        joined = dict.fromkeys(dot for start, end in pairwise(spots) for dot in _between(start, end))
        shown = [dot for at, dot in enumerate(joined) if pattern[at % len(pattern)]]
        self._canvas.scatter(shown or spots, part, at=self._at, dots=self._dots)

    def _draw_marks(self, values: Fitted, place: int) -> None:
        if not values.classes:
            part, mark = self._part(place), self._mark(place)
            for x, y in self._pairs(values):
                self._canvas.put(*self._cell(x, y), mark, part)
            return
        counts: dict[tuple[int, int], Counter[int]] = {}
        for (x, y), one in zip(values.points, values.classes, strict=False):
            if drawable_pairs([(x, y)], self._plot) and self._frame.holds(x, y):
                counts.setdefault(self._cell(x, y), Counter())[self._classes.index(one)] += 1
        for cell, found in counts.items():
            # Of several classes in one cell, the one with the most points; of as many, the first.
            most = min(found, key=lambda one: (-found[one], one))
            self._canvas.put(*cell, self._class_mark(most), f"class{most % COLOURS}")

    def _write_words(self, values: Fitted) -> None:
        """Write the text of each point to its right, or else to its left; where there is no room, not at all."""
        canvas, frame = self._canvas, self._frame
        first, end = frame.left, frame.left + frame.columns
        for (x, y), word in zip(values.points[:MAX_CHARACTER_POINTS], values.words, strict=False):
            if not word or not drawable_pairs([(x, y)], self._plot) or not frame.holds(x, y):
                continue
            text = one_cell_each(word, ascii_only=self._is_ascii)
            column, row = self._cell(x, y)
            for begin in (column + 1, column - len(text)):
                cells = range(begin, begin + len(text))
                if begin >= first and cells.stop <= end and all(canvas.is_free(cell, row) for cell in cells):
                    canvas.write(begin, row, text, "text")
                    break

    def _write_legend(self, lacks: Sequence[str]) -> None:
        """Write what the marks and lines are on the first row; `lacks` says why a fit is not visible."""
        canvas = self._canvas
        column = self._frame.left if canvas.width - self._frame.left > 24 else 0
        for part, sign, name in self._legend(lacks):
            text = f" {one_cell_each(name, ascii_only=self._is_ascii)}"
            if column + len(sign) + len(text) > canvas.width:
                return
            canvas.write(column, 0, sign, part)
            canvas.write(column + len(sign), 0, text, "text")
            column += len(sign) + len(text) + 2

    def _legend(self, lacks: Sequence[str]) -> Iterator[tuple[str, str, str]]:
        """(part, sign, name) of each entry."""
        names = self._plot.names
        for place, one in enumerate(self._classes):
            name = names[one] if 0 <= one < len(names) else str(one)
            mark = self._class_mark(place)
            if self._plotted.field is not None and self._plotted.field.classes and not self._styles.tints:
                mark += texture(place, self._dots).strip()
            if name != mark:
                yield f"class{place % COLOURS}", mark, name
        line = "---" if self._is_ascii else sample(PATTERNS[0], self._dots, MARKERS[0])
        is_only = len(self._series) == 1
        to_right = f" {GLYPHS[self._dots].to_right}"
        for place, ((series, values), lack) in enumerate(zip(self._series, lacks, strict=True)):
            if not values.classes:
                name = f"{series.label or series.y}{to_right if self._are_right[place] else ''}"
                own = line if self._is_ascii else sample(self._pattern(place), self._dots, MARKERS[0])
                yield self._part(place), own if series.line else self._mark(place), name
            if series.fit is not None:
                named = series.fit if series.label is None or is_only else f"{series.label}: {series.fit}"
                yield "fit" if is_only else self._part(place), line, f"{named} {lack}".strip()
        field = self._plotted.field
        if field is not None and not field.classes:
            yield "text", "", f"{self._plot.field}: {field.low:.3g} to {field.high:.3g}"


def _lacks(fit: Pairs) -> str:
    """Why no line is visible."""
    return "is far off" if fit else "is not finite"


def _between(start: tuple[int, int], end: tuple[int, int]) -> Iterator[tuple[int, int]]:
    """The dots of a straight line."""
    across, down = end[0] - start[0], end[1] - start[1]
    count = max(abs(across), abs(down), 1)
    for part in range(count + 1):
        yield start[0] + round(across * part / count), start[1] + round(down * part / count)


def _reaches(fit: Pairs, columns: Sequence[int]) -> Iterator[Reach]:
    """The line column by column; values in the same column, or before it, are merged."""
    found: Reach | None = None
    for (_, y), column in zip(fit, columns, strict=True):
        if found is None or column > found.column:
            if found is not None:
                yield found
            found = Reach(column, y, y, y, y)
        else:
            found = Reach(found.column, found.first, min(found.low, y), max(found.high, y), y)
    if found is not None:
        yield found
