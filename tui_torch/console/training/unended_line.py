"""The line of a command's output that has no end yet: a question, a progress bar."""

from __future__ import annotations

_MOST = 4096
"""Maximum number of bytes that are kept of it."""


class UnendedLine:
    """Follows what a command writes to a terminal, so that its open line can be written again below a line of ours."""

    def __init__(self) -> None:
        self._line = b""

    def add(self, output: bytes) -> None:
        """Follow more of the output."""
        *ended, last = output.split(b"\n")
        line = last if ended else self._line + last
        # A bar goes back to the beginning of its line, and draws it again; what it drew before is gone.
        self._line = line[max(line.rstrip(b"\r").rfind(b"\r"), 0) :][-_MOST:]

    @property
    def text(self) -> str:
        """What stands in it. A character that is there in part only is left out."""
        return self._line.decode("utf-8", "ignore")
