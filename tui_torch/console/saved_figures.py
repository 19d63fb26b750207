"""Figures of a run that are written into files, and what is said of one that cannot be."""

from __future__ import annotations

from pathlib import Path

from tui_torch.console.plain import say
from tui_torch.drawing.figures.picture import UnreadablePictureError, as_png
from tui_torch.protocol.events import Figure
from tui_torch.tutor.figure_files import FigureFiles


class SavedFigures:
    """The figures of all the runs of a command, as PNG files."""

    def __init__(self) -> None:
        self._files = FigureFiles()
        self._count = self._count_before = 0
        self._numbers: dict[str, int] = {}
        """The number of the file of each figure that the code may replace, by its display id."""

    def begin(self) -> None:
        """Another run begins, and its figures stand beside those of the runs before."""
        self._count_before = self._count
        self._numbers.clear()

    def clear(self) -> None:
        """The run's code cleared its output: what it draws from now on takes the files of what it has drawn."""
        self._count = self._count_before
        self._numbers.clear()

    def save(self, figure: Figure) -> Path | None:
        """Write a figure as a PNG, and return the file's path; None where that cannot be done, which is said."""
        try:
            return self._files.save(as_png(figure.image), self._number_of(figure))
        except UnreadablePictureError as error:
            say(f"tui-torch: {error}", err=True)
        except OSError as error:
            say(
                f"tui-torch: a figure cannot be written: {error}. Set TMPDIR to a folder that has room for it.",
                err=True,
            )
        return None

    def _number_of(self, figure: Figure) -> int:
        if figure.is_update and figure.display_id in self._numbers:
            return self._numbers[figure.display_id]
        self._count += 1
        if figure.display_id is not None:
            self._numbers[figure.display_id] = self._count
        return self._count
