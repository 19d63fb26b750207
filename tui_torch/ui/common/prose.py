"""Markdown as the app shows it."""

from __future__ import annotations

from functools import partial

from markdown_it import MarkdownIt
from markdown_it.token import Token
from textual.content import Content
from textual.geometry import Size
from textual.widgets import Markdown
from textual.widgets.markdown import MarkdownBlock, MarkdownFence

from tui_torch.formulas.markdown import BLOCK, formulas_in
from tui_torch.ui.common.code_content import coloured


class CodeBlock(MarkdownFence):
    """A block of code, in the colours that code has everywhere."""

    DEFAULT_CSS = """
    CodeBlock { color: $foreground; background: $panel; }
    CodeBlock:light { background: $panel; }
    CodeBlock:ansi { background: ansi_default; }
    """

    @classmethod
    def highlight(cls, code: str, language: str, ansi: bool = False, dark: bool = False) -> Content:
        return coloured(code) if language in ("python", "py") else Content(code)


class Prose(Markdown):
    """Markdown with formulas, whose links cannot be opened; with ASCII bullets on terminals without Unicode."""

    DEFAULT_CSS = """
    Prose MarkdownBlock {
        &:dark > .code_inline, &:light > .code_inline {
            color: $code;
            background: transparent;
            text-style: bold;
        }
    }
    """

    BLOCKS = Markdown.BLOCKS | {"fence": CodeBlock, "code_block": CodeBlock}

    def __init__(self, text: str = "", *, ascii_only: bool = False) -> None:
        super().__init__(text, open_links=False, parser_factory=partial(_parser, ascii_only))
        self._is_ascii = ascii_only
        if ascii_only:
            self.BULLETS = ["- ", "* ", "+ "]

    def unhandled_token(self, token: Token) -> MarkdownBlock | None:
        """The widget of what Textual's Markdown does not know."""
        return FormulaBlock(self, token, self._is_ascii) if token.type == BLOCK else None


def _parser(ascii_only: bool) -> MarkdownIt:
    return formulas_in(MarkdownIt("gfm-like"), ascii_only=ascii_only)


class FormulaBlock(MarkdownBlock):
    """A formula that stands by itself, on as many lines as it needs; on one where they are too wide."""

    DEFAULT_CSS = """
    FormulaBlock { padding: 0 0 0 2; margin: 0 0 1 0; }
    """

    def __init__(self, markdown: Markdown, token: Token, ascii_only: bool) -> None:
        super().__init__(markdown, token)
        self._latex = token.content
        self._is_ascii = ascii_only

    def render(self) -> Content:
        return self._in(self.content_size.width)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        return self._in(width).get_height({}, width)

    def _in(self, width: int) -> Content:
        from tui_torch.formulas.shown import fitting_rows

        return Content("\n".join(fitting_rows(self._latex, width, self._is_ascii)))
