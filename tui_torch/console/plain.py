"""The plain face's words and JSON: no character in them reaches the terminal that a terminal would obey.

They come from lesson files, from code that ran and from the command line, so from anybody.
"""

from __future__ import annotations

import json
import os
import re
import sys
import textwrap
from contextlib import suppress
from typing import Any, TextIO

import click

from tui_torch.console.encoding import speaks_unicode
from tui_torch.drawing.text.visible import escaped_in_json, visible_lines
from tui_torch.line_mode import read_in_lines

_CODE = re.compile("`[^`]*`")
_KEPT = "\ue000"
"""What stands for a space that no line ends at."""
_CHOICE = " [y/N]: "


def say(text: str, *, err: bool = False) -> None:
    """Write lines to standard output, or to standard error, with control characters written out.

    What goes to a terminal as an error is a sentence, whose words stay whole.
    """
    text = visible_lines(text, ascii_only=not speaks_unicode())
    if err and sys.stderr.isatty():
        text = in_whole_words(text, width_of(sys.stderr))
    click.echo(text, err=err, file=sys.stderr if err else sys.stdout)


def in_whole_words(text: str, width: int) -> str:
    """A text whose lines are so wide at most, divided between words; code in backticks stays whole, to be copied."""
    return "\n".join(line if len(line) <= width else _divided(line, width) for line in text.split("\n"))


def width_of(file: TextIO) -> int:
    """The number of columns of the terminal that a file is; 80 where that is not known."""
    with suppress(OSError, ValueError):
        return os.get_terminal_size(file.fileno()).columns or 80
    return 80


def _divided(line: str, width: int) -> str:
    whole = _CODE.sub(lambda code: code[0].replace(" ", _KEPT) if len(code[0]) <= width else code[0], line)
    lines = textwrap.wrap(whole, max(width, 1), break_long_words=False, break_on_hyphens=False)
    return "\n".join(lines).replace(_KEPT, " ")


def json_text(value: Any, *, indent: int | None = None) -> str:
    """A value as JSON, with control characters as escapes."""
    return escaped_in_json(json.dumps(value, indent=indent, ensure_ascii=False))


def confirm(question: str) -> bool:
    """Put a question to the terminal, with control characters written out; return whether it is answered with yes.

    Raises click.Abort when the input ends.
    """
    read_in_lines()
    question = visible_lines(question, ascii_only=not speaks_unicode())
    question = in_whole_words(question, width_of(sys.stderr) - len(_CHOICE))
    return click.confirm(question, err=True, show_default=False, prompt_suffix=_CHOICE)
