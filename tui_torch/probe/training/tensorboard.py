"""Listening to what a learner's code writes to a TensorBoard `SummaryWriter`, if it has one."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

MODULES = ("torch.utils.tensorboard.writer", "tensorboardX.writer")
"""The modules that define a `SummaryWriter`."""

Log = Callable[[Mapping[str, object], object], None]
"""Is called with values by their tags, and with the step that the learner gave, or None."""


def listen_to_writers(log: Log) -> Callable[[], None]:
    """Call `log` with the scalars of every writer, once the learner's code imports a module that defines one.

    No module is imported for that. Returns a function that stops listening to modules that are imported later.
    """
    for name in MODULES:
        if name in sys.modules:
            _patch(sys.modules[name], log)
    finder = _Finder(log)
    sys.meta_path.insert(0, finder)
    return functools.partial(_remove, finder)


def _remove(finder: _Finder) -> None:
    with suppress(ValueError):
        sys.meta_path.remove(finder)


class _Finder(MetaPathFinder):
    """Finds nothing itself: lets the other finders load one of the MODULES, and patches what was loaded."""

    def __init__(self, log: Log) -> None:
        self._log = log

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname not in MODULES:
            return None
        for finder in sys.meta_path:
            if finder is not self and (spec := finder.find_spec(fullname, path, target)) is not None:
                self._patch_when_loaded(spec)
                return spec
        return None

    def _patch_when_loaded(self, spec: ModuleSpec) -> None:
        loader: Any = spec.loader
        execute = getattr(loader, "exec_module", None)
        if execute is None:
            return

        def exec_module(module: ModuleType) -> None:
            execute(module)
            _patch(module, self._log)

        with suppress(AttributeError):  # a loader that takes no attribute
            loader.exec_module = exec_module


def _patch(module: ModuleType, log: Log) -> None:
    writer = getattr(module, "SummaryWriter", None)
    if not isinstance(writer, type):
        return
    one, many = getattr(writer, "add_scalar", None), getattr(writer, "add_scalars", None)
    if one is not None:

        @functools.wraps(one)
        def add_scalar(self: Any, tag: Any, scalar_value: Any, global_step: Any = None, *args: Any, **more: Any) -> Any:
            log({str(tag): scalar_value}, global_step)
            return one(self, tag, scalar_value, global_step, *args, **more)

        writer.add_scalar = add_scalar  # type: ignore[attr-defined]
    if many is not None:

        @functools.wraps(many)
        def add_scalars(self: Any, main_tag: Any, values: Any, global_step: Any = None, *args: Any, **more: Any) -> Any:
            if isinstance(values, Mapping):
                log({f"{main_tag}/{tag}": value for tag, value in values.items()}, global_step)
            return many(self, main_tag, values, global_step, *args, **more)

        writer.add_scalars = add_scalars  # type: ignore[attr-defined]
