"""Characters that a terminal obeys instead of showing, written out so that they are seen and do nothing."""

from __future__ import annotations

import re

UNPRINTABLE = "\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff"
"""For a regular expression's brackets: control characters; marks that reorder text (bidi); Unicode's own line ends;
halves of surrogate pairs."""

_SPECIAL = re.compile(f"[{UNPRINTABLE}]")
_WITHIN_LINES = re.compile(f"(?![\n\t])[{UNPRINTABLE}]")


def visible(text: str, ascii_only: bool = False) -> str:
    """A text with every control character visible, tabs and line ends too: `␛[2J`, in ASCII `^[[2J`."""
    return _SPECIAL.sub(lambda match: visible_character(match[0], ascii_only), text)


def visible_lines(text: str, ascii_only: bool = False) -> str:
    """A text with every control character visible but line ends and tabs."""
    return _WITHIN_LINES.sub(lambda match: visible_character(match[0], ascii_only), text)


def visible_character(character: str, ascii_only: bool) -> str:
    """How one of these characters is written out."""
    code = ord(character)
    if code < 0x20:
        return f"^{chr(code + 0x40)}" if ascii_only else chr(0x2400 + code)
    if code == 0x7F:
        return "^?" if ascii_only else "␡"
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"


def sign_for_each(line: str, ascii_only: bool = False) -> tuple[str, tuple[int, ...]]:
    """A line with one sign in place of each of these characters but tabs, and the indices of the signs.

    A sign takes as many bytes in UTF-8 as its character, so that syntax colours stay in their places; not in ASCII.
    """
    places = tuple(hit.start() for hit in _WITHIN_LINES.finditer(line))
    if not places:
        return line, ()
    return _WITHIN_LINES.sub(lambda match: "?" if ascii_only else _sign(match[0]), line), places


def _sign(character: str) -> str:
    code = ord(character)
    return "?" if code < 0x80 else "¿" if code < 0x800 else "\N{REPLACEMENT CHARACTER}"


def code_point(character: str) -> str:
    """A character by its number, as Unicode's tables have it: `U+202E`."""
    return f"U+{ord(character):04X}"


def escaped_in_json(text: str) -> str:
    """JSON whose strings have none of these characters: each is an escape, `\\u202e`, that reads as what it was."""
    return _WITHIN_LINES.sub(lambda match: f"\\u{ord(match[0]):04x}", text)
