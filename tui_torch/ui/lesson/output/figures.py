"""The figures among the output of a run: read once, drawn for the room that there is, and the older ones left out."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

from tui_torch.drawing.text.transcript import PictureLine
from tui_torch.protocol.events import Output
from tui_torch.tutor.figure_files import FigureFiles
from tui_torch.ui.shown_figure import ShownFigure

if TYPE_CHECKING:
    from textual.strip import Strip

    from tui_torch.protocol.events import Figure

MOST = 30
"""Maximum number of figures kept of a run: the last ones."""
MOST_BYTES = 32 * 1024 * 1024
"""Maximum size of them all as they were sent, in bytes; the last one is kept whatever its size."""
LEAST_ROWS = 4
"""Rows that a figure takes, if it has so many, even where the pane has fewer."""
MOST_READ = 8
"""Maximum number of figures that are kept read, for a replay that goes to and fro."""


class FigureLine(PictureLine):
    """The line of a transcript in whose place a figure is drawn."""

    def __init__(self, figure: ShownFigure, *, colourless: bool) -> None:
        super().__init__(f"[{figure.title}]", end="")
        self.figure = figure
        self._colourless = colourless

    def cells(self, columns: int, rows: int) -> tuple[int, int]:
        """The columns and rows that it takes where there is room for so many."""
        from tui_torch.drawing.figures.blocks import cells_of

        return cells_of(self.figure.picture, columns, rows)

    def strips(self, columns: int, rows: int) -> list[Strip]:
        """Its rows, where there is room for so many columns and rows."""
        return self.figure.strips(*self.cells(columns, rows), colourless=self._colourless)


class DrawnFigure(NamedTuple):
    """A figure, and when it was drawn."""

    printed: int
    """Number of characters printed before it."""
    name: str
    """The name of its block."""
    figure: Figure


class FigureLog:
    """When the figures of a run were drawn, for its replay: the last of them, up to MOST_BYTES."""

    def __init__(self) -> None:
        self._entries: list[DrawnFigure | None] = []
        """One for each figure; None for one that is left out."""
        self._clears: list[int] = []
        """How many figures had been drawn at each `clear_output()`."""
        self._left_out = 0
        self._bytes = 0

    def add(self, drawn: DrawnFigure) -> None:
        """Note a figure."""
        self._entries.append(drawn)
        self._bytes += len(drawn.figure.image)
        while self._bytes > MOST_BYTES and self._left_out < len(self._entries) - 1:
            if (oldest := self._entries[self._left_out]) is not None:
                self._bytes -= len(oldest.figure.image)
            self._entries[self._left_out] = None
            self._left_out += 1

    def clear_output(self) -> None:
        """Note that what was drawn so far was cleared away."""
        self._clears.append(len(self._entries))

    def shown(self, count: int) -> list[DrawnFigure]:
        """Those on show once so many were drawn. What is cleared away is on show until another one is drawn."""
        first = max((clear for clear in self._clears if clear < count), default=0)
        return [drawn for drawn in self._entries[first:count] if drawn is not None]


def interleaved(pieces: Iterable[Output], drawn: Sequence[DrawnFigure], start: int) -> Iterator[Output | DrawnFigure]:
    """What was printed and drawn, in its order.

    Args:
        pieces: What was printed.
        drawn: What was drawn, oldest first.
        start: The number of characters printed before the first piece.
    """
    waiting = deque(drawn)
    at = start
    for piece in pieces:
        text = piece.text
        while waiting and waiting[0].printed < at + len(text):
            before = max(0, waiting[0].printed - at)
            if before:
                yield Output(text[:before], piece.stream)
            yield waiting.popleft()
            at, text = at + before, text[before:]
        yield Output(text, piece.stream)
        at += len(text)
    yield from waiting


class KeptFigures:
    """Reads the figures of a run, and keeps count of them."""

    def __init__(self) -> None:
        self._read: deque[tuple[Figure, ShownFigure | str]] = deque(maxlen=MOST_READ)
        self._kept: deque[tuple[str, int]] = deque()
        """The names of the blocks that hold a figure, oldest first, and the bytes of each."""
        self._count = 0
        self._files = FigureFiles()
        self._numbers: dict[str, int] = {}
        """The number of the file of each figure that was saved, by the name of its block."""

    def begin(self) -> None:
        """Another run begins: the figures of the last one are not shown any more."""
        self._read.clear()
        self.clear()

    def clear(self) -> None:
        """Forget the figures that are shown. Those that come are saved in the place of those that were."""
        self._kept.clear()
        self._numbers.clear()

    @property
    def has_any(self) -> bool:
        """Whether a figure is drawn."""
        return bool(self._kept)

    def read(self, figure: Figure) -> ShownFigure | str:
        """Read a figure's picture; a sentence, if it cannot be drawn. A thread may do it before it is to be shown."""
        from tui_torch.drawing.figures.picture import UnreadablePictureError, read_picture

        for known, read in self._read:
            if known is figure:
                return read
        try:
            found: ShownFigure | str = ShownFigure(read_picture(figure.image), figure.image)
        except UnreadablePictureError as error:
            found = str(error)
        self._read.append((figure, found))
        return found

    def next_name(self) -> str:
        """A name for the block of a figure to which the code gave none."""
        self._count += 1
        return f"\0{self._count}"

    def saved(self, name: str, figure: ShownFigure) -> str:
        """Save a figure that no terminal shows, in the place of the one under its name, and say where."""
        from tui_torch.drawing.figures.picture import as_png

        number = self._numbers.setdefault(name, len(self._numbers) + 1)
        size = f"figure {figure.picture.width} x {figure.picture.height}"
        try:
            return f"{size}, saved at {self._files.save(as_png(figure.image), number)}"
        except OSError as error:
            return f"{size}, which cannot be saved: {error}. Set TMPDIR to a folder that has room for it."

    def rename(self, name: str) -> str | None:
        """Another name for the block of the figure under a name that is given again; None if there is no figure."""
        if name not in (kept := dict(self._kept)):
            return None
        to = self.next_name()
        self._kept[list(kept).index(name)] = to, kept[name]
        return to

    def forget(self, name: str) -> None:
        """Something else stands in the place of a figure."""
        self._kept = deque(one for one in self._kept if one[0] != name)

    def keep(self, name: str, figure: ShownFigure, leave_out: Callable[[str], None]) -> None:
        """Count a figure, and `leave_out` the names of those that are too many with it."""
        self.forget(name)
        self._kept.append((name, len(figure.image)))
        while len(self._kept) > 1 and (len(self._kept) > MOST or sum(size for _, size in self._kept) > MOST_BYTES):
            leave_out(self._kept.popleft()[0])
