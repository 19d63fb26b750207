"""Lines as Python counts them."""

from __future__ import annotations

import re
from collections import Counter

_END = re.compile(r"\r\n|\r|\n")


def physical_lines(text: str) -> list[str]:
    """The lines of a text with their ends, and not, as `str.splitlines` has them, also divided at form feeds."""
    lines: list[str] = []
    start = 0
    for end in _END.finditer(text):
        lines.append(text[start : end.end()])
        start = end.end()
    if start < len(text):
        lines.append(text[start:])
    return lines


def with_plain_ends(text: str) -> str:
    """A text whose lines all end in \\n."""
    return _END.sub("\n", text) if "\r" in text else text


def usual_end(text: str) -> str:
    """How most lines of a text end: \\n if it has none."""
    ends = Counter(_END.findall(text))
    return ends.most_common(1)[0][0] if ends else "\n"
