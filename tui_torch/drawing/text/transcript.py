"""What a run printed, as a bounded number of styled lines, without control characters: as a terminal shows it."""

from __future__ import annotations

import re
from collections import deque
from functools import lru_cache
from itertools import groupby, repeat
from typing import NamedTuple

from rich.ansi import AnsiDecoder
from rich.cells import cell_len
from rich.style import Style
from rich.text import Text

from tui_torch.drawing.text.visible import UNPRINTABLE, visible, visible_character

HEAD = 500
"""Maximum number of lines kept from the beginning."""
TAIL = 2_000
"""Maximum number of lines kept from the end."""
LINE_LENGTH = 10_000
"""Maximum number of characters kept per line."""
TAB = 8
"""Columns from one tab stop to the next."""

CUT = "cut"
"""The role of the words that say how much was left out."""

_BLOCK = 65_536
_SGR = r"\x1b\[[0-9;:]{0,64}m"
_COLOUR = re.compile(_SGR)
_UNFINISHED_SGR = re.compile(r"\x1b(?:\[[0-9;:]{0,64})?\Z")
_LONGEST_SGR = 67
_SPECIAL = re.compile(f"[{UNPRINTABLE}]")
_TOKEN = re.compile(f"({_SGR}|[{UNPRINTABLE}])")


class _Pen(NamedTuple):
    """The role and the style of a character."""

    role: str
    style: Style | None
    """The style that colour sequences chose."""


_PLAIN = _Pen("", None)


class _OpenLine:
    """The line being written, with a cursor that `\\r` and `\\b` move, as in a terminal."""

    __slots__ = ("_ascii_only", "_column", "_cursor", "_length", "_pens", "_shown")

    def __init__(self, ascii_only: bool) -> None:
        self._ascii_only = ascii_only
        self._shown: list[str] = []
        self._pens: list[_Pen] = []
        self._cursor = 0
        self._column = 0
        """The cursor in terminal columns; wide characters take two."""
        self._length = 0
        """The length of the line, including characters that are cut."""

    @property
    def pristine(self) -> bool:
        """Whether nothing was written."""
        return not self._length

    def copy(self) -> _OpenLine:
        line = _OpenLine(self._ascii_only)
        line._shown = self._shown.copy()
        line._pens = self._pens.copy()
        line._cursor = self._cursor
        line._column = self._column
        line._length = self._length
        return line

    def write(self, raw: str, pen: _Pen) -> _Pen:
        """Write text without a line end, and return the pen of the text after it."""
        if not _SPECIAL.search(raw):
            self._put(raw, pen)
            return pen
        for token in _TOKEN.split(raw):
            if not token:
                continue
            if token == "\r":
                self._cursor = self._column = 0
            elif token == "\b":
                self._step_back()
            elif token == "\t":
                self._tab(pen)
            elif len(token) > 1 and token[0] == "\x1b":
                pen = _after(pen, token)
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

    def _put(self, printable: str, pen: _Pen) -> None:
        start = self._cursor
        kept = printable[: max(0, LINE_LENGTH - start)]
        self._shown[start : start + len(kept)] = kept
        self._pens[start : start + len(kept)] = repeat(pen, len(kept))
        self._cursor = start + len(printable)
        self._column += len(printable) if printable.isascii() else cell_len(printable)
        self._length = max(self._length, self._cursor)

    def _tab(self, pen: _Pen) -> None:
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


class _UnstyledLine(NamedTuple):
    """A finished line as it was written; of a flood, most lines are cut before they are drawn."""

    text: str
    pen: _Pen


class Transcript:
    """The first 500 and the last 2,000 lines of what was written, and between them one that says how many were cut.

    `\\n`, `\\r`, `\\b`, `\\t` and colour sequences (`ESC[…m`) act as in a terminal; other control characters become
    visible text. Chunks may be split anywhere. A line longer than 10,000 characters is cut, and says so.

    Text has a role (`"stderr"`, `"note"`, any word), which is the name of a style that the drawing code knows.
    """

    def __init__(self, ascii_only: bool = False) -> None:
        self._ascii_only = ascii_only
        self.clear()

    def clear(self) -> None:
        """Remove every line, and reset the colours."""
        self._head: list[_UnstyledLine | Text] = []
        self._tail: deque[_UnstyledLine | Text] = deque(maxlen=TAIL)
        self._finished = 0
        self._line = _OpenLine(self._ascii_only)
        self._pen = _PLAIN
        self._held = ""

    def write(self, text: str, role: str = "") -> None:
        """Add what was printed. Colours carry over to the next chunk, in any role."""
        if role != self._pen.role:
            self._release()
            self._pen = _Pen(role, self._pen.style)
        for start in range(0, len(text), _BLOCK):
            block = self._held + text[start : start + _BLOCK]
            unfinished = _UNFINISHED_SGR.search(block, max(0, len(block) - _LONGEST_SGR))
            self._held = unfinished[0] if unfinished else ""
            self._write_block(block[: len(block) - len(self._held)])

    def add_line(self, *pieces: tuple[str, str]) -> None:
        """Add a separate line of (text, role) pieces, in default colours."""
        self.end_line()
        for text, role in pieces:
            self._pen = _Pen(role, None)
            self.write(text, role)
            self._release()
        self._finish_line()
        self._pen = _PLAIN

    def drop(self, count: int) -> None:
        """Remove the last `count` finished lines; none may have been cut, and nothing written after them."""
        for _ in range(count):
            (self._tail or self._head).pop()
        self._finished -= count

    def end_line(self) -> None:
        """Finish the line being written, if any, and reset the colours."""
        self._release()
        if not self._line.pristine:
            self._finish_line()
        self._pen = _PLAIN

    def __len__(self) -> int:
        """The number of lines to show."""
        return len(self._head) + bool(self.lines_cut) + len(self._tail) + self.is_line_open

    def line(self, index: int) -> Text:
        """The line at `index` of those to show; a copy is needed before changing it.

        Raises:
            IndexError: If there is no such line.
        """
        head = len(self._head)
        if 0 <= index < head:
            self._head[index] = text = self._styled(self._head[index])
            return text
        index -= head
        if self.lines_cut:
            if index == 0:
                return self._cut_line()
            index -= 1
        if 0 <= index < len(self._tail):
            self._tail[index] = text = self._styled(self._tail[index])
            return text
        if index == len(self._tail) and self.is_line_open:
            line = self._line.copy()
            line.write(visible(self._held, self._ascii_only), self._pen)
            return line.text()
        raise IndexError(f"there is no line {index}")

    def is_short(self, index: int, width: int) -> bool:
        """Whether a line certainly fits into `width` cells; False if unsure.

        Does not style the line: of a flood, most lines are measured and never drawn.
        """
        head, cut = len(self._head), bool(self.lines_cut)
        if index >= head + cut + len(self._tail) or (cut and index == head):
            return False
        line = self._head[index] if index < head else self._tail[index - head - cut]
        text = line.plain if isinstance(line, Text) else line.text
        return len(text) <= width and text.isascii() and text.isprintable()

    @property
    def lines(self) -> list[Text]:
        """Every line to show, including the one being written."""
        return [self.line(index) for index in range(len(self))]

    @property
    def plain(self) -> str:
        """The lines as plain text, with line ends between them and no other control character."""
        return "\n".join(line.plain for line in self.lines)

    @property
    def lines_finished(self) -> int:
        """The number of lines finished since the last `clear`, including those that were cut."""
        return self._finished

    @property
    def lines_cut(self) -> int:
        """The number of lines cut between the first 500 and the last 2,000."""
        return self._finished - len(self._head) - len(self._tail)

    @property
    def is_line_open(self) -> bool:
        """Whether anything was written since the last line end."""
        return bool(self._held) or not self._line.pristine

    def _release(self) -> None:
        """Write the held beginning of a colour sequence as text, since it will not be completed."""
        held, self._held = self._held, ""
        self._line.write(visible(held, self._ascii_only), self._pen)

    def _write_block(self, block: str) -> None:
        whole, ended, last = block.rpartition("\n")
        if ended and not self._line.pristine:
            first, ended, whole = whole.partition("\n")
            self._pen = self._line.write(first, self._pen)
            self._finish_line()
        if ended:
            self._add_whole_lines(whole)
        self._pen = self._line.write(last, self._pen)

    def _add_whole_lines(self, block: str) -> None:
        """Add whole lines of one block, and skip those that would be cut at once."""
        count = block.count("\n") + 1
        room = HEAD - len(self._head)
        if count > room + TAIL:
            first = block.split("\n", room)
            last = first[-1].rsplit("\n", TAIL)
            self._add(first[:-1])
            self._skip(last[0])
            self._add(last[1:])
        else:
            self._add(block.split("\n"))

    def _add(self, lines: list[str]) -> None:
        for line in lines:
            if len(line) <= LINE_LENGTH:
                self._keep(_UnstyledLine(line, self._pen))
                if "\x1b" in line:
                    self._pen = _after_all(self._pen, line)
            else:
                styled = _OpenLine(self._ascii_only)
                self._pen = styled.write(line, self._pen)
                self._keep(styled.text())

    def _skip(self, lines: str) -> None:
        self._finished += lines.count("\n") + 1
        self._pen = _after_all(self._pen, lines)

    def _finish_line(self) -> None:
        self._keep(self._line.text())
        self._line = _OpenLine(self._ascii_only)

    def _keep(self, line: _UnstyledLine | Text) -> None:
        self._finished += 1
        if len(self._head) < HEAD:
            self._head.append(line)
        else:
            self._tail.append(line)

    def _styled(self, line: _UnstyledLine | Text) -> Text:
        if isinstance(line, Text):
            return line
        if line.pen == _PLAIN and not _SPECIAL.search(line.text):
            return Text(line.text, end="")
        styled = _OpenLine(self._ascii_only)
        styled.write(line.text, line.pen)
        return styled.text()

    def _cut_line(self) -> Text:
        count = self.lines_cut
        ellipsis = "..." if self._ascii_only else "…"
        return Text(f"{ellipsis} {count:,} {'line' if count == 1 else 'lines'} cut {ellipsis}", CUT, end="")


def _after_all(pen: _Pen, text: str) -> _Pen:
    """The pen after every colour sequence of `text`."""
    # Nothing before the last reset matters.
    start = max(text.rfind("\x1b[0m"), text.rfind("\x1b[m"), 0)
    for token in _COLOUR.finditer(text, start):
        pen = _after(pen, token[0])
    return pen


@lru_cache(maxsize=4096)
def _after(pen: _Pen, sequence: str) -> _Pen:
    """The pen after one colour sequence."""
    decoder = AnsiDecoder()
    decoder.style = pen.style or Style.null()
    decoder.decode_line(sequence)
    return _Pen(pen.role, decoder.style or None)
