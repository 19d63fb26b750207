"""When an app has nothing more to do: its event loop waits, no thread of its works, and what it shows is drawn.

Textual's own pilot looks at the processor's clock every 20 ms, twice for each key, until the process has slept nearly
all of that: on a machine under load a process that had no turn looks just as idle as one that is done. Meanwhile the
screen is drawn sixty times a second. Here the pilot is told when the app rests, and it is drawn then.
"""

from __future__ import annotations

import asyncio
import selectors
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest
from textual._context import active_app
from textual.screen import Screen

SOON = 0.02
"""Seconds: a timer that is due within them belongs to what goes on."""
A_LOOK = 0.001
"""Seconds until it is looked again whether threads work."""
PATIENCE = 1.0
"""Seconds after which an app that never rests, since it moves something, is taken as it is."""
FRAME = 0.1
"""Seconds until a screen that changed is drawn while nobody waits for its rest."""


class WatchedSelector:
    """A selector that tells those who wait for it when its loop is about to sleep.

    Args:
        selector: What the loop has waited with until now.
        loop: Whose loop it is.
    """

    def __init__(self, selector: selectors.BaseSelector, loop: asyncio.AbstractEventLoop) -> None:
        self._selector = selector
        self._loop = loop
        self._waiting: list[asyncio.Future[None]] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._selector, name)

    async def rest(self, patience: float) -> None:
        """Wait until the loop rests, or for so many seconds."""
        resting = self._loop.create_future()
        self._waiting.append(resting)
        try:
            await asyncio.wait_for(resting, patience)
        except TimeoutError:
            self._waiting.remove(resting)

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if not self._waiting or (timeout is not None and timeout <= SOON):
            return self._selector.select(timeout)
        if _threads_work(self._loop):
            return self._selector.select(A_LOOK)  # a thread is at work a little longer than what it was given
        ready = self._selector.select(0)
        if not ready:
            for resting in self._waiting:
                if not resting.done():
                    resting.set_result(None)
            self._waiting.clear()
        return ready


def _threads_work(loop: asyncio.AbstractEventLoop) -> bool:
    """Whether something that was given to a thread of the loop's is not done."""
    executor: ThreadPoolExecutor | None = loop._default_executor  # type: ignore[attr-defined]
    return executor is not None and (
        executor._work_queue.qsize() > 0 or executor._idle_semaphore._value < len(executor._threads)
    )


def _undrawn(screen: Screen[Any]) -> bool:
    return screen.is_current and bool(
        screen._layout_required
        or screen._scroll_required
        or screen._repaint_required
        or screen._recompose_required
        or screen._dirty_widgets
        or screen._callbacks
    )


async def wait_for_rest(min_sleep: float = 0, max_sleep: float = PATIENCE) -> None:
    """Stands for Textual's `wait_for_idle`, and takes what that takes."""
    loop = asyncio.get_running_loop()
    selector = loop._selector  # type: ignore[attr-defined]
    if not isinstance(selector, WatchedSelector):
        selector = loop._selector = WatchedSelector(selector, loop)  # type: ignore[attr-defined]
    deadline = time.monotonic() + max_sleep
    while (left := deadline - time.monotonic()) > 0:
        await selector.rest(left)
        app = active_app.get()
        if not app.screen_stack or not _undrawn(app.screen):
            return
        app.screen._on_timer_update()


@contextmanager
def drawn_at_rest() -> Iterator[None]:
    """Meanwhile, an app is drawn when it rests, and its pilot goes on as soon as that is done."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("textual.screen.UPDATE_PERIOD", FRAME)
        for module in ("textual.app", "textual.pilot"):
            patch.setattr(f"{module}.wait_for_idle", wait_for_rest)
        yield
