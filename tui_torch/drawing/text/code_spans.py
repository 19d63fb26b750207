"""Sentences with code in backticks, as the tutor, the coach and the lessons write them."""

from __future__ import annotations


def code_spans(sentence: str) -> list[tuple[str, bool]]:
    """The pieces of a sentence in order, without backticks, and whether each is code; empty pieces are left out."""
    pieces = enumerate(sentence.split("`"))
    return [(piece, number % 2 == 1) for number, piece in pieces if piece]
