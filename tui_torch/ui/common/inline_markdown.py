"""Markdown of one paragraph, for where a Markdown widget is too much."""

from __future__ import annotations

from textual.content import Content


def inline(markdown: str) -> Content:
    """One paragraph, with `code` and **strong** told apart."""
    pieces: list[tuple[str, str]] = []
    for number, part in enumerate(" ".join(markdown.split()).split("`")):
        if number % 2:
            pieces.append((part, "$secondary bold"))
            continue
        for place, words in enumerate(part.split("**")):
            pieces.append((words, "bold" if place % 2 else ""))
    return Content.assemble(*pieces)
