"""Names in error sentences: the closest one, a list of them, and any text kept short."""

from __future__ import annotations

from collections.abc import Collection
from difflib import get_close_matches

_LONGEST_NAME = 80
"""Names longer than this are not compared (the comparison is quadratic), and are cut where they are shown."""


def closest(name: str, names: Collection[str]) -> str | None:
    """The one of `names` that somebody who wrote `name` most likely meant; None when none is near."""
    if len(name) > _LONGEST_NAME:
        return None
    return next(iter(get_close_matches(name, names, n=1)), None)


def meant(name: str, names: Collection[str]) -> str:
    """The end of a sentence about an unknown name: `; did you mean …?`, or `, expected one of …`."""
    if near := closest(name, names):
        return f"; did you mean {shown(near)}?"
    return f", expected {one_of(names)}" if names else ""


def one_of(names: Collection[str]) -> str:
    """`a`, `b` or `c`, each in backticks; empty for no names."""
    *most, last = [shown(name) for name in names] or [""]
    return f"{', '.join(most)} or {last}" if most else last


def shown(text: str) -> str:
    """Text in backticks, on one line, cut when it is long."""
    line = " ".join(text.split())
    return f"`{line if len(line) <= _LONGEST_NAME else line[: _LONGEST_NAME - 1] + '…'}`"
