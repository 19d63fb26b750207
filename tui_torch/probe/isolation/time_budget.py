"""How much of a loop's time may go to work of ours."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager


class TimeBudget:
    """Permits work of ours while a run goes on, as long as it stays within a share of the run's time."""

    def __init__(
        self,
        share: float,
        interval: float = 0.0,
        clock: Callable[[], float] = time.perf_counter,
        cost: Callable[[], float] | None = None,
    ) -> None:
        """Begin at once.

        Args:
            share: The part of the time since `begin()` that may be spent, from 0 to 1. The first time is free.
            interval: Minimum seconds between two beginnings of the work.
            clock: Returns seconds.
            cost: Returns the seconds that the work is charged by; those of the clock if None. A processor's time does
                not count what else the machine does meanwhile.
        """
        self._share = share
        self._interval = interval
        self._clock = clock
        self._cost = cost or clock
        self.begin()

    def begin(self) -> None:
        """Start over: nothing has been spent."""
        self._since = self._clock()
        self._due = -math.inf
        self._spent = 0.0

    def permits(self) -> bool:
        """Whether the work may be done now."""
        now = self._clock()
        return now >= self._due and self._spent <= self._share * (now - self._since)

    @contextmanager
    def spending(self) -> Iterator[None]:
        """A block whose time is charged."""
        self._due = self._clock() + self._interval
        started = self._cost()
        try:
            yield
        finally:
            self.charge(self._cost() - started)

    def charge(self, seconds: float) -> None:
        """Count seconds that the clock does not show, such as those of a device."""
        self._spent += seconds
