"""A real headless Chromium, driven by its own protocol (CDP): what a page shows in its terminal, and keys for it."""

from __future__ import annotations

import asyncio
import base64
import json
import shutil
from collections import defaultdict
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import aiohttp
import pyte

PATIENCE = 60.0
"""Seconds until something that should come is given up."""

PROGRAM = next(
    (found for name in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(name))), None
)
"""Where Chromium is; None where it is not installed."""

QUIET = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync", "--remote-debugging-port=0"),
)
KEYS = {"Enter": 13, "Backspace": 8, "Escape": 27, "F5": 116, "F7": 118}
"""Keys that are no text, by their codes in a browser."""


class Tab:
    """One page. What its server sends is drawn into a terminal here as well, since the page draws it as pixels."""

    def __init__(self, browser: Chromium, session: str, target: str) -> None:
        self._browser = browser
        self._session = session
        self._target = target
        self._news = asyncio.Event()
        self._draw_anew()

    async def do(self, method: str, **given: Any) -> dict[str, Any]:
        return await self._browser.do(method, self._session, **given)

    @property
    def text(self) -> str:
        """What is on the terminal."""
        return "\n".join(self.screen.display)

    async def shows(self, *words: str) -> str:
        """Wait until all of this is on the terminal; return what else is there."""
        return await self._until(lambda: self.text if all(word in self.text for word in words) else "")

    async def says_goodbye(self) -> str:
        """Wait until the page says why its connection ended; return that."""
        async with asyncio.timeout(PATIENCE):
            while not (said := await self.value("document.querySelector('#why')?.textContent")):
                await self._news_or_a_moment()
        return said

    async def shows_as_text(self) -> str:
        """Wait until there is text on the page itself; return it."""
        async with asyncio.timeout(PATIENCE):
            while not (said := await self.value("document.body?.innerText")):
                await self._news_or_a_moment()
        return said

    async def focused(self) -> str:
        """Wait until something on the page has the focus; return its class."""
        async with asyncio.timeout(PATIENCE):
            while not (found := await self.value("document.activeElement.className")):
                await self._news_or_a_moment()
        return found

    async def value(self, expression: str) -> Any:
        return (await self.do("Runtime.evaluate", expression=expression))["result"].get("value")

    async def type(self, text: str) -> None:
        """Press the keys of a text, one by one."""
        for character in text:
            await self.do("Input.dispatchKeyEvent", type="char", text=character)

    async def paste(self, text: str) -> None:
        """Paste a text where the focus is."""
        given = f"const given = new DataTransfer(); given.setData('text/plain', {json.dumps(text)});"
        event = "new ClipboardEvent('paste', {clipboardData: given, bubbles: true, cancelable: true})"
        await self.value(f"{{ {given} document.activeElement.dispatchEvent({event}) }}")

    async def press(self, key: str, *, ctrl: bool = False) -> None:
        """Press a key: a letter, or one of `KEYS`."""
        code = KEYS.get(key, ord(key[0].upper()))
        given: dict[str, Any] = {"key": key, "windowsVirtualKeyCode": code, "modifiers": 2 if ctrl else 0}
        text = "\r" if key == "Enter" else key if len(key) == 1 and not ctrl else ""
        down = {"type": "keyDown", "text": text} if text else {"type": "rawKeyDown"}
        await self.do("Input.dispatchKeyEvent", **down, **given)
        await self.do("Input.dispatchKeyEvent", type="keyUp", **given)

    async def reload(self) -> None:
        self._draw_anew()
        await self.do("Page.reload")

    async def close(self) -> None:
        await self._browser.do("Target.closeTarget", targetId=self._target)

    async def picture(self, path: Path) -> None:
        """Save what the page looks like as PNG."""
        png = base64.b64decode((await self.do("Page.captureScreenshot"))["data"])
        await asyncio.to_thread(path.write_bytes, png)

    async def resize(self, width: int, height: int) -> None:
        await self.do(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False
        )

    def hear(self, method: str, said: dict[str, Any]) -> None:
        """Take in an event of the browser's."""
        match method:
            case "Network.webSocketCreated":
                self._draw_anew()
            case "Network.webSocketFrameSent":
                with suppress(ValueError, KeyError, TypeError):
                    kind, size = json.loads(said["response"]["payloadData"])
                    if kind == "resize":
                        self.screen.resize(size["height"], size["width"])
            case "Network.webSocketFrameReceived" if said["response"]["opcode"] == 2:
                self._stream.feed(base64.b64decode(said["response"]["payloadData"]))
            case _:
                pass
        self._news.set()

    def _draw_anew(self) -> None:
        self.screen = pyte.Screen(80, 24)
        self._stream = pyte.ByteStream(self.screen)

    async def _until(self, found: Callable[[], str]) -> str:
        try:
            async with asyncio.timeout(PATIENCE):
                while not (what := found()):
                    self._news.clear()
                    await self._news.wait()
                return what
        except TimeoutError:
            raise AssertionError(f"it did not come; there was:\n{self.text}") from None

    async def _news_or_a_moment(self) -> None:
        await asyncio.sleep(0.05)  # the page itself tells of nothing


class Chromium:
    """A browser that runs."""

    def __init__(self, connection: aiohttp.ClientWebSocketResponse) -> None:
        self._connection = connection
        self._last = 0
        self._answers: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self._tabs: dict[str, Tab] = {}
        self._early: defaultdict[str, list[tuple[str, dict[str, Any]]]] = defaultdict(list)

    async def do(self, method: str, session: str | None = None, **given: Any) -> dict[str, Any]:
        self._last += 1
        number = self._last
        self._answers[number] = answer = asyncio.get_running_loop().create_future()
        order = {"id": number, "method": method, "params": given} | ({"sessionId": session} if session else {})
        await self._connection.send_json(order)
        return await asyncio.wait_for(answer, PATIENCE)

    async def open(self, address: str, size: tuple[int, int] = (1200, 800)) -> Tab:
        """Open a page, as one that is looked at."""
        context = (await self.do("Target.createBrowserContext"))["browserContextId"]
        target = (await self.do("Target.createTarget", url="about:blank", browserContextId=context))["targetId"]
        session = (await self.do("Target.attachToTarget", targetId=target, flatten=True))["sessionId"]
        tab = self._tabs[session] = Tab(self, session, target)
        for domain in ("Page", "Network", "Runtime"):
            await tab.do(f"{domain}.enable")
        await tab.do("Emulation.setFocusEmulationEnabled", enabled=True)
        await tab.resize(*size)
        await tab.do("Page.navigate", url=address)
        return tab

    async def listen(self) -> None:
        """Take in what the browser says until it ends."""
        async for message in self._connection:
            said = json.loads(message.data)
            if (answer := self._answers.pop(said.get("id", 0), None)) is not None:
                if not answer.done():
                    if "error" in said:
                        answer.set_exception(AssertionError(said["error"]["message"]))
                    else:
                        answer.set_result(said["result"])
            elif (tab := self._tabs.get(said.get("sessionId", ""))) is not None:
                tab.hear(said["method"], said["params"])


@asynccontextmanager
async def chromium(folder: Path) -> AsyncIterator[Chromium]:
    """A browser, which keeps what it keeps in an empty folder."""
    assert PROGRAM is not None
    process = await asyncio.create_subprocess_exec(
        PROGRAM,
        *QUIET,
        f"--user-data-dir={folder}",
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
        limit=2**20,
    )
    assert process.stderr is not None
    try:
        address = ""
        async with asyncio.timeout(PATIENCE):
            while not address.startswith("ws://"):
                line = await process.stderr.readline()
                assert line, "Chromium did not start"
                address = line.decode("utf-8", "replace").partition("DevTools listening on ")[2].strip()
        # It writes on, and would wait for somebody to read it.
        drained = asyncio.create_task(process.stderr.read())
        async with aiohttp.ClientSession() as client, client.ws_connect(address, max_msg_size=0) as connection:
            browser = Chromium(connection)
            listens = asyncio.create_task(browser.listen())
            yield browser
            listens.cancel()
        drained.cancel()
    finally:
        with suppress(ProcessLookupError):
            process.terminate()
        await process.wait()
