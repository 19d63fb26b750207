"""How much of a loop's time may go to what is not the loop's own."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager


class TimeBudget:
    """Permits some work in the midst of a run: once every `interval` seconds at most, and only while all that it took
    so far is within a `share` of the time since `begin()`. The first time is free."""

    def __init__(self, share: float, interval: float = 0.0, clock: Callable[[], float] = time.perf_counter) -> None:
        self._share = share
        self._interval = interval
        self._clock = clock
        self.begin()

    def begin(self) -> None:
        self._since = self._clock()
        self._due = -math.inf
        self._spent = 0.0

    def permits(self) -> bool:
        now = self._clock()
        return now >= self._due and self._spent <= self._share * (now - self._since)

    @contextmanager
    def spending(self) -> Iterator[None]:
        """Charge what is done in the block."""
        started = self._clock()
        self._due = started + self._interval
        try:
            yield
        finally:
            self.charge(self._clock() - started)

    def charge(self, seconds: float) -> None:
        """Count seconds that the clock here does not show, such as a device's."""
        self._spent += seconds
