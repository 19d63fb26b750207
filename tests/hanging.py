"""What becomes of a test that hangs: it is told where, fails (which pytest-timeout does), or its process is ended."""

from __future__ import annotations

import asyncio
import faulthandler
import gc
import os
import threading
import time
from collections.abc import Generator, Iterator
from typing import TextIO

import pytest

TOLD = 20
"""Seconds before it fails."""
ENDED = 60
"""Seconds after it should have failed: what never comes back from C hears no signal."""


class HangWatch:
    """pytest-timeout tells of threads only, of no asyncio task, and nobody hears it in a worker of pytest-xdist."""

    def __init__(self, stderr: TextIO) -> None:
        self._stderr = stderr
        self._running = ""
        self._fails_at = 0.0
        self._is_told = False
        threading.Thread(target=self._watch, name="hang watch", daemon=True).start()

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, object, object]:
        marker = item.get_closest_marker("timeout")
        seconds = float(marker.args[0] if marker is not None else item.config.getini("timeout"))
        self._fails_at, self._is_told = time.monotonic() + seconds, False
        self._running = item.nodeid if seconds else ""
        try:
            return (yield)
        finally:
            self._running = ""

    def _watch(self) -> None:
        while True:
            time.sleep(1)
            if not self._running:
                continue
            late = time.monotonic() - self._fails_at
            if late > -TOLD and not self._is_told:
                self._is_told = True
                self._tell()
            if late > ENDED:
                os._exit(1)

    def _tell(self) -> None:
        self._stderr.write(f"\n{self._running} hangs:\n")
        faulthandler.dump_traceback(self._stderr, all_threads=True)
        # Of any thread's loop: all_tasks() tells of one loop, and wants it to be known.
        for task in gc.get_objects():
            if isinstance(task, asyncio.Task) and not task.done():
                self._stderr.write(f"{task.get_name()}:{''.join(_awaited(task.get_coro()))}\n")


def _awaited(coroutine: object) -> Iterator[str]:
    """Where a coroutine is, and what it waits for; Task.print_stack() tells of the first of them only."""
    while coroutine is not None:
        frame = getattr(coroutine, "cr_frame", None) or getattr(coroutine, "gi_frame", None)
        if frame is not None:
            yield f"\n  {frame.f_code.co_filename}:{frame.f_lineno} {frame.f_code.co_qualname}"
        coroutine = getattr(coroutine, "cr_await", None) or getattr(coroutine, "gi_yieldfrom", None)
