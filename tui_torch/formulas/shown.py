"""Formulas as they are shown. Whatever is written, something readable comes of it, and nothing is raised."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

from rich.cells import cell_len

from tui_torch.formulas.reading import FormulaError, read
from tui_torch.formulas.rows import in_rows
from tui_torch.formulas.spelling import Speller, items_of, spelled
from tui_torch.formulas.tree import Atom, Node, Rows, Sequence

KEPT = 512
"""How many formulas are remembered as they are shown: a page draws its own again with each hint."""


@lru_cache(KEPT)
def line_of(latex: str, ascii_only: bool) -> str:
    """A formula on one line."""
    tree, _ = _read(latex)
    if tree is None:
        return _stripped(latex)
    try:
        return spelled(tree, ascii_only=ascii_only) or _stripped(latex)
    except RecursionError:
        return _stripped(latex)


@lru_cache(KEPT)
def rows_of(latex: str, ascii_only: bool) -> tuple[str, ...]:
    """A formula that stands by itself, in which fractions, limits and matrices take several lines."""
    tree, _ = _read(latex)
    if tree is None:
        return (_stripped(latex),)
    try:
        return in_rows(tree, ascii_only=ascii_only)
    except RecursionError:
        return (_stripped(latex),)


def fitting_rows(latex: str, width: int, ascii_only: bool) -> tuple[str, ...]:
    """A formula that stands by itself; where that is too wide, its rows or parts below each other, or one line."""
    rows = rows_of(latex, ascii_only)
    if _width(rows) <= width:
        return rows
    tree, _ = _read(latex)
    try:
        if isinstance(tree, Rows) and tree.opening is None:
            speller = Speller(ascii_only)
            lines = [Sequence(tuple(one for cell in row for one in items_of(cell))) for row in tree.rows]
            return tuple(filter(None, map(speller.indented, lines)))
        for is_low in (False, True):
            parts = [in_rows(part, ascii_only=ascii_only, is_low=is_low) for part in _apart(tree)] if tree else []
            if parts and max(map(_width, parts)) <= width:
                return tuple(row for number, part in enumerate(parts) for row in (*([""] if number else []), *part))
    except RecursionError:
        pass
    return (line_of(latex, ascii_only),)


def _width(rows: Iterable[str]) -> int:
    return max(map(cell_len, rows), default=0)


def _apart(tree: Node) -> list[Node]:
    """The parts of a formula that a wide space stands between."""
    parts: list[list[Node]] = [[]]
    for item in items_of(tree):
        if isinstance(item, Atom) and item.kind == "space" and len(item.unicode) > 1:
            parts.append([])
        else:
            parts[-1].append(item)
    return [Sequence(tuple(part)) for part in parts if part]


def problem_of(latex: str) -> FormulaError | None:
    """The first thing that is wrong with a formula."""
    _, problems = _read(latex)
    return min(problems, key=lambda problem: problem.place, default=None)


def _read(latex: str) -> tuple[Node | None, tuple[FormulaError, ...]]:
    try:
        return read(latex)
    except FormulaError as error:
        return None, (error,)


def _stripped(latex: str) -> str:
    """A formula that cannot be read, without what only LaTeX needs."""
    words = re.sub(r"\\([A-Za-z]+) ?", r" \1 ", latex)
    return " ".join(re.sub(r"[\\{}]", "", words).split()) or latex.replace("\\", "").strip()
