"""What a program writes to its terminal, in the few control sequences that a transcript understands."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator

from tui_torch.drawing.text.open_line import SGR
from tui_torch.drawing.text.transcript import REACH

_LONGEST = 4096
"""Maximum number of characters of a sequence without an end; a longer one is left out."""
_TEXT_SEQUENCE = r"\x1b[\]PX^_]"
"""How a sequence begins that holds a text, such as a title of the window, up to its terminator."""
_TOKEN = re.compile(
    r"\x1b\[(?P<arguments>[0-?]*)(?P<between>[ -/]*)(?P<command>[@-~])"
    rf"|{_TEXT_SEQUENCE}[^\x07\x1b]*(?:\x07|\x1b\\)"
    r"|\x1b[ -/]*[0-OQ-WYZ`-~]"
    r"|(?P<line>\r*[\n\x0b\x0c])|(?P<home>\r)|[\x00\x05\x07\x0e\x0f\x7f]"
)
_SPECIAL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f]")
"""What lines of text do not have."""
_BEGUN = re.compile(rf"(?:\x1b(?:\[[0-?]*[ -/]*)?|{_TEXT_SEQUENCE}[^\x07\x1b]*\x1b?|\x1b[ -/]+|\r+)\Z")
"""What may go on in the next piece."""
_COLOUR = re.compile(SGR)
_SCREENS = frozenset({"?47", "?1047", "?1049"})
"""The modes in which a program draws over the whole screen, and not into its lines."""
WHOLE_SCREEN = "(the program draws over the whole screen from here on: that is not shown)"


class TerminalStream:
    """Makes text for a `Transcript` of what comes from a pseudo-terminal, in pieces that may be split anywhere.

    Colours, `\\r`, `\\b` and movements among the lines of the screen act as in a terminal of so many rows, as far as a
    line is not longer than the screen is wide. What would ask the terminal something, change its modes, its title or
    its clipboard is left out.
    """

    def __init__(self, rows: int = REACH) -> None:
        self.rows = rows
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._held = ""
        self._row = 0
        """Where the cursor is among the rows of the screen."""
        self._lowest = 0
        """The lowest row with a line."""
        self._is_whole_screen = False

    def resize(self, rows: int) -> None:
        """The screen has so many rows from now on."""
        below = self._lowest - self._row
        self.rows = max(rows, 1)
        self._lowest = min(self._lowest, self._last)
        self._row = max(self._lowest - below, 0)

    @property
    def _last(self) -> int:
        return min(self.rows, REACH) - 1

    def feed(self, data: bytes) -> str:
        """The text for what has come."""
        text = self._held + self._decoder.decode(data)
        begun = _BEGUN.search(text, max(len(text) - _LONGEST, 0))
        self._held = begun[0] if begun else ""
        text = text[: len(text) - len(self._held)].replace("\r\n", "\n")
        if _SPECIAL.search(text) or self._is_whole_screen:
            return "".join(self._translated(text))
        self._down(text.count("\n"))
        return text

    def _translated(self, text: str) -> Iterator[str]:
        done = 0
        for token in _TOKEN.finditer(text):
            if not self._is_whole_screen:
                yield text[done : token.start()]
            done = token.end()
            if token["command"] is not None:
                told = self._command(token["arguments"], token["between"], token["command"], token[0])
            elif token["line"] is not None:
                told = self._down(1)
            else:
                told = "\r" if token["home"] is not None else ""
            if not self._is_whole_screen or told == f"{WHOLE_SCREEN}\n":
                yield told
        if not self._is_whole_screen:
            yield text[done:]

    def _command(self, arguments: str, between: str, command: str, whole: str) -> str:
        if command in "hl" and arguments in _SCREENS:
            was, self._is_whole_screen = self._is_whole_screen, command == "h"
            return f"{WHOLE_SCREEN}\n" if self._is_whole_screen and not was else ""
        if between or self._is_whole_screen:
            return ""
        if command == "m":
            return whole if _COLOUR.fullmatch(whole) else ""
        numbers = [int(number) if number.isdecimal() else 0 for number in arguments[:64].split(";")]
        first = min(numbers[0], 999)
        count = max(first, 1)
        match command:
            case "A" | "F":
                return self._up(count) + ("\r" if command == "F" else "")
            case "B" | "E":
                return self._down(min(count, self._last - self._row))
            case "C":
                return f"\x1b[{count}C"
            case "D":
                return "\b" * count
            case "G" | "`":
                return _to_column(count)
            case "H" | "f":
                return self._to_row(count - 1) + _to_column(numbers[1] if len(numbers) > 1 else 1)
            case "d":
                return self._to_row(count - 1)
            case "K":
                return f"\x1b[{first}K" if first < 3 else ""
            case "P" | "@":
                return f"\x1b[{count}{command}"
            case "J":
                return self._erase(first)
            case _:
                return ""

    def _up(self, count: int) -> str:
        count = min(count, self._row)
        self._row -= count
        return f"\x1b[{count}A" if count else ""

    def _down(self, count: int) -> str:
        self._row = min(self._row + count, self._last)
        self._lowest = max(self._lowest, self._row)
        return "\n" * count

    def _to_row(self, row: int) -> str:
        row = min(row, self._last)
        return self._up(self._row - row) if row < self._row else self._down(row - self._row)

    def _erase(self, what: int) -> str:
        """Erase the screen below the cursor, with 1 above it, with 2 all of it; the cursor goes to its line's start."""
        row = self._row
        if what == 0:
            below = self._lowest - row
            return "\x1b[K" + ("\n\x1b[2K" * below + f"\x1b[{below}A\r" if below else "")
        if what == 1:
            return self._up(row) + "\r" + "".join("\x1b[2K" + self._down(1) for _ in range(row)) + "\x1b[1K"
        if what == 2:
            text = self._up(row) + "\r\x1b[2K"
            text += "".join(self._down(1) + "\x1b[2K" for _ in range(self._lowest))
            return text + self._to_row(row)
        return ""


def _to_column(number: int) -> str:
    number = min(max(number, 1), 999)
    return "\r" + (f"\x1b[{number - 1}C" if number > 1 else "")
