"""Markdown of a lesson as a plain terminal shows it."""

from __future__ import annotations

from typing import ClassVar

from markdown_it import MarkdownIt
from markdown_it.token import Token
from rich.console import Console, ConsoleOptions, RenderResult
from rich.markdown import Markdown, MarkdownContext, MarkdownElement
from rich.padding import Padding
from rich.text import Text

from tui_torch.console.code_text import BareCodeBlock
from tui_torch.formulas.markdown import BLOCK, formulas_in


class FormulaElement(MarkdownElement):
    """A formula that stands by itself, on as many lines as it needs; on one where they are too wide."""

    def __init__(self, latex: str, ascii_only: bool) -> None:
        self._latex = latex
        self._ascii = ascii_only

    @classmethod
    def create(cls, markdown: Markdown, token: Token) -> FormulaElement:
        return cls(token.content, isinstance(markdown, Page) and markdown.ascii_only)

    def on_text(self, context: MarkdownContext, text: str | Text) -> None:
        """The LaTeX itself, which is shown as a formula and not as text."""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        from tui_torch.formulas.shown import fitting_rows

        rows = fitting_rows(self._latex, options.max_width - 2, self._ascii)
        yield Padding(Text("\n".join(rows)), (0, 0, 0, 2))


class Page(Markdown):
    """Markdown with formulas, whose code is in the colours that code has everywhere."""

    elements: ClassVar[dict[str, type[MarkdownElement]]] = {
        **Markdown.elements,
        BLOCK: FormulaElement,
        "fence": BareCodeBlock,
        "code_block": BareCodeBlock,
    }

    def __init__(self, markup: str, *, ascii_only: bool) -> None:
        super().__init__(markup)
        self.ascii_only = ascii_only
        parser = formulas_in(MarkdownIt().enable("strikethrough").enable("table"), ascii_only=ascii_only)
        self.parsed = parser.parse(markup)
