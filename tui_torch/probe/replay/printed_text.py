"""What the code prints and displays in a run: how much so far, the first of its text, and what it clears away."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any, Literal

from IPython.core.interactiveshell import InteractiveShell

from tui_torch.protocol.events import Output

KEPT = 200_000
"""Maximum number of characters that are kept."""

PICTURES = frozenset({"image/png", "image/jpeg", "image/gif"})
"""The types of what is displayed as a figure."""

Stream = Literal["stdout", "stderr"]


class PrintedText:
    """Counts the characters written to the two streams between `start()` and `stop()`, and keeps the first KEPT.

    The streams stay the same objects, since the code may hold them; only their `write` is replaced.
    """

    def __init__(self) -> None:
        self.length = 0
        """Number of characters written so far."""
        self.figures = 0
        """Number of pictures displayed so far."""
        self.clears: list[int] = []
        """How many had been written at each `clear_output()`."""
        self._kept = 0
        self._pieces: list[tuple[Stream, list[str]]] = []
        self._restore: list[Callable[[], None]] = []

    def start(self) -> None:
        """Begin to count what is written to `sys.stdout` and `sys.stderr`."""
        self._restore = [self._listen(sys.stdout, "stdout"), self._listen(sys.stderr, "stderr")]
        if InteractiveShell.initialized():
            publisher = InteractiveShell.instance().display_pub
            self._restore += [self._note_clears(publisher), self._count_figures(publisher)]

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

    def _note_clears(self, publisher: Any) -> Callable[[], None]:
        original = publisher.clear_output

        def clear_output(*arguments: Any, **options: Any) -> Any:
            self.clears.append(self.length)
            return original(*arguments, **options)

        publisher.clear_output = clear_output

        def restore() -> None:
            if vars(publisher).get("clear_output") is clear_output:
                del publisher.clear_output

        return restore

    def _count_figures(self, publisher: Any) -> Callable[[], None]:
        original = publisher.publish

        def publish(data: Any, *arguments: Any, **options: Any) -> Any:
            if isinstance(data, dict) and not PICTURES.isdisjoint(data):
                self.figures += 1
            return original(data, *arguments, **options)

        publisher.publish = publish

        def restore() -> None:
            if vars(publisher).get("publish") is publish:
                del publisher.publish

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
