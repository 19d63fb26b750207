"""An autograd graph drawn with characters: boxes, lines between them, and labels beside the lines."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Literal

from rich.cells import cell_len

from tui_torch.drawing.graphs.layout import Box, Layout, arrange
from tui_torch.drawing.graphs.text import Piece, Role, box_lines, edge_labels
from tui_torch.protocol.autograd_graph import Graph
from tui_torch.protocol.late_dataclass import dataclass

Ink = Role | Literal["border", "line", "unfollowed", "label"]
"""What a character is part of. `unfollowed` is a line along which no gradient flows."""

_UP, _DOWN, _LEFT, _RIGHT = 1, 2, 4, 8
_LINES = " │││─┘┐┤─└┌├─┴┬┼"
"""The character that joins directions, indexed by the sum of their numbers."""
_ASCII_LINES = " |||-+++-+++-+++"
_BORDERS = {
    "operation": "╭─╮│╰╯┬┴",
    "leaf": "┌─┐│└┘┬┴",
    "input": "┌╌┐┊└┘┬┴",
    "outside": "╭╌╮┊╰╯┬┴",
    "selected": "┏━┓┃┗┛┳┻",
}
"""Per kind: corner, edge, corner, side, corner, corner, a line that leaves below, a line that enters above."""
_ASCII_BORDERS = {
    "operation": ".-.|''++",
    "leaf": "+=+|++++",
    "input": "...:::::",
    "outside": ".-.:''++",
    "selected": "########",
}


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell of the picture."""

    text: str
    """Empty after a character that takes two columns."""
    ink: Ink = "text"
    node: int | None = None
    """The node whose box the cell is in; None outside the boxes."""


BLANK = Cell(" ")


class GraphDrawing:
    """A graph with its layout, drawn once without a selection."""

    def __init__(self, graph: Graph, *, ascii: bool = False) -> None:
        self.graph = graph
        self._ascii = ascii
        self._lines = [box_lines(node, ascii) for node in graph.nodes]
        self._labels = edge_labels(graph, ascii)
        sizes = [(max(map(_breadth, lines)) + 4, len(lines) + 2) for lines in self._lines]
        edges = [(edge.start, edge.end) for edge in graph.edges]
        self.layout: Layout = arrange(sizes, edges, [cell_len(label) for label in self._labels])
        self._ports: list[list[tuple[int, bool]]] = [[] for _ in graph.nodes]
        """For each node the columns where lines meet its border, and whether they leave it, at the lower border."""
        for edge, wire in zip(graph.edges, self.layout.wires, strict=True):
            self._ports[edge.start].append((wire[0][0], True))
            self._ports[edge.end].append((wire[-1][0], False))
        self._plain = self._draw()

    @property
    def width(self) -> int:
        """Columns of the picture."""
        return self.layout.width

    @property
    def height(self) -> int:
        """Rows of the picture."""
        return self.layout.height

    def region(self, at: int) -> Box:
        """Where a box is, with the lines that enter and leave it: they show where to go next."""
        box = self.layout.boxes[at]
        return Box(box.x - 1, box.y - 1, box.width + 2, box.height + 2)

    def go(self, at: int, where: str) -> int | None:
        """The next box `up`, `down`, `left` or `right`, None if there is none; other words mean the value."""
        match where:
            case "down":
                return node_below(self, at)
            case "up":
                return node_above(self, at)
            case "left":
                return node_beside(self, at, -1)
            case "right":
                return node_beside(self, at, 1)
            case _:
                return 0

    def rows(self, selected: int | None) -> list[list[Cell]]:
        """The picture row by row, with the box of the selected node emphasised."""
        rows = list(self._plain)
        if selected is not None:
            box = self.layout.boxes[selected]
            for y in range(box.y, box.y + box.height):
                rows[y] = list(rows[y])
            self._draw_box(rows, selected, selected=True)
        return rows

    def _draw(self) -> list[list[Cell]]:
        rows = [[BLANK] * self.layout.width for _ in range(self.layout.height)]
        self._draw_lines(rows)
        for label, wire in zip(self._labels, self.layout.wires, strict=True):
            x, y = wire[-1]
            _write(rows, x + 2, y, [(label, "label")], None)
        for at in range(len(self.graph.nodes)):
            self._draw_box(rows, at, selected=False)
        return rows

    def _draw_lines(self, rows: list[list[Cell]]) -> None:
        lines = _ASCII_LINES if self._ascii else _LINES
        # Lines of the same node may join; lines of two nodes only cross.
        ways: dict[tuple[int, int], dict[int, int]] = {}
        followed: set[tuple[int, int]] = set()
        for edge, wire in zip(self.graph.edges, self.layout.wires, strict=True):
            leads = self.graph.nodes[edge.end].kind != "input"
            for point, directions in _directions(wire):
                own = ways.setdefault(point, {})
                own[edge.start] = own.get(edge.start, 0) | directions
                if leads:
                    followed.add(point)
        for (x, y), crossing in ways.items():
            directions = next(iter(crossing.values()))
            if len(crossing) > 1:
                # A vertical line is drawn over a horizontal one.
                directions = max(crossing.values(), key=lambda way: bool(way & (_UP | _DOWN)))
            leads = (x, y) in followed
            text = lines[directions]
            if not leads and directions in (_UP, _DOWN, _UP | _DOWN):
                text = ":" if self._ascii else "┊"
            elif not leads and not self._ascii and directions == _LEFT | _RIGHT:
                text = "╌"
            rows[y][x] = Cell(text, "line" if leads else "unfollowed")

    def _draw_box(self, rows: list[list[Cell]], at: int, *, selected: bool) -> None:
        node, box = self.graph.nodes[at], self.layout.boxes[at]
        borders = _ASCII_BORDERS if self._ascii else _BORDERS
        first, edge, last, side, low_first, low_last, leaving, entering = borders["selected" if selected else node.kind]
        bottom = box.y + box.height - 1
        inside = box.width - 2
        _write(rows, box.x, box.y, [(first + edge * inside + last, "border")], at)
        _write(rows, box.x, bottom, [(low_first + edge * inside + low_last, "border")], at)
        for y in range(box.y + 1, bottom):
            _write(rows, box.x, y, [(side + " " * inside + side, "border")], at)
        for x, leaves in self._ports[at]:
            rows[bottom if leaves else box.y][x] = Cell(leaving if leaves else entering, "border", at)
        for y, line in enumerate(self._lines[at], box.y + 1):
            margin = (inside - _breadth(line)) // 2
            _write(rows, box.x + 1 + margin, y, line, at)
        if selected:
            rows[box.y + 1][box.x] = Cell(">" if self._ascii else "▸", "border", at)


def _breadth(line: Sequence[Piece]) -> int:
    return sum(cell_len(text) for text, _ in line)


def _write(rows: list[list[Cell]], x: int, y: int, line: Sequence[tuple[str, Ink]], node: int | None) -> None:
    for text, ink in line:
        for character in text:
            width = cell_len(character)
            if not width:
                continue
            rows[y][x] = Cell(character, ink, node)
            for behind in range(1, width):
                rows[y][x + behind] = Cell("", ink, node)
            x += width


def _directions(wire: Sequence[tuple[int, int]]) -> list[tuple[tuple[int, int], int]]:
    """Every cell of a line with the directions in which it continues; at its ends, into the boxes."""
    found: dict[tuple[int, int], int] = {wire[0]: _UP}
    for (x, y), (to_x, to_y) in pairwise(wire):
        step_x, step_y = (to_x > x) - (to_x < x), (to_y > y) - (to_y < y)
        out, into = {(1, 0): (_RIGHT, _LEFT), (-1, 0): (_LEFT, _RIGHT), (0, 1): (_DOWN, _UP)}[step_x, step_y]
        while (x, y) != (to_x, to_y):
            found[x, y] = found.get((x, y), 0) | out
            x, y = x + step_x, y + step_y
            found[x, y] = found.get((x, y), 0) | into
    found[wire[-1]] = found.get(wire[-1], 0) | _DOWN
    return list(found.items())


def node_below(drawing: GraphDrawing, at: int) -> int | None:
    """The nearest input of a node, below it; None at the bottom."""
    return _nearest(drawing, at, [edge.end for edge in drawing.graph.edges if edge.start == at])


def node_above(drawing: GraphDrawing, at: int) -> int | None:
    """The nearest operation computed from a node, above it; None at the top."""
    return _nearest(drawing, at, [edge.start for edge in drawing.graph.edges if edge.end == at])


def _nearest(drawing: GraphDrawing, at: int, others: list[int]) -> int | None:
    boxes = drawing.layout.boxes
    return min(
        others,
        key=lambda other: (abs(boxes[other].y - boxes[at].y), abs(boxes[other].centre - boxes[at].centre), other),
        default=None,
    )


def node_beside(drawing: GraphDrawing, at: int, by: int) -> int | None:
    """The next node of the same layer, to the right (1) or to the left (-1); None at the end."""
    layer = next(layer for layer in drawing.layout.layers if at in layer)
    place = layer.index(at) + by
    return layer[place] if 0 <= place < len(layer) else None
