"""Finds where a statement of Python ends, in code that need not be right.

A scanner of its own rather than `tokenize`, which stops at the first mistake.
"""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Sequence
from typing import Literal

from tui_torch.protocol.late_dataclass import dataclass

_WORD = re.compile(r"#[^\r\n]*|\"\"\"|'''|\"|'|[()\[\]{}]|\\(?:\r\n|[\r\n])|[^\s#\"'()\[\]{}\\]+|\\")
"""What matters outside strings: a comment, a quote, a bracket, a line that goes on, and any other words."""
_IN_STRING = {quote: re.compile(rf"\\(?:\r\n|.)|{quote}", re.DOTALL) for quote in ('"""', "'''")} | {
    quote: re.compile(rf"\\(?:\r\n|.)|{quote}|[\r\n]", re.DOTALL) for quote in ('"', "'")
}
"""By the quote that began a string: what may end it. A line's end does where the string may not go over it."""
_CLOSES = {")": "(", "]": "[", "}": "{"}

Kind = Literal["plain", "opener", "indented", "decorator", "nothing"]
"""What a statement says of the next: `opener` ends with a colon; `nothing` is a blank line or a comment."""


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement, or a line with none."""

    end: int
    """The number of the line after it."""
    kind: Kind
    is_whole: bool = True
    """Whether its strings and brackets are closed."""


def statement_at(lines: Sequence[str], first: int, stop: int) -> Statement:
    """The statement that begins in line `first`; one with a bracket or a string that is never closed ends at `stop`."""
    open_brackets: list[str] = []
    quote = ""
    last_word = ""
    number = first
    while number < stop:
        line = lines[number]
        at = 0
        goes_on = False
        while at < len(line):
            if quote:
                end = _IN_STRING[quote].search(line, at)
                if end is None:
                    break
                at = end.end()
                if end.group() == quote or end.group() in ("\r", "\n"):
                    quote, last_word = "", quote
                elif len(quote) == 1 and at == len(line):
                    goes_on = True  # a backslash before the line's end, within the string
                continue
            word = _WORD.search(line, at)
            if word is None:
                break
            found, at = word.group(), word.end()
            if found[0] == "#":
                continue
            if found[0] in "\"'":
                quote = found
            elif found in "([{":
                open_brackets.append(found)
            elif (opener := _CLOSES.get(found)) is not None and opener in open_brackets:
                # What was opened within and is not closed ends with it.
                while open_brackets.pop() != opener:
                    pass
            elif found[0] == "\\" and len(found) > 1:
                goes_on = True
                continue
            last_word = found
        if len(quote) == 1 and not goes_on:
            quote = ""  # the file ends here
        number += 1
        if not (quote or open_brackets or goes_on):
            return Statement(number, _kind(lines[first], last_word))
    return Statement(number, _kind(lines[first], last_word), is_whole=not (quote or open_brackets))


def _kind(line: str, last_word: str) -> Kind:
    if not last_word:
        return "nothing"
    if last_word.endswith(":"):
        return "opener"
    if _is_indented(line):
        return "indented"
    return "decorator" if line.lstrip("\f").startswith("@") else "plain"


def _is_indented(line: str) -> bool:
    return line.lstrip("\f")[:1] in (" ", "\t")  # a form feed sets the column to 0, as Python reads it


_CLAUSE = re.compile(r"\f*(?:else|elif|except|finally)\b")


class Above:
    """What stands above a line of code, as far as it says whether the line belongs to it."""

    def __init__(self) -> None:
        self._is_in_block = False
        self._is_decorator = False

    def add(self, statement: Statement) -> None:
        """Go on below a statement."""
        self._is_in_block = statement.kind == "opener" or (self._is_in_block and statement.kind == "indented")
        self._is_decorator = statement.kind == "decorator"

    def goes_on_with(self, line: str) -> bool:
        """Whether a line of code belongs to the block above it, to the `if` of an `else`, or to a decorator."""
        return self._is_decorator or (self._is_in_block and _is_indented(line)) or _CLAUSE.match(line) is not None


_AROUND = (
    ("", ""),
    ("", " pass"),
    ("", "\n{indent}def _(): pass"),
    ("{indent}if 1: pass\n", " pass"),
    ("{indent}try: pass\n", " pass"),
    ("", "\n{indent} case _: pass"),
)
"""What stands before and after the first lines of a statement that makes a whole one of them."""


def is_python(statement: str) -> bool:
    """Whether a statement, or what stands above the block of one, is Python by itself."""
    bare = statement.strip("\f\r\n")
    indent = bare[: len(bare) - len(bare.lstrip(" \t"))]
    within = "if 1:\n" if indent else ""
    return any(
        _parses(within + before.format(indent=indent) + bare + after.format(indent=indent)) for before, after in _AROUND
    )


def _parses(code: str) -> bool:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about escapes in strings, which are the author's
            ast.parse(code)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True
