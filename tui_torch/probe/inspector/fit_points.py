"""One series of what a step plots: expressions as points and a line, evaluated without a trace."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any

import numpy as np
import torch

from tui_torch.probe.articles import an
from tui_torch.probe.isolation.readable_memory import refuse_unreadable_array
from tui_torch.probe.isolation.undisturbed import unobserved
from tui_torch.probe.values import elements
from tui_torch.probe.values.elements import Base
from tui_torch.probe.values.evaluate import evaluate
from tui_torch.probe.values.module_buffers import buffers_kept
from tui_torch.probe.values.short_repr import class_name, plain, short_repr
from tui_torch.protocol.orders import PlotSeries
from tui_torch.protocol.plots.plotted import Fitted

POINTS = 500
"""Maximum number of points, and of points of the fit."""
MISSING = "NameError"
"""How the error of a name that is not bound (yet) begins."""
MOST_CLASSES = 36
"""Maximum number of classes: digits and letters mark them."""
_LONGEST_WORD = 20


class PlotProblem(Exception):  # noqa: N818 - no error of the program's
    """Why there is nothing to draw, in a sentence.

    Args:
        sentence: What the learner reads.
        missing: Whether the reason may be gone before the run ends, such as a name that is not bound yet.
    """

    def __init__(self, sentence: str, *, missing: bool = False) -> None:
        super().__init__(sentence)
        self.missing = missing


class FitPoints:
    """The points and the fit of one series of a step's plot, read again and again, in a `quiet()` block."""

    def __init__(self, series: PlotSeries) -> None:
        self._plot = series

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
        try:
            x, y = self._points(namespace, complete)
            # Lists that grow in a loop are not as long as each other all the time.
            length = min(len(x), len(y))
            chosen = _spread(length)
            across = x.at(chosen)
            classes = self._classes(length, chosen, namespace)
            words = self._words(length, chosen, namespace)
        except PlotProblem as problem:
            return Fitted((), problem=str(problem)) if complete or not problem.missing else None
        pairs = list(zip(across, y.at(chosen), strict=True))
        kept = [index for index, (one, other) in enumerate(pairs) if math.isfinite(one) and math.isfinite(other)]
        points = tuple(pairs[index] for index in kept)
        fitted = Fitted(
            points,
            classes=tuple(classes[index] for index in kept) if classes else (),
            words=tuple(words[index] for index in kept) if words else (),
        )
        if self._plot.fit is None:
            return fitted
        try:
            fit = self._fit(self._plot.fit, length, namespace)
        except PlotProblem as problem:
            return replace(fitted, problem=str(problem) if complete or not problem.missing else None)
        line = tuple(sorted(_finite(zip(across, fit.at(chosen), strict=True))))
        problem = None if line or not points else f"No number of `{self._plot.fit}` is finite."
        return replace(fitted, fit=line, problem=problem)

    def _classes(self, length: int, chosen: list[int], namespace: Mapping[str, object]) -> list[int]:
        if self._plot.by is None:
            return []
        by = self._numbers(self._plot.by, namespace)
        self._check_length(self._plot.by, len(by), length)
        classes = by.at(chosen)
        wrong = next((one for one in classes if not (math.isfinite(one) and one == int(one))), None)
        if wrong is not None:
            raise PlotProblem(f"`{self._plot.by}` holds {wrong:g}, and a class is a whole number.")
        if len(found := set(classes)) > MOST_CLASSES:
            raise PlotProblem(f"`{self._plot.by}` has {len(found)} classes: at most {MOST_CLASSES} have a mark.")
        return [int(one) for one in classes]

    def _words(self, length: int, chosen: list[int], namespace: Mapping[str, object]) -> list[str]:
        if self._plot.words is None:
            return []
        value = listed(self._plot.words, namespace)
        self._check_length(self._plot.words, len(value), length)
        return [short_text(value[index]) for index in chosen]

    def _check_length(self, expression: str, seen: int, wanted: int) -> None:
        if seen != wanted:
            sentence = f"`{expression}` has {seen:,} for the {wanted:,} points of `{self._plot.x}`."
            raise PlotProblem(sentence, missing=True)

    def _points(self, namespace: Mapping[str, object], complete: bool) -> tuple[Numbers, Numbers]:
        plot = self._plot
        x, y = self._numbers(plot.x, namespace), self._numbers(plot.y, namespace)
        if len(x) != len(y) and complete:
            raise PlotProblem(
                f"`{plot.x}` has {len(x):,} numbers and `{plot.y}` has {len(y):,}: a point is one of each."
            )
        return x, y

    def _fit(self, expression: str, length: int, namespace: Mapping[str, object]) -> Numbers:
        with buffers_kept(namespace):
            fit = self._numbers(expression, namespace)
        if len(fit) != length:
            raise PlotProblem(f"`{expression}` has {len(fit):,} numbers for the {length:,} of `{self._plot.x}`.")
        return fit

    def _numbers(self, expression: str, namespace: Mapping[str, object]) -> Numbers:
        value, error = evaluate(expression, namespace)
        if error is not None:
            raise PlotProblem(f"`{expression}` cannot be drawn: {error}.", missing=error.startswith(MISSING))
        try:
            return Numbers(value)
        except Exception:
            raise PlotProblem(
                f"`{expression}` cannot be drawn: it is {described(value)}, not numbers in a row."
            ) from None


class Numbers:
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

    @property
    def are_whole(self) -> bool:
        """Whether their dtype holds whole numbers or bools alone."""
        if isinstance(self._held, np.ndarray):
            return self._held.dtype.kind in "biu"
        dtype: torch.dtype = Base.dtype.__get__(self._held)
        return not dtype.is_floating_point

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


def described(value: Any) -> str:
    """What a value is, in a few words: `a Tensor of shape [3, 3]`."""
    shape: Any = None
    with unobserved(), suppress(Exception):  # a lazy parameter has no shape, and a subclass may have its own
        if issubclass(type(value), torch.Tensor):
            shape = Base.shape.__get__(value)
        elif issubclass(type(value), np.ndarray):
            shape = np.shape(np.ndarray.view(value, np.ndarray))
    return an(class_name(value)) + ("" if shape is None else f" of shape {list(shape)}")


def listed(expression: str, namespace: Mapping[str, object]) -> Sequence[object]:
    """The items of an expression's value, a list, a tuple or an array of one axis. Raises PlotProblem."""
    value, error = evaluate(expression, namespace)
    if error is not None:
        raise PlotProblem(f"`{expression}` cannot be drawn: {error}.", missing=error.startswith(MISSING))
    if type(value) is np.ndarray and value.ndim == 1:
        value = value.tolist()
    if not isinstance(value, list | tuple):
        raise PlotProblem(f"`{expression}` cannot be drawn: it is {described(value)}, not a list of texts.")
    return value


def short_text(value: object) -> str:
    """A value as the text beside a point."""
    if isinstance(value, str):
        return plain(value, _LONGEST_WORD)
    return short_repr(value, _LONGEST_WORD) or class_name(value)
