"""How far a line of Python is indented: after Enter, a level back, and for several lines at once."""

from __future__ import annotations

import re
from collections.abc import Sequence

from tui_torch.protocol.late_dataclass import dataclass

LEVEL = 4
"""Spaces of one level."""
_ENDS_A_BLOCK = frozenset({"return", "break", "continue", "pass", "raise"})
_TOKEN = re.compile(
    r"""
    (?P<comment>\#[^\n]*)
    | (?P<text>
        (?P<quote>\"{3}|'{3}) (?:\\.|(?!(?P=quote)).)* (?P<closed>(?P=quote))?
        | "(?:\\.|[^"\\\n])*"? | '(?:\\.|[^'\\\n])*'?
      )
    | (?P<opens>[(\[{]) | (?P<closes>[)\]}])
    | (?P<continues>\\\n) | (?P<end>\n)
    | (?P<other>[^\s#"'()\[\]{}\\]+|\\)
    """,
    re.VERBOSE | re.DOTALL,
)


@dataclass(slots=True)
class _Statement:
    """What is known of the statement that a place in the code is in."""

    begin: int = 0
    """Index of its first line's first character."""
    brackets: tuple[int, ...] = ()
    """Indices of the brackets that are open."""
    last: str = ""
    """What it ends with so far, other than comments and spaces."""
    in_text: bool = False
    """Whether it ends amid a text of several lines."""
    is_continued: bool = False
    """Whether its last line but one ended in a backslash."""


def indentation_of(line: str) -> str:
    """The spaces and tabs that a line begins with."""
    return line[: len(line) - len(line.lstrip(" \t"))]


def next_indentation(before: str, after: str = "") -> str:
    """The indentation of the line that Enter begins.

    Args:
        before: The code until the cursor.
        after: The rest of the cursor's line.
    """
    line = before[before.rfind("\n") + 1 :]
    if not line.strip():
        return line
    from tui_torch.tutor.code_help.place import read_from  # not imported at the launch

    before = before[read_from(before) :]
    statement = _statement_at(before)
    if statement.in_text:
        return indentation_of(line)
    if statement.brackets:
        opened = before.rfind("\n", 0, statement.brackets[-1]) + 1
        # The first line inside a bracket is one level deeper, and the next ones like it.
        is_first = opened == len(before) - len(line)
        return indentation_of(line) + (" " * LEVEL if is_first else "")
    base = indentation_of(before[statement.begin :])
    if statement.last == "\\":
        return indentation_of(line) if statement.is_continued else base + " " * LEVEL
    if statement.last.endswith(":"):
        return base + " " * LEVEL
    word = re.match(r"\w*", before[statement.begin :].lstrip())
    if word is not None and word[0] in _ENDS_A_BLOCK and not after.strip():
        return base[:-LEVEL]
    return base


def _statement_at(code: str) -> _Statement:
    """The statement that the end of the code is in."""
    now = _Statement()
    for token in _TOKEN.finditer(code):
        match token.lastgroup:
            case "comment":
                continue
            case "opens":
                now.brackets = (*now.brackets, token.start())
            case "closes":
                now.brackets = now.brackets[:-1]
            case "end":
                if not now.brackets:
                    now = _Statement(begin=token.end())
                continue
            case "continues":
                now.is_continued = True
            case _:
                now.in_text = token["quote"] is not None and token["closed"] is None
        now.last = token[0]
    return now


def columns_back(before: str) -> int:
    """Number of spaces that backspace takes away: to the level before, where there is nothing else before the cursor.

    Args:
        before: The line until the cursor.
    """
    return 1 if before.strip(" ") or not before else (len(before) - 1) % LEVEL + 1


def indented(lines: Sequence[str]) -> list[str]:
    """The lines one level deeper; empty ones stay empty."""
    return [" " * LEVEL + line if line.strip() else line for line in lines]


def dedented(lines: Sequence[str]) -> list[str]:
    """The lines one level back, as far as each is indented."""
    return [line[min(LEVEL, len(line) - len(line.lstrip(" "))) :] for line in lines]


def commented(lines: Sequence[str]) -> list[str]:
    """The lines as comments; or, where all of them are, as code again. Empty lines stay as they are."""
    written = [line for line in lines if line.strip()]
    if not written:
        return list(lines)
    if all(line.lstrip().startswith("#") for line in written):
        return [re.sub(r"^(\s*)# ?", r"\1", line) for line in lines]
    column = min(len(indentation_of(line)) for line in written)
    return [f"{line[:column]}# {line[column:]}" if line.strip() else line for line in lines]
