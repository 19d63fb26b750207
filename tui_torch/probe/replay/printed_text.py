"""What the code prints in a run: how many characters so far, and the first of them."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any, Literal

from tui_torch.protocol.events import Output

KEPT = 200_000
"""Maximum number of characters that are kept."""

Stream = Literal["stdout", "stderr"]


class PrintedText:
    """Counts the characters written to the two streams between `start()` and `stop()`, and keeps the first KEPT.

    The streams stay the same objects, since the code may hold them; only their `write` is replaced.
    """

    def __init__(self) -> None:
        self.length = 0
        """Number of characters written so far."""
        self._kept = 0
        self._pieces: list[tuple[Stream, list[str]]] = []
        self._restore: list[Callable[[], None]] = []

    def start(self) -> None:
        """Begin to count what is written to `sys.stdout` and `sys.stderr`."""
        self._restore = [self._listen(sys.stdout, "stdout"), self._listen(sys.stderr, "stderr")]

    def stop(self) -> None:
        """Put the streams' own `write` back. A second call changes nothing."""
        while self._restore:
            self._restore.pop()()

    @property
    def output(self) -> tuple[Output, ...]:
        """The characters kept, in the order in which they were written."""
        return tuple(Output("".join(texts), stream) for stream, texts in self._pieces)

    def _listen(self, stream: Any, name: Stream) -> Callable[[], None]:
        # IPython sets a `write` of its own on the stream while a cell runs.
        displaced, original = vars(stream).get("write"), stream.write

        def write(text: str) -> Any:
            written = original(text)
            self._count(text, name)
            return written

        stream.write = write

        def restore() -> None:
            if vars(stream).get("write") is not write:
                return
            if displaced is None:
                del stream.write
            else:
                stream.write = displaced

        return restore

    def _count(self, text: str, stream: Stream) -> None:
        self.length += len(text)
        kept = text[: KEPT - self._kept]
        if not kept:
            return
        self._kept += len(kept)
        if not self._pieces or self._pieces[-1][0] != stream:
            self._pieces.append((stream, []))
        self._pieces[-1][1].append(kept)
