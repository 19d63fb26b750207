"""A real server whose learners have other programs in place of the app, which start at once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
from aiohttp import WSMsgType, web

from tui_torch.serving.access import PublicAddress
from tui_torch.serving.launching import AppLauncher
from tui_torch.serving.learners import ServedLearner, served_learners
from tui_torch.serving.listening import listening_socket
from tui_torch.serving.server import TutorServer
from tui_torch.serving.sessions import Sessions

PATIENCE = 30.0

SAYS = (
    *("sh", "-c"),
    "printf '\\033[?1049h'; echo home $TUI_TORCH_HOME; stty size; echo pid $$.;"
    " while read line; do [ $line = q ] && exit; echo said $line.; done",
)
"""Says where its home is, how large its terminal is, and which process it is; then what was typed."""


class Served:
    """A server, and a client of it."""

    def __init__(
        self,
        client: aiohttp.ClientSession,
        address: PublicAddress,
        learners: Sequence[ServedLearner],
        sessions: Sessions,
    ) -> None:
        self.client = client
        self.learners = learners
        self.sessions = sessions
        self._address = address

    def url(self, path: str) -> str:
        return f"{self._address.origin}/{path}"

    async def connect(self, learner: int, origin: str | None = None) -> Connected:
        url = f"{self.learners[learner].token}/connection?width=90&height=20"
        headers = {"Origin": origin or self._address.origin}
        return Connected(await self.client.ws_connect(self.url(url), headers=headers))


class Connected:
    """What a page has: a connection, and what came by it."""

    def __init__(self, websocket: aiohttp.ClientWebSocketResponse) -> None:
        self.websocket = websocket
        self.text = ""

    async def shows(self, words: str) -> str:
        async with asyncio.timeout(PATIENCE):
            while words not in self.text:
                message = await self.websocket.receive()
                assert message.type is WSMsgType.BINARY, (message, self.text)
                self.text += message.data.decode()
        return self.text

    async def number_after(self, word: str) -> int:
        text = await self.shows(".\r\n")
        return int(text.partition(f"{word} ")[2].split()[0].strip("."))

    async def goodbye(self) -> str:
        async with asyncio.timeout(PATIENCE):
            while (message := await self.websocket.receive()).type is WSMsgType.BINARY:
                pass
        return message.extra or ""


@asynccontextmanager
async def served(
    folder: Path, command: Sequence[str] = SAYS, learners: int = 3, limit: int = 2
) -> AsyncIterator[Served]:
    listens = listening_socket("127.0.0.1", 0)
    address = PublicAddress("127.0.0.1", listens.getsockname()[1])
    known = served_learners([f"learner-{number}" for number in range(learners)], folder)
    sessions = Sessions(AppLauncher(command=command).start, limit)
    runner = web.AppRunner(TutorServer(known, address, sessions).application())
    await runner.setup()
    await web.SockSite(runner, listens).start()
    try:
        async with aiohttp.ClientSession() as client:
            yield Served(client, address, known, sessions)
    finally:
        await runner.cleanup()
