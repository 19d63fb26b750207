"""Sentences with code in them as styled text, without a Markdown widget."""

from __future__ import annotations

from textual.content import Content

from tui_torch.drawing.text.code_spans import code_spans
from tui_torch.drawing.text.visible import visible
from tui_torch.formulas.found import with_formulas

_CODE = "$code bold"


def with_code(sentence: str) -> Content:
    """Return a sentence as styled text: `code` in another colour, and nothing else changed."""
    return Content.assemble(*((part, _CODE if is_code else "") for part, is_code in code_spans(sentence)))


def inline(markdown: str, *, ascii_only: bool = False) -> Content:
    """Return a paragraph as styled text: `code` in another colour, **strong** in bold, formulas, nothing else."""
    pieces: list[tuple[str, str]] = []
    for part, is_code in code_spans(with_formulas(visible(" ".join(markdown.split())), ascii_only=ascii_only)):
        if is_code:
            pieces.append((part, _CODE))
            continue
        for place, words in enumerate(part.split("**")):
            pieces.append((words, "bold" if place % 2 else ""))
    return Content.assemble(*pieces)
