"""What a step plots: an author's expressions as points and a line, evaluated without a trace."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import numpy as np
import torch

from tui_torch.probe.articles import an
from tui_torch.probe.isolation.readable_memory import refuse_unreadable_array
from tui_torch.probe.isolation.undisturbed import unobserved
from tui_torch.probe.values import elements
from tui_torch.probe.values.elements import Base
from tui_torch.probe.values.evaluate import evaluate, quiet
from tui_torch.probe.values.module_buffers import buffers_kept
from tui_torch.probe.values.short_repr import class_name
from tui_torch.protocol.events import Fitted
from tui_torch.protocol.orders import Plot

POINTS = 500
"""Maximum number of points, and of points of the fit."""
_MISSING = "NameError"


class _Problem(Exception):  # noqa: N818 - no error of the program's
    """Why there is nothing to draw, in a sentence.

    Args:
        sentence: What the learner reads.
        missing: Whether the reason is a name that is not bound (yet).
    """

    def __init__(self, sentence: str, *, missing: bool = False) -> None:
        super().__init__(sentence)
        self.missing = missing


class FitPoints:
    """The points and the fit of one step's plot, read again and again."""

    def __init__(self, plot: Plot) -> None:
        self._plot = plot

    def read(self, namespace: Mapping[str, object], *, complete: bool) -> Fitted | None:
        """The points and the fit as they are now, at most POINTS of each, at equal distances among all there are.

        Points that are not finite are left out. Modules that the expressions call keep their buffers (the running
        statistics of batch norm), and random generators their state; whatever else the learner's module or hook changes
        when it is called stays changed.

        Args:
            namespace: The names in scope.
            complete: Whether the run is over, so that a name that is not bound is a problem. Until then the result is
                None without points, and has no fit without the names of the fit.
        """
        with quiet():
            return self._read(namespace, complete)

    def _read(self, namespace: Mapping[str, object], complete: bool) -> Fitted | None:
        try:
            x, y = self._points(namespace)
        except _Problem as problem:
            return Fitted((), problem=str(problem)) if complete or not problem.missing else None
        chosen = _spread(len(x))
        across = x.at(chosen)
        points = tuple(_finite(zip(across, y.at(chosen), strict=True)))
        if self._plot.fit is None:
            return Fitted(points)
        try:
            fit = self._fit(self._plot.fit, len(x), namespace)
        except _Problem as problem:
            return Fitted(points, problem=str(problem) if complete or not problem.missing else None)
        line = tuple(sorted(_finite(zip(across, fit.at(chosen), strict=True))))
        return Fitted(points, line, None if line or not points else f"No number of `{self._plot.fit}` is finite.")

    def _points(self, namespace: Mapping[str, object]) -> tuple[_Numbers, _Numbers]:
        plot = self._plot
        x, y = self._numbers(plot.x, namespace), self._numbers(plot.y, namespace)
        if len(x) != len(y):
            raise _Problem(f"`{plot.x}` has {len(x):,} numbers and `{plot.y}` has {len(y):,}: a point is one of each.")
        return x, y

    def _fit(self, expression: str, length: int, namespace: Mapping[str, object]) -> _Numbers:
        with buffers_kept(namespace):
            fit = self._numbers(expression, namespace)
        if len(fit) != length:
            raise _Problem(f"`{expression}` has {len(fit):,} numbers for the {length:,} of `{self._plot.x}`.")
        return fit

    def _numbers(self, expression: str, namespace: Mapping[str, object]) -> _Numbers:
        value, error = evaluate(expression, namespace)
        if error is not None:
            raise _Problem(f"`{expression}` cannot be drawn: {error}.", missing=error.startswith(_MISSING))
        try:
            return _Numbers(value)
        except Exception:
            raise _Problem(
                f"`{expression}` cannot be drawn: it is {_described(value)}, not numbers in a row."
            ) from None


class _Numbers:
    """Numbers in a row: a tensor or an array with one axis (and others of length 1), or a list.

    Copies only what is asked for. Raises TypeError or ValueError for anything else.
    """

    def __init__(self, value: Any) -> None:
        if issubclass(type(value), torch.Tensor):
            with unobserved():
                held, note = elements.stored(value)
                if note is not None or Base.is_complex(held):
                    raise TypeError
                held = Base.squeeze(held)
                self._held: Any = Base.reshape(held, (1,)) if Base.dim(held) == 0 else held
                self._length = _only(Base.shape.__get__(self._held))
        else:
            array = np.asarray(np.ndarray.view(value, np.ndarray) if isinstance(value, np.ndarray) else value)
            refuse_unreadable_array(array)
            if array.dtype.kind not in "biuf":
                raise TypeError
            self._held = np.atleast_1d(np.squeeze(array))
            self._length = _only(self._held.shape)

    def __len__(self) -> int:
        return self._length

    def at(self, indices: list[int]) -> list[float]:
        every = len(indices) == self._length
        if isinstance(self._held, np.ndarray):
            return (self._held if every else self._held[indices]).astype(np.float64).tolist()
        with unobserved():
            some = self._held
            if not every:
                where = torch.tensor(indices, dtype=torch.int64, device=Base.device.__get__(some))
                some = Base.index_select(some, 0, where)
            return Base.tolist(Base.to(Base.cpu(some), torch.float64))


def _only(shape: tuple[int, ...]) -> int:
    (length,) = shape
    return int(length)


def _spread(length: int) -> list[int]:
    """At most POINTS indices at equal distances, the first and the last among them."""
    if length <= POINTS:
        return list(range(length))
    return [index * (length - 1) // (POINTS - 1) for index in range(POINTS)]


def _finite(pairs: Iterable[tuple[float, float]]) -> Iterator[tuple[float, float]]:
    return ((x, y) for x, y in pairs if math.isfinite(x) and math.isfinite(y))


def _described(value: Any) -> str:
    shape = getattr(value, "shape", None) if isinstance(value, torch.Tensor | np.ndarray) else None
    return an(class_name(value)) + ("" if shape is None else f" of shape {list(shape)}")
