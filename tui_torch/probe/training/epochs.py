"""Counting epochs: passes over DataLoaders that have a `backward()` in them."""

from __future__ import annotations

from contextlib import suppress
from typing import Any
from weakref import ref

STARTS = 1000
"""So many starts of epochs wait at most for the next event."""
_PENDING = 8


class Epochs:
    def __init__(self) -> None:
        self.count: int | None = None
        """Epochs begun so far; None before the first."""
        self.pending: list[Any] = []
        """Weak references to passes that have begun since the last `backward()`."""
        self._starts: list[int] = []

    def begun(self, iterator: Any) -> None:
        """A pass over a DataLoader has begun."""
        with suppress(TypeError):  # an iterator that cannot be referred to weakly
            self.pending = [*self.pending[1 - _PENDING :], ref(iterator)]

    def went_backward(self, step: int) -> None:
        """A `backward()` came; worth calling only when there are `pending` passes."""
        # A validation loop inside an epoch is over, and its iterator gone, when the training goes on.
        if any(iterator() is not None for iterator in self.pending):
            self.count = (self.count or 0) + 1
            self._starts = [*self._starts[1 - STARTS :], step]
        self.pending = []

    def take_starts(self) -> tuple[int, ...]:
        """The steps at which epochs began since the last call."""
        starts, self._starts = self._starts, []
        return tuple(starts)
