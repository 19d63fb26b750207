"""Puts formulas in place of their LaTeX in a text: `$…$`, and `$$…$$` for those that stand by themselves."""

from __future__ import annotations


def with_formulas(sentence: str, *, ascii_only: bool = False) -> str:
    """A sentence with each formula as it is shown, on one line. What stands in backticks is code, and left alone."""
    if "$" not in sentence:
        return sentence
    pieces = sentence.split("`")
    # What stands behind an odd number of backticks is code.
    pieces[::2] = [_shown(piece, ascii_only) for piece in pieces[::2]]
    return "`".join(pieces)


def _shown(text: str, ascii_only: bool) -> str:
    # The app imports neither of both before a text needs it.
    from tui_torch.formulas.pattern import ESCAPED_DOLLAR, FORMULA, latex_of

    made: list[str] = []
    end = 0
    for found in FORMULA.finditer(text):
        from tui_torch.formulas.shown import line_of

        made += [ESCAPED_DOLLAR.sub("$", text[end : found.start()]), line_of(latex_of(found), ascii_only)]
        end = found.end()
    return "".join([*made, ESCAPED_DOLLAR.sub("$", text[end:])])
