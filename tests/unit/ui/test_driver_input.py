"""What the driver reads from a terminal, until that is gone, and what it does about signals once the app is over."""

from __future__ import annotations

import os
import pty
import signal
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from textual.app import App
from textual.events import Key
from textual.message import Message

from tui_torch.ui.driver import TerminalDriver


class Reading(TerminalDriver):
    """A driver that is asked to read, and notes what comes of it."""

    def __init__(self, fileno: int, app: App[Any] | None = None) -> None:
        self.fileno = fileno
        self.exit_event = threading.Event()
        self.messages: list[Message] = []
        self.ended = self.started = 0
        self._app = app or App()

    def process_message(self, message: Message) -> None:
        self.messages.append(message)

    def hung_up(self) -> None:
        self.ended += 1

    def resume_application_mode(self) -> None:
        self.started += 1


@pytest.fixture(params=["terminal", "pipe"])
def ends(request: pytest.FixtureRequest) -> Iterator[tuple[int, int]]:
    """What a driver reads from, and what is written there."""
    writes, reads = pty.openpty() if request.param == "terminal" else reversed(os.pipe())
    yield reads, writes
    os.close(reads)


def test_keys_are_read_in_order_until_the_terminal_is_gone_and_then_nothing_more(ends: tuple[int, int]) -> None:
    reads, writes = ends
    driver = Reading(reads)
    os.write(writes, "aü\x1b[15~\n".encode())
    thread = threading.Thread(target=driver.run_input_thread, daemon=True)
    thread.start()
    for _ in range(600):
        if len(driver.messages) == 4:
            break
        thread.join(0.1)
    os.close(writes)
    thread.join(10)
    assert not thread.is_alive()
    assert driver.ended == 1
    keys = [message.key for message in driver.messages if isinstance(message, Key)]
    assert keys == ["a", "ü", "f5", "ctrl+j"]


def test_a_character_that_comes_in_two_reads_is_one_key() -> None:
    reads, writes = os.pipe()
    driver = Reading(reads)
    first, second = "é".encode()[:1], "é".encode()[1:]
    os.write(writes, first)
    threading.Timer(0.2, lambda: (os.write(writes, second), os.close(writes))).start()
    driver.run_input_thread()
    os.close(reads)
    assert [message.key for message in driver.messages if isinstance(message, Key)] == ["é"]


def test_an_app_that_ends_does_not_take_the_terminal_over_again_when_it_is_continued() -> None:
    app: App[None] = App()
    driver = Reading(0, app)
    driver._auto_restart = True
    driver.stopped()
    app.exit()
    driver._sigcont_application(signal.SIGCONT, None)
    assert driver.started == 0
    other = Reading(0)
    other._auto_restart = True
    other.stopped()
    other._sigcont_application(signal.SIGCONT, None)
    assert other.started == 1
