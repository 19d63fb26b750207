"""The notebook that the kernel's process is in, or the script in cells: its folder, and what a cell is compiled as."""

from __future__ import annotations

import importlib
import os
import sys
from pathlib import Path
from typing import Any

from tui_torch.probe.program.own_files import own_modules
from tui_torch.protocol.orders import CELL_NAME, NotebookCall


def is_cell(filename: str) -> bool:
    """Whether code that is compiled under this name is a notebook's cell."""
    return filename.startswith(CELL_NAME)


class OpenNotebook:
    """A notebook, or a script in cells, from its first cell until something else runs in the process.

    What its cells make of the process stays meanwhile. Raises OSError where its folder is gone.

    Args:
        call: That of the first cell.
        names: The namespace that its cells run in; a reset empties it.
    """

    def __init__(self, call: NotebookCall, names: dict[str, Any]) -> None:
        os.chdir(call.folder)  # a reset goes back
        self._path, self._known = list(sys.path), frozenset(sys.modules)
        self._arguments = list(sys.argv)
        sys.path.insert(0, call.folder if call.script is None else str(Path(call.script.file).resolve().parent))
        if call.script is not None:
            names["__file__"] = call.script.file
            sys.argv[:] = call.script.arguments
        importlib.invalidate_caches()
        self._number = call.number

    @property
    def filename(self) -> str:
        """The name that the cell which runs is compiled under: each its own, since others may call what it defines."""
        return f"{CELL_NAME}{self._number}]>"

    def go_on(self, call: NotebookCall) -> None:
        """Go on with another cell."""
        self._number = call.number

    def close(self) -> None:
        """Be without its folder, the modules in it, and its arguments."""
        sys.path[:] = self._path
        sys.argv[:] = self._arguments
        for name in own_modules(self._known):
            del sys.modules[name]
