"""Modules beside a program that are called as one that the kernel has imported: the program means its own."""

from __future__ import annotations

import os
import sys
from types import ModuleType

_AT_STARTUP = {"_collections_abc", "abc", "codecs", "encodings", "genericpath", "io", "ntpath", "os", "posixpath"}
_AT_STARTUP |= {"site", "sitecustomize", "stat", "usercustomize", "zipimport"}
"""Modules that Python has imported before any program runs."""
_ONCE_ONLY = {"numpy", "torch", "tui_torch"}
"""Modules that cannot be imported a second time. That a file hides one is told where its import fails."""


def hide_namesakes(folder: str) -> dict[str, ModuleType]:
    """Take the modules from `sys.modules` that are called as one in a folder, with their parts, and return them.

    What has imported them has them still.
    """
    names = _modules_in(folder) - _AT_STARTUP - _ONCE_ONLY
    hidden = [name for name in sys.modules if name.partition(".")[0] in names and _is_of_source(name.partition(".")[0])]
    return {name: sys.modules.pop(name) for name in hidden}


def _modules_in(folder: str) -> set[str]:
    found: set[str] = set()
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                name, _, ending = entry.name.partition(".")
                if ending == "py" or (not ending and os.path.isfile(f"{entry.path}/__init__.py")):  # noqa: PTH113
                    found.add(name)
    except OSError:
        return set()
    return found


def _is_of_source(name: str) -> bool:
    """Whether a module is written in Python: one that is not can be imported but once."""
    file = getattr(sys.modules.get(name), "__file__", None)
    return isinstance(file, str) and file.endswith((".py", ".pyc"))
