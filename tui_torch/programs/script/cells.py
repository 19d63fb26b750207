"""Divides a script into cells, and joins them to the very same script."""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Collection, Iterator, Mapping, Sequence

from tui_torch.programs.lines import physical_lines, usual_end, with_plain_ends
from tui_torch.programs.program import CodeCell
from tui_torch.programs.script.marks import CellMark, mark_in
from tui_torch.programs.script.statements import Above, Statement, is_python, statement_at
from tui_torch.protocol.late_dataclass import dataclass

_REREAD = 8
"""How often, on average, a line is read again because a string or a bracket above it turned out to be never closed."""


@dataclass(frozen=True, slots=True)
class ScriptPiece:
    """What a script consists of: something that is no code, and code after it. Both are as in the file."""

    before: str
    """Marks, texts as comments, and blank lines, up to where the code begins."""
    code: str
    """Without the line's end, and the blank lines, after it."""
    cell: CodeCell


@dataclass(frozen=True, slots=True)
class DividedScript:
    """A script's text as pieces."""

    pieces: tuple[ScriptPiece, ...]
    tail: str
    """What stands after the last piece."""
    has_marks: bool

    def joined(self, codes: Mapping[str, str]) -> str:
        """The script's text, to the letter, with other code in some cells.

        Args:
            codes: The code of some cells by their ids, with lines that end in \n.
        """
        end = usual_end("".join(piece.before + piece.code for piece in self.pieces) + self.tail)
        parts: list[str] = []
        was_changed = False
        for piece in self.pieces:
            code = codes.get(piece.cell.id, piece.cell.code)
            if was_changed and _has_words_on_its_first_line(piece.before):
                parts.append(end)
            parts.append(piece.before)
            was_changed = code != piece.cell.code
            if not was_changed:
                parts.append(piece.code)
                continue
            if code and piece.before and not piece.before.endswith(("\n", "\r")):
                parts.append(end)
            text = code.replace("\n", end)
            parts.append(text)
            was_changed = bool(text) and not text.endswith(("\n", "\r"))
        if was_changed and _has_words_on_its_first_line(self.tail):
            parts.append(end)
        return "".join([*parts, self.tail])


_WORDS_AT_ONCE = re.compile(r"[^\S\r\n]*\S")


def _has_words_on_its_first_line(text: str) -> bool:
    """Whether what it says would come to stand on the line of the code above."""
    return _WORDS_AT_ONCE.match(text) is not None


def divided(text: str) -> DividedScript:
    """A script's text as pieces. It need not be Python: what cannot be read is divided at its marks."""
    lines = physical_lines(text)
    starts = _cell_starts(lines)
    if not starts:
        whole = _Pieces()
        whole.add_code(lines, 0, "")
        return whole.script(has_marks=False)
    pieces = _Pieces()
    header = lines[: starts[0][0]]
    if any(line.strip() and not line.strip().startswith("#") for line in header):
        pieces.add_code(header, 0, "")
    else:
        pieces.keep("".join(header))
    ends = [*(start for start, _ in starts[1:]), len(lines)]
    for (start, mark), end in zip(starts, ends, strict=True):
        pieces.keep(lines[start])
        body = lines[start + 1 : end]
        if mark.kind == "code":
            pieces.add_code(body, start + 1, mark.title)
        else:
            pieces.add_text(body, start + 1, mark)
    return pieces.script(has_marks=True)


def _cell_starts(lines: Sequence[str]) -> list[tuple[int, CellMark]]:
    """The number of each line, from 0, that is a mark and begins a cell, and what it says."""
    marks = {number: mark for number, line in enumerate(lines) if (mark := mark_in(line)) is not None}
    found: list[tuple[int, CellMark]] = []
    waiting: list[int] = []
    """Marks of which the next line of code says whether they stand within a block."""
    above = Above()
    if not marks:
        return found
    for number, statement in _statements(lines, marks):
        if statement.kind == "nothing":
            if number in marks:
                waiting.append(number)
            continue
        if not above.goes_on_with(lines[number]):
            found += [(waited, marks[waited]) for waited in waiting]
        waiting.clear()
        above.add(statement)
    return found + [(waited, marks[waited]) for waited in waiting]


def _statements(lines: Sequence[str], marks: Collection[int]) -> Iterator[tuple[int, Statement]]:
    """The statements of a script, each with the number of its first line.

    One that goes over a mark and is not Python, such as one with a bracket that is never closed, is no more than its
    first line.
    """
    # For each line, the first mark from there on.
    following = [len(lines)] * (len(lines) + 1)
    for number in range(len(lines) - 1, -1, -1):
        following[number] = number if number in marks else following[number + 1]
    budget = _REREAD * len(lines)
    number = 0
    while number < len(lines):
        mark = following[number + 1]
        statement = statement_at(lines, number, len(lines) if budget > 0 else mark)
        if mark < statement.end and not (statement.is_whole and is_python("".join(lines[number : statement.end]))):
            budget -= statement.end - number
            statement = statement_at(lines, number, number + 1)
        yield number, statement
        number = statement.end


class _Pieces:
    """Pieces of a script, as they are found from its beginning to its end."""

    def __init__(self) -> None:
        self._pieces: list[ScriptPiece] = []
        self._before = ""
        self._texts: list[str] = []
        self._text_line = 0
        self._title = ""

    def keep(self, text: str) -> None:
        """Keep what is no code."""
        self._before += text

    def add_text(self, body: Sequence[str], first: int, mark: CellMark) -> None:
        """Add a cell of text: comments, or one string. Code below them remains code, since Python would run it."""
        text, end = _text_of(body)
        if mark.kind == "markdown" and text:
            self._text_line = self._text_line or first + 1
            self._texts.append(text)
        self.keep("".join(body[:end]))
        self._title = self._title or mark.title
        if any(line.strip() for line in body[end:]):
            self.add_code(body[end:], first + end, self._title)
        else:
            self.keep("".join(body[end:]))

    def add_code(self, body: Sequence[str], first: int, title: str) -> None:
        """Add a cell of code. The blank lines around it are kept, and are not its own.

        Args:
            body: Its lines.
            first: The number of the first of them, from 0.
            title: What its mark says.
        """
        end = len(body)
        while end and not body[end - 1].strip():
            end -= 1
        begin = 0
        while begin < end and not body[begin].strip():
            begin += 1
        code = "".join(body[begin:])
        bare = "".join(body[begin:end]).rstrip("\r\n")
        if bare.endswith("\\"):
            bare = code  # a line that goes on with a blank line
        self.keep("".join(body[:begin]))
        self._add(bare, title or self._title, first + begin + 1)
        self.keep(code[len(bare) :])

    def _add(self, code: str, title: str, first_line: int) -> None:
        place = len(self._pieces)
        cell = CodeCell(
            f"cell-{place + 1}",
            with_plain_ends(code),
            "\n\n".join(self._texts),
            title,
            first_line,
            place=place,
        )
        self._pieces.append(ScriptPiece(self._before, code, cell))
        self._before, self._title, self._text_line = "", "", 0
        self._texts.clear()

    def script(self, *, has_marks: bool) -> DividedScript:
        """The script, once all of it was added."""
        if self._texts or not self._pieces:
            self._add("", self._title, self._text_line or 1)
        return DividedScript(tuple(self._pieces), self._before, has_marks)


def _text_of(body: Sequence[str]) -> tuple[str, int]:
    """The text that a cell of text begins with, and the number of lines that it takes."""
    end = 0
    while end < len(body) and (not (bare := body[end].strip()) or bare.startswith("#")):
        end += 1
    text = "\n".join(_uncommented(line) for line in body[:end]).strip("\n")
    if not text and end < len(body):
        statement = statement_at(body, end, len(body))
        if statement.is_whole and (string := _string("".join(body[end : statement.end]))) is not None:
            return string.strip("\n"), statement.end
    return text, end


def _uncommented(line: str) -> str:
    bare = line.strip("\r\n")
    return bare[2:] if bare.startswith("# ") else bare.strip()[1:] if bare.strip() else ""


def _string(code: str) -> str | None:
    """The string that a statement is; None for any other statement."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            value = ast.literal_eval(code.strip())
    except (SyntaxError, ValueError, RecursionError, MemoryError, TypeError):
        return None
    return value if isinstance(value, str) else None
