"""What the code prints in a run, as it prints it: how much so far, and the beginning of it."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any, Literal

from tui_torch.protocol.events import Output

KEPT = 200_000
"""Characters that are kept."""

Stream = Literal["stdout", "stderr"]


class PrintedText:
    """Counts, between `start()` and `stop()`, the characters written to the two streams, and keeps the first KEPT.

    The streams stay the objects that they are: code that holds one of them goes on writing to the same.
    """

    def __init__(self) -> None:
        self.length = 0
        """Characters written so far."""
        self._kept = 0
        self._pieces: list[tuple[Stream, list[str]]] = []
        self._restore: list[Callable[[], None]] = []

    def start(self) -> None:
        self._restore = [self._listen(sys.stdout, "stdout"), self._listen(sys.stderr, "stderr")]

    def stop(self) -> None:
        while self._restore:
            self._restore.pop()()

    @property
    def output(self) -> tuple[Output, ...]:
        """What was kept, in the order in which it was written."""
        return tuple(Output("".join(texts), stream) for stream, texts in self._pieces)

    def _listen(self, stream: Any, name: Stream) -> Callable[[], None]:
        # IPython puts a `write` of its own there for the time of a cell.
        displaced, original = vars(stream).get("write"), stream.write

        def write(text: str) -> Any:
            written = original(text)
            self._take(text, name)
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

    def _take(self, text: str, stream: Stream) -> None:
        self.length += len(text)
        kept = text[: KEPT - self._kept]
        if not kept:
            return
        self._kept += len(kept)
        if not self._pieces or self._pieces[-1][0] != stream:
            self._pieces.append((stream, []))
        self._pieces[-1][1].append(kept)
