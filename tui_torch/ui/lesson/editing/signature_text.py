"""A signature as pieces of text, with the parameter lit that the argument at the cursor is for."""

from __future__ import annotations

from collections.abc import Sequence

from tui_torch.protocol.code_help import Signature

Pieces = tuple[tuple[str, bool], ...]
"""Pieces of text, each with whether it is lit."""


def pieces_of(ways: Sequence[Signature], position: int, keyword: str = "") -> Pieces:
    """The first of the ways that has a place for an argument, as pieces.

    Args:
        position: Number of arguments before it.
        keyword: Its name, where that is written.
    """
    way = next((way for way in ways if _place(way, position, keyword) is not None), ways[0])
    lit = _place(way, position, keyword)
    pieces: list[tuple[str, bool]] = [(f"{way.name}(", False)]
    for number, parameter in enumerate(way.parameters):
        pieces.append((f"{', ' if number else ''}", False))
        pieces.append((parameter, number == lit))
    more = len(ways) - 1
    end = f" -> {way.returns}" if way.returns else ""
    other = f"  (+{more})" if more else ""
    return (*(piece for piece in pieces if piece[0]), (f"){end}{other}", False))


def _place(way: Signature, position: int, keyword: str) -> int | None:
    """The index of the parameter that takes the argument; None if none does."""
    names = [_name(parameter) for parameter in way.parameters]
    if keyword:
        if keyword in names:
            return names.index(keyword)
        return next((number for number, text in enumerate(way.parameters) if text.startswith("**")), None)
    seen = 0
    for number, parameter in enumerate(way.parameters):
        if parameter == "/":
            continue
        if parameter.startswith("**") or parameter == "*":
            return None
        if parameter.startswith("*") or seen == position:
            return number
        seen += 1
    return None


def _name(parameter: str) -> str:
    return parameter.partition("=")[0].partition(":")[0].strip()
