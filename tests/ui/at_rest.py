"""When an app has nothing more to do: its event loop waits, no thread of its works, and what it shows is laid out.

Textual's own pilot looks at the processor's clock every 20 ms, twice for each key, until the process has slept nearly
all of that: on a machine under load a process that had no turn looks just as idle as one that is done. Meanwhile the
screen is drawn sixty times a second. Here the pilot is told when the app rests, and it is drawn when a test looks.
"""

from __future__ import annotations

import asyncio
import os
import selectors
import time
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, contextmanager
from typing import Any
from weakref import WeakSet
from zlib import crc32

import pytest
from textual._compositor import Compositor
from textual._context import active_app
from textual.app import App
from textual.geometry import Region
from textual.pilot import Pilot
from textual.screen import Screen

from tests.spread import PARTS

SOON = 0.02
"""Seconds: a timer that is due within them belongs to what goes on."""
A_LOOK = 0.001
"""Seconds until it is looked again whether threads work."""
PATIENCE = 1.0
"""Seconds after which an app that never rests, since it moves something, is taken as it is."""
LOOK_AGAIN = 0.1
"""Seconds after which what is waited for is looked at, whatever goes on: it may be a file."""
FRAME = 1.0
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
        self._asleep: list[asyncio.Future[None]] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._selector, name)

    async def rest(self, patience: float) -> None:
        """Wait until the loop rests, or for so many seconds."""
        await self._called(self._waiting, patience)

    async def wake(self, patience: float) -> None:
        """Wait until the loop has slept and something woke it, or for so many seconds."""
        await self._called(self._asleep, patience)

    async def _called(self, those: list[asyncio.Future[None]], patience: float) -> None:
        one = self._loop.create_future()
        those.append(one)
        try:
            await asyncio.wait_for(one, patience)
        except TimeoutError:
            those.remove(one)

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if not self._waiting or (timeout is not None and timeout <= SOON):
            ready = self._selector.select(timeout)
            if timeout is None or timeout > 0:
                _call(self._asleep)
            return ready
        if _threads_work(self._loop):
            return self._selector.select(A_LOOK)  # a thread is at work a little longer than what it was given
        ready = self._selector.select(0)
        if not ready:
            _call(self._waiting)
        return ready


def _call(those: list[asyncio.Future[None]]) -> None:
    for one in those:
        if not one.done():
            one.set_result(None)
    those.clear()


def _threads_work(loop: asyncio.AbstractEventLoop) -> bool:
    """Whether something that was given to a thread of the loop's is not done."""
    executor: ThreadPoolExecutor | None = loop._default_executor  # type: ignore[attr-defined]
    return executor is not None and (
        executor._work_queue.qsize() > 0 or executor._idle_semaphore._value < len(executor._threads)
    )


_laid_out: WeakSet[Screen[Any]] = WeakSet()
"""Screens that have been laid out and are not drawn yet."""


def _undrawn(screen: Screen[Any]) -> bool:
    return screen.is_current and bool(
        screen in _laid_out
        or screen._layout_required
        or screen._scroll_required
        or screen._repaint_required
        or screen._recompose_required
        or screen._dirty_widgets
        or screen._callbacks
    )


def _watched() -> WatchedSelector:
    """What the running loop waits with."""
    loop = asyncio.get_running_loop()
    selector = loop._selector  # type: ignore[attr-defined]
    if not isinstance(selector, WatchedSelector):
        selector = loop._selector = WatchedSelector(selector, loop)  # type: ignore[attr-defined]
    return selector


async def wait_for_rest(min_sleep: float = 0, max_sleep: float = PATIENCE) -> None:
    """Stands for Textual's `wait_for_idle`, and takes what that takes."""
    selector = _watched()
    deadline = time.monotonic() + max_sleep
    while (left := deadline - time.monotonic()) > 0:
        await selector.rest(left)
        app = active_app.get()
        if not app.screen_stack or not _undrawn(app.screen):
            return
        if app._batch_count:  # what has changed is to be drawn later, in one frame
            await selector.wake(left)
        else:
            app.screen._on_timer_update()


async def wait_for_change() -> None:
    """Wait, if the app is at rest, until something goes on in it, and until it rests again."""
    await _watched().wake(LOOK_AGAIN)
    await wait_for_rest()


async def _screen_rests(pilot: Pilot[Any], **_: float) -> bool:
    """Stands for the pilot's question to each widget whether it has done what it had to: at rest they all have."""
    await wait_for_rest(max_sleep=3 * PATIENCE)  # on a machine under load they may need long
    return True


def _compositor_refresh(screen: Screen[Any]) -> None:
    """Stands for what draws a screen each time that it was laid out: it is drawn later, with what else changes."""
    _laid_out.add(screen)


def _on_timer_update(screen: Screen[Any]) -> None:
    """Stands for what draws a screen for which it is time."""
    lay_out_and_draw(screen)
    if screen in _laid_out and screen.is_current and not screen.app._batch_count:
        _laid_out.discard(screen)
        _draw(screen)


def _draw(screen: Screen[Any]) -> None:
    """Take what has changed as drawn. Widgets draw it when a test looks at the screen, and at its end: to draw what
    nobody looks at took a tenth of the time."""

    def render(compositor: Compositor, crop: Region, is_rendered_line: Callable[[int], bool]) -> Any:
        if compositor is not screen._compositor:  # a screen that shows through this one
            return render_chops(compositor, crop, is_rendered_line)
        for _ in compositor._get_renders(crop) if _seen_at_rest else ():
            pass
        return []

    with pytest.MonkeyPatch.context() as patch:
        if screen.app.is_headless:
            patch.setattr(Compositor, "_render_chops", render)
        draw(screen)


_seen_at_rest: list[bool] = []
"""Whether widgets draw at each rest, for tests of what no terminal and no key crashes."""


@contextmanager
def seen_at_each_rest() -> Iterator[None]:
    """Meanwhile, somebody looks at the screen whenever it rests."""
    _seen_at_rest.append(True)
    yield
    _seen_at_rest.pop()


@asynccontextmanager
async def _run_test(app: App[Any], **given: Any) -> AsyncIterator[Pilot[Any]]:
    """Stands for what runs an app in a test: in one test of PARTS what it shows at last is drawn, whoever looks."""
    async with run_test(app, **given) as pilot:
        yield pilot
        if not app._exit and app.screen_stack and (_seen_at_rest or _has_its_turn()):
            app.screen._compositor.render_strips()


def _has_its_turn() -> bool:
    """Whether the test that runs is among a part of all, always the same ones."""
    return crc32(os.environ.get("PYTEST_CURRENT_TEST", "").encode()) % PARTS == 0


render_chops = Compositor._render_chops
draw, lay_out_and_draw = Screen._compositor_refresh, Screen._on_timer_update
run_test = App.run_test


@contextmanager
def drawn_at_rest() -> Iterator[None]:
    """Meanwhile, an app is drawn when it rests, and its pilot goes on as soon as that is done."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("textual.screen.UPDATE_PERIOD", FRAME)
        for module in ("textual.app", "textual.pilot"):
            patch.setattr(f"{module}.wait_for_idle", wait_for_rest)
        patch.setattr(Pilot, "_wait_for_screen", _screen_rests)
        patch.setattr(App, "run_test", _run_test)
        patch.setattr(Screen, "_compositor_refresh", _compositor_refresh)
        patch.setattr(Screen, "_on_timer_update", _on_timer_update)
        yield
