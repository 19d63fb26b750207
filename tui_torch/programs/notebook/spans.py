"""Where in the text of a notebook the parts of each cell stand, so that one is changed and nothing else in the file."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from tui_torch.programs.lines import usual_end

Span = tuple[int, int]
"""Where a value begins, and the place after its end."""

_decoder = json.JSONDecoder()
_BLANK = re.compile(r"[ \t\r\n]*")
_INDENT = re.compile(r"\s*\{\r?\n([ \t]+)\"")
_ESCAPED = re.compile(r"\\u(?!00[0-7])[0-9a-fA-F]{4}")
"""A character beyond ASCII that is written as its number."""


def cell_spans(text: str) -> list[dict[str, Span]]:
    """Of each cell of a notebook, where the value of each of its keys stands. The text has to be a notebook's."""
    cells: list[dict[str, Span]] = []
    for key, (start, _) in _members(text, _skip_blanks(text, 0)):
        if key == "cells":
            cells = [dict(_members(text, at)) for at in _items(text, start)]
    return cells


def _skip_blanks(text: str, at: int) -> int:
    found = _BLANK.match(text, at)
    return at if found is None else found.end()


def _members(text: str, at: int) -> Iterator[tuple[str, Span]]:
    """The keys of the object that begins at a place, and where their values stand."""
    at = _skip_blanks(text, at + 1)
    while text[at] != "}":
        key, at = _decoder.raw_decode(text, at)
        start = _skip_blanks(text, _skip_blanks(text, at) + 1)
        _, end = _decoder.raw_decode(text, start)
        yield key, (start, end)
        at = _after_comma(text, end)


def _items(text: str, at: int) -> Iterator[int]:
    """Where the values of the list that begins at a place stand."""
    at = _skip_blanks(text, at + 1)
    while text[at] != "]":
        yield at
        _, end = _decoder.raw_decode(text, at)
        at = _after_comma(text, end)


def _after_comma(text: str, at: int) -> int:
    at = _skip_blanks(text, at)
    return _skip_blanks(text, at + 1) if text[at] == "," else at


class Writer:
    """Writes values as the rest of a notebook is written: its indentation, its line ends, its escapes."""

    def __init__(self, text: str) -> None:
        self._text = text
        found = _INDENT.match(text)
        self._indent = found[1] if found else None
        self._is_ascii = text.isascii() and _ESCAPED.search(text) is not None
        is_spaced = self._indent is not None or '": ' in text[:200]
        self._separators = (",", ": ") if self._indent is not None else (", ", ": ") if is_spaced else (",", ":")
        self._end = usual_end(text)

    def written(self, value: object, at: int) -> str:
        """A value, to stand at a place of the text."""
        line = self._text[self._text.rfind("\n", 0, at) + 1 : at]
        indent = line[: len(line) - len(line.lstrip(" \t"))]
        written = self._dumped(value, is_ascii=self._is_ascii)
        if not _is_text(written):
            written = self._dumped(value, is_ascii=True)
        return written.replace("\n", self._end + indent)

    def _dumped(self, value: object, *, is_ascii: bool) -> str:
        return json.dumps(value, indent=self._indent, ensure_ascii=is_ascii, separators=self._separators)

    def with_values(self, values: dict[Span, object]) -> str:
        """The text with other values in some places."""
        parts: list[str] = []
        at = 0
        for (start, end), value in sorted(values.items(), key=lambda item: item[0]):
            parts += [self._text[at:start], self.written(value, start)]
            at = end
        return "".join([*parts, self._text[at:]])


def _is_text(written: str) -> bool:
    """Whether it can be written as UTF-8: half of a surrogate pair cannot."""
    try:
        written.encode()
    except UnicodeEncodeError:
        return False
    return True
