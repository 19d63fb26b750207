"""The connection of a probe with its app never waits, loses nothing without saying so, and notices the app's end."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from tornado.ioloop import IOLoop

from tui_torch.probe.attached import link as link_module
from tui_torch.probe.attached.link import AppLink
from tui_torch.protocol import wire
from tui_torch.protocol.attachment import TOLD, CellBegan, Leave, Missed
from tui_torch.protocol.orders import Watch


class App:
    """The app's end, and the loop of the kernel's."""

    def __init__(self, folder: Path) -> None:
        self.path = str(folder / "probe")
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(self.path)
        self._listener.listen()
        self.loop = IOLoop(make_current=False)
        self.heard: list[Any] = []
        self.losses = 0
        self.link = AppLink(self.path, self.loop, self.heard.append, self._lose)
        self.end, _ = self._listener.accept()
        self.end.setblocking(False)

    def accept(self) -> socket.socket:
        """The app's end of another connection."""
        return self._listener.accept()[0]

    def _lose(self) -> None:
        self.losses += 1
        self.link.close()

    def turn(self, until: Callable[[], object]) -> None:
        """Let the kernel's loop turn until something holds."""

        async def turning() -> None:
            async with asyncio.timeout(20):
                while not until():  # noqa: ASYNC110 - the loop that turns is what is tried
                    await asyncio.sleep(0)

        self.loop.run_sync(turning)

    def told(self, count: int) -> list[Any]:
        """What has come, once that is so many lines."""
        received = b""

        def has_all() -> bool:
            nonlocal received
            with suppress(BlockingIOError):
                received += self.end.recv(1 << 20)
            return received.count(b"\n") >= count

        self.turn(has_all)
        return [wire.decode_tagged(TOLD, json.loads(line)) for line in received.splitlines()]

    def close(self) -> None:
        self.link.close()
        self.end.close()
        self._listener.close()
        self.loop.close()


@pytest.fixture
def app(tmp_path: Path) -> Iterator[App]:
    app = App(tmp_path)
    yield app
    app.close()


def test_orders_are_heard_one_by_one_and_nonsense_is_passed_over(app: App) -> None:
    leave, watch = (json.dumps(wire.encode_tagged(order)).encode() for order in (Leave(), Watch(("w",))))
    app.end.sendall(b"nonsense\n{}\n[1]\n" + watch[:5])
    app.end.sendall(watch[5:] + b"\n" + leave + b"\n")
    app.turn(lambda: len(app.heard) == 2)
    assert app.heard == [Watch(("w",)), Leave()]


def test_more_than_the_socket_takes_is_sent_when_it_is_read(app: App) -> None:
    words = [CellBegan(number, "x" * 100_000) for number in range(30)]
    assert all(app.link.send(word) for word in words)
    assert app.told(30) == words


def test_what_there_is_no_room_for_is_said_to_be_missing(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(link_module, "ROOM", 1_000_000)
    sent = [app.link.send(CellBegan(number, "x" * 100_000)) for number in range(30)]
    count = sent.index(False)
    assert sent == [True] * count + [False] * (30 - count)
    assert [word.number for word in app.told(count)] == list(range(count))
    assert app.link.send(CellBegan(99, ""))
    assert app.told(2) == [Missed(), CellBegan(99, "")]


def test_an_interrupt_that_comes_while_an_order_is_followed_is_passed_on(app: App, tmp_path: Path) -> None:
    def interrupted(order: object) -> None:
        raise KeyboardInterrupt

    link = AppLink(app.path, app.loop, interrupted, lambda: None)
    end = app.accept()
    end.sendall(json.dumps(wire.encode_tagged(Leave())).encode() + b"\n")
    with pytest.raises(KeyboardInterrupt):
        while True:
            link.look()
    link.close()
    end.close()


def test_the_end_of_the_app_is_noticed_once(app: App) -> None:
    app.end.close()
    app.turn(lambda: app.losses)
    assert app.losses == 1
    assert not app.link.send(Missed())


def test_an_app_that_is_gone_while_a_cell_runs_is_noticed_at_the_next_look(app: App) -> None:
    app.end.close()
    app.link.look()
    assert not app.link.is_open


def test_nothing_is_sent_by_a_fork(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(link_module.os, "getpid", lambda: -1)
    assert not app.link.send(Missed())


def test_what_is_no_dataclass_is_not_sent(app: App) -> None:
    assert not app.link.send(object())
