"""Finds formulas in text: `$…$`, and `$$…$$` for those that stand by themselves. A price is none."""

from __future__ import annotations

import re

FORMULA = re.compile(
    r"""
      (?<! [\\$] ) \$\$ (?P<display> (?: \\. | [^\\$`] | \$ (?! \$ ) )+ ) \$\$ (?! \$ )
    | (?<! [\w\\$] ) \$
      (?! \d[\d.,]* \s+ \(? [A-Za-z]{2,} )  # "$5 for one, 6$ for two" are prices
      (?P<inline> (?! [\s$] ) (?: \\. | [^\\$`] )*? (?: \\. | [^\\$`\s] ) ) \$
      (?: (?= (?: st | nd | rd | th | s | d | D ) \b ) | (?! [\w$] ) )  # "$n$th", but not "$HOME/$USER"
    """,
    re.VERBOSE | re.DOTALL,
)
"""A formula. It has no blank at its ends and no code in it; before it stands no letter, behind it at most an ending."""

_ESCAPED_DOLLAR = re.compile(r"\\\$")


def with_formulas(sentence: str, *, ascii_only: bool = False) -> str:
    """A sentence with each formula as it is shown, on one line. What stands in backticks is code, and left alone."""
    if "$" not in sentence:
        return sentence
    pieces = sentence.split("`")
    # What stands behind an odd number of backticks is code.
    pieces[::2] = [_shown(piece, ascii_only) for piece in pieces[::2]]
    return "`".join(pieces)


def _shown(text: str, ascii_only: bool) -> str:
    made: list[str] = []
    end = 0
    for found in FORMULA.finditer(text):
        from tui_torch.formulas.shown import line_of

        made += [_ESCAPED_DOLLAR.sub("$", text[end : found.start()]), line_of(latex_of(found), ascii_only)]
        end = found.end()
    return "".join([*made, _ESCAPED_DOLLAR.sub("$", text[end:])])


def latex_of(found: re.Match[str]) -> str:
    """What stands between the dollar signs of a formula that was found."""
    return found["inline"] or found["display"]
