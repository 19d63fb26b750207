"""Matrices with labels at their edges, as lines of text: numbers where they have room, on a ground or as shades."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from tui_torch.drawing.canvas.canvas import Canvas
from tui_torch.drawing.charts.plot_field import blended
from tui_torch.drawing.pictures.shades import shade
from tui_torch.drawing.text.cells import clipped, one_cell_each
from tui_torch.drawing.text.numbers import counted
from tui_torch.protocol.late_dataclass import dataclass

if TYPE_CHECKING:
    from tui_torch.protocol.plots.plotted import LabelledMatrix

_WIDEST = 8
"""Maximum cells of a column."""
_SQUARE = 2
"""Cells of a column that is as wide as a row is high."""
TALLEST = 6
"""Maximum letters of a label that is written downwards."""
_GAP = 2
"""Cells between two matrices."""


def draw_matrices(
    canvas: Canvas,
    matrices: Sequence[LabelledMatrix],
    heat: tuple[str, str] | None,
    *,
    ascii_only: bool,
    cell: tuple[int, int] | None = None,
) -> None:
    """Draw matrices beside and below each other on one scale; what has no room is left out, and the last row says it.

    Args:
        canvas: An empty canvas.
        matrices: At least one; all have the size and the labels of the first.
        heat: The grounds of the smallest and of the largest cell, `#rrggbb`; None where there are no colours.
        ascii_only: Whether the terminal has no Unicode.
        cell: The row and the column of a cell that is marked, and in sight even if others have no room.
    """
    finite = [cell for matrix in matrices for row in matrix.cells for cell in row if math.isfinite(cell)]
    drawing = _MatrixDrawing(canvas, matrices, (min([0.0, *finite]), max(finite, default=0.0)), heat, ascii_only, cell)
    drawing.draw_all()


@dataclass(frozen=True, slots=True)
class _Size:
    """How much of a canvas a matrix takes."""

    edge: int
    """Cells of the labels of its rows."""
    column: int
    """Cells of a column."""
    above: int
    """Rows of its title and of the labels of its columns."""
    columns: int
    rows: int
    """How many of each are shown."""

    @property
    def width(self) -> int:
        return self.edge + 1 + self.columns * self.column

    @property
    def height(self) -> int:
        return self.above + self.rows


class _MatrixDrawing:
    """Matrices on one canvas."""

    def __init__(
        self,
        canvas: Canvas,
        matrices: Sequence[LabelledMatrix],
        limits: tuple[float, float],
        heat: tuple[str, str] | None,
        ascii_only: bool,
        cell: tuple[int, int] | None,
    ) -> None:
        self._canvas = canvas
        self._matrices = matrices
        self._low, self._high = limits
        self._heat = heat
        self._ascii_only = ascii_only
        self._cell = cell
        first = matrices[0]
        self._rows = [one_cell_each(label, ascii_only=ascii_only) for label in first.rows]
        self._columns = [one_cell_each(label, ascii_only=ascii_only) for label in first.columns]
        self._texts = [[[_text(cell, one.are_whole) for cell in row] for row in one.cells] for one in matrices]
        self._longest = max(len(text) for one in self._texts for row in one for text in row)
        self._titled = int(canvas.height > 3 and any(one.title for one in matrices))

    def draw_all(self) -> None:
        canvas, count = self._canvas, len(self._matrices)
        size = self._size()
        across = max(1, min(count, (canvas.width + _GAP) // (size.width + _GAP)))
        left_out = count - min(count, across * max(1, (canvas.height + 1) // (size.height + 1)))
        if left_out:  # a row is needed to say so
            left_out = count - min(count, across * max(1, canvas.height // (size.height + 1)))
        for place in range(count - left_out):
            at = (place % across) * (size.width + _GAP), (place // across) * (size.height + 1)
            self._draw(place, size, at)
        missing = [f"{left_out} more"] if left_out else []
        if size.rows < len(self._rows):
            missing.insert(0, counted(len(self._rows) - size.rows, "more row"))
        if missing and canvas.height > 1:
            sentence = f"and {' of each, and '.join(missing)}"
            canvas.write(0, canvas.height - 1 if left_out else min(size.height, canvas.height - 1), sentence, "axis")

    def _size(self) -> _Size:
        """The largest size in which all matrices have room; where none is, that of square cells."""
        wanted = max(self._longest, *map(len, self._columns)) + 1
        across_all = len(self._columns)
        edge = min(max(map(len, self._rows)), self._canvas.width // 4)
        most = max(1, min(wanted, _WIDEST, (self._canvas.width - edge - 1) // across_all))
        if len(self._matrices) == 1:
            return self._fitted(edge, most)
        for column in range(most, _SQUARE - 1, -1):
            size = self._fitted(edge, column)
            across = (self._canvas.width + _GAP) // (size.width + _GAP)
            down = (self._canvas.height + 1) // (size.height + 1)
            if size.rows == len(self._rows) and across * down >= len(self._matrices):
                return size
        return self._fitted(edge, min(most, _SQUARE), below=1)

    def _fitted(self, edge: int, column: int, below: int = 0) -> _Size:
        """The size with columns of so many cells, and so many rows of the canvas left."""
        height = self._canvas.height - below
        columns = max(min(len(self._columns), (self._canvas.width - edge - 1) // column), 0)
        longest = max(map(len, self._columns))
        room = height - self._titled - len(self._rows)
        # Where a label has no room beside the next one, it is written downwards if there is room for that.
        letters = min(longest, TALLEST, room) if longest > max(column - 1, 1) else 1
        above = self._titled + max(letters, 1)
        rows = max(min(len(self._rows), height - above), 0)
        if rows < len(self._rows):
            rows = max(rows - 1, 0)
        return _Size(edge, column, above, columns, rows)

    def _draw(self, place: int, size: _Size, at: tuple[int, int]) -> None:
        canvas, (left, top) = self._canvas, at
        matrix = self._matrices[place]
        begin, width = left + size.edge + 1, size.column
        row_at, column_at = self._cell or (0, 0)
        first_row, first_column = max(row_at - size.rows + 1, 0), max(column_at - size.columns + 1, 0)
        if self._titled:
            title = one_cell_each(matrix.title, ascii_only=self._ascii_only)
            canvas.write(begin, top, clipped(title, max(size.columns * width, 1), self._ascii_only), "text")
        letters = size.above - self._titled
        for column, label in enumerate(self._columns[first_column : first_column + size.columns]):
            at_end = begin + column * width + max(width - 1, 1) - 1
            if letters == 1:
                room = max(width - 1, 1)
                # One cell has a letter rather than the mark of a cut.
                text = label[:1] if room == 1 else clipped(label, room, self._ascii_only).rjust(room)
                canvas.write(begin + column * width, top + self._titled, text, "axis")
                continue
            text = label[:letters].rjust(letters)
            for row, letter in enumerate(text):
                canvas.put(at_end, top + self._titled + row, letter, "axis")
        for row in range(size.rows):
            y = top + size.above + row
            label = self._rows[first_row + row]
            canvas.write(left, y, clipped(label, size.edge, self._ascii_only).rjust(size.edge), "axis")
            for column in range(size.columns):
                one = first_row + row, first_column + column
                at_cell = begin + column * width, y
                self._draw_cell(matrix.cells[one[0]][one[1]], self._texts[place][one[0]][one[1]], at_cell, width)
                if one == self._cell:
                    self._mark(*at_cell, width)

    def _mark(self, begin: int, row: int, width: int) -> None:
        """Put brackets around a cell that has its number: the blank before it, and its own."""
        if self._has_numbers(width) and width > 1:
            self._canvas.put(begin - 1, row, "[", "cursor")
            self._canvas.put(begin + width - 1, row, "]", "cursor")
            begin, width = begin, width - 1
        self._canvas.paint(begin, row, width, "cursor")

    def _has_numbers(self, width: int) -> bool:
        return self._longest < width or (self._longest == width == 1)

    def _draw_cell(self, cell: float, text: str, at: tuple[int, int], width: int) -> None:
        begin, row = at
        # Halves, since the difference of the largest floats is infinite.
        length = self._high / 2 - self._low / 2
        share = (cell / 2 - self._low / 2) / length if math.isfinite(cell) and length > 0 else 0.0
        if self._has_numbers(width):
            self._canvas.write(begin, row, text.rjust(max(width - 1, 1)), "text")
        elif self._heat is None or not math.isfinite(cell):
            mark = shade(1 + int(share * 254)) if math.isfinite(cell) else "x"
            self._canvas.write(begin, row, mark * width, "text")
        if self._heat is not None:
            for column in range(begin, begin + width):
                colour = blended(*self._heat, share)
                self._canvas.lay(column, row, colour, colour)


def _text(cell: float, is_whole: bool) -> str:
    """A cell's number: whole, or with two decimals and without a leading 0."""
    if not math.isfinite(cell):
        return "nan" if math.isnan(cell) else "inf" if cell > 0 else "-inf"
    if is_whole:
        return str(int(cell))
    return f"{cell:.2f}".replace("0.", ".", 1) if abs(cell) < 1 else f"{cell:.3g}"
