"""Figures as PNG files, for whoever cannot be shown them: a script that reads JSON, a terminal of letters alone."""

from __future__ import annotations

import tempfile
from pathlib import Path


class FigureFiles:
    """Figures in a folder for temporary files, which is made for the first of them. They stay there."""

    def __init__(self) -> None:
        self._folder: Path | None = None

    def save(self, png: bytes, number: int) -> Path:
        """Write a PNG as the figure of that number, in the place of one before; return the file's absolute path.

        Raises OSError when it cannot be written.
        """
        if self._folder is None:
            self._folder = Path(tempfile.mkdtemp(prefix="figures-of-tui-torch-"))
        path = self._folder / f"{number}.png"
        path.write_bytes(png)
        return path
