"""Texts of any origin brought to a number of terminal cells."""

from __future__ import annotations

from collections.abc import Iterable

from rich.cells import cell_len, set_cell_size

from tui_torch.drawing.text.ascii import in_ascii


def clipped(text: str, width: int, ascii: bool = False) -> str:
    """A text in at most `width` cells; a longer one is cut, and ends in `…`."""
    if cell_len(text) <= width:
        return text
    mark = ".." if ascii else "…"
    if width <= len(mark):
        return mark[:width]
    return set_cell_size(text, width - len(mark)).rstrip() + mark


def as_many_as_fit(words: Iterable[str], width: int, separator: str = ", ") -> str:
    """The first words, as many as fit in `width` cells with the separator between them; none of them is cut."""
    shown = ""
    for word in words:
        longer = f"{shown}{separator}{word}" if shown else word
        if cell_len(longer) > width:
            break
        shown = longer
    return shown


def one_cell_each(text: str, *, ascii_only: bool = False) -> str:
    """A text with `?` for every character that is not printable or not one cell wide."""
    if ascii_only:
        text = in_ascii(text)
    return "".join(
        character
        if character.isprintable() and cell_len(character) == 1 and (character.isascii() or not ascii_only)
        else "?"
        for character in text
    )
