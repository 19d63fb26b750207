"""Listening to what a learner's code writes to a TensorBoard `SummaryWriter`, if it has one."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

from tui_torch.probe.isolation.patching import Uninstall, wrap_method

MODULES = ("torch.utils.tensorboard.writer", "tensorboardX.writer")
"""The modules that define a `SummaryWriter`."""

Log = Callable[[Mapping[str, object], object], None]
"""Is called with values by their tags, and with the step that the learner gave, or None."""


def listen_to_writers(log: Log) -> Uninstall:
    """Call `log` with the scalars of every writer, once the learner's code imports a module that defines one.

    No module is imported for that. Returns a function that leaves all as it was.
    """
    finder = _Finder(log)
    for name in MODULES:
        if name in sys.modules:
            finder.patch(sys.modules[name])
    sys.meta_path.insert(0, finder)
    return finder.remove


class _Finder(MetaPathFinder):
    """Finds nothing itself: lets the other finders load one of the MODULES, and patches what was loaded."""

    def __init__(self, log: Log) -> None:
        self._log = log
        self._restore: list[Uninstall] = []

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

    def patch(self, module: ModuleType) -> None:
        """Listen to the writers of a module, if it has any."""
        writer = getattr(module, "SummaryWriter", None)
        if isinstance(writer, type):
            for name, wrapper_of in self._wrappers:
                if hasattr(writer, name):
                    self._restore.append(wrap_method(writer, name, wrapper_of))

    def remove(self) -> None:
        """Listen no more."""
        with suppress(ValueError):
            sys.meta_path.remove(self)
        while self._restore:
            self._restore.pop()()

    def _patch_when_loaded(self, spec: ModuleSpec) -> None:
        loader: Any = spec.loader
        execute = getattr(loader, "exec_module", None)
        if execute is None:
            return

        def exec_module(module: ModuleType) -> None:
            with suppress(AttributeError):
                del loader.exec_module
            execute(module)
            if self in sys.meta_path:
                self.patch(module)

        with suppress(AttributeError):  # a loader that takes no attribute
            loader.exec_module = exec_module

    @property
    def _wrappers(self) -> Iterator[tuple[str, Callable[[Callable[..., Any]], Callable[..., Any]]]]:
        yield from (("add_scalar", self._one), ("add_scalars", self._many), ("add_text", self._text))

    def _text(self, original: Callable[..., Any]) -> Callable[..., Any]:
        def add_text(writer: Any, tag: Any, text_string: Any, global_step: Any = None, *rest: Any, **more: Any) -> Any:
            if isinstance(text_string, str):
                self._log({str(tag): text_string}, global_step)
            return original(writer, tag, text_string, global_step, *rest, **more)

        return add_text

    def _one(self, original: Callable[..., Any]) -> Callable[..., Any]:
        def add_scalar(
            writer: Any, tag: Any, scalar_value: Any, global_step: Any = None, *rest: Any, **more: Any
        ) -> Any:
            self._log({str(tag): scalar_value}, global_step)
            return original(writer, tag, scalar_value, global_step, *rest, **more)

        return add_scalar

    def _many(self, original: Callable[..., Any]) -> Callable[..., Any]:
        def add_scalars(
            writer: Any, main_tag: Any, values: Any, global_step: Any = None, *rest: Any, **more: Any
        ) -> Any:
            if isinstance(values, Mapping):
                self._log({f"{main_tag}/{tag}": value for tag, value in values.items()}, global_step)
            return original(writer, main_tag, values, global_step, *rest, **more)

        return add_scalars
