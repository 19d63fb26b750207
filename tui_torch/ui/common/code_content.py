"""Code as styled text, and the rules of style for widgets that draw it line by line."""

from __future__ import annotations

import re

from textual.content import Content

from tui_torch.drawing.code_colours import EMPHASIS, OF_THEME, pieces

_PROMPT = re.compile(r"(\s*(?:>>>|\.\.\.)(?: |$))(.*)")


def coloured(code: str) -> Content:
    """Return Python code in its colours."""
    styled = ((text, f"$code-{kind} {EMPHASIS.get(kind, '')}" if kind else "") for text, kind in pieces(code))
    return Content.assemble(*styled)


def coloured_session(session: str) -> Content:
    """Return what was typed after `>>>`, in its colours, and what came of it, as a docstring has them."""
    return Content("\n").join(_line_of_session(line) for line in session.split("\n"))


def _line_of_session(line: str) -> Content:
    prompt = _PROMPT.match(line)
    return Content.styled(prompt[1], "$text-muted") + coloured(prompt[2]) if prompt else Content(line)


def styles_of_code(selector: str) -> str:
    """Rules for parts of a widget, each named by a kind of word.

    Args:
        selector: What selects a part, but for the kind at its end.
    """
    rules = (
        f"{selector}{kind} {{ color: $code-{kind}; text-style: {EMPHASIS.get(kind, 'none')}; }}" for kind in OF_THEME
    )
    return "\n".join(rules)
