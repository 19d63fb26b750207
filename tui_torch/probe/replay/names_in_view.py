"""The names that code in a frame sees, with their values, read in a few microseconds at every line.

Which names are shown depends on the names and on the classes of their values alone: it is decided once for a scope, and
again when one of them differs.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from itertools import compress
from operator import is_
from types import CodeType, FrameType
from typing import NamedTuple

from tui_torch.probe.inspector.namespace_diff import VARIABLES
from tui_torch.probe.source.frame_locals import has_own_names, local_names
from tui_torch.probe.values.learner_names import learner_variables

_SCOPES = 200
"""Maximum number of scopes that are remembered."""


class View(NamedTuple):
    """The names that can be seen at one moment, each once."""

    names: tuple[str, ...]
    """The very same tuple as long as nothing but values has changed."""
    values: list[object]
    """What they are bound to."""
    omitted: int
    """Number of names left out."""

    def pairs(self) -> Iterator[tuple[str, object]]:
        """Names and values."""
        return zip(self.names, self.values, strict=True)


class _Bound:
    """The names of one dict, and which of them are shown."""

    __slots__ = ("chosen", "classes", "keys", "omitted")

    def __init__(self, names: Mapping[str, object], hidden: Collection[str]) -> None:
        """Choose the first VARIABLES names that are shown and not hidden by others, and count the others."""
        self.keys = list(names)
        self.classes = list(map(type, names.values()))
        shown = [name for name, _ in learner_variables(names) if name not in hidden]
        first = set(shown[:VARIABLES])
        self.omitted = len(shown) - len(first)
        # A key of another class than str may have a comparison of its own.
        self.chosen = [type(key) is str and key in first for key in self.keys]

    def fits(self, names: Mapping[str, object]) -> bool:
        """Whether names and classes are the same, in the same order."""
        return (
            len(names) == len(self.keys)
            and all(map(is_, names, self.keys))
            and all(map(is_, map(type, names.values()), self.classes))
        )


class _Scope:
    """What is shown in one scope: the names of the module, and of a function."""

    __slots__ = ("inner", "names", "omitted", "outer")

    def __init__(self, outer: Mapping[str, object], inner: Mapping[str, object]) -> None:
        # All names of the function hide the module's, the ones that are not shown too.
        self.outer = _Bound(outer, inner)
        self.inner = _Bound(inner, ())
        self.names = (*compress(outer, self.outer.chosen), *compress(inner, self.inner.chosen))
        self.omitted = self.outer.omitted + self.inner.omitted


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
        self._scopes: dict[CodeType | None, _Scope] = {}

    def at(self, frame: FrameType | None) -> View:
        """The names that code in a frame sees, at this moment.

        The function's own names take the place of the module's; without a frame, they are the module's. Of the module
        and of the function, the first VARIABLES each are returned. Names that no inspection shows do not count.
        """
        code, inner = None, dict[str, object]()
        if frame is not None and has_own_names(frame):
            code, inner = frame.f_code, local_names(frame, is_traced=self._is_traced)
        outer = dict(self._namespace)
        scope = self._scopes.get(code)
        if scope is None or not (scope.inner.fits(inner) and scope.outer.fits(outer)):
            past, scope = scope, _Scope(outer, inner)
            if past is not None and past.names == scope.names:
                scope.names = past.names
            if len(self._scopes) >= _SCOPES:
                self._scopes.clear()
            self._scopes[code] = scope
        values = [*compress(outer.values(), scope.outer.chosen), *compress(inner.values(), scope.inner.chosen)]
        return View(scope.names, values, scope.omitted)
