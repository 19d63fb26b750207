"""The Values page: a tensor's facts, and its elements in a grid beside those of its gradient, matrix by matrix."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from rich.cells import cell_len
from textual.app import ComposeResult
from textual.content import Content
from textual.widget import Widget

from tui_torch.drawing.text import histograms, numbers, summaries
from tui_torch.protocol.events import Element, Statistics, Summary
from tui_torch.protocol.late_dataclass import dataclass
from tui_torch.protocol.orders import Request
from tui_torch.protocol.shapes import shape_text
from tui_torch.protocol.views import COLUMNS, ROWS, ValuesView, View
from tui_torch.ui.inspector.page import (
    DELETED,
    GRADIENT,
    MUTED,
    WARNING,
    DetailPage,
    arranged,
    figure,
    flowing,
    labelled,
)
from tui_torch.ui.inspector.slices import Slices

_GAP = 2
"""Cells between two columns of elements."""
_ROWS_BEFORE_STATISTICS = 4
"""Rows of elements that are seen before the lines above them have statistics."""


class ValuesPage(DetailPage):
    """A tensor's facts and elements: a small one's from its summary, and else a window of them from the kernel."""

    TITLE = "Values"

    DEFAULT_CSS = """
    ValuesPage > ElementGrid { height: 1fr; min-height: 1; display: none; }
    ValuesPage.-window > ElementGrid { display: block; }
    ValuesPage.-window { scrollbar-size: 0 0; scrollbar-gutter: auto; }
    """

    def __init__(self, *, ascii_only: bool = False) -> None:
        super().__init__(ascii_only=ascii_only)
        self._slices = Slices()
        self._grid = ElementGrid(self._slices, ascii_only)

    def compose(self) -> ComposeResult:
        yield from super().compose()
        yield self._grid

    @property
    def windowed(self) -> bool:
        """Whether the elements need a window: the summary lacks them, or they have more than two dimensions."""
        summary = self.summary
        return summary.shape is not None and summary.numel > 0 and (summary.values is None or len(summary.shape) > 2)

    def show(self, summary: Summary) -> None:
        same = (summary.name, summary.shape) == (self.summary.name, self.summary.shape)
        super().show(summary)
        if not same:
            self._slices.begin((summary.shape or ())[:-2])
            self._grid.begin()
        self.set_class(isinstance(self.view, ValuesView) and bool(self.view.window), "-window")

    def show_view(self, view: View | None, absent: str = "") -> None:
        super().show_view(view, absent)
        shown = isinstance(view, ValuesView) and bool(view.window)
        self.set_class(shown, "-window")
        if isinstance(view, ValuesView):
            if view.shape[:-2] != self._slices.counts:  # what is stored of a sparse or nested tensor has its own shape
                self._slices.begin(view.shape[:-2])
            self._grid.show(view)

    def request(self) -> Request | None:
        if not self.windowed or self.summary.change == "gone":
            return None
        row, column = self._grid.window_start
        return Request("values", self.summary.name, self._slices.index, row, column)

    def lines(self, width: int) -> Iterator[Content]:
        if isinstance(self.view, ValuesView) and self.view.window:
            yield from above_elements(self.view, self.summary, width, self.size.height, self.ascii)
            return
        yield from overview(self.summary, width, self.ascii)
        if self.windowed and self.summary.change != "gone":
            yield from self.said_in_place()

    def on_resize(self) -> None:
        # What stands above the elements goes by the height, too.
        if self.has_class("-window"):
            self.draw()

    @property
    def slices(self) -> int:
        return self._slices.turning if self.has_class("-window") else 0

    def step(self, by: int) -> bool:
        if not self.has_class("-window") or not self._slices.step(by):
            return False
        self.post_message(self.Changed())
        return True

    def turn(self, by: int) -> bool:
        turned = self.has_class("-window") and self._slices.turn(by)
        self._grid.refresh()
        return turned

    def move(self, down: int, right: int) -> bool:
        if not self.has_class("-window"):
            return False
        self._grid.move(down, right)
        self.post_message(self.Changed())
        return True


class ElementGrid(Widget):
    """The part of a window of elements that fits, from the row and the column that the keys chose."""

    def __init__(self, slices: Slices, ascii: bool) -> None:
        super().__init__()
        self._slices = slices
        self._ascii = ascii
        self._view: ValuesView | None = None
        self._row = 0
        self._column = 0
        self._drawn = _DrawnElements([], 1, 1)

    def begin(self) -> None:
        """Return to the first element, of another value."""
        self._row = self._column = 0
        self._view = None

    def show(self, view: ValuesView) -> None:
        """Show the elements of this window."""
        self._view = view
        self.refresh()

    @property
    def window_start(self) -> tuple[int, int]:
        """The row and column where the window has to begin: as now if it holds what is shown, else around that."""
        view = self._view
        if view is None:
            return 0, 0
        vector = len(view.shape) < 2
        rows, columns = (1, ROWS * COLUMNS) if vector else (ROWS, COLUMNS)
        tall, wide = (1, self._drawn.rows * self._drawn.columns) if vector else (self._drawn.rows, self._drawn.columns)
        return (
            _around(view.row, self._row, tall, rows),
            _around(view.column, self._column, wide, columns),
        )

    def move(self, down: int, right: int) -> None:
        """Move by rows and columns, until the last ones are shown."""
        view = self._view
        if view is None:
            return
        height, width = (1, *view.shape)[-2:] if view.shape else (1, 1)
        drawn = self._drawn
        if len(view.shape) < 2:
            length = drawn.columns
            last = max(math.ceil(width / length) - drawn.rows, 0) * length
            self._column = min(max(self._column + (down + right) * length, 0), last)
        else:
            self._row = min(max(self._row + down, 0), max(height - drawn.rows, 0))
            self._column = min(max(self._column + right, 0), max(width - drawn.columns, 0))
        self.refresh()

    def render(self) -> Content:
        width, height = self.size
        if self._view is None or width < numbers.MIN_WIDTH or height < 1:
            return Content()
        self._drawn = draw_elements(self._view, self._row, self._column, self._slices, width, height, self._ascii)
        return Content("\n").join(self._drawn.lines)


@dataclass(frozen=True, slots=True)
class _DrawnElements:
    """Lines, and the number of rows and columns of elements in them."""

    lines: list[Content]
    rows: int
    columns: int


def _around(begin: int, first: int, shown: int, most: int) -> int:
    """The start of a window of `most` that holds `shown` from `first`: `begin` if it does, else with equal margins."""
    return begin if begin <= first and first + shown <= begin + most else max(first - (most - shown) // 2, 0)


def draw_elements(
    view: ValuesView, row: int, column: int, slices: Slices, width: int, height: int, ascii: bool
) -> _DrawnElements:
    """Draw the elements from a row and a column, as far as they fit and the window has them.

    The first line says which elements these are, and the second numbers the columns; where the height has no room for
    them and a row, the second goes, and then the first. The gradient, if the window has it, is drawn beside them.
    """
    if len(view.shape) < 2:
        return _vector(view, column, width, height, ascii)
    window, gradient = view.window, view.gradient
    row, column = max(row - view.row, 0), max(column - view.column, 0)
    tall = max(height - 2, 1)
    rows = window[row : row + tall]
    label = len(str(view.row + row + len(rows) - 1)) + 1
    room = width - label if gradient is None else (width - label - _GAP) // 2
    own = _ElementColumns.of([cells[column:] for cells in rows], room, ascii)
    beside = None
    if gradient is not None:
        cells = [cells[column : column + own.columns] for cells in gradient[row : row + tall]]
        beside = _ElementColumns.of(cells, room, ascii)
        if beside.columns < own.columns:
            own = _ElementColumns.of([cells[column : column + beside.columns] for cells in rows], room, ascii)
    first = view.column + column
    indices = range(first, first + own.columns)
    left = own.header(indices)
    lines = [
        Content(" " * label) + left,
        *(
            Content.styled(str(view.row + row + at).rjust(label - 1), MUTED) + Content(" ") + line
            for at, line in enumerate(own.lines)
        ),
    ]
    if beside is not None:
        bar = Content.styled(("|" if ascii else "│") + " ", MUTED)
        right = [beside.header(indices), *(line.stylize(GRADIENT) for line in beside.lines)]
        wide = label + own.size * own.columns
        lines = [
            line.pad_right(wide - line.cell_length) + bar + other for line, other in zip(lines, right, strict=True)
        ]
    where = _where(view, slices, row + view.row, len(rows), first, own.columns, ascii)
    if beside is not None:
        at = label + own.size * own.columns + 2
        where = where.pad_right(at - where.cell_length) if where.cell_length < at else where + Content("  ")
        where += Content.styled("gradient", GRADIENT)
    lines = [where, *lines] if height > 2 else [where, *lines[1:]]
    return _DrawnElements(lines[-height:], max(len(rows), 1), max(own.columns, 1))


def _where(view: ValuesView, slices: Slices, row: int, rows: int, column: int, columns: int, ascii: bool) -> Content:
    """The rows and columns that are shown: `[0, ‹2›, :, :]  rows 4-12 of 28, columns 0-3 of 28`."""
    height, width = view.shape[-2:]
    dash = "-" if ascii else "–"
    parts: list[str] = []
    if rows < height:
        parts.append(f"rows {row}{dash}{row + rows - 1} of {height:,}")
    if columns < width:
        parts.append(f"columns {column}{dash}{column + columns - 1} of {width:,}")
    said = ", ".join(parts) or f"{height} by {width}"
    if not slices.index:
        return Content.styled(said, MUTED)
    return slices.written(":, :", ascii) + Content.styled(f"  {said}", MUTED)


def _vector(view: ValuesView, column: int, width: int, height: int, ascii: bool) -> _DrawnElements:
    elements = view.window[0] if view.window else ()
    gradient = view.gradient[0] if view.gradient else None
    total = view.shape[0] if view.shape else 1
    column = max(column - view.column, 0)
    label = len(str(total)) + 2
    tall = max(height - 1, 1)
    sight = elements[column : column + tall * max(width // 4, 1)]
    cells = numbers.aligned(sight, numbers.ELEMENT_WIDTH, ascii)
    size = (cell_len(cells[0]) if cells else 1) + _GAP
    room = (width - label) if gradient is None else (width - label - _GAP) // 2
    length = next((length for length in summaries.ROUND_LENGTHS if length * size <= room), 1)
    shown = list(zip(cells, sight, strict=True))[: length * tall]
    beside: list[str] = []
    if gradient is not None:
        beside = numbers.aligned(gradient[column : column + len(shown)], numbers.ELEMENT_WIDTH, ascii)
    lines: list[Content] = []
    for at in range(0, len(shown), length):
        line = Content.styled(f"[{view.column + column + at}]".rjust(label), MUTED)
        line += _cells(shown[at : at + length])
        if beside:
            bar = ("|" if ascii else "│") + " "
            line = line.pad_right(label + length * size + 1 - line.cell_length) + Content.styled(bar, MUTED)
            line += Content.styled("  ".join(beside[at : at + length]), GRADIENT)
        lines.append(line)
    last = view.column + column + len(shown) - 1
    dash = "-" if ascii else "–"
    where = Content.styled(f"{view.column + column}{dash}{last} of {total:,}", MUTED)
    if beside:
        where = where.pad_right(max(label + length * size + 3 - where.cell_length, 2)) + Content.styled(
            "gradient", GRADIENT
        )
    return _DrawnElements([where, *lines] if height > 1 else lines, tall, length)


def _cells(cells: Sequence[tuple[str, Element]]) -> Content:
    return Content("").join(Content(" " * _GAP) + _cell(text, element) for text, element in cells)


def _cell(text: str, element: Element) -> Content:
    """An element, with NaN and infinities emphasised and zeros muted."""
    if element in ("nan", "inf", "-inf"):
        return Content.styled(text, WARNING)
    return Content.styled(text, MUTED) if element is False or element == 0 else Content(text)


@dataclass(frozen=True, slots=True)
class _ElementColumns:
    """Elements in columns of the same width."""

    lines: list[Content]
    columns: int
    size: int
    """Cells of a column, including the gap before it."""

    @classmethod
    def of(cls, rows: Sequence[Sequence[Element]], room: int, ascii: bool) -> _ElementColumns:
        """The columns of these rows that fit into `room` cells; at least one."""
        most = max((room + _GAP) // (1 + _GAP), 1)
        rows = [cells[:most] for cells in rows]
        while True:
            flat = [element for cells in rows for element in cells]
            texts = numbers.aligned(flat, max(min(room - _GAP, numbers.ELEMENT_WIDTH), numbers.MIN_WIDTH), ascii)
            columns = len(rows[0]) if rows else 0
            size = max([cell_len(texts[0]) if texts else 1, 2]) + _GAP
            fit = max(room // size, 1)
            if columns <= fit:
                break
            # The elements that are left out may be those that made the columns wide.
            rows = [cells[: max(fit, columns * 2 // 3)] for cells in rows]
        lines = [
            _cells(
                [(texts[at * columns + of].rjust(size - _GAP), rows[at][of]) for of in range(columns)],
            )
            for at in range(len(rows))
        ]
        return cls(lines, columns, size)

    def header(self, indices: range) -> Content:
        """The line with the index of each column."""
        return Content.styled("".join(str(index).rjust(self.size) for index in indices), MUTED)


def above_elements(view: ValuesView, summary: Summary, width: int, height: int, ascii: bool) -> list[Content]:
    """A tensor's facts and statistics in as few lines as possible: a window of its elements is shown below.

    In a page that is low, the elements come first: the statistics are left out, and then the facts. What warns stays.

    Args:
        width: Cells of a line.
        height: Lines of the page, with those of the elements; 0 while that is not known.
    """
    warnings, statistics = list(_warnings(summary)), summary.statistics
    facts = list(_briefly(summary, width, " - " if ascii else " · "))
    numbers_of = [] if statistics is None else list(_statistics(summary, statistics, width))
    flaws = [] if statistics is None else list(_flaws(statistics))
    heads, rows = (1, view.shape[0] if view.shape else 1) if len(view.shape) < 2 else (2, view.shape[-2])
    whole = [*warnings, *facts, *numbers_of, *flaws]
    without_statistics = [*warnings, *facts, *flaws]
    if not height or _rows(whole, width) + heads + min(rows, _ROWS_BEFORE_STATISTICS) <= height:
        return whole
    return without_statistics if _rows(without_statistics, width) + heads < height else [*warnings, *flaws]


def _rows(lines: Sequence[Content], width: int) -> int:
    return sum(line.get_height({}, width) for line in lines)


def _warnings(summary: Summary) -> Iterator[Content]:
    if summary.change == "gone":
        yield Content.styled(f"{DELETED} What it held before:", "$text-warning")
    if summary.note:
        yield Content.styled(summary.note, "$text-warning")


def overview(summary: Summary, width: int, ascii: bool) -> Iterator[Content]:
    """A tensor's facts, gradient and statistics, and its elements if the summary has them."""
    separator = " - " if ascii else " · "
    yield from _warnings(summary)
    yield from _facts(summary, width, separator)
    if summary.kind != "array":
        yield _autograd(summary, separator)
    statistics = summary.statistics
    scalar = summary.shape == ()
    if statistics is not None and not scalar:
        yield from _statistics(summary, statistics, width)
    if statistics is not None:
        yield from _flaws(statistics)
    values = figure("value" if scalar else "values", summaries.values_grid(summary, width, ascii))
    gradient = _gradient(summary, width, ascii)
    yield from arranged([block for block in (values, gradient) if block], width)


def _facts(summary: Summary, width: int, separator: str) -> Iterator[Content]:
    shape = "" if summary.shape is None else shape_text(summary.shape)
    dtype = " ".join(filter(None, (summary.dtype, f"on {summary.device}" if summary.device else "")))
    count = "" if summary.shape == () else numbers.counted(summary.numel, "element")
    yield from flowing(filter(None, (summary.type, shape, dtype, count)), width, separator)


def _briefly(summary: Summary, width: int, separator: str) -> Iterator[Content]:
    shape = shape_text(summary.shape or ())
    origin = "" if not summary.requires_grad else "leaf" if summary.is_leaf else f"from {summary.grad_fn or '?'}"
    parts = (
        summary.type,
        shape,
        summaries.dtype_text(summary),
        "requires grad" if summary.requires_grad else "",
        origin,
    )
    yield from flowing(filter(None, parts), width, separator)


def _autograd(summary: Summary, separator: str) -> Content:
    """The tensor's place in the autograd graph, and why it has no gradient, if so."""
    origin = "leaf" if summary.is_leaf else f"from {summary.grad_fn or 'an operation'}"
    if not summary.requires_grad:
        return Content.styled(f"{origin}{separator}does not require grad", MUTED)
    parts: list[tuple[str, str]] = [("requires grad", GRADIENT), (f"{separator}{origin}", "")]
    if summary.gradient is None:
        absent = "no gradient" if summary.is_leaf else "gradient not kept"
        parts.append((f"{separator}{absent}", MUTED))
    return Content.assemble(*parts)


def _statistics(summary: Summary, statistics: Statistics, width: int) -> Iterator[Content]:
    whole = summaries.is_whole(summary)
    named = (
        ("min", summaries.statistic_text(statistics.minimum, whole)),
        ("max", summaries.statistic_text(statistics.maximum, whole)),
        ("mean", summaries.statistic_text(statistics.mean)),
        ("std", summaries.statistic_text(statistics.std)),
        ("zeros", f"{statistics.zeros:,}" if statistics.zeros else ""),
    )
    yield from labelled([(name, text) for name, text in named if text], width)
    # A note explains why fewer elements than the shape has could be read, as in a sparse tensor.
    if statistics.seen < summary.numel and summary.note is None:
        yield Content.styled(f"from a sample of {statistics.seen:,}", MUTED)


def _flaws(statistics: Statistics) -> Iterator[Content]:
    if flaws := summaries.counted_flaws(statistics.nan, statistics.inf):
        apart = "" if statistics.minimum is None else " The statistics leave them out."
        yield Content.assemble((flaws, WARNING), (apart, MUTED))


def _gradient(summary: Summary, width: int, ascii: bool) -> list[Content]:
    gradient = summary.gradient
    if gradient is None:
        return []
    lines = summaries.values_grid(gradient, width, ascii)
    statistics = gradient.statistics
    if not lines and statistics is not None:
        lines = [
            summaries.range_text(statistics, ascii).replace("x", "grad", 1),
            summaries.moments_text(statistics, ascii),
        ]
        lines.append(histograms.sparkline(statistics.histogram, ascii))
    drawn = figure("gradient", [line for line in lines if line], GRADIENT)
    if gradient.shape != () and (flaw := summaries.flaws_text(statistics)):
        drawn.append(Content.styled(flaw, WARNING))
    return drawn or figure("gradient", [gradient.note or shape_text(gradient.shape or ())], GRADIENT)
