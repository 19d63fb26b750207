"""Counting epochs: passes over DataLoaders in which there is a `backward()`."""

from __future__ import annotations

from contextlib import suppress
from typing import Any
from weakref import ref

STARTS = 1000
"""Maximum number of starts of epochs kept until the next event; the latest are."""
_PENDING = 8
"""Maximum number of passes that wait for their first `backward()`."""


class Epochs:
    """The epochs of one run. A pass over a DataLoader counts from its first `backward()` on: validation does not."""

    def __init__(self) -> None:
        self.count: int | None = None
        """The number of epochs begun so far; None before the first."""
        self.pending: list[Any] = []
        """Weak references to the iterators of passes that have begun since the last `backward()`."""
        self._starts: list[int] = []

    def begun(self, iterator: Any) -> None:
        """A pass over a DataLoader has begun."""
        with suppress(TypeError):  # an iterator that cannot be referred to weakly
            self.pending = [*self.pending[1 - _PENDING :], ref(iterator)]

    def went_backward(self, step: int) -> list[Any]:
        """A `backward()` has run, the step-th of the run. Need not be called while nothing is `pending`.

        Returns:
            The iterators of the passes that it is in, as far as they were pending.
        """
        # A validation loop inside an epoch is over, and its iterator gone, when the training goes on.
        alive = [iterator for pending in self.pending if (iterator := pending()) is not None]
        if alive:
            self.count = (self.count or 0) + 1
            self._starts = [*self._starts[1 - STARTS :], step]
        self.pending = []
        return alive

    def take_starts(self) -> tuple[int, ...]:
        """Return the steps at which epochs have begun since the last call."""
        starts, self._starts = self._starts, []
        return tuple(starts)
