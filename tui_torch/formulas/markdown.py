"""Formulas in Markdown, for a parser of markdown-it: inside of a paragraph they are text, by themselves a block.

The parser knows what is code, what is a table and what is escaped; so a dollar sign in any of those is never a formula.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.rules_block import StateBlock
    from markdown_it.rules_inline import StateInline

BLOCK = "formula_block"
"""The type of the token of a formula that stands by itself; its `content` is LaTeX."""

FOUND = "formulas"
"""The key in the parser's `env` under which it leaves the LaTeX of each formula, in the order of the text's blocks."""


def formulas_in(parser: MarkdownIt, *, ascii_only: bool = False) -> MarkdownIt:
    """Have a parser read formulas: on one line as text, as it is shown; by themselves as tokens of the type BLOCK."""
    # Before all others: what is in a formula is neither emphasis nor a link, nor a heading that `=` underlines.
    parser.block.ruler.before("code", "formula", _block, {"alt": ["paragraph", "reference", "blockquote", "list"]})
    parser.inline.ruler.before("escape", "formula", _inline(ascii_only))
    return parser


def _inline(ascii_only: bool) -> Callable[[StateInline, bool], bool]:
    def rule(state: StateInline, silent: bool) -> bool:
        if state.src[state.pos] != "$":
            return False
        from tui_torch.formulas.pattern import FORMULA, latex_of  # not imported before a text has a formula

        found = FORMULA.match(state.src, state.pos, state.posMax)
        if found is None:
            return False
        if not silent:
            from tui_torch.formulas.shown import line_of

            state.env.setdefault(FOUND, []).append(latex_of(found))
            by_itself = found["display"] is not None
            if by_itself and state.tokens:
                state.push("hardbreak", "br", 0)
            token = state.push("text", "", 0)
            token.content = line_of(latex_of(found), ascii_only)
            token.markup = found[0]
            if by_itself and state.src[found.end() : state.posMax].strip():
                state.push("hardbreak", "br", 0)
        state.pos = found.end()
        return True

    return rule


def _block(state: StateBlock, first: int, last: int, silent: bool) -> bool:
    begin = state.bMarks[first] + state.tShift[first]
    if state.src.find("$$", begin, state.eMarks[first]) < 0 or state.is_code_block(first):
        return False
    from tui_torch.formulas.pattern import BEGIN, END

    lines: list[str] = []
    for number in range(first, last):
        start = state.bMarks[number] + state.tShift[number]
        line = state.src[start : state.eMarks[number]]
        if number == first:
            begun = BEGIN.match(line)
            if begun is None:
                return False
            line = line[begun.end() :]
        elif state.isEmpty(number) or state.sCount[number] < state.blkIndent:
            return False
        ended = END.search(line)
        if ended is None:
            lines.append(line)
            continue
        if "$$" in line[: ended.start()]:
            return False
        lines.append(line[: ended.start()])
        latex = "\n".join(lines).strip()
        if not latex:
            return False
        if not silent:
            state.env.setdefault(FOUND, []).append(latex)
            token = state.push(BLOCK, "math", 0)
            token.block = True
            token.content = latex
            token.map = [first, number + 1]
            state.line = number + 1
        return True
    return False
