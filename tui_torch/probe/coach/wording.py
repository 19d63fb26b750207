"""How a note words its numbers and lists."""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence


def listed(items: Sequence[str], most: int = 3) -> str:
    """Return items as code in a sentence: `` `a`, `b` and `c` ``; of more than `most`, the first and how many more."""
    shown = [f"`{item}`" for item in items[:most]]
    if len(items) > most:
        return f"{', '.join(shown)} and {len(items) - most} more"
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}"


def number(value: float) -> str:
    """Return a number with 3 significant digits: `0.0123`, `1.2e9`."""
    text = f"{value:.3g}"
    return re.sub(r"e([+-])0?(\d)", lambda found: f"e{'' if found[1] == '+' else '-'}{found[2]}", text)


def none_of(count: int) -> str:
    """Return the subject of a sentence about parameters that never did something: `None of the 4 parameters`."""
    return "Not even the one parameter" if count == 1 else f"None of the {times(count, 'parameter')}"


def not_called(bare: ast.Expr) -> str:
    """Return a sentence about a statement that is `opt.step`, without parentheses."""
    return f"Line {bare.lineno} names `{ast.unparse(bare)}` and does not call it."


def times(count: int, what: str) -> str:
    """Return a count with its noun: `1 parameter`, `1,200 parameters`."""
    return f"{count:,} {what}{'' if count == 1 else 's'}"
