"""Tells when the code of a kernel has imported PyTorch. Nothing here imports it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any


def tell_of_torch(arrived: Callable[[], None]) -> Callable[[], None]:
    """Call `arrived`, which raises nothing, when `torch` has been imported; it has not been yet.

    Returns a function that takes this out again.
    """
    finder = _TorchArrival(arrived)
    sys.meta_path.insert(0, finder)

    def remove() -> None:
        with suppress(ValueError):
            sys.meta_path.remove(finder)

    return remove


class _TorchArrival(MetaPathFinder):
    """Finds nothing itself: lets the other finders find torch."""

    def __init__(self, arrived: Callable[[], None]) -> None:
        self._arrived = arrived
        self._asks = False

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname != "torch" or self._asks:
            return None
        self._asks = True
        try:
            for finder in list(sys.meta_path):
                find = getattr(finder, "find_spec", None)
                if finder is self or find is None:
                    continue
                if (spec := find(fullname, path, target)) is not None:
                    self._hear_of(spec.loader)
                    return spec
        finally:
            self._asks = False
        return None

    def _hear_of(self, loader: Any) -> None:
        execute = getattr(loader, "exec_module", None)
        if execute is None:
            return

        def exec_module(module: ModuleType) -> None:
            with suppress(AttributeError):
                del loader.exec_module
            execute(module)
            self._arrived()

        with suppress(AttributeError):  # a loader that takes no attribute
            loader.exec_module = exec_module
