"""The names that code in a frame sees, with their values, read in a few microseconds at every line.

Which names are shown depends on the names and on the classes of their values alone: it is decided once for a scope, and
again when one of them differs.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from itertools import compress
from operator import is_, itemgetter
from types import CodeType, FrameType
from typing import NamedTuple

import torch

from tui_torch.probe.inspector.namespace_diff import VARIABLES
from tui_torch.probe.source.frame_locals import has_own_names, local_names
from tui_torch.probe.values.learner_names import learner_variables, may_be_learners

_SCOPES = 200
"""Maximum number of scopes that are remembered."""
_SEPARATOR = "\0"
"""What no name has in it that code can use."""
_NOTHING: Mapping[str, object] = {}
_new_tuple = tuple.__new__


class View(NamedTuple):
    """The names that can be seen at one moment, each once."""

    names: tuple[str, ...]
    """The very same tuple as long as nothing but values has changed."""
    values: list[object]
    """What they are bound to."""
    omitted: int
    """Number of names left out."""
    tensors: Sequence[int]
    """Where in `names` those are that are bound to tensors."""
    modules: Sequence[int]
    """Where those are that are bound to modules of PyTorch's."""

    def pairs(self) -> Iterator[tuple[str, object]]:
        """Names and values."""
        return zip(self.names, self.values, strict=True)


class _Bound:
    """The names of one dict, and which of them are shown."""

    __slots__ = ("_chosen", "_classes", "_joined", "_keys", "_read", "names", "omitted", "shown_classes")

    def __init__(self, names: Mapping[str, object], hidden: Collection[str]) -> None:
        """Choose the first VARIABLES names that are shown and not hidden by others, and count the others."""
        self._keys = list(names)
        shown = [name for name, _ in learner_variables(names) if name not in hidden]
        first = set(shown[:VARIABLES])
        self.omitted = len(shown) - len(first)
        # A key of another class than str may have a comparison of its own.
        are_texts = all(type(key) is str and _SEPARATOR not in key for key in self._keys)
        self._joined = _SEPARATOR.join(self._keys) if are_texts else None
        """The keys in one text, to compare them at once; None if that is not to be done."""
        are_possible = [type(key) is str and may_be_learners(key) for key in self._keys]
        may_be_shown = [*compress(self._keys, are_possible)]
        self._read: Callable[[Mapping[str, object]], Sequence[object]] = (
            _reader(may_be_shown) if are_texts else lambda now: [*compress(now.values(), are_possible)]
        )
        """Returns the values of the names that are shown if their classes are."""
        self._classes = list(map(type, self._read(names)))
        self._chosen = [key in first for key in may_be_shown]
        self.names = [*compress(may_be_shown, self._chosen)]
        """The names that are shown."""
        self.shown_classes = [*compress(self._classes, self._chosen)]

    def values(self, names: Mapping[str, object]) -> Iterator[object] | None:
        """The values of the names that are shown; None if names, their order or classes are not the same any more."""
        if len(names) != len(self._keys):
            return None
        try:
            if self._joined is None:
                if not all(map(is_, names, self._keys)):
                    return None
            elif _SEPARATOR.join(names) != self._joined:
                return None
            values = self._read(names)
        except (TypeError, KeyError, RuntimeError):  # a key that is no text; another thread changes them meanwhile
            return None
        return compress(values, self._chosen) if all(map(is_, map(type, values), self._classes)) else None


def _reader(keys: Sequence[str]) -> Callable[[Mapping[str, object]], Sequence[object]]:
    """A function that reads the values of some keys of a dict, in one call."""
    if len(keys) > 1:
        return itemgetter(*keys)
    return (lambda names: (names[keys[0]],)) if keys else (lambda _: ())


class _Scope:
    """What is shown in one scope: the names of the module, and of a function."""

    __slots__ = ("code", "inner", "modules", "names", "omitted", "outer", "tensors")

    def __init__(self, code: CodeType | None, outer: Mapping[str, object], inner: Mapping[str, object]) -> None:
        self.code = code
        # All names of the function hide the module's, the ones that are not shown too.
        self.outer = _Bound(outer, inner)
        self.inner = _Bound(inner, ())
        self.names = (*self.outer.names, *self.inner.names)
        self.omitted = self.outer.omitted + self.inner.omitted
        classes = [*self.outer.shown_classes, *self.inner.shown_classes]
        self.tensors = [at for at, cls in enumerate(classes) if issubclass(cls, torch.Tensor)]
        self.modules = [at for at, cls in enumerate(classes) if issubclass(cls, torch.nn.Module)]

    def view(self, outer: Mapping[str, object], inner: Mapping[str, object]) -> View | None:
        """The names with their values; None if what is shown has to be decided again."""
        if (within := self.inner.values(inner)) is None or (around := self.outer.values(outer)) is None:
            return None
        # In half of the time of View().
        return _new_tuple(View, (self.names, [*around, *within], self.omitted, self.tensors, self.modules))


class NamesInView:
    """Reads the names that code sees, a scope at a time. No value is kept alive, but the classes of values are."""

    def __init__(self, namespace: Mapping[str, object], *, is_traced: bool = True) -> None:
        """Begin with the names of the module.

        Args:
            namespace: The names of the module.
            is_traced: Whether it is a trace function that looks at frames.
        """
        self._namespace = namespace
        self._is_traced = is_traced
        self._scopes: dict[int, _Scope] = {}
        """By the id of the function's code, which a scope keeps alive: to hash code itself takes microseconds."""

    def at(self, frame: FrameType | None) -> View:
        """The names that code in a frame sees, at this moment.

        The function's own names take the place of the module's; without a frame, they are the module's. Of the module
        and of the function, the first VARIABLES each are returned. Names that no inspection shows do not count.
        """
        code, inner = None, _NOTHING
        if frame is not None and has_own_names(frame):
            code, inner = frame.f_code, local_names(frame, is_traced=self._is_traced)
        past = self._scopes.get(id(code))
        if past is not None and (view := past.view(self._namespace, inner)) is not None:
            return view
        outer = dict(self._namespace)
        scope = _Scope(code, outer, inner)
        if past is not None and past.names == scope.names:
            scope.names = past.names
        if len(self._scopes) >= _SCOPES:
            self._scopes.clear()
        self._scopes[id(code)] = scope
        view = scope.view(outer, inner)
        assert view is not None
        return view
