"""A program's own text on standard output and standard error: as it is, except where a terminal would obey it."""

from __future__ import annotations

import sys
from typing import TextIO

from tui_torch.console.encoding import speaks_unicode
from tui_torch.drawing.text.visible import visible_lines


def write_through(text: str, *, err: bool = False) -> None:
    """Write a piece of text at once, with what the stream's encoding lacks as escapes.

    In a terminal control characters are written out. Raises BrokenPipeError where nobody reads any more.
    """
    stream = sys.stderr if err else sys.stdout
    if stream.isatty():
        text = visible_lines(text, ascii_only=not speaks_unicode())
    stream.write(_writable(stream, text))
    stream.flush()


def _writable(stream: TextIO, text: str) -> str:
    encoding = stream.encoding or "utf-8"
    return text.encode(encoding, "backslashreplace").decode(encoding)
