"""Code in a plain terminal, within Markdown and by itself."""

from __future__ import annotations

from rich.console import Console, ConsoleOptions, RenderResult
from rich.markdown import CodeBlock
from rich.padding import Padding
from rich.text import Text

from tui_torch.drawing.code_colours import EMPHASIS, INLINE_OF_TERMINAL, OF_TERMINAL, pieces
from tui_torch.drawing.text.code_spans import code_spans


def coloured(code: str) -> Text:
    """Python code in the terminal's own colours."""
    styled = ((text, f"{EMPHASIS.get(kind, '')} {OF_TERMINAL[kind]}" if kind else "") for text, kind in pieces(code))
    return Text.assemble(*styled)


def with_code(sentence: str) -> Text:
    """A sentence whose parts in backticks are styled as code."""
    return Text.assemble(*((piece, INLINE_OF_TERMINAL if is_code else "") for piece, is_code in code_spans(sentence)))


class BareCodeBlock(CodeBlock):
    """A block of code on the terminal's own ground."""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        code = str(self.text).rstrip()
        yield Padding(coloured(code) if self.lexer_name in ("python", "py") else Text(code), 1)
