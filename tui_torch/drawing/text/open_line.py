"""A line of output that can still be written to, with a cursor, as a terminal keeps it."""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import groupby, repeat
from typing import NamedTuple

from rich.ansi import AnsiDecoder
from rich.cells import cell_len, get_character_cell_size
from rich.style import Style
from rich.text import Text

from tui_torch.drawing.text.visible import UNPRINTABLE, visible_character

LINE_LENGTH = 10_000
"""Maximum number of characters kept per line."""
TAB = 8
"""Columns from one tab stop to the next."""

CUT = "cut"
"""The role of the words that say how much was left out."""

SGR = r"\x1b\[[0-9;:]{0,64}m"
"""A regular expression for a colour sequence."""
_COLOUR = re.compile(SGR)
_SPECIAL = re.compile(f"[{UNPRINTABLE}]")
_ERASE = r"\x1b\[[012]?K"
_EDIT = r"\x1b\[[0-9]{0,3}[CP@]"
"""What moves the cursor on, takes characters out after it, or makes room for some: how a line is edited as it is
typed."""
_TOKEN = re.compile(f"({SGR}|{_ERASE}|{_EDIT}|[{UNPRINTABLE}])")


class Pen(NamedTuple):
    """The role and the style of a character."""

    role: str
    style: Style | None
    """The style that colour sequences chose."""


PLAIN = Pen("", None)


class OpenLine:
    """The line being written, with a cursor that moves and erases as in a terminal: `\\r`, `\\b`, `ESC[C`, `ESC[K`."""

    __slots__ = ("_ascii_only", "_column", "_cursor", "_length", "_pens", "_shown", "is_rewritten")

    def __init__(self, ascii_only: bool) -> None:
        self._ascii_only = ascii_only
        self._shown: list[str] = []
        self._pens: list[Pen] = []
        self._cursor = 0
        self._column = 0
        """The cursor in terminal columns; wide characters take two."""
        self._length = 0
        """The length of the line, including characters that are cut."""
        self.is_rewritten = False
        """Whether the cursor was moved back in it: a progress bar, which is going to be written again."""

    @classmethod
    def of(cls, finished: Text, ascii_only: bool) -> OpenLine:
        """A finished line, to be written to again, with the cursor at its end."""
        line = cls(ascii_only)
        plain = finished.plain[:LINE_LENGTH]
        pens = [PLAIN] * len(plain)
        for start, end, style in finished.spans:
            for index in range(start, min(end, len(pens))):
                role, chosen = pens[index]
                pens[index] = Pen(role, style) if isinstance(style, Style) else Pen(style, chosen)
        line._shown, line._pens = list(plain), pens
        line._cursor = line._length = len(pens)
        line._column = cell_len(plain)
        line.is_rewritten = True
        return line

    @property
    def pristine(self) -> bool:
        """Whether nothing was written."""
        return not self._length

    @property
    def is_erased(self) -> bool:
        """Whether nothing is left to be seen of what was written: how a progress bar is taken away."""
        return self.is_rewritten and all(character == " " for character in self._shown)

    def copy(self) -> OpenLine:
        line = OpenLine(self._ascii_only)
        line._shown = self._shown.copy()
        line._pens = self._pens.copy()
        line._cursor = self._cursor
        line._column = self._column
        line._length = self._length
        line.is_rewritten = self.is_rewritten
        return line

    @property
    def column(self) -> int:
        """Where the cursor is."""
        return self._column

    def go_home(self) -> None:
        """Move the cursor to the beginning."""
        self._cursor = self._column = 0

    def go_to(self, column: int) -> None:
        """Move the cursor to a column, or to the end of what is written if that comes before."""
        self.go_home()
        for character in self._shown:
            if self._column >= column:
                break
            self._cursor += 1
            self._column += get_character_cell_size(character)

    def write(self, raw: str, pen: Pen) -> Pen:
        """Write text without a line end, and return the pen of the text after it."""
        if not _SPECIAL.search(raw):
            self._put(raw, pen)
            return pen
        for token in _TOKEN.split(raw):
            if not token:
                continue
            if token == "\r":
                self.go_home()
                self.is_rewritten = True
            elif token == "\b":
                self._step_back()
                self.is_rewritten = True
            elif token == "\t":
                self._tab(pen)
            elif len(token) > 1 and token[0] == "\x1b":
                if token[-1] == "K":
                    self._erase(token[2:-1], pen)
                elif token[-1] in "CP@":
                    self._edit(token[-1], max(int(token[2:-1] or 1), 1), pen)
                else:
                    pen = after(pen, token)
            else:
                self._put(visible_character(token, self._ascii_only) if _SPECIAL.match(token) else token, pen)
        return pen

    def text(self) -> Text:
        """The line: at most LINE_LENGTH characters, and the number of those that were cut."""
        text = Text("".join(self._shown), end="")
        start = 0
        for pen, run in groupby(self._pens):
            end = start + sum(1 for _ in run)
            if pen.role:
                text.stylize(pen.role, start, end)
            if pen.style:
                text.stylize(pen.style, start, end)
            start = end
        if self._length > LINE_LENGTH:
            more = self._length - LINE_LENGTH
            ellipsis = "..." if self._ascii_only else "…"
            text.append(f" {ellipsis} {more:,} more {'character' if more == 1 else 'characters'}", CUT)
        return text

    def _put(self, printable: str, pen: Pen) -> None:
        start = self._cursor
        kept = printable[: max(0, LINE_LENGTH - start)]
        self._shown[start : start + len(kept)] = kept
        self._pens[start : start + len(kept)] = repeat(pen, len(kept))
        self._cursor = start + len(printable)
        self._column += len(printable) if printable.isascii() else cell_len(printable)
        self._length = max(self._length, self._cursor)

    def _tab(self, pen: Pen) -> None:
        # A tab moves over characters, and does not erase them.
        steps = TAB - self._column % TAB
        over = min(steps, max(0, self._length - self._cursor))
        self._cursor += over
        self._column += over
        self._put(" " * (steps - over), pen)

    def _step_back(self) -> None:
        if self._cursor:
            self._cursor -= 1
            width = cell_len(self._shown[self._cursor]) if self._cursor < len(self._shown) else 1
            self._column = max(0, self._column - width)

    def _edit(self, what: str, count: int, pen: Pen) -> None:
        self.is_rewritten = True
        at = self._cursor
        if what == "C":
            over = self._shown[at : at + count]
            self._cursor += len(over)
            self._column += cell_len("".join(over))
            self._put(" " * (count - len(over)), pen)
        elif what == "P":
            del self._shown[at : at + count], self._pens[at : at + count]
            self._length = max(self._length - count, at)
        else:
            self._shown[at:at] = " " * count
            self._pens[at:at] = repeat(pen, count)
            del self._shown[LINE_LENGTH:], self._pens[LINE_LENGTH:]
            self._length += count

    def _erase(self, which: str, pen: Pen) -> None:
        """Erase what is after the cursor, with `1` what is up to it, with `2` both. The cursor stays."""
        self.is_rewritten = True
        before = min(self._cursor, len(self._shown))
        if which in ("1", "2"):
            end = min(before + 1, len(self._shown))  # the character under the cursor, too
            self._shown[:end] = " " * end
            self._pens[:end] = repeat(pen, end)
        if which != "1":
            del self._shown[before:], self._pens[before:]
            self._length = self._cursor


def after_all(pen: Pen, text: str) -> Pen:
    """The pen after every colour sequence of `text`."""
    # Nothing before the last reset matters.
    start = max(text.rfind("\x1b[0m"), text.rfind("\x1b[m"), 0)
    for token in _COLOUR.finditer(text, start):
        pen = after(pen, token[0])
    return pen


@lru_cache(maxsize=4096)
def after(pen: Pen, sequence: str) -> Pen:
    """The pen after one colour sequence."""
    decoder = AnsiDecoder()
    decoder.style = pen.style or Style.null()
    decoder.decode_line(sequence)
    return Pen(pen.role, decoder.style or None)
