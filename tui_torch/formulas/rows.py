"""Writes a formula on as many lines as it needs: fractions above each other, limits, matrices in tall brackets."""

from __future__ import annotations

from collections.abc import Sequence as Several
from dataclasses import dataclass

from rich.cells import cell_len

from tui_torch.formulas.scripts import lowered, raised
from tui_torch.formulas.spelling import Piece, PieceKind, Speller, items_of
from tui_torch.formulas.tree import Accent, Atom, Fenced, Fraction, Node, Root, Rows, Script, Sequence

_TALL = {
    # Above, between, at the middle, below; and the two halves of one in two lines.
    "(": "⎛⎜⎜⎝", ")": "⎞⎟⎟⎠", "[": "⎡⎢⎢⎣", "]": "⎤⎥⎥⎦", "{": "⎧⎪⎨⎩", "}": "⎫⎪⎬⎭", "|": "││││", "‖": "║║║║",
    "⌊": "⎢⎢⎢⎣", "⌋": "⎥⎥⎥⎦", "⌈": "⎡⎢⎢⎢", "⌉": "⎤⎥⎥⎥",
}  # fmt: skip
BETWEEN_COLUMNS = 2
"""Cells between the columns of a matrix."""


@dataclass(frozen=True, slots=True)
class TextBox:
    """Lines of text of one width, of which one is in line with what stands beside the box."""

    lines: tuple[str, ...]
    middle: int

    @property
    def width(self) -> int:
        return cell_len(self.lines[0])

    @property
    def below(self) -> int:
        """Number of lines below the middle one."""
        return len(self.lines) - self.middle - 1


def in_rows(node: Node, *, ascii_only: bool = False, is_low: bool = False) -> tuple[str, ...]:
    """A formula on several lines. `is_low`: matrices, cases and the like alone take several, and no fraction."""
    return tuple(line.rstrip() for line in _Layout(ascii_only, is_low).box(node).lines)


class _Layout:
    def __init__(self, ascii_only: bool, is_low: bool) -> None:
        self._ascii = ascii_only
        self._is_low = is_low
        self._speller = Speller(ascii_only)

    def box(self, node: Node, *, indented: bool = False) -> TextBox:
        items = items_of(node)
        if not any(map(self._is_tall, items)):
            return _line(self._speller.indented(node) if indented else self._speller.text(node))
        return self._beside(items)

    def _is_tall(self, node: Node) -> bool:
        match node:
            case Fraction(above=above, below=below):
                return not self._is_low or self._is_tall(above) or self._is_tall(below)
            case Rows(rows=rows):
                return len(rows) > 1 or any(self._is_tall(cell) for row in rows for cell in row)
            case Script(base=base):
                return (isinstance(base, Atom) and base.has_limits and not self._is_low) or self._is_tall(base)
            case Fenced(body=body) | Root(body=body):
                return self._is_tall(body)
            case Sequence(items=items):
                return any(map(self._is_tall, items))
            case Atom() | Accent():
                return False

    def _beside(self, items: Several[Node]) -> TextBox:
        """Parts beside each other, their middles in line, with the spaces that they have on one line."""
        boxes: list[TextBox | None] = []
        pieces: list[Piece] = []
        for item in items:
            if self._is_tall(item):
                box = self._tall(item)
                boxes.append(box)
                pieces.append(Piece("", _kind_of(item)))
            else:
                made = self._speller.pieces((item,))[0]
                boxes.append(None)
                pieces.append(made)
        row = _line("")
        for gap, piece, box in zip(self._speller.gaps(pieces), pieces, boxes, strict=True):
            row = joined(row, _line(gap), box or _line(piece.text))
        return row

    def _tall(self, node: Node) -> TextBox:
        match node:
            case Fraction(above=above, below=below, has_line=has_line):
                return self._fraction(self.box(above), self.box(below), has_line)
            case Script():
                return self._script(node)
            case Fenced(opening=opening, body=body, closing=closing):
                return self._fenced(opening, self.box(body), closing)
            case Rows():
                return self._rows(node)
            case Root(body=body, degree=degree):
                sign = self._speller.text(Root(Atom("", ""), degree)).removesuffix("()")
                return joined(_line(sign), self._fenced(_ROUND[0], self.box(body), _ROUND[1]))
            case Sequence():
                return self.box(node)
            case _:
                return _line(self._speller.text(node))

    def _fraction(self, above: TextBox, below: TextBox, has_line: bool) -> TextBox:
        # A line over one letter alone would be read as a minus.
        width = max(above.width, below.width)
        width = 3 if has_line and width == 1 else width
        line = ("-" if self._ascii else "─") * width
        lines = (*_centred(above.lines, width), *((line,) if has_line else ()), *_centred(below.lines, width))
        if has_line:
            return TextBox(lines, len(above.lines))
        return self._fenced(_ROUND[0], TextBox(lines, len(above.lines) - 1), _ROUND[1])

    def _script(self, node: Script) -> TextBox:
        tight = self._speller.tight
        above = tight.text(node.above) if node.above is not None else ""
        below = tight.text(node.below) if node.below is not None else ""
        if isinstance(node.base, Atom) and node.base.has_limits:
            base = self._speller.text(node.base)
            width = max(map(cell_len, (above, base, below)))
            lines = [line for line in (above, base, below) if line]
            return TextBox(_centred(lines, width), 1 if above else 0)
        base = self.box(node.base)
        if isinstance(node.base, Sequence | Fraction):
            base = self._fenced(_ROUND[0], base, _ROUND[1])
        if not self._ascii:
            above, below = raised(above) or above, lowered(below) or below
        width = max(cell_len(above), cell_len(below))
        blank = " " * width
        column = [_padded(above, width), *[blank] * (len(base.lines) - 2), _padded(below, width)]
        return joined(base, TextBox(tuple(column), base.middle))

    def _fenced(self, opening: Atom | None, body: TextBox, closing: Atom | None) -> TextBox:
        return joined(self._bracket(opening, body), body, self._bracket(closing, body))

    def _bracket(self, bracket: Atom | None, body: TextBox) -> TextBox:
        if bracket is None or not bracket.unicode:
            return _line("")
        height = len(body.lines)
        if height == 1:
            return _line(bracket.ascii if self._ascii else bracket.unicode)
        if self._ascii:
            return TextBox((bracket.ascii[-1],) * height, body.middle)
        above, between, middle, below = _TALL.get(bracket.unicode, bracket.unicode * 4)
        lines = [above, *[between] * (height - 2), below]
        if height > 2:
            lines[height // 2] = middle
        return TextBox(tuple(lines), body.middle)

    def _rows(self, node: Rows) -> TextBox:
        cells = [[self.box(cell, indented=node.is_aligned) for cell in row] for row in node.rows]
        columns = max(map(len, cells), default=0)
        widths = [
            max((row[column].width for row in cells if column < len(row)), default=0) for column in range(columns)
        ]
        lines: list[str] = []
        was_tall = False
        for row in cells:
            made = _line("")
            for column, width in enumerate(widths):
                box = row[column] if column < len(row) else _line("")
                # The halves of an equation meet; the numbers of a matrix stand below each other, as far right.
                is_left = column % 2 == 1 if node.is_aligned else node.closing is None
                gap = 0 if column == 0 or node.is_aligned else BETWEEN_COLUMNS
                gap = 1 if node.is_aligned and column % 2 == 1 and box.width and widths[column - 1] else gap
                made = joined(made, _line(" " * gap), _wide(box, width, is_left))
            is_tall = len(made.lines) > 1
            if lines and (is_tall or was_tall):
                lines.append(" " * made.width)
            lines += made.lines
            was_tall = is_tall
        widest = max(map(cell_len, lines), default=0)
        body = TextBox(tuple(_padded(line, widest) for line in lines) or ("",), (len(lines) - 1) // 2 if lines else 0)
        if node.opening is not None and len(body.lines) > 1 and node.closing is None:
            body = joined(_line(" "), body)
        return self._fenced(node.opening, body, node.closing)


_ROUND = (Atom("(", "(", "open"), Atom(")", ")", "close"))


def _kind_of(node: Node) -> PieceKind:
    match node:
        case Script(base=Atom()):
            return "operator"
        case Fenced() | Rows():
            return "fenced"
        case _:
            return "tall"


def joined(*boxes: TextBox) -> TextBox:
    """Boxes beside each other, their middles in one line."""
    above = max(box.middle for box in boxes)
    below = max(box.below for box in boxes)
    columns = [
        [" " * box.width] * (above - box.middle) + list(box.lines) + [" " * box.width] * (below - box.below)
        for box in boxes
    ]
    return TextBox(tuple("".join(line) for line in zip(*columns, strict=True)), above)


def _line(text: str) -> TextBox:
    return TextBox((text,), 0)


def _padded(text: str, width: int) -> str:
    return text + " " * (width - cell_len(text))


def _centred(lines: Several[str], width: int) -> tuple[str, ...]:
    return tuple(_padded(" " * ((width - cell_len(line)) // 2) + line, width) for line in lines)


def _wide(box: TextBox, width: int, is_left: bool) -> TextBox:
    missing = " " * (width - box.width)
    return TextBox(tuple(line + missing if is_left else missing + line for line in box.lines), box.middle)
