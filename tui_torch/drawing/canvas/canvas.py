"""A grid of character cells, and lines drawn into it with dots: braille, blocks or plain ASCII."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping
from functools import lru_cache
from operator import itemgetter
from typing import Literal

from rich.style import Style, StyleType
from rich.text import Text

from tui_torch.drawing.canvas.strokes import Stroke
from tui_torch.protocol.late_dataclass import dataclass

Dots = Literal["braille", "blocks", "ascii"]
"""What lines are drawn with. `blocks` is for fonts without braille."""

ALL_DOTS: tuple[Dots, ...] = ("braille", "blocks", "ascii")

Pattern = tuple[bool, ...]
"""Which of a line's columns of dots are drawn; repeated along the line."""


def _pattern(text: str) -> Pattern:
    return tuple(character == "#" for character in text)


PATTERNS: tuple[Pattern, ...] = tuple(map(_pattern, ("######", "####..", "#..#..", "###.#.", "##.#..", "#.#.#.")))
"""The patterns of the lines in one chart; the first is a solid line."""

MARKERS = "*ox#@%"
"""The marks of values in ASCII, one for each of PATTERNS."""

EARLIER_MARKERS = "abcde"
"""The marks of values of earlier runs in ASCII."""


@dataclass(frozen=True, slots=True)
class Glyphs:
    """The characters of a chart apart from its lines."""

    across: str
    down: str
    corner: str
    corner_right: str
    tick_left: str
    tick_right: str
    tick_below: str
    epoch: str
    flag: str
    point: str
    cursor: str
    below_zero: str
    to_right: str
    """Says that a curve is of the axis at the right."""


_DRAWN = Glyphs("─", "│", "└", "┘", "┤", "├", "┬", "┊", "╎", "●", "│", "≤0", "→")
GLYPHS: dict[Dots, Glyphs] = {
    "braille": _DRAWN,
    "blocks": _DRAWN,
    "ascii": Glyphs("-", "|", "+", "+", "+", "+", "+", ":", "!", "*", "|", "<=0", "->"),
}

PER_CELL: dict[Dots, tuple[int, int]] = {"braille": (2, 4), "blocks": (2, 2), "ascii": (1, 1)}
"""The dots per cell, across and down."""

_QUADRANTS = " ▘▖▌▝▀▞▛▗▚▄▙▐▜▟█"
"""Indexed by the bits of the quarters: 1 and 2 on the left from the top, 4 and 8 on the right."""

_BRAILLE_BITS = ((0x01, 0x02, 0x04, 0x40), (0x08, 0x10, 0x20, 0x80))
_BLOCK_BITS = ((1, 2), (4, 8))


def _dot_runs(bits: tuple[tuple[int, ...], tuple[int, ...]]) -> tuple[tuple[tuple[int, ...], ...], ...]:
    """The bits of the dots `top` to `bottom`, both included: [half of the cell][top][bottom]."""
    return tuple(
        tuple(tuple(sum(half[top : bottom + 1]) for bottom in range(len(half))) for top in range(len(half)))
        for half in bits
    )


_RUNS = {"braille": _dot_runs(_BRAILLE_BITS), "blocks": _dot_runs(_BLOCK_BITS)}


def character_of(bits: int, dots: Dots) -> str:
    """The braille or block character with these dots set."""
    return chr(0x2800 + bits) if dots == "braille" else _QUADRANTS[bits]


class Canvas:
    """Cells that each hold one character and belong to one part of the chart, which gives it its style."""

    def __init__(self, width: int, height: int) -> None:
        self.width = width
        self.height = height
        self._characters = [[" "] * width for _ in range(height)]
        self._parts: list[list[str]] = [["text"] * width for _ in range(height)]
        self._dots: dict[tuple[int, int], int] = {}
        """The dots of the cells that hold a line, by (column, row)."""
        self._grounds: dict[tuple[int, int], tuple[str | None, str | None]] = {}
        """The colours of the upper and the lower half behind a cell, by (column, row)."""

    def put(self, column: int, row: int, character: str, part: str) -> None:
        """Set a cell."""
        self._characters[row][column] = character
        self._parts[row][column] = part

    def write(self, column: int, row: int, text: str, part: str) -> None:
        """Write a text from `column`, cut at the right edge."""
        for offset, character in enumerate(text[: max(self.width - column, 0)]):
            self.put(column + offset, row, character, part)

    def paint(self, column: int, row: int, width: int, part: str) -> None:
        """Give cells to a part, and leave what is in them."""
        self._parts[row][column : column + width] = [part] * width

    def lay(self, column: int, row: int, upper: str | None, lower: str | None) -> None:
        """Colour the ground of a cell's upper and lower half, as `#rrggbb`. A character has that of the upper."""
        self._grounds[column, row] = upper, lower

    def is_free(self, column: int, row: int) -> bool:
        """Whether a cell holds nothing but its ground."""
        return self._characters[row][column] == " " or self._parts[row][column] == "field"

    def is_curve(self, column: int, row: int) -> bool:
        """Whether a cell holds a piece of a line."""
        return (column, row) in self._dots

    def draw(
        self,
        strokes: list[Stroke | None],
        part: str,
        *,
        at: tuple[int, int],
        dots: Dots,
        pattern: Pattern = PATTERNS[0],
        marker: str = "",
        behind: bool = False,
    ) -> None:
        """Draw a line. A later line hides those drawn with `behind`, and merges its dots with others.

        Args:
            strokes: One per column of dots; None for a gap.
            part: The part of the chart that the line is.
            at: The first column and row of the plot.
            dots: The dots to draw with.
            pattern: Leaves out columns of dots, except of a stroke higher than a row, which may be a spike.
            marker: Marks values in ASCII.
            behind: Whether later lines hide this one.
        """
        if dots == "ascii":
            self._draw_characters(strokes, part, at, marker, behind)
            return
        left, above = at
        across, down = PER_CELL[dots]
        runs = _RUNS[dots]
        cells: dict[tuple[int, int], int] = {}
        points: list[tuple[int, int]] = []
        for column, stroke in enumerate(strokes):
            if stroke is None:
                continue
            cell, side = divmod(column, across)
            top, bottom = int(stroke.top), int(stroke.bottom)
            first, last = top // down, bottom // down
            if stroke.alone:
                points.append((left + cell, above + first))
            elif first == last and not pattern[column % len(pattern)]:
                continue
            half = runs[side]
            for row in range(first, last + 1):
                bits = half[top % down if row == first else 0][bottom % down if row == last else down - 1]
                key = left + cell, above + row
                cells[key] = cells.get(key, 0) | bits
        for (column, row), bits in cells.items():
            if self._parts[row][column] in _BACKGROUND or behind:
                merged = bits
            else:
                merged = self._dots.get((column, row), 0) | bits
            self._dots[column, row] = merged
            self.put(column, row, character_of(merged, dots), part)
        for column, row in points:
            self.put(column, row, GLYPHS[dots].point, part)

    def scatter(self, points: Iterable[tuple[int, int]], part: str, *, at: tuple[int, int], dots: Dots) -> None:
        """Draw single dots at (across, down), counted in dots from the cell `at`."""
        across, down = PER_CELL[dots]
        for column, row in points:
            key = at[0] + column // across, at[1] + row // down
            if dots == "ascii":
                self._dots[key] = 1
                self.put(*key, "o", part)
                continue
            bits = self._dots.get(key, 0) | _RUNS[dots][column % across][row % down][row % down]
            self._dots[key] = bits
            self.put(*key, character_of(bits, dots), part)

    def _draw_characters(
        self, strokes: list[Stroke | None], part: str, at: tuple[int, int], marker: str, behind: bool
    ) -> None:
        glyphs = GLYPHS["ascii"]
        down, across = (".", ".") if behind else (glyphs.down, glyphs.across)
        left, above = at
        for column, stroke in enumerate(strokes, start=left):
            if stroke is None:
                continue
            top, bottom = int(stroke.top), int(stroke.bottom)
            drawn: dict[int, str] = dict.fromkeys(range(top, bottom + 1), across if top == bottom else down)
            if stroke.measured is not None:
                drawn |= dict.fromkeys(map(int, stroke.measured), marker or glyphs.point)
            for row, character in drawn.items():
                self._dots[column, above + row] = 1
                self.put(column, above + row, character, part)

    def lines(self, styles: Mapping[str, StyleType]) -> tuple[Text, ...]:
        """The rows as lines of text, each cell in the style of its part."""
        if self._grounds:
            return self._lines_on_grounds(styles)
        lines: list[Text] = []
        for characters, parts in zip(self._characters, self._parts, strict=True):
            line = Text(no_wrap=True, end="")
            begin = 0
            for column in range(1, self.width + 1):
                if column == self.width or parts[column] != parts[begin]:
                    line.append("".join(characters[begin:column]), styles[parts[begin]])
                    begin = column
            lines.append(line)
        return tuple(lines)

    def _lines_on_grounds(self, styles: Mapping[str, StyleType]) -> tuple[Text, ...]:
        lines: list[Text] = []
        for row, (characters, parts) in enumerate(zip(self._characters, self._parts, strict=True)):
            line = Text(no_wrap=True, end="")
            cells = (
                self._on_ground(character, part, self._grounds.get((column, row)))
                for column, (character, part) in enumerate(zip(characters, parts, strict=True))
            )
            for (part, colour, ground), group in itertools.groupby(cells, itemgetter(1)):
                line.append("".join(character for character, _ in group), _styled(styles[part], colour, ground))
            lines.append(line)
        return tuple(lines)

    def _on_ground(
        self, character: str, part: str, ground: tuple[str | None, str | None] | None
    ) -> tuple[str, tuple[str, str | None, str | None]]:
        """A cell's character, its part, and the colours of it and of its ground where they are not the part's."""
        if ground is None:
            return character, (part, None, None)
        upper, lower = ground
        if character != " " or upper == lower:
            return character, (part, None, upper or lower)
        if upper is None:
            return "▄", (part, lower, None)
        return "▀", (part, upper, lower)


@lru_cache(4096)
def _styled(style: StyleType, colour: str | None, ground: str | None) -> Style:
    own = Style.parse(style) if isinstance(style, str) else style
    return own + Style(color=colour, bgcolor=ground) if colour or ground else own


_BACKGROUND = frozenset({"text", "axis", "epoch", "cursor", "raw", "earlier", "points", "field"})
"""The parts that a line replaces where it is drawn over them."""


def sample(pattern: Pattern, dots: Dots, marker: str) -> str:
    """A piece of a line, for a legend: three cells, or the marker in ASCII."""
    if dots == "ascii":
        return marker
    bits = _BRAILLE_BITS if dots == "braille" else _BLOCK_BITS
    row = len(bits[0]) // 2
    return "".join(
        character_of(sum(bits[side][row] for side in (0, 1) if pattern[cell + side]), dots)
        for cell in range(0, len(pattern), 2)
    )
