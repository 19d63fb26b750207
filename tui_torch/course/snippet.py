"""Whether a lesson's Python parses, without running it."""

from __future__ import annotations

import ast
import warnings
from typing import Literal

from tui_torch.course.naming import in_backticks


class SnippetError(ValueError):
    """A snippet does not parse. The message is the end of a sentence that begins with the snippet's field."""

    def __init__(self, sentence: str, line: int, column: int) -> None:
        super().__init__(sentence)
        self.line = line
        """1 is the snippet's first line."""
        self.column = column
        """1 is the line's first character."""


def readable_code(code: str) -> str:
    """Return `code` if it parses as Python statements. Raises SnippetError otherwise."""
    _parse(code, "exec", "is not Python", "code that parses")
    return code


def readable_expression(expression: str) -> str:
    """Return `expression` if it parses as one Python expression. Raises SnippetError otherwise."""
    _parse(expression, "eval", f"is {in_backticks(expression)}", "a Python expression")
    return expression


def _parse(source: str, mode: Literal["exec", "eval"], wrong: str, expected: str) -> None:
    try:
        # A lesson may show an invalid escape or `x is 3` on purpose; the warning must not reach the terminal.
        with warnings.catch_warnings(action="ignore"):
            ast.parse(source, mode=mode)
    except SyntaxError as error:
        lines = max(1, len(source.splitlines()))
        line = min(max(1, error.lineno or 1), lines)
        raise SnippetError(f"{wrong} ({error.msg}), expected {expected}", line, max(1, error.offset or 1)) from None
    except (ValueError, RecursionError, MemoryError) as error:
        reason = "it nests too deeply" if isinstance(error, RecursionError | MemoryError) else str(error)
        raise SnippetError(f"{wrong} ({reason}), expected {expected}", 1, 1) from None
