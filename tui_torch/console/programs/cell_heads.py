"""Says which cell of a notebook runs next, above what it prints."""

from __future__ import annotations

import sys
from collections.abc import Callable

from rich.text import Text

from tui_torch.console.encoding import speaks_unicode
from tui_torch.console.plain import json_text, say
from tui_torch.console.plain_console import plain_console
from tui_torch.drawing.text.ascii import in_ascii
from tui_torch.programs.program import CodeCell


def head_of(*, as_json: bool) -> Callable[[CodeCell, int], None]:
    """What shows the head of a cell, with its number: a line of JSON, or one in the terminal.

    Where the output is piped, the line is on standard error.
    """
    if as_json:
        return lambda cell, number: say(
            json_text({"event": "cell", "id": cell.id, "number": number, "title": title_of(cell)})
        )
    console = plain_console(err=not sys.stdout.isatty())

    def show(cell: CodeCell, number: int) -> None:
        title = title_of(cell)
        head = Text.assemble((f"In [{number}]", "bold"), f"  {title if speaks_unicode() else in_ascii(title)}")
        console.print(head, soft_wrap=True)

    return show


def title_of(cell: CodeCell) -> str:
    """What its mark says, or else the last heading of the text above it; empty without both."""
    headings = [line.lstrip("#").strip() for line in cell.text.splitlines() if line.startswith("#")]
    return cell.title or (headings[-1] if headings else "")
