"""How wide the widest of many lines is, asked again whenever one of them has changed."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len


class LineWidths(dict[str, int]):
    """The cells that a line takes, by its text: each text is measured once.

    rich remembers the last 4,096 texts. Of one line more, asked for in turn, it remembers none.
    """

    def __init__(self, tab_width: int) -> None:
        super().__init__()
        self._tab_width = tab_width

    def __missing__(self, line: str) -> int:
        width = self[line] = cell_len(line.expandtabs(self._tab_width))
        return width

    def widest(self, lines: Sequence[str]) -> int:
        """The cells of the widest line; 0 if there is none. Lines that were asked for long ago are forgotten."""
        if len(self) > 2 * len(lines) + 1000:
            self.clear()
        return max(map(self.__getitem__, lines), default=0)
