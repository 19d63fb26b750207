"""Text for terminals that have no Unicode: what to write instead, before a text is laid out and after."""

from __future__ import annotations

from functools import cache

from rich.cells import get_character_cell_size

WORDS = {"…": "...", "²": "^2", "°": "", "→": "->", "≤": "<=", "≥": ">=", "√": "sqrt ", "‖": "||", "≡": "="}
"""What takes more room, or less, than the sign that it stands for."""

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
"""Of one cell, and so is what stands for them."""


def in_ascii(sentence: str) -> str:
    """A sentence of the tutor's own for a terminal that lacks its marks."""
    return sentence.translate(_TABLE)


def in_ascii_words(markdown: str) -> str:
    """Markdown with those marks spelled out whose place in ASCII has another length. The others mean something to
    Markdown, and are for `one_for_one`."""
    return markdown.translate(_WORDS)


def one_for_one(text: str) -> str:
    """Text that is already laid out, in ASCII: each character in as many cells as it had, `?` where none is like it."""
    return text if text.isascii() else "".join(map(_sign, text))


@cache
def _sign(character: str) -> str:
    return character if character.isascii() else _SIGNS.get(character) or "?" * get_character_cell_size(character)


_WORDS = str.maketrans(WORDS)
_TABLE = str.maketrans(_SIGNS | WORDS)
