"""ASCII in place of other characters, for terminals without Unicode: before a text is laid out, or after."""

from __future__ import annotations

from functools import cache

from rich.cells import get_character_cell_size

WORDS = {"…": "...", "²": "^2", "°": "", "→": "->", "≤": "<=", "≥": ">=", "√": "sqrt ", "‖": "||", "≡": "="}
"""Replacements of another length than the character."""

_SIGNS = {
    **dict(zip("“”‘’·×−–—‹›", "\"\"''*x---<>", strict=True)),
    **dict(zip("▶▸❯▼▾←→↑↓✓✗…", ">>>vv<>^v+x~", strict=True)),
    **dict.fromkeys("─━═╌╴╶╸╺▔▁▂", "-"),
    **dict.fromkeys("│┃║┊╎▏▎▍▌▐▕", "|"),
    **dict.fromkeys("┌┐└┘├┤┬┴┼╭╮╰╯┏┓┗┛┣┫┳┻╋┿╇┡┩╞╪╡", "+"),
    **dict.fromkeys("•●◉◆■★", "*"),
    **dict.fromkeys("○◌◦▪‣", "o"),
    **dict.fromkeys("▃▄▅▆▇█▀▓▒", "#"),
}
"""Replacements of one cell, for characters of one cell."""


def in_ascii(sentence: str) -> str:
    """A sentence of the tutor's own in ASCII, not laid out yet."""
    return sentence.translate(_TABLE)


def in_ascii_words(markdown: str) -> str:
    """Markdown with the characters of WORDS replaced.

    Other replacements would be markup, and are left to `one_for_one`.
    """
    return markdown.translate(_WORDS)


def one_for_one(text: str) -> str:
    """Text that is laid out, in ASCII: each character keeps its number of cells; `?` for one without a replacement."""
    return text if text.isascii() else "".join(map(_sign, text))


@cache
def _sign(character: str) -> str:
    return character if character.isascii() else _SIGNS.get(character) or "?" * get_character_cell_size(character)


_WORDS = str.maketrans(WORDS)
_TABLE = str.maketrans(_SIGNS | WORDS)
