"""The connection of a probe with the app that has put it into somebody else's kernel: a socket that never waits."""

from __future__ import annotations

import json
import os
import socket
import threading
from collections import deque
from collections.abc import Callable
from typing import Any

from tui_torch.protocol import wire
from tui_torch.protocol.attachment import ASKED, Asked, Missed

ROOM = 32_000_000
"""Bytes that may wait for an app which does not read, as one that was stopped in its terminal does not."""
LONGEST = 1_000_000
"""Bytes of the longest order."""


class AppLink:
    """Sends what the probe tells, and hears what it is asked, in the thread of an event loop. To be made in that.

    Args:
        path: The app's socket. Raises OSError where nobody listens.
        loop: An event loop of the kernel's, of Tornado.
        hear: Is called with each order, by the loop, or by whoever calls `look()`.
        lost: Is called by the loop when the app is gone. It may close the link.
    """

    def __init__(self, path: str, loop: Any, hear: Callable[[Asked], None], lost: Callable[[], None]) -> None:
        self._pid = os.getpid()
        self._loop = loop
        self._hear = hear
        self._lost = lost
        self._lock = threading.Lock()
        self._waiting: deque[bytes] = deque()
        self._size = 0
        self._has_missed = False
        self._received = b""
        self.is_open = True
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            self._socket.connect(path)
        except BaseException:
            self._socket.close()
            raise
        self._socket.setblocking(False)
        self._events = loop.READ
        loop.add_handler(self._socket, self._ready, self._events)

    @property
    def is_ours(self) -> bool:
        """Whether this process is the kernel, and no fork of it."""
        return os.getpid() == self._pid

    def send(self, value: object) -> bool:
        """Send one of the protocol's dataclasses, later if it has to wait; False where it is not sent. Never raises."""
        if not self.is_open or not self.is_ours:
            return False
        try:
            line = json.dumps(wire.encode_tagged(value), allow_nan=False).encode("ascii") + b"\n"
        except (TypeError, ValueError):
            return False
        with self._lock:
            if self._size + len(line) > ROOM:
                self._has_missed = True
                return False
            if self._has_missed:
                self._has_missed = False
                self._put(json.dumps(wire.encode_tagged(Missed())).encode("ascii") + b"\n")
            self._put(line)
            self._write()
        return True

    def look(self) -> None:
        """Hear what has come meanwhile: to be called in the loop's thread, while a cell keeps the loop waiting."""
        if self.is_open and self.is_ours:
            self._read()

    def close(self) -> None:
        """Let the connection go. To be called in the loop's thread; again, it does nothing."""
        self.is_open = False
        if self._socket.fileno() >= 0:
            self._loop.remove_handler(self._socket)
            self._socket.close()

    def _put(self, line: bytes) -> None:
        self._waiting.append(line)
        self._size += len(line)

    def _write(self) -> None:
        try:
            while self._waiting:
                line = self._waiting[0]
                sent = self._socket.send(line)
                self._size -= sent
                if sent < len(line):
                    self._waiting[0] = line[sent:]
                else:
                    self._waiting.popleft()
        except BlockingIOError:
            self._loop.add_callback(self._wait_to_write)
        except OSError:
            self._end()

    def _wait_to_write(self) -> None:
        if self.is_open:
            events = self._loop.READ | self._loop.WRITE if self._waiting else self._loop.READ
            if events != self._events:
                self._events = events
                self._loop.update_handler(self._socket, events)

    def _ready(self, _: Any, events: int) -> None:
        """The socket can be read or written."""
        if not self.is_ours:
            return
        if self.is_open and events & self._loop.WRITE:
            with self._lock:
                self._write()
            self._wait_to_write()
        self._read()
        if not self.is_open:
            self._lost()

    def _read(self) -> None:
        try:
            while self.is_open:
                received = self._socket.recv(1 << 16)
                if not received or len(self._received) > LONGEST:
                    self._end()
                    return
                *lines, self._received = (self._received + received).split(b"\n")
                for line in lines:
                    self._follow(line)
        except BlockingIOError:
            pass
        except OSError:
            self._end()

    def _follow(self, line: bytes) -> None:
        try:
            order = wire.decode_tagged(ASKED, json.loads(line))
        except (ValueError, RecursionError):
            return
        self._hear(order)

    def _end(self) -> None:
        self.is_open = False
        self._waiting.clear()
        self._size = 0
