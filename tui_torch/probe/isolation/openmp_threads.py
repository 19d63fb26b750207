"""Where PyTorch's OpenMP threads run and how they wait, changed for a while without changing a bit of any result.

GNU's OpenMP lets a thread spin for milliseconds at the end of each parallel operation. Where another program is busy,
two of PyTorch's threads meet on one processor, the one spins while the other has work, and a step takes tens of times
as long. To compute with fewer threads would cure that and change results in their last bits, since MKL and oneDNN split
sums by the number of threads. Here the number stays. The threads take turns on the processor of the thread that they
compute for, and sleep as soon as they have nothing to do.
"""

from __future__ import annotations

import _thread
import ctypes
import os
import sys
import threading
import time
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

_TASKS = Path("/proc/self/task")


class GatheredThreads:
    """PyTorch's threads in this process, which can be gathered on one processor for some time.

    They are gathered by a lease, which a thread of ours ends, whatever the learner's code does. The calling thread
    itself stays free to run anywhere, and what it forks or starts does so too. Nothing here raises.
    """

    def __init__(self) -> None:
        """Take note of the threads that are there: they are none of PyTorch's, which come with its first operation."""
        self._not_theirs = _threads()
        self._processors = _processors()
        self._pid = os.getpid()
        self._lock = threading.Lock()
        self._wake: Any = None
        """A lock that the holding thread waits for; None while the threads are not gathered."""
        self._until = 0.0
        self._processor = -1
        self._before: dict[int, set[int]] = {}
        """The processors that each thread was allowed before it was moved, by its id."""

    @property
    def can_gather(self) -> bool:
        """Whether threads can be gathered here: on Linux, with GNU's OpenMP and more than one processor."""
        return len(self._processors) > 1 and _openmp() is not None

    @property
    def are_gathered(self) -> bool:
        """Whether the threads are gathered now."""
        return self._wake is not None and os.getpid() == self._pid

    def gather(self, seconds: float) -> None:
        """Gather the threads that compute for the calling thread, until so many seconds from now.

        To be called again by the same thread to stay longer, and from time to time: the calling thread moves.
        """
        if not self.can_gather or os.getpid() != self._pid:
            return
        with self._lock, suppress(OSError, RuntimeError):  # no thread can be started
            self._until = time.monotonic() + seconds
            self._processor = _openmp().sched_getcpu()
            if self._wake is not None:
                self._move(_threads() if self._before else set())
                return
            self._not_theirs &= _threads()
            wake = _thread.allocate_lock()
            wake.acquire()
            # `threading` does not list it, and the learner may count its threads.
            _thread.start_new_thread(self._hold, (wake,))
            self._wake = wake

    def release(self) -> None:
        """Let the threads run and wait as usual again. Does nothing if they are not gathered."""
        if os.getpid() != self._pid:  # a fork has none of them, and perhaps a lock that nobody there releases
            return
        with self._lock:
            self._let_go()

    def _hold(self, wake: Any) -> None:
        """Keep the threads gathered until the lease ends, in a thread of its own."""
        openmp, there = _openmp(), _threads()
        # GNU's OpenMP spins only briefly while there are more threads in its pools than processors. This thread's pool
        # has enough for that, all asleep, and ends with it.
        openmp.GOMP_parallel(ctypes.cast(openmp.getpid, ctypes.c_void_p), None, len(self._processors) + 1, 0)
        with self._lock:
            self._not_theirs |= (_threads() - there) | {threading.get_native_id()}
            if self._wake is wake:
                self._move(there)
        while self._wake is wake and (left := self._until - time.monotonic()) > 0:
            wake.acquire(timeout=left)
        with self._lock:
            if self._wake is wake:
                self._let_go()

    def _move(self, threads: set[int]) -> None:
        processor = {self._processor}
        for thread in threads - self._not_theirs - {one.native_id for one in threading.enumerate()}:
            with suppress(OSError):  # it has ended
                allowed = os.sched_getaffinity(thread)
                if allowed != processor:
                    self._before.setdefault(thread, allowed)
                    os.sched_setaffinity(thread, processor)

    def _let_go(self) -> None:
        # In such an order that the holding thread does what an interrupt leaves undone.
        self._until = 0.0
        for thread, allowed in tuple(self._before.items()):
            with suppress(OSError):  # it has ended
                os.sched_setaffinity(thread, allowed)
        self._before.clear()
        wake, self._wake = self._wake, None
        if wake is not None and wake.locked():
            wake.release()


def _threads() -> set[int]:
    """The ids of all threads of this process; empty where they cannot be told."""
    try:
        return {int(task.name) for task in _TASKS.iterdir()}
    except OSError:
        return set()


def _processors() -> set[int]:
    """The processors that this process may use; empty where threads cannot be bound to one."""
    return os.sched_getaffinity(0) if sys.platform == "linux" else set()


@cache
def _openmp() -> Any:
    """The symbols of this process, GNU's OpenMP among them; None if PyTorch uses another one."""
    symbols = ctypes.CDLL(None)
    # LLVM's OpenMP answers to GNU's names too, and waits in its own way.
    is_gnu = hasattr(symbols, "GOMP_parallel") and not hasattr(symbols, "__kmpc_fork_call")
    if not is_gnu or not hasattr(symbols, "sched_getcpu"):
        return None
    symbols.GOMP_parallel.argtypes = (ctypes.c_void_p, ctypes.c_void_p, ctypes.c_uint, ctypes.c_uint)
    symbols.GOMP_parallel.restype = None
    return symbols
