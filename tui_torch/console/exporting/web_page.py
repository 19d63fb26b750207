"""A handout as a web page of one file, which loads nothing and runs nothing."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Any

from markdown_it import MarkdownIt
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer

from tui_torch.console.exporting.handout import Handout, Passage
from tui_torch.formulas.markdown import BLOCK, formulas_in
from tui_torch.formulas.shown import rows_of

_STYLE = """\
body { max-width: 46rem; margin: 2rem auto; padding: 0 1rem; font: 1.05rem/1.6 system-ui, sans-serif; }
pre, code { font: 0.95rem/1.45 ui-monospace, monospace; }
pre { padding: 0.7rem 1rem; overflow-x: auto; background: #f5f5f2; border-radius: 4px; }
table { border-collapse: collapse; }
td, th { padding: 0.2rem 0.7rem; border-bottom: 1px solid #ccc; text-align: left; }
.formula { background: none; }
@media (prefers-color-scheme: dark) {
  body { background: #1a1a1a; color: #e6e6e6; }
  pre { background: #f5f5f2; color: #222; }
  .formula { background: none; color: inherit; }
  a { color: #8ab4f8; }
}
"""


def as_web_page(handout: Handout) -> str:
    """The page. Markup in the texts is shown, and not obeyed."""
    parser = _parser()
    code = HtmlFormatter[str](nowrap=False)
    body = "\n".join(
        parser.render(part.markdown) if isinstance(part, Passage) else highlight(part.code, PythonLexer(), code)
        for part in handout.parts
    )
    style = _STYLE + code.get_style_defs(".highlight")
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width">\n'
        f"<title>{escape(handout.title)}</title>\n<style>\n{style}\n</style>\n</head>\n<body>\n{body}</body>\n</html>\n"
    )


def _parser() -> MarkdownIt:
    parser = formulas_in(MarkdownIt("commonmark", {"html": False}).enable("table"))
    parser.add_render_rule(BLOCK, _formula)
    return parser


def _formula(renderer: Any, tokens: Sequence[Any], at: int, options: Any, env: Any) -> str:
    return f'<pre class="formula">{escape(chr(10).join(rows_of(tokens[at].content, False)))}</pre>\n'
