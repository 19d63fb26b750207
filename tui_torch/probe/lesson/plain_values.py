"""The values of an author's expressions as plain data, to prove that a lesson does what it says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch

from tui_torch.probe.isolation.undisturbed import output_discarded, random_state_kept, unobserved, warnings_ignored
from tui_torch.probe.values import elements
from tui_torch.probe.values.elements import Base
from tui_torch.probe.values.evaluate import evaluate_quietly
from tui_torch.probe.values.short_repr import class_name, plain, short_repr
from tui_torch.protocol.events import Evaluation
from tui_torch.protocol.orders import STOPPED
from tui_torch.protocol.shapes import nested

ELEMENTS = 10_000
"""Maximum number of elements of a value; a larger one is given as its repr."""
TEXT = 1000
"""Maximum characters of a repr."""
DEPTH = 20
"""Maximum number of lists within lists."""


def evaluations(expressions: Sequence[str], namespace: Mapping[str, object]) -> tuple[Evaluation, ...]:
    """Evaluate each expression in the namespace without changing it.

    Tensors and arrays become nested lists. An interrupt fails the expression that it stops, and those after it are not
    evaluated. Raises nothing.
    """
    found: list[Evaluation] = []
    for expression in expressions:
        try:
            found.append(_evaluation(expression, namespace))
        except KeyboardInterrupt:
            found.append(Evaluation(expression, None, STOPPED))
            break
    return tuple(found)


def _evaluation(expression: str, namespace: Mapping[str, object]) -> Evaluation:
    value, error = evaluate_quietly(expression, namespace)
    if error is not None:
        return Evaluation(expression, None, error)
    if isinstance(value, str):
        return Evaluation(expression, plain(value, ELEMENTS))
    try:
        return Evaluation(expression, _Data().of(value))
    except Exception:  # too large, too deep, or of a kind that has no elements to list
        return Evaluation(expression, _repr(value))


class _TooLargeError(Exception):
    pass


class _Data:
    """Turns one value into plain data. Raises _TooLargeError if it has more than ELEMENTS elements."""

    def __init__(self) -> None:
        self._room = ELEMENTS

    def of(self, value: Any, depth: int = 0) -> object:
        cls = type(value)
        if value is None or cls is bool or cls is float:
            self._take(1)
            return value
        if cls is int:
            self._take(1)
            return value if value.bit_length() < 1000 else _repr(value)
        if cls is str:
            self._take(1 + len(value) // 10)
            return plain(value, ELEMENTS)
        if issubclass(cls, torch.Tensor):
            with unobserved():
                return self._tensor(value)
        if issubclass(cls, np.ndarray):
            return self._array(np.ndarray.view(value, np.ndarray))
        if issubclass(cls, np.generic):
            return self._array(np.asarray(value))
        if issubclass(cls, (list, tuple)):
            # Without a __len__ or __iter__ of the learner's. A list that holds itself ends at the depth.
            base = list if issubclass(cls, list) else tuple
            self._take(base.__len__(value) if depth < DEPTH else ELEMENTS + 1)
            return [self.of(item, depth + 1) for item in base.__iter__(value)]
        self._take(1)
        return _repr(value)

    def _take(self, count: int) -> None:
        self._room -= count
        if self._room < 0:
            raise _TooLargeError

    def _tensor(self, tensor: torch.Tensor) -> object:
        self._take(Base.numel(tensor))
        if Base.is_nested.__get__(tensor):
            return [self._tensor(row) for row in tensor.unbind()]
        held, note = elements.stored(tensor)
        if note is not None:
            held = elements.dense(tensor)
        return nested(elements.values(held), tuple(Base.shape.__get__(held)))

    def _array(self, array: np.ndarray) -> object:
        self._take(array.size)
        return nested(elements.array_values(array, _repr), array.shape)


def _repr(value: object) -> str:
    try:
        with output_discarded(), warnings_ignored(), random_state_kept(), torch.no_grad():
            if issubclass(type(value), (dict, list, tuple, set, frozenset, int, str, bytes)):
                return short_repr(value, TEXT) or f"<{class_name(value)}>"
            return plain(repr(value), TEXT)
    except Exception:  # the learner's own __repr__
        return f"<{class_name(value)}>"
