"""The colours of code in every place that shows some: of which kind each word is, and what colour a kind has."""

from __future__ import annotations

import io
import keyword
import token
import tokenize
from collections.abc import Iterator, Mapping
from typing import Literal

Kind = Literal["keyword", "string", "number", "comment", "call", "class"]
"""What a word of code is. Names, operators and brackets are of no kind, and have the colour of text."""

Piece = tuple[str, Kind | None]
"""A piece of code, with its kind."""

OWN: Mapping[bool, Mapping[Kind, str]] = {
    True: {
        "keyword": "#e58a62",
        "string": "#a5c584",
        "number": "#e0b36a",
        "comment": "#8f949e",
        "call": "#8fb3e0",
        "class": "#8fb3e0",
    },
    False: {
        "keyword": "#a83c0c",
        "string": "#347224",
        "number": "#8a5a00",
        "comment": "#656460",
        "call": "#2f5f9e",
        "class": "#2f5f9e",
    },
}
"""The colours of the two themes of our own, the dark one (True) and the light one."""

OF_THEME: Mapping[Kind, str] = {
    "keyword": "primary",
    "string": "success",
    "number": "warning",
    "comment": "text-muted",
    "call": "secondary",
    "class": "secondary",
}
"""The colour of any other theme that a kind takes, softened, by the name that Textual has for it."""

OF_TERMINAL: Mapping[Kind, str] = {
    "keyword": "magenta",
    "string": "green",
    "number": "blue",
    "comment": "",
    "call": "cyan",
    "class": "cyan",
}
"""The names of the terminal's own colours, on dark and light grounds; empty: that of its text."""

INLINE_OF_TERMINAL = "bold cyan"
"""The style of code within a sentence, in the terminal's own colours."""

EMPHASIS: Mapping[Kind, str] = {"comment": "italic", "class": "bold"}
"""What the kinds have besides their colours."""

_WORDS_FOR_VALUES = ("True", "False", "None")
_STRINGS = {token.STRING, *(getattr(token, name, -1) for name in ("FSTRING_START", "FSTRING_MIDDLE", "FSTRING_END"))}


def pieces(code: str) -> Iterator[Piece]:
    """Python code in pieces, which joined are the code. What cannot be read as Python has no kind from there on."""
    # Not `splitlines`, which knows more ends of lines than Python's own reader does.
    lines = io.StringIO(code).readlines()
    at = (1, 0)
    for kind, start, end in _kinds(code):
        if start < at or start == end:
            continue
        yield from _between(lines, at, start, None)
        yield from _between(lines, start, end, kind)
        at = end
    yield from _between(lines, at, (len(lines) + 1, 0), None)


_Place = tuple[int, int]
"""Line, from 1, and column."""


def _between(lines: list[str], start: _Place, end: _Place, kind: Kind | None) -> Iterator[Piece]:
    """What is between two places, if it is anything."""
    (first, left), (last, right) = start, end
    if first == last:
        text = lines[first - 1][left:right] if first <= len(lines) else ""
    else:
        below = lines[last - 1][:right] if last <= len(lines) else ""
        text = "".join([lines[first - 1][left:] if first <= len(lines) else "", *lines[first : last - 1], below])
    if text:
        yield text, kind


def _kinds(code: str) -> Iterator[tuple[Kind, _Place, _Place]]:
    """The pieces that are of a kind, in their order."""
    before = ""
    name: tokenize.TokenInfo | None = None
    try:
        for word in tokenize.generate_tokens(io.StringIO(code).readline):
            if name is not None and word.string == "(":
                yield "call", name.start, name.end
            name = None
            if word.type == tokenize.COMMENT:
                yield "comment", word.start, word.end
            elif word.type in _STRINGS:
                yield "string", word.start, word.end
            elif word.type == tokenize.NUMBER or word.string in _WORDS_FOR_VALUES:
                yield "number", word.start, word.end
            elif word.type == tokenize.NAME:
                if keyword.iskeyword(word.string):
                    yield "keyword", word.start, word.end
                elif before in ("def", "class"):
                    yield "call" if before == "def" else "class", word.start, word.end
                else:
                    name = word
            before = word.string
    except (tokenize.TokenError, SyntaxError):
        return
