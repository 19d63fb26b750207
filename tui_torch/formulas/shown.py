"""Formulas as they are shown. Whatever is written, something readable comes of it, and nothing is raised."""

from __future__ import annotations

import re
from functools import lru_cache

from tui_torch.formulas.reading import FormulaError, read
from tui_torch.formulas.rows import in_rows
from tui_torch.formulas.spelling import spelled
from tui_torch.formulas.tree import Node

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
