"""Lays documentation out in lines of a width."""

from __future__ import annotations

import re
from dataclasses import dataclass

from rich.cells import cell_len

from tui_torch.drawing.docstrings.blocks import DocBlock, blocks_of
from tui_torch.drawing.docstrings.inline import MARKUP, DocSpan, span_of, spans_of

LEAST_WIDTH = 24
"""Cells that a paragraph has at least, however far in it stands."""


_COLUMNS = re.compile(r"\S {3,}\S")
"""Blanks inside a line that divide columns."""


@dataclass(frozen=True, slots=True)
class DocLine:
    """A line of a documentation."""

    indent: int
    spans: tuple[DocSpan, ...] = ()

    @property
    def plain(self) -> str:
        return " " * self.indent + "".join(span.text for span in self.spans)


@dataclass(frozen=True, slots=True)
class CodeLines:
    """Lines of code, to be coloured together."""

    indent: int
    code: str

    @property
    def plain(self) -> str:
        return "\n".join(f"{' ' * self.indent}{line}".rstrip() for line in self.code.split("\n"))


DocPart = DocLine | CodeLines


def laid_out(text: str, width: int, *, ascii_only: bool = False) -> list[DocPart]:
    """A documentation in lines. Those of code and tables keep their width, others are wrapped where one is too long."""
    parts: list[DocPart] = []
    for block in blocks_of(text):
        if parts and (block.is_spaced or block.kind == "heading") and parts[-1].plain:
            parts.append(DocLine(0))
        match block.kind:
            case "code":
                parts.append(CodeLines(block.indent, "\n".join(block.lines)))
            case "formula":
                parts += _formula(block, width, ascii_only)
            case "table":
                rows = _table([_table_row(row, ascii_only).rstrip() for row in block.lines])
                parts += [DocLine(block.indent, (DocSpan(row),)) for row in rows]
            case "signature":
                parts += _wrapped([DocSpan(block.lines[0], "code")], block.indent, block.hanging, width)
            case "heading":
                spans = [DocSpan(span.text, "heading") for span in spans_of(block.lines[0], ascii_only)]
                parts += _wrapped(spans, block.indent, 0, width)
            case "paragraph":
                parts += _paragraph(block, width, ascii_only)
    return parts


def as_text(text: str, width: int, *, ascii_only: bool = False) -> str:
    """A documentation as plain text."""
    return "\n".join(part.plain for part in laid_out(text, width, ascii_only=ascii_only))


def _formula(block: DocBlock, width: int, ascii_only: bool) -> list[DocPart]:
    from tui_torch.formulas.shown import fitting_rows

    rows = fitting_rows(block.lines[0], width - block.indent, ascii_only)
    wrapped = (_wrapped([DocSpan(row)], block.indent, 4, width, is_set=True) or [DocLine(0)] for row in rows)
    return [part for lines in wrapped for part in lines]


def _table(rows: list[str]) -> list[str]:
    """The rows of a table whose columns are as wide as they need to be; one that is drawn with `+` and `|` as it is."""
    if not rows[0].startswith("=") or " " not in rows[0]:
        return rows
    starts = [found.start() for found in re.finditer(r"=+", rows[0])]
    ends = [*starts[1:], None]
    cells = [[row[start:end].rstrip() for start, end in zip(starts, ends, strict=True)] for row in rows]
    widths = [
        max((cell_len(cell) for cell in column if set(cell) != {"="}), default=0) for column in zip(*cells, strict=True)
    ]
    made: list[str] = []
    for row in cells:
        parts = [
            "=" * width if set(cell) == {"="} else cell + " " * (width - cell_len(cell))
            for cell, width in zip(row, widths, strict=True)
        ]
        made.append("  ".join(parts).rstrip())
    return made


def _table_row(row: str, ascii_only: bool) -> str:
    """A row in which what was marked up is as wide as it was written, so that the columns stay in line."""

    def padded(found: re.Match[str]) -> str:
        made = span_of(found, ascii_only).text
        return made + " " * (len(found[0]) - cell_len(made))

    return MARKUP.sub(padded, row)


def _paragraph(block: DocBlock, width: int, ascii_only: bool) -> list[DocPart]:
    spans: list[DocSpan] = []
    text = "\n".join(block.lines)
    if block.name:
        spans.append(DocSpan(block.name, "strong"))
        text = text.removeprefix(block.name)
    spans += spans_of(text, ascii_only)
    lines = _divided(spans)
    room = max(width - block.indent - block.hanging, LEAST_WIDTH)
    if all(sum(cell_len(span.text) for span in line) <= room for line in lines):
        return [
            DocLine(block.indent + (block.hanging if number else 0), tuple(line)) for number, line in enumerate(lines)
        ]
    if any(_COLUMNS.search(line) for line in block.lines):
        return [
            part
            for number, line in enumerate(lines)
            for part in _wrapped(line, block.indent + (block.hanging if number else 0), 4, width)
        ]
    joined = [DocSpan(span.text.replace("\n", " "), span.role) for span in spans]
    return _wrapped(joined, block.indent, block.hanging, width)


def _divided(spans: list[DocSpan]) -> list[list[DocSpan]]:
    """Pieces by the lines in which they were written."""
    lines: list[list[DocSpan]] = [[]]
    for span in spans:
        for number, piece in enumerate(span.text.split("\n")):
            if number:
                lines.append([])
            if piece:
                lines[-1].append(DocSpan(piece, span.role))
    return lines


def _wrapped(spans: list[DocSpan], indent: int, hanging: int, width: int, *, is_set: bool = False) -> list[DocPart]:
    """Pieces in lines no wider than `width`, broken at blanks; `is_set`: those at the beginning are meant."""
    lines: list[DocPart] = []
    row: list[DocSpan] = []
    used, start = 0, indent
    for word in _words(spans):
        is_blank = word[0].text.isspace()
        taken = sum(cell_len(span.text) for span in word)
        if not is_blank and used and used + taken > max(width - start, LEAST_WIDTH):
            lines.append(DocLine(start, _without_blank_end(row)))
            row, used, start = [], 0, indent + hanging
        if not is_blank or used or (is_set and not lines):
            row += word
            used += taken
    return [*lines, DocLine(start, _without_blank_end(row))] if row else lines


def _words(spans: list[DocSpan]) -> list[list[DocSpan]]:
    """Pieces in groups: each the blanks between two words, or a word, which may be of several roles."""
    words: list[list[DocSpan]] = []
    for span in spans:
        for text in re.findall(r"\s+|\S+", span.text):
            piece = DocSpan(text, span.role)
            if words and not text.isspace() and not words[-1][-1].text.isspace():
                words[-1].append(piece)
            else:
                words.append([piece])
    return words


def _without_blank_end(row: list[DocSpan]) -> tuple[DocSpan, ...]:
    return tuple(row[:-1] if row and row[-1].text.isspace() else row)
