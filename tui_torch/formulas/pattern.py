"""What a formula is in a text: `$…$`, and `$$…$$` for one that stands by itself. A price is none."""

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

ESCAPED_DOLLAR = re.compile(r"\\\$")

BEGIN = re.compile(r"\s*\$\$(?!\$)")
"""The beginning of a line with which a formula begins that stands by itself."""
END = re.compile(r"(?<![\\$])\$\$\s*$")
"""The end of the line with which it ends."""


def latex_of(found: re.Match[str]) -> str:
    """What stands between the dollar signs of a formula that was found."""
    return found["inline"] or found["display"]
