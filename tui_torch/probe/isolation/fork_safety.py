"""Whether a process can be forked so that the child goes on as the process would have done.

A fork has one thread, so it hangs where it waits for a pool of threads that its parent had, OpenMP's above all. It
shares open files with the parent, and what either does to files, both see.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from tui_torch.probe.isolation.devices import has_gpu

_OUTSIDE = (
    "os.chmod",
    "os.chown",
    "os.exec",
    "os.fork",
    "os.kill",
    "os.link",
    "os.mkdir",
    "os.posix_spawn",
    "os.remove",
    "os.rename",
    "os.rmdir",
    "os.spawn",
    "os.symlink",
    "os.system",
    "os.truncate",
    "os.utime",
    "mmap.__new__",
    "shutil.",
    "signal.",
    "socket.",
    "sqlite3.",
    "subprocess.",
    "tempfile.",
    "webbrowser.",
)
"""How the names of Python's audit events begin by which code reaches outside its process."""
_FILES = "/proc/self/fd"
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND


class ForkSafety:
    """What this process had at the beginning, when no code had run in it, and what code has done since."""

    def __init__(self) -> None:
        self._threads = _threads()
        self._watching = False
        self._reached_out = False
        self._installed = False

    @property
    def has_only_its_own_threads(self) -> bool:
        """Whether there is no thread that was not there at the beginning, and no GPU, whose threads come and go."""
        return sys.platform == "linux" and not has_gpu() and self._is_alone()

    def _is_alone(self) -> bool:
        return bool(self._threads) and _threads() <= self._threads

    @contextmanager
    def watched(self) -> Iterator[None]:
        """A block whose code is watched; `left_no_trace` is about the last one."""
        if not self._installed:
            self._installed = True
            sys.addaudithook(self._on_event)  # for good: Python lets no hook be removed
        self._files = _open_files()
        self._reached_out, self._watching = False, True
        try:
            yield
        finally:
            self._watching = False

    @property
    def left_no_trace(self) -> bool:
        """Whether what was watched wrote no file, left none open, and left no thread and no process behind."""
        return not self._reached_out and self._is_alone() and _open_files() <= self._files

    def _on_event(self, event: str, arguments: tuple[object, ...]) -> None:
        if not self._watching:
            return
        if event == "open":
            flags = arguments[2]
            self._reached_out |= isinstance(flags, int) and bool(flags & _WRITING)
        elif event.startswith(_OUTSIDE):
            self._reached_out = True


def _threads() -> set[str]:
    """The system's ids of this process's threads; empty where it does not say."""
    return _listed("/proc/self/task")


def _listed(folder: str) -> set[str]:
    with suppress(OSError):
        return set(os.listdir(folder))  # noqa: PTH208 - names, and quickly
    return set()


def _open_files() -> set[str]:
    """The descriptors that are no sockets. Code's are heard of; the kernel's own come when a front end connects."""
    return set(filter(_is_no_socket, _listed(_FILES)))


def _is_no_socket(descriptor: str) -> bool:
    try:
        return not os.readlink(f"{_FILES}/{descriptor}").startswith("socket:")  # noqa: PTH115 - a name of no file
    except OSError:  # that of the list itself, which is closed
        return False
