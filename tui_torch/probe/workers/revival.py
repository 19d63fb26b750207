"""In a process that was spawned, or forked by a server: the part of the learner's program that it needs.

It imports nothing that takes time: each worker of a DataLoader runs it first.
"""

from __future__ import annotations

import linecache
import marshal
import pickle
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

AS_MAIN = "tui_torch.probe.workers.as_main"
"""The module that `multiprocessing` runs as the main one of such a process."""


@dataclass(frozen=True, slots=True)
class Program:
    """A part of the learner's program: definitions, and the values that they use."""

    definitions: tuple[bytes, ...]
    """Imports, functions and classes in their order, each compiled, and written by `marshal`."""
    values: tuple[tuple[str, bytes], ...]
    """Names and pickled values."""
    sources: tuple[tuple[str, str], ...]
    """File names and code, for the lines of a traceback."""

    def __reduce__(self) -> tuple[Callable[..., object], tuple[Any, ...]]:
        # The one moment at which a starting process looks at what it was sent.
        return keep, (self.definitions, self.values, self.sources)


_kept: Program | None = None


def keep(*fields: Any) -> Program:
    """Keep a program that has come, until the process has its path and its folder, and `revive()` is called."""
    global _kept
    _kept = Program(*fields)
    return _kept


def revive(names: dict[str, Any]) -> None:
    """Define in a namespace, which is that of the main module, what came with `keep()`.

    What cannot be defined is left out: code that needs it says so itself.
    """
    if _kept is None:
        return
    # Not `__mp_main__`: what goes back to the kernel is of the classes that are called `__main__` there.
    names["__name__"] = "__main__"
    sys.modules["__main__"] = sys.modules["__mp_main__"]
    for filename, code in _kept.sources:
        linecache.cache[filename] = (len(code), None, code.splitlines(keepends=True), filename)
    # A definition may use values, as the default of an argument, and a value may be of a class that is defined here.
    values: dict[str, Any] = {}
    for name, value in _kept.values:
        with suppress(Exception):
            values[name] = pickle.loads(value)
    names.update(values)
    for definition in _kept.definitions:
        with suppress(Exception):
            exec(marshal.loads(definition), names)
    for name, value in _kept.values:
        if name not in values:
            with suppress(Exception):
                values[name] = pickle.loads(value)
    names.update(values)
