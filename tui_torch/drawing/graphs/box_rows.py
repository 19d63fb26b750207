"""A large graph drawn with characters: a row for each box, its facts in columns, and lines beside the rows.

Rows are dense enough that the boxes of a network of hundreds of operations, with their gradients, fit a terminal of 24
lines. Between them stand lines of their own where there is room.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from rich.cells import cell_len

from tui_torch.drawing.graphs.box_text import box_name, box_type, compact
from tui_torch.drawing.graphs.drawing import BLANK, Cell, Ink
from tui_torch.drawing.graphs.lanes import DOWN, LEFT, RIGHT, UP, lanes
from tui_torch.drawing.graphs.layout import Box
from tui_torch.drawing.graphs.text import spelled
from tui_torch.drawing.text import numbers
from tui_torch.drawing.text.cells import clipped
from tui_torch.protocol.autograd_graph import BoxEdge, Graph, GraphBox
from tui_torch.protocol.shapes import shape_text

_MARKS = {
    "module": "■",
    "operation": "●",
    "group": "≡",
    "parameters": "◆",
    "inputs": "◇",
    "from": "○",
    "to": "○",
    "sum": "⊕",
}
_ASCII_MARKS = {
    "module": "#",
    "operation": "o",
    "group": "=",
    "parameters": "w",
    "inputs": "x",
    "from": ".",
    "to": ".",
    "sum": "+",
}
_LINES = " │││─╯╮┤─╰╭├─┴┬┼"
"""The character that joins directions, indexed by the sum of their numbers."""
_ASCII_LINES = " |||-'.|-'.|-+++"
_MARGIN = 2
"""Cells to the left of the lines, for the mark of the selected row."""
_NAME_WIDTH, _MIN_NAME_WIDTH = 30, 10
"""Maximum cells of a name, and what a name has before anything else."""
_TYPE_WIDTH, _BAR_WIDTH = 26, 12
_GAP = 2
"""Cells between two columns."""
_LANE_SHARE = 3
"""The lines take at most one in so many columns."""


@dataclass(frozen=True, slots=True)
class _Column:
    """One column of facts."""

    head: str
    texts: list[str]
    ink: Ink
    right: bool = True
    """Whether its texts end in the same cell, and do not begin in the same."""

    @property
    def width(self) -> int:
        return max(map(cell_len, (self.head, *self.texts)))


class BoxDrawing:
    """The boxes of a graph as rows of exactly one width, drawn once without a selection."""

    def __init__(self, graph: Graph, width: int, height: int, *, ascii: bool = False) -> None:
        """Draw the boxes.

        Args:
            graph: A graph that has boxes.
            width: Number of columns, at least 1.
            height: Number of rows that there are; the picture may be lower, and is higher if there are more boxes.
            ascii: Use ASCII characters alone.
        """
        self.graph = graph
        self._ascii = ascii
        self.width = max(width, 1)
        count = len(graph.boxes)
        most = max((self.width // _LANE_SHARE) // 2, 1)
        kinds: list[tuple[int, int, Ink]] = [
            (edge.start, edge.end, _ink_of(edge, graph.boxes[edge.end])) for edge in graph.box_edges
        ]
        self._lanes = lanes(count, kinds, most, aside=("unfollowed", "label"))
        self._words = {at: self._in_words(at) for at in {start for start, _ in self._lanes.undrawn}}
        # The heads of the columns take one row.
        self._step = 2 if 2 * count <= height else 1
        self.height = count * self._step - (self._step - 1) + 1
        self._plain = self._draw()

    def rows(self, selected: int | None) -> list[list[Cell]]:
        """The picture row by row, with the selected box marked."""
        rows = list(self._plain)
        if selected is not None:
            y = self.region(selected).y
            rows[y] = [Cell(cell.text, cell.ink, selected) for cell in rows[y]]
            rows[y][0] = Cell(">" if self._ascii else "▸", "border", selected)
        return rows

    def region(self, at: int) -> Box:
        """Where a box is."""
        return Box(0, 1 + at * self._step, self.width, 1)

    @property
    def undrawn(self) -> tuple[tuple[int, int], ...]:
        """The edges that have no line, since there is no room: they are said in words."""
        return self._lanes.undrawn

    def words_of(self, at: int) -> str:
        """What the row of a box says in words of its edges without a line; empty if it has none."""
        return self._words.get(at, "")

    def go(self, at: int, where: str) -> int | None:
        """The box in a direction: `up` or `down` the next row, `right` along the longest line down, `left` back up it.

        None if there is none; other words mean the first one.
        """
        match where:
            case "down":
                return at + 1 if at + 1 < len(self.graph.boxes) else None
            case "up":
                return at - 1 if at else None
            case "right":
                return max((edge.end for edge in self.graph.box_edges if edge.start == at), default=None)
            case "left":
                return min((edge.start for edge in self.graph.box_edges if edge.end == at), default=None)
            case _:
                return 0

    def _draw(self) -> list[list[Cell]]:
        left = _MARGIN + self._lanes.width + _GAP
        columns = self._columns(max(self.width - left, 0))
        rows = [self._heads(left, columns)]
        for at in range(len(self.graph.boxes)):
            if at and self._step > 1:
                rows.append(self._between(at))
            rows.append(self._row(at, left, columns))
        return rows

    # Lines

    def _mark(self, at: int) -> str:
        box = self.graph.boxes[at]
        marks = _ASCII_MARKS if self._ascii else _MARKS
        joins = box.kind == "operation" and (
            box.skips or sum(edge.start == at and edge.is_skip for edge in self.graph.box_edges)
        )
        return marks["sum" if joins else box.kind]

    def _line(self, directions: int, ink: str, crosses: bool = False) -> str:
        lines = _ASCII_LINES if self._ascii else _LINES
        if crosses and directions == UP | DOWN | LEFT | RIGHT:
            return lines[UP | DOWN]  # the vertical line is drawn over the other
        if ink == "unfollowed" and directions in (UP, DOWN, UP | DOWN):
            return ":" if self._ascii else "┊"
        return lines[directions]

    def _row(self, at: int, left: int, columns: Sequence[_Column]) -> list[Cell]:
        row = [BLANK] * self.width
        lane_row = self._lanes.rows[at]
        for cell, directions in lane_row.cells.items():
            ink = lane_row.kinds.get(cell, "line")
            _put(row, _MARGIN + cell, self._line(directions, ink, cell // 2 not in lane_row.joined), ink, at)
        box = self.graph.boxes[at]
        ink: Ink = {"module": "name", "operation": "operation", "group": "name"}.get(box.kind, "muted")  # type: ignore[assignment]
        _put(row, _MARGIN + 2 * lane_row.mark, self._mark(at), "label" if self._is_sum(at) else ink, at)
        x = left
        for column in columns:
            text = column.texts[at]
            start = x + column.width - cell_len(text) if column.right else x
            used: Ink = ink if column is columns[0] else column.ink
            _put(row, start, text, used, at)
            x += column.width + _GAP
        return row

    def _is_sum(self, at: int) -> bool:
        return self._mark(at) in (_MARKS["sum"], _ASCII_MARKS["sum"])

    def _between(self, at: int) -> list[Cell]:
        """The row above the box at this index, where lines go on."""
        row = [BLANK] * self.width
        for lane, ink in self._lanes.rows[at - 1].below.items():
            _put(row, _MARGIN + 2 * lane, self._line(UP | DOWN, ink), ink, None)
        return row

    # Columns

    def _heads(self, left: int, columns: Sequence[_Column]) -> list[Cell]:
        row = [BLANK] * self.width
        x = left
        for column in columns:
            start = x + column.width - cell_len(column.head) if column.right else x
            _put(row, start, column.head, "muted", None)
            x += column.width + _GAP
        return row

    def _columns(self, width: int) -> list[_Column]:
        """The columns for which there is room, the name first, from left to right."""
        boxes = self.graph.boxes
        names = [clipped(spelled(self._name(at), self._ascii), _NAME_WIDTH, self._ascii) for at in range(len(boxes))]
        name = _Column("", names, "name", right=False)
        room = width - min(name.width, max(_MIN_NAME_WIDTH, width // 2))
        found: dict[int, _Column] = {}
        for order, column in self._facts():
            if any(column.texts) and room >= column.width + _GAP:
                found[order] = column
                room -= column.width + _GAP
        left = width - sum(column.width + _GAP for column in found.values())
        if name.width > left:
            name = _Column("", [clipped(text, max(left, 1), self._ascii) for text in names], "name", right=False)
        return [name, *(found[order] for order in sorted(found))]

    def _facts(self) -> list[tuple[int, _Column]]:
        """The columns of facts with their places, the most important first."""
        boxes = self.graph.boxes
        types = [self._type(at) for at in range(len(boxes))]
        norms = [box.gradient_norm for box in boxes]
        norm_texts = ["" if norm is None else numbers.rounded(norm) for norm in norms]
        return [
            (5, _Column("|grad|" if self._ascii else "‖grad‖", norm_texts, "gradient")),
            (1, _Column("", types, "muted", right=False)),
            (4, _Column("params", [compact(box.parameters) if box.parameters else "" for box in boxes], "value")),
            (3, _Column("nodes", [compact(box.nodes) if box.nodes else "" for box in boxes], "muted")),
            (6, _Column("", _bars(norms, self._ascii), "gradient", right=False)),
            (2, _Column("shape", [shape_text(box.shape) if box.shape else "" for box in boxes], "muted", right=False)),
        ]

    def _name(self, at: int) -> str:
        box = self.graph.boxes[at]
        inside = f" ({'+' if self._ascii else '⊕'}{box.skips})" if box.skips and box.kind != "operation" else ""
        return box_name(box) + inside

    def _type(self, at: int) -> str:
        if at in self._words:
            text = self._words[at]
        else:
            skips = [self.graph.boxes[e.end].name for e in self.graph.box_edges if e.start == at and e.is_skip]
            text = box_type(self.graph.boxes[at], skips, self._ascii)
        return clipped(spelled(text, self._ascii), _TYPE_WIDTH, self._ascii)

    def _in_words(self, at: int) -> str:
        """The lines of a box for which there was no lane, in words."""
        ends = [end for start, end in self._lanes.undrawn if start == at]
        return f"from {', '.join(self.graph.boxes[end].name for end in ends)}"


def _ink_of(edge: BoxEdge, end: GraphBox) -> Ink:
    if edge.is_skip:
        return "label"
    return "unfollowed" if end.kind in ("parameters", "inputs") else "line"


def _bars(norms: Sequence[float | None], ascii: bool) -> list[str]:
    """A bar for each norm, on a logarithmic scale from the least of them to the largest; empty for one alone."""
    known = [math.log(norm) for norm in norms if norm and math.isfinite(norm)]
    if len(known) < 2:
        return [""] * len(norms)
    low, high = min(known), max(known)
    full, half = ("=", "-") if ascii else ("━", "╸")

    def bar(norm: float | None) -> str:
        if not norm or not math.isfinite(norm):
            return ""
        share = (math.log(norm) - low) / (high - low) if high > low else 1.0
        halves = 1 + round(share * (2 * _BAR_WIDTH - 1))
        return full * (halves // 2) + half * (halves % 2)

    return [bar(norm) for norm in norms]


def _put(row: list[Cell], x: int, text: str, ink: Ink, at: int | None) -> None:
    """Write a text into a row, as far as it has room."""
    for character in text:
        size = cell_len(character)
        if x + size > len(row):
            return
        if not size:
            continue
        row[x] = Cell(character, ink, at)
        for behind in range(1, size):
            row[x + behind] = Cell("", ink, at)
        x += size
