"""What LaTeX's commands do that are no signs, how many arguments they take, and the environments."""

from __future__ import annotations


def _names(words: str) -> frozenset[str]:
    return frozenset(words.split())


SPACES = {
    ",": " ",
    ":": " ",
    ";": " ",
    ">": " ",
    " ": " ",
    "\n": " ",
    "enspace": " ",
    "thinspace": " ",
    "quad": "  ",
    "qquad": "    ",
}
NOTHING = _names(
    """! displaystyle textstyle scriptstyle limits nolimits big Big bigg Bigg bigl Bigl biggl Biggl bigr Bigr biggr
    Biggr bigm Bigm middle / nonumber notag allowbreak nobreak rm bf it sf tt cal mathstrut strut hfill hline
    negthinspace relax"""
)
"""Commands that change how a formula is set, and nothing of what it says."""
HIDDEN = {"vspace": "*{", "label": "{", "phantom": "{", "hphantom": "{", "vphantom": "{", "color": "[{"}
"""Commands that take an argument and show nothing of it."""
ACCENTS = {
    "hat": ("\u0302", "hat"), "widehat": ("\u0302", "hat"), "bar": ("\u0304", "bar"), "overline": ("\u0305", "bar"),
    "tilde": ("\u0303", "tilde"), "widetilde": ("\u0303", "tilde"), "vec": ("\u20d7", "vec"), "dot": ("\u0307", "dot"),
    "overrightarrow": ("\u20d7", "vec"), "ddot": ("\u0308", "ddot"), "check": ("\u030c", "check"),
    "breve": ("\u0306", "breve"), "acute": ("\u0301", "acute"), "grave": ("\u0300", "grave"), 
    "mathring": ("\u030a", "ring"), "underline": ("\u0332", "line"),
}  # fmt: skip
"""Combining characters and words for the marks above, or below, a letter."""
FONTS = {
    "mathbb": "DOUBLE-STRUCK", "mathcal": "SCRIPT", "mathscr": "SCRIPT", "mathbf": "", "mathit": "", "mathsf": "",
    "mathtt": "", "mathfrak": "", "mathnormal": "", "boldsymbol": "", "bm": "", "pmb": "", "boxed": "", "mathop": "",
    "mathbin": "", "mathrel": "", "mathord": "", "mathinner": "", "mathclap": "", "underbrace": "", "overbrace": "",
    "substack": "", "ensuremath": "", "smash": "", "cancel": "", "tag": "",
}  # fmt: skip
"""The part of Unicode's names that an alphabet has; empty where its letters are the usual ones."""
TEXTS = _names("text textrm textbf textit texttt textsf textnormal textup textsc textmd mbox hbox mathrm emph")
"""Commands whose argument is words."""
FRACTIONS = {"frac": True, "dfrac": True, "tfrac": True, "cfrac": True, "nicefrac": True, "sfrac": True, "binom": False,
             "dbinom": False, "tbinom": False}  # fmt: skip
"""Whether there is a line between the two."""
OVER = {"stackrel": "above", "overset": "above", "underset": "below"}
ARROWS = {"xrightarrow": "→", "xleftarrow": "←"}
SPECS = {
    "sqrt": "[{", "rule": "{{", "hspace": "*{", "operatorname": "*{", "not": "{", "pmod": "{", "textcolor": "[{{",
    "mathrlap": "{", "mathllap": "{", "\\": "*[",
    **dict.fromkeys([*ACCENTS, *FONTS, *TEXTS], "{"), **dict.fromkeys([*FRACTIONS, *OVER], "{{"),
    **dict.fromkeys(ARROWS, "[{"), **HIDDEN,
}  # fmt: skip
"""The arguments of commands, as pylatexenc writes them."""

MATRICES = {
    "matrix": "", "smallmatrix": "", "pmatrix": "()", "bmatrix": "[]", "Bmatrix": "{}", "vmatrix": "||",
    "Vmatrix": "‖‖", "array": "", "cases": "{", "dcases": "{", "rcases": " }",
}  # fmt: skip
"""What stands around the rows of an environment."""
ALIGNED = _names(
    """align align* aligned alignat alignat* split gather gather* gathered equation equation* eqnarray eqnarray*
    flalign flalign* multline multline* displaymath math"""
)
"""Environments of lines below each other."""
