"""`sys.stdin` of a program in a kernel: whoever shows the run gives the lines."""

from __future__ import annotations

import io
from collections.abc import Callable


class AskedInput(io.TextIOBase):
    """Standard input whose lines are asked for, one by one; at its end where nobody answers.

    Args:
        ask: Takes a prompt, and returns a line without its end. Raises EOFError after the last.
    """

    def __init__(self, ask: Callable[[str], str]) -> None:
        self._ask = ask
        self._rest = ""
        self._is_over = False

    name = "<stdin>"
    mode = "r"
    encoding = "utf-8"
    errors = "strict"

    def fileno(self) -> int:
        """The descriptor of standard input, on which nothing comes."""
        return 0

    def readable(self) -> bool:
        return True

    def readline(self, size: int | None = -1, /) -> str:
        if not self._rest and not self._is_over:
            try:
                self._rest = f"{self._ask('')}\n"
            except EOFError:
                self._is_over = True
        end = len(self._rest) if size is None or size < 0 else size
        line, self._rest = self._rest[:end], self._rest[end:]
        return line

    def read(self, size: int | None = -1, /) -> str:
        parts: list[str] = []
        left = -1 if size is None else size
        while left and (part := self.readline(left)):
            parts.append(part)
            left -= len(part) if left > 0 else 0
        return "".join(parts)
