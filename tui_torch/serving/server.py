"""The server: a page with a terminal in it, and a connection from that to the app of the learner whose token it has.

The page's terminal (xterm.js), and what it says over the connection, are textual-serve's. Its server is not used: it
asks nobody who they are, and starts a process for every connection from any site.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from importlib.resources import files
from pathlib import Path
from typing import Any, cast

from aiohttp import WSMsgType, web

from tui_torch.serving.access import PublicAddress
from tui_torch.serving.learners import ServedLearner, learner_of
from tui_torch.serving.sessions import FullError, ServedSession, Sessions, Size

LONGEST_MESSAGE = 4 * 2**20
"""Maximum number of bytes of one message of a page, such as a text that is pasted."""
HEARTBEAT = 4.0
"""Seconds between questions to a page whether it is still there."""
USUAL_SIZE = (80, 24)

_PAGE = Path(__file__).parent / "page"
_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; connect-src 'self'; img-src 'self'"
        " data:; font-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}
_NO_TOKEN = (
    "This address has no token, or one that nobody has. Open the address that `tui-torch serve` printed for you.\n"
)
_OTHER_HOST = "This server is not known by that name. Open the address that `tui-torch serve` printed for you.\n"
_OTHER_ORIGIN = "A page of another site may not speak to tui-torch.\n"

_Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class _Page:
    """A page that is connected."""

    def __init__(self, websocket: web.WebSocketResponse) -> None:
        self._websocket = websocket

    async def show(self, written: bytes) -> None:
        await self._websocket.send_bytes(written)

    async def say_goodbye(self, sentence: str) -> None:
        with suppress(ConnectionError, RuntimeError):
            await self._websocket.close(message=sentence.encode())


class TutorServer:
    """Serves the app to learners.

    Args:
        learners: Who may come in.
        address: Where browsers reach it.
        sessions: The apps that run.
    """

    def __init__(self, learners: Sequence[ServedLearner], address: PublicAddress, sessions: Sessions) -> None:
        self._learners = learners
        self._address = address
        self._sessions = sessions

    def application(self) -> web.Application:
        """What answers requests."""
        app = web.Application(middlewares=[self._guarded])
        app.router.add_static("/static", str(files("textual_serve") / "static"))
        app.router.add_static("/page", _PAGE)
        app.add_routes(
            [
                web.get("/", self._page),
                web.get("/{token}", self._page),
                web.get("/{token}/", self._page),
                web.get("/{token}/connection", self._connection),
            ]
        )
        app.on_shutdown.append(self._shutdown)
        return app

    @web.middleware
    async def _guarded(self, request: web.Request, handler: _Handler) -> web.StreamResponse:
        if not self._address.serves(request.host):
            raise web.HTTPForbidden(text=_OTHER_HOST)
        response = await handler(request)
        if not response.prepared:
            response.headers.update(_HEADERS)
        return response

    def _learner(self, request: web.Request) -> ServedLearner:
        learner = learner_of(request.match_info.get("token", ""), self._learners)
        if learner is None:
            raise web.HTTPForbidden(text=_NO_TOKEN)
        return learner

    async def _page(self, request: web.Request) -> web.StreamResponse:
        self._learner(request)
        return web.FileResponse(_PAGE / "index.html")

    async def _connection(self, request: web.Request) -> web.StreamResponse:
        learner = self._learner(request)
        if not self._address.trusts(request.headers.get("Origin"), request.host):
            raise web.HTTPForbidden(text=_OTHER_ORIGIN)
        websocket = web.WebSocketResponse(heartbeat=HEARTBEAT, max_msg_size=LONGEST_MESSAGE)
        await websocket.prepare(request)
        page = _Page(websocket)
        size = _size({name: request.query.get(name) for name in ("width", "height")}) or USUAL_SIZE
        try:
            session = await self._sessions.join(learner, page, size)
        except FullError as full:
            await page.say_goodbye(str(full))
            return websocket
        except OSError as error:
            await page.say_goodbye(f"The app cannot be started: {error.strerror}."[:120])
            return websocket
        try:
            await _listen(websocket, session)
        finally:
            session.leave(page)
        return websocket

    async def _shutdown(self, app: web.Application) -> None:
        await self._sessions.close()


async def _listen(websocket: web.WebSocketResponse, session: ServedSession) -> None:
    """Do what a page says until it is gone; what it does not know how to say is passed over."""
    async for message in websocket:
        if message.type != WSMsgType.TEXT:
            continue
        try:
            said = message.json()
        except ValueError:
            continue
        match said:
            case ["stdin", str() as typed]:
                await session.process.write(typed.encode("utf-8", "replace"))
            case ["resize", dict() as wanted] if size := _size(cast("dict[str, Any]", wanted)):
                session.process.resize(*size)
            case ["ping", str() as sent]:
                await websocket.send_json(["pong", sent])
            case _:
                pass


def _size(said: dict[str, Any]) -> Size | None:
    try:
        return int(said["width"]), int(said["height"])
    except (KeyError, TypeError, ValueError, OverflowError):
        return None
