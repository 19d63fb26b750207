"""Choosing where PyTorch's threads run while a loop trains, by what makes its steps faster beside other programs."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Protocol

import torch

_SHORTEST = 0.06
"""Minimum seconds over which the speed of a loop is judged."""
_LEASE = 0.6
"""Seconds for which the threads are gathered, unless the loop comes by again. A step that takes longer gives it up."""
_MISSING = 0.25
"""How many processors less than threads a loop gets when other programs are thought to take them."""
_AT_WORK = 0.05
"""How much of a processor PyTorch's other threads take, at least, where they matter."""
_FASTER = 1.1
"""How many times as fast a gathered loop has to be for it to stay so."""
_SLOWER = 0.5
"""The part of its first speed below which a gathered loop is let go; then it is judged again."""
_FREE = 0.1
"""How much of a processor the other programs take, at most, when the machine is free again."""
_FREE_SECONDS = 0.5
"""Minimum seconds over which that is measured: the system counts in hundredths."""
_PAUSE, _LONGEST_PAUSE = 1.0, 60.0
"""Seconds between two trials that did not help: each doubles the pause."""


class Threads(Protocol):
    """What is decided about; see `GatheredThreads`."""

    @property
    def can_gather(self) -> bool: ...
    @property
    def are_gathered(self) -> bool: ...
    def gather(self, seconds: float) -> None: ...
    def release(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Clocks:
    """Each gives seconds since any fixed time."""

    wall: Callable[[], float] = time.perf_counter
    process: Callable[[], float] = time.process_time
    """Of the processors, for all threads of this process."""
    thread: Callable[[], float] = time.thread_time
    """Of the processors, for the thread that asks."""
    idle: Callable[[], float | None] = lambda: idle_seconds()
    """In which a processor of the machine had nothing to do, over all of them; None if it cannot be told."""


@dataclass(frozen=True, slots=True)
class _Mark:
    """Where a loop was at one time: its steps, and what the clocks said."""

    thread_id: int
    steps: int
    wall: float
    process: float
    thread: float


class ThreadPlacement:
    """Gathers PyTorch's threads on one processor while that makes the steps of a loop faster.

    A loop begins as in any Python. If its threads together get less time of the processors than they could use, their
    gathering is tried, and kept if the steps come faster. They are let go when the machine is free again, when the
    loop gets much slower, and when the run ends. No result depends on it: the number of threads stays as it is. Where
    the learner has changed that number, nothing is tried.
    """

    def __init__(self, threads: Threads, steps: Callable[[], int], clocks: Clocks | None = None) -> None:
        """Start outside of a run.

        Args:
            threads: PyTorch's threads.
            steps: Gives the number of steps that the loop has done in this run.
            clocks: Where time comes from.
        """
        self._threads = threads
        self._steps = steps
        self._clocks = clocks or Clocks()
        self._usual_number = torch.get_num_threads()
        self._processors = os.cpu_count() or 1
        self.begin()

    def begin(self) -> None:
        """Begin a run."""
        self.are_gathered = False
        """Whether the threads are gathered, and it helps."""
        self._mark: _Mark | None = None
        self._speed: float | None = None
        """Steps per second before the trial, or in its first stretch; None while the threads are where they like."""
        self._pause = _PAUSE
        self._next_trial = 0.0
        self._idle_since: tuple[float, float] | None = None
        """When the idle seconds of the machine were last read, and what they were."""

    def end(self) -> None:
        """The run is over: the threads are as they were."""
        if self._speed is not None:
            self._let_go()

    def in_the_loop(self, frame: FrameType) -> None:
        """Judge the steps since the last call. For the recorder to call before each event."""
        if not self._threads.can_gather:
            return
        last, now = self._mark, self._now()
        if last is None or last.thread_id != now.thread_id or now.steps <= last.steps:
            self._mark = now
            return
        if now.wall - last.wall < _SHORTEST:
            return
        self._mark = now
        if torch.get_num_threads() != self._usual_number or self._usual_number == 1:
            self.end()
            return
        speed = (now.steps - last.steps) / (now.wall - last.wall)
        if self._speed is None:
            if now.wall >= self._next_trial and self._others_take_part(last, now):
                self._speed = speed
                self._gather()
        elif not self._threads.are_gathered:  # the lease has ended within a step
            self._give_up(now)
        elif not self.are_gathered:
            if speed >= _FASTER * self._speed:
                self.are_gathered, self._speed, self._pause = True, speed, _PAUSE
                self._threads.gather(_LEASE)
            else:
                self._give_up(now)
        elif speed < _SLOWER * self._speed:
            self._let_go()
            self._next_trial = now.wall + _PAUSE
        elif self._machine_is_free(now):
            self._let_go()
        else:
            self._threads.gather(_LEASE)

    def _now(self) -> _Mark:
        clocks = self._clocks
        return _Mark(threading.get_ident(), self._steps(), clocks.wall(), clocks.process(), clocks.thread())

    def _others_take_part(self, last: _Mark, now: _Mark) -> bool:
        """Whether the threads, of which several compute, have had less of the processors than they could use."""
        seconds = now.wall - last.wall
        used = (now.process - last.process) / seconds
        by_other_threads = used - (now.thread - last.thread) / seconds
        return by_other_threads >= _AT_WORK and self._usual_number - used >= _MISSING

    def _machine_is_free(self, now: _Mark) -> bool:
        idle = self._clocks.idle()
        if idle is None:
            return False
        if self._idle_since is None:
            self._idle_since = now.wall, idle
            return False
        since, before = self._idle_since
        if now.wall - since < _FREE_SECONDS:
            return False
        self._idle_since = now.wall, idle
        return (idle - before) / (now.wall - since) >= self._processors - 1 - _FREE

    def _gather(self) -> None:
        self._threads.gather(_LEASE)
        self._mark = self._now()

    def _let_go(self) -> None:
        self._threads.release()
        self.are_gathered, self._speed, self._idle_since = False, None, None

    def _give_up(self, now: _Mark) -> None:
        self._let_go()
        self._next_trial = now.wall + self._pause
        self._pause = min(2 * self._pause, _LONGEST_PAUSE)


def idle_seconds() -> float | None:
    """Seconds since the machine's start in which a processor had nothing to do, over all; None if unknown."""
    with suppress(OSError, ValueError, IndexError):
        with Path("/proc/stat").open(encoding="ascii") as file:
            fields = file.readline().split()
        return (int(fields[4]) + int(fields[5])) / os.sysconf("SC_CLK_TCK")
    return None
