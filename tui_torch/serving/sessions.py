"""The apps that run for browsers: one for each learner who is there, so many at once, and none for who has left."""

from __future__ import annotations

import asyncio
import signal
from collections import defaultdict
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import Any, Protocol

import psutil

from tui_torch.serving.learners import ServedLearner
from tui_torch.serving.pty_process import PtyProcess
from tui_torch.serving.terminal_modes import TerminalModes

RELOADS_WITHIN = 1.5
"""Seconds after a browser has gone in which it may come back to the same app, as after a reload."""
ENDS_WITHIN = 2.5
"""Seconds that an app which was told to end has for that, with its kernel."""

ENDED = "The app has ended. Everything is kept."
ELSEWHERE = "This app is open in another tab now."
CLOSED = "The server was stopped. Everything is kept."

Size = tuple[int, int]
"""Columns and rows."""
Start = Callable[[ServedLearner, Size], Coroutine[Any, Any, PtyProcess]]


class FullError(Exception):
    """All sessions are taken; the text is a sentence for the learner."""


class Browser(Protocol):
    """A connection with a page."""

    async def show(self, written: bytes) -> None:
        """Have the page draw what an app wrote. Raises ConnectionError when it is gone."""
        ...

    async def say_goodbye(self, sentence: str) -> None:
        """Close the connection, and have the page say why. Does nothing when it is gone."""
        ...


class ServedSession:
    """An app that runs, and the page that shows it, if there is one."""

    def __init__(self, process: PtyProcess, browser: Browser) -> None:
        self.process = process
        self.browser: Browser | None = browser
        self.farewell = ENDED
        """What the page says once the app has ended."""
        self._modes = TerminalModes()
        self._leaving: asyncio.Task[None] | None = None
        self._ending: asyncio.Task[None] | None = None

    @property
    def is_ending(self) -> bool:
        """Whether the app was told to end, or has."""
        return self._ending is not None or self.process.has_ended

    async def show_until_the_end(self) -> None:
        """Pass on what the app writes until it has ended; then close its terminal."""
        reading = asyncio.create_task(self._pass_on())
        try:
            await self.process.wait()
            # The last of what it wrote; of its children some may keep the terminal open.
            await asyncio.wait([reading], timeout=0.2)
            if self._ending is not None:
                await self._ending
        finally:
            reading.cancel()
            with suppress(asyncio.CancelledError):
                await reading
            self.process.close()
            if self.browser is not None:
                await self.browser.say_goodbye(self.farewell)

    async def _pass_on(self) -> None:
        while written := await self.process.read():
            self._modes.follow(written)
            if (browser := self.browser) is not None:
                with suppress(ConnectionError):
                    await browser.show(written)

    async def take_over(self, browser: Browser, size: Size) -> None:
        """Show the app on another page, and close the one before."""
        if self._leaving is not None:
            self._leaving.cancel()
            self._leaving = None
        before, self.browser = self.browser, None
        if before is not None:
            await before.say_goodbye(ELSEWHERE)
        with suppress(ConnectionError):
            await browser.show(self._modes.restored())
        self.browser = browser
        self.process.resize(*size)
        # As a shell continues a program: it draws all of its screen.
        self.process.send(signal.SIGCONT)

    def leave(self, browser: Browser) -> None:
        """A page is gone. Unless another takes over soon, the app ends."""
        if self.browser is browser:
            self.browser = None
            self._leaving = asyncio.create_task(self._end_unless_back())

    async def _end_unless_back(self) -> None:
        await asyncio.sleep(RELOADS_WITHIN)
        self._leaving = None
        await self.end()

    async def end(self, farewell: str = ENDED) -> None:
        """End the app as a terminal does that is closed: it keeps everything. What hangs is killed, its kernel too."""
        self.farewell = farewell
        if self._ending is None:
            self._ending = asyncio.create_task(self._end())
        await asyncio.shield(self._ending)

    async def _end(self) -> None:
        try:
            started = psutil.Process(self.process.pid).children(recursive=True)
        except psutil.Error:
            started = []
        self.process.send(signal.SIGHUP)
        loop = asyncio.get_running_loop()
        until = loop.time() + ENDS_WITHIN
        with suppress(TimeoutError):
            await asyncio.wait_for(self.process.wait(), ENDS_WITHIN)
        left = max(until - loop.time(), 0)
        _, alive = await asyncio.to_thread(psutil.wait_procs, started, left)
        self.process.send(signal.SIGKILL)
        for one in alive:
            with suppress(psutil.Error):
                one.kill()


class Sessions:
    """The sessions of one server.

    Args:
        start: Starts the app of a learner in a terminal of so many columns and rows.
        limit: Maximum number of sessions at once.
    """

    def __init__(self, start: Start, limit: int) -> None:
        self._start = start
        self._limit = limit
        self._running: dict[str, tuple[ServedSession, asyncio.Task[None]]] = {}
        self._of_learner: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._counting = asyncio.Lock()

    @property
    def count(self) -> int:
        """How many there are, with those that are about to end."""
        return len(self._running)

    async def join(self, learner: ServedLearner, browser: Browser, size: Size) -> ServedSession:
        """The learner's session, shown by this page from now on; a new one where there is none.

        Raises:
            FullError: There are as many as there may be.
            OSError: The app cannot be started.
        """
        async with self._of_learner[learner.token]:
            if (found := self._running.get(learner.token)) is not None:
                session, shown = found
                if not session.is_ending:
                    await session.take_over(browser, size)
                    return session
                await asyncio.wait([shown])
            async with self._counting:
                if self.count >= self._limit:
                    raise FullError(f"All {self._limit} places are taken. Try again when somebody has left.")
                session = ServedSession(await self._start(learner, size), browser)
                shown = asyncio.create_task(self._show(learner.token, session))
                self._running[learner.token] = session, shown
                return session

    async def _show(self, token: str, session: ServedSession) -> None:
        try:
            await session.show_until_the_end()
        finally:
            del self._running[token]

    async def close(self) -> None:
        """End every app."""
        running = [*self._running.values()]
        await asyncio.gather(*(session.end(CLOSED) for session, _ in running))
        if running:
            await asyncio.wait([shown for _, shown in running])
