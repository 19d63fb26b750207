"""The elements of a small tensor as bytes, of which statistics, values and a norm are made later, many at a time."""

from __future__ import annotations

import numpy as np
import torch

from tui_torch.probe.values import elements
from tui_torch.probe.values.elements import SHOWN
from tui_torch.probe.values.module_tree import norm
from tui_torch.protocol.events import Element, Statistics

WAITING = 1024 * 1024
"""Bytes that may wait to be described; once there are more, all of them are described and let go."""

_NUMPY = {
    torch.float32: np.dtype(np.float32),
    torch.float64: np.dtype(np.float64),
    torch.float16: np.dtype(np.float16),
    torch.bfloat16: np.dtype(np.uint16),  # the upper half of a float32: NumPy has no bfloat16
    torch.int64: np.dtype(np.int64),
    torch.int32: np.dtype(np.int32),
    torch.int16: np.dtype(np.int16),
    torch.int8: np.dtype(np.int8),
    torch.uint8: np.dtype(np.uint8),
    torch.bool: np.dtype(np.bool_),
}
"""How NumPy reads the bytes of a dtype."""

READABLE = frozenset(_NUMPY)
"""The dtypes whose elements can be read from their bytes."""


class LateElements:
    """What is said of the elements that one tensor had at one moment; it is there once they were described."""

    __slots__ = ("dtype", "norm", "numel", "statistics", "values")

    def __init__(self, dtype: torch.dtype, numel: int) -> None:
        """Begin without a word on `numel` elements of one of the dtypes in READABLE."""
        self.dtype = dtype
        self.numel = numel
        self.statistics: Statistics | None = None
        """None before they were described."""
        self.values: tuple[Element, ...] | None = None
        """Every element; None before they were described, and for more than SHOWN."""
        self.norm: float | None = None
        """Euclidean norm; None before it was computed."""


class WaitingElements:
    """Bytes of elements that are yet to be described: as rows of one array, which is many times as fast."""

    def __init__(self, limit: int = WAITING) -> None:
        """Begin with none. About `limit` bytes are held at most."""
        self._limit = limit
        self._bytes = 0
        self._to_describe: dict[int, tuple[LateElements, bytes]] = {}
        self._to_measure: dict[int, tuple[LateElements, bytes]] = {}

    def describe(self, late: LateElements, data: bytes) -> None:
        """Have statistics and values made in time, of elements in row-major order."""
        if late.statistics is None:
            self._add(late, data, self._to_describe)

    def measure(self, late: LateElements, data: bytes) -> None:
        """Have the norm computed in time."""
        if late.norm is None:
            self._add(late, data, self._to_measure)

    def _add(self, late: LateElements, data: bytes, waiting: dict[int, tuple[LateElements, bytes]]) -> None:
        if id(late) not in waiting:
            waiting[id(late)] = late, data
            self._bytes += len(data)
            if self._bytes > self._limit:
                self.make()

    def make(self) -> None:
        """Describe and measure all that wait, and let their bytes go. Call it inside `unobserved()`."""
        groups: dict[tuple[torch.dtype, int], list[tuple[LateElements, bytes]]] = {}
        for late, data in self._to_describe.values():
            groups.setdefault((late.dtype, late.numel), []).append((late, data))
        for (dtype, numel), group in groups.items():
            _describe(group, dtype, numel)
        for late, data in self._to_measure.values():
            late.norm = _norm(late, data)
        self._to_describe, self._to_measure, self._bytes = {}, {}, 0


def _describe(group: list[tuple[LateElements, bytes]], dtype: torch.dtype, numel: int) -> None:
    raw = np.frombuffer(b"".join(data for _, data in group), _NUMPY[dtype]).reshape(len(group), numel)
    if dtype is torch.bfloat16:
        raw = (raw.astype(np.uint32) << 16).view(np.float32)
    numbers = raw.astype(np.float64)
    for (late, _), statistics in zip(group, elements.statistics_of_rows(numbers), strict=True):
        late.statistics = statistics
    if numel > SHOWN:
        return
    if dtype.is_floating_point:
        flat = elements.shortest(numbers.reshape(-1), dtype)
        for at, (late, _) in enumerate(group):
            late.values = flat[at * numel : (at + 1) * numel]
    else:
        for (late, _), row in zip(group, raw.tolist(), strict=True):
            late.values = tuple(row)


def _norm(late: LateElements, data: bytes) -> float | None:
    # PyTorch's own norm, to the last digit, which takes a writable buffer that is not empty.
    return norm(torch.frombuffer(bytearray(data), dtype=late.dtype)) if data else 0.0
