"""A handout as Markdown."""

from __future__ import annotations

import re

from tui_torch.console.exporting.handout import Handout, Passage


def as_markdown(handout: Handout) -> str:
    """The texts as they are, and the code fenced."""
    return (
        "\n\n".join(part.markdown if isinstance(part, Passage) else fenced(part.code) for part in handout.parts) + "\n"
    )


def fenced(code: str) -> str:
    """Code in a fence that is longer than any run of backticks in it."""
    longest = max((len(run) for run in re.findall("`+", code)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}python\n{code}\n{fence}"
