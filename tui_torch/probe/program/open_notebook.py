"""The notebook that the kernel's process is in: its folder, and what each of its cells is compiled as."""

from __future__ import annotations

import importlib
import os
import sys

from tui_torch.probe.program.own_files import own_modules
from tui_torch.protocol.orders import CELL_NAME, NotebookCall


def is_cell(filename: str) -> bool:
    """Whether code that is compiled under this name is a notebook's cell."""
    return filename.startswith(CELL_NAME)


class OpenNotebook:
    """A notebook, from its first cell until something else runs in the process.

    What its cells make of the process stays meanwhile. Raises OSError where its folder is gone.
    """

    def __init__(self, call: NotebookCall) -> None:
        os.chdir(call.folder)  # a reset goes back
        self._path, self._known = list(sys.path), frozenset(sys.modules)
        sys.path.insert(0, call.folder)
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
        """Be without the notebook's folder and the modules in it."""
        sys.path[:] = self._path
        for name in own_modules(self._known):
            del sys.modules[name]
