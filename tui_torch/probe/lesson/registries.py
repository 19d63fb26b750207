"""Lists and tables of the interpreter that code adds to: what each held at the beginning, and the way back to it."""

from __future__ import annotations

import builtins
import copyreg
import gc
import logging
import sys
from collections.abc import Callable
from typing import Any, cast


def registries(of_ipython: frozenset[str]) -> list[Callable[[], list[str]]]:
    """Functions that put a registry back as it is now, and say which one it was; nothing, where it was as before.

    Args:
        of_ipython: Names that IPython puts into `builtins` around each cell.
    """
    return [
        _list("`sys.meta_path`", sys.meta_path),
        _list("`sys.path_hooks`", sys.path_hooks),
        _list("`gc.callbacks`", gc.callbacks),
        _table("`copyreg`", copyreg.dispatch_table),
        _logger_class,
        _added_builtins(of_ipython),
    ]


def _list(words: str, entries: list[Any]) -> Callable[[], list[str]]:
    """What a library adds as it is imported stays: the import is not repeated."""
    before = list(entries)

    def put_back() -> list[str]:
        wanted = before + [entry for entry in entries if not _among(entry, before) and not _is_the_learners(entry)]
        if len(entries) == len(wanted) and all(one is other for one, other in zip(entries, wanted, strict=True)):
            return []
        entries[:] = wanted
        return [words]

    return put_back


def _table(words: str, table: dict[Any, Any]) -> Callable[[], list[str]]:
    before = dict(table)

    def put_back() -> list[str]:
        added = [key for key in table if key not in before and (_is_the_learners(key) or _is_the_learners(table[key]))]
        changed = [key for key, value in before.items() if table.get(key) is not value]
        for key in added:
            del table[key]
        for key in changed:
            table[key] = before[key]
        return [words] if added or changed else []

    return put_back


def _logger_class() -> list[str]:
    if not _is_the_learners(logging.getLoggerClass()):
        return []
    logging.setLoggerClass(logging.Logger)
    return ["`logging.setLoggerClass`"]


def _added_builtins(of_ipython: frozenset[str]) -> Callable[[], list[str]]:
    names = builtins.__dict__
    known = names.keys() | of_ipython

    def put_back() -> list[str]:
        added = [name for name in names if name not in known and not name.startswith("_")]
        for name in added:
            del names[name]
        return [f"`builtins.{name}`" for name in added]

    return put_back


def _among(entry: object, entries: list[Any]) -> bool:
    return any(entry is one for one in entries)


def _is_the_learners(thing: object) -> bool:
    """Whether something was written in the learner's code, or is an object of a class that was."""
    described = thing if isinstance(thing, type) or hasattr(thing, "__code__") else type(thing)
    module = cast("object", getattr(described, "__module__", None))
    return module in ("__main__", "builtins")
