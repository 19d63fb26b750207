"""What the public names of PyTorch, NumPy and Python stood for at the beginning, and the way back to it.

`random.seed = 0` and `torch.nn.Linear = 3` outlive the step that wrote them: every step after it runs in the same
process, and most of them break.
"""

from __future__ import annotations

import importlib
import types
from collections.abc import Iterator, Mapping
from operator import is_not, itemgetter
from typing import Any, Generic, TypeVar

import torch

T = TypeVar("T")

_MODULES = (
    *("collections", "contextlib", "copy", "functools", "itertools", "json", "logging", "math", "operator"),
    *("os", "os.path", "random", "time", "numpy", "numpy.linalg", "numpy.random"),
    *("torch", "torch.autograd", "torch.cuda", "torch.fft", "torch.func", "torch.linalg", "torch.nn"),
    *("torch.nn.functional", "torch.nn.init", "torch.nn.utils", "torch.optim", "torch.optim.lr_scheduler"),
    *("torch.random", "torch.special", "torch.utils.data"),
)
"""Modules whose public names are put back."""
_OF_CLASSES = ("torch.nn", "torch.optim", "torch.optim.lr_scheduler", "torch.utils.data", "torch.autograd")
"""Modules whose public classes have their methods put back, too."""
_ABOUT_A_CLASS = {"__dict__", "__weakref__", "__doc__", "__module__", "__abstractmethods__"}
_KINDS = (types.ModuleType, torch.dtype, property, staticmethod, classmethod)
"""Kinds of values that are put back, beside what can be called. Others, such as counters, may change."""


class Values(Generic[T]):
    """What some names of a table stand for, and whether they still do: told of thousands of them in 0.1 ms."""

    def __init__(self, names: dict[str, T]) -> None:
        self._names = tuple(names)
        self._values = tuple(names.values())
        # A single name would be got alone, and not in a tuple.
        self._get = itemgetter(*self._names) if len(names) > 1 else None

    def have_changed(self, table: Mapping[str, object]) -> bool:
        """Whether any name stands for another object in a table, or for none."""
        if self._get is None:
            return any(table.get(name) is not value for name, value in self.items())
        try:
            # No loop of Python's: this is done twice around each run.
            return any(map(is_not, self._get(table), self._values))
        except KeyError:
            return True

    def items(self) -> Iterator[tuple[str, T]]:
        return zip(self._names, self._values, strict=True)


class OriginalNames:
    """What each name stood for when this was made: 4,000 of them, looked through in 0.2 ms.

    A library may put its own wrapper in the place of one, as `torch._dynamo` does with `torch.manual_seed` and each
    optimizer with its `step`. That stays.
    """

    def __init__(self) -> None:
        self._names = [(owner, label, Values(dict(_originals(owner)))) for owner, label in _owners()]
        self._of_classes = [
            (owner, label, frozenset(vars(owner))) for owner, label, _ in self._names if isinstance(owner, type)
        ]
        """All names that each class had."""
        self._known = {id(value) for _, _, names in self._names for _, value in names.items()}

    def put_back(self) -> list[str]:
        """Give each name its value again; the names that had another, in backticks, as one writes them."""
        changed: list[str] = []
        for owner, label, names in self._names:
            if not names.have_changed(vars(owner)):
                continue
            now = vars(owner).get
            changed += [
                f"`{label}.{name}`"
                for name, value in names.items()
                if now(name) is not value and self._put_back(owner, name, value)
            ]
        return changed

    def remove_added(self) -> list[str]:
        """Remove what code has added to a class, such as `Tensor.add`, which hides that of the class below."""
        removed: list[str] = []
        for owner, label, names in self._of_classes:
            if len(vars(owner)) <= len(names):
                continue
            for name in [name for name in vars(owner) if name not in names]:
                if _is_the_learners(name, vars(owner)[name]):
                    delattr(owner, name)
                    removed.append(f"`{label}.{name}`")
        return removed

    def _put_back(self, owner: Any, name: str, value: object) -> bool:
        if self._is_a_librarys(vars(owner).get(name), value):
            return False
        try:
            setattr(owner, name, value)
        except (AttributeError, TypeError):
            return False
        return True

    def _is_a_librarys(self, found: object, original: object) -> bool:
        """Whether what stands for a name now was put there by a library, and not by the learner's code."""
        if id(found) in self._known:
            return False
        while isinstance(found, types.FunctionType) and found is not original:
            if found.__code__.co_filename.startswith("<") or found.__globals__.get("__name__") == "__main__":
                return False
            if (wrapped := getattr(found, "__wrapped__", None)) is None:
                # torch._dynamo replaces `Module.__init__` by a function that says nothing of what it calls.
                return str(found.__globals__.get("__name__")).startswith("torch.")
            found = wrapped
        return found is original


def _is_the_learners(name: str, added: object) -> bool:
    """Whether what a class has been given was written by the learner, and not by a library as it was imported."""
    if isinstance(added, types.FunctionType):
        return added.__code__.co_filename.startswith("<") or added.__globals__.get("__name__") == "__main__"
    return not name.startswith("_") and not isinstance(added, (type, types.ModuleType))


def _owners() -> Iterator[tuple[Any, str]]:
    """The modules and classes, and what one writes for each."""
    for name in _MODULES:
        yield importlib.import_module(name), name
    seen: set[type] = set()
    for cls in (torch.Tensor, torch.nn.Parameter):
        seen.add(cls)
        yield cls, cls.__name__
    for module in _OF_CLASSES:
        for name, cls in vars(importlib.import_module(module)).items():
            is_torchs = isinstance(cls, type) and cls.__module__.startswith("torch.")
            if is_torchs and not name.startswith("_") and cls not in seen:
                seen.add(cls)
                yield cls, cls.__name__


def _originals(owner: Any) -> Iterator[tuple[str, object]]:
    is_class = isinstance(owner, type)
    for name, value in vars(owner).items():
        is_method = is_class and name.startswith("__") and name not in _ABOUT_A_CLASS
        is_named = is_method or not name.startswith("_")
        if is_named and (callable(value) or isinstance(value, _KINDS)):
            yield name, value
