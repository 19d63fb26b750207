"""Says, for others to read while this process waits, at which operation of all ranks it has arrived."""

from __future__ import annotations

import os
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path

from tui_torch.probe.watch.whole_writes import write_all

SHARE = 0.01
"""The part of the run's time that writing may take."""
_ARRIVAL = '{"collective": %20d, "step": %20d, "time": %.3f, "is_each": %5s}\n'
"""What is written over the last one, and has always the same length."""
_RECENT = 8
"""Number of the last writes that are looked at: how far they are apart, and how long the shortest took. The others had
to wait for a processor."""


class Arrivals:
    """Writes a process's arrivals, one over the other. No method raises but what the program's own signals raise.

    A process that waits runs no code of ours, so it is written before. Where steps are so short that this would take
    more than SHARE of them, only some are written, and each says that there may be later ones.
    """

    def __init__(
        self,
        path: Callable[[], Path | None],
        clock: Callable[[], float] = time.perf_counter,
        now: Callable[[], float] = time.time,
    ) -> None:
        """Begin.

        Args:
            path: Gives the file, as soon as there is one.
            clock: Gives the time, in seconds.
            now: Gives the time, in seconds since 1970.
        """
        self._path = path
        self._clock = clock
        self._now = now
        self._is_each = False
        """Whether the last one that was written said that each will be."""
        self._count = 0
        self._written = deque[tuple[float, int]](maxlen=_RECENT)
        """(when, which arrival) of those that were written."""
        self._took = deque[float](maxlen=_RECENT)
        self._cost = 2e-5
        """Seconds that writing takes."""
        self._is_over = False
        self._file = ""

    def arrive(self, collective: int, step: int, is_next_told: bool = True) -> None:
        """The process is about to wait for others.

        Args:
            collective: The number of that operation among those of all ranks together.
            step: The step of the loop.
            is_next_told: Whether this will be called at the next wait, too.
        """
        if self._is_over:
            return
        began = self._clock()
        self._count += 1
        apart = self._cost / SHARE
        if not self._is_each and self._written and began - self._written[-1][0] < apart:
            return
        try:
            if not self._file and (path := self._path()) is not None:
                write_all(path, os.O_WRONLY | os.O_CREAT, b"")
                self._file = str(path)
            if not self._file:
                return
            since, first = self._written[0] if self._written else (began, 0)
            self._is_each = is_next_told and began - since >= apart * (self._count - first)
            # A `RankArrival` as JSON, by hand: after a step, nothing of ours is in the processor's cache any more.
            said = (collective, step, self._now(), "true" if self._is_each else "false")
            write_all(self._file, os.O_WRONLY, (_ARRIVAL % said).encode("ascii"))
        except Exception:  # a full disk, or a record that was deleted: nothing of it is needed
            self._is_over = True
            return
        now = self._clock()
        self._written.append((now, self._count))
        self._took.append(now - began)
        self._cost = min(self._took)
