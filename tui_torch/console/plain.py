"""The plain face's words and JSON: no character in them reaches the terminal that a terminal would obey.

They come from lesson files, from code that ran and from the command line, so from anybody.
"""

from __future__ import annotations

import json
import sys
from typing import Any

import click

from tui_torch.console.encoding import speaks_unicode
from tui_torch.drawing.text.visible import escaped_in_json, visible_lines
from tui_torch.line_mode import read_in_lines


def say(text: str, *, err: bool = False) -> None:
    """Write lines to standard output, or to standard error, with control characters written out."""
    click.echo(visible_lines(text, ascii_only=not speaks_unicode()), err=err, file=sys.stderr if err else sys.stdout)


def json_text(value: Any, *, indent: int | None = None) -> str:
    """A value as JSON, with control characters as escapes."""
    return escaped_in_json(json.dumps(value, indent=indent, ensure_ascii=False))


def confirm(question: str) -> bool:
    """Put a question to the terminal, with control characters written out; return whether it is answered with yes.

    Raises click.Abort when the input ends.
    """
    read_in_lines()
    return click.confirm(visible_lines(question, ascii_only=not speaks_unicode()), err=True)
