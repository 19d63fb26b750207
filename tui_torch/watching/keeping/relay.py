"""Between a command's terminal and whoever is joined: output to all of them, their input and their sizes to it."""

from __future__ import annotations

import json
import os
import selectors
import signal
import socket
import struct
import sys
import time
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from functools import partial

from tui_torch.watching.keeping import frames
from tui_torch.watching.keeping.kept_output import KeptOutput
from tui_torch.watching.keeping.pseudo_terminal import PseudoTerminal

JOINED = 16
"""Maximum number of connections."""
BEHIND = 2**20
"""Bytes that wait for a connection at which it is sent what came last, and not all of it."""
_TYPED = 2**16
"""Bytes of input that wait for the command; what is typed beyond is lost, as in any terminal."""
_READ = 2**16
_LAST = 2.0
"""Seconds that a connection has for the last of the output."""


class _Joined:
    """One connection."""

    def __init__(self, connection: socket.socket) -> None:
        connection.setblocking(False)
        self.socket = connection
        self.incoming = frames.FrameReader()
        self.size: tuple[int, int] | None = None
        self._waiting: deque[bytes] = deque()
        self._sent = 0
        """How many bytes of the first that waits."""
        self._length = 0
        self.is_behind = False

    @property
    def waits(self) -> bool:
        return bool(self._waiting)

    def queue(self, frame: bytes) -> None:
        self._waiting.append(frame)
        self._length += len(frame)

    def queue_output(self, data: bytes) -> None:
        if not self.is_behind and self._length > BEHIND:
            begun = self._waiting[0] if self._sent else b""
            self._waiting = deque([begun] if begun else [])
            self._length = len(begun)
            self.is_behind = True
        if not self.is_behind:
            self.queue(frames.frame(frames.OUTPUT, data))

    def send(self) -> None:
        """Send what it takes now. Raises OSError where nobody is there."""
        while self._waiting:
            first = self._waiting[0]
            try:
                self._sent += self.socket.send(memoryview(first)[self._sent :])
            except (BlockingIOError, InterruptedError):
                return
            if self._sent == len(first):
                self._waiting.popleft()
                self._length -= len(first)
                self._sent = 0


class Relay:
    """Passes on, until told otherwise, what a command and those who are joined have for each other."""

    def __init__(self, terminal: PseudoTerminal, listener: socket.socket, output: KeptOutput, pid: int) -> None:
        self._terminal = terminal
        self._listener = listener
        self._output = output
        self._pid = pid
        self._typed = bytearray()
        self._is_over = False
        self._joined: dict[socket.socket, _Joined] = {}
        """Those who are joined, the last that typed, came or resized at the end."""
        # Of the kind that a fork has no part in.
        self._selector = selectors.SelectSelector()
        self._selector.register(terminal.master, selectors.EVENT_READ, self._on_terminal)
        self._selector.register(listener, selectors.EVENT_READ, self._on_listener)

    def leave_to_another(self) -> None:
        """Close what this process has of the connections, which go on in the one that it was forked from."""
        for connection in self._joined:
            connection.close()
        self._selector.close()

    def turn(self, others: Sequence[int], seconds: float | None) -> set[int]:
        """Wait for something to pass on, and do so, or until one of other descriptors can be read.

        Returns:
            Those that can.
        """
        ready = set[int]()
        for descriptor in others:
            self._selector.register(descriptor, selectors.EVENT_READ)
        try:
            events = self._selector.select(seconds)
        finally:
            for descriptor in others:
                self._selector.unregister(descriptor)
        for key, mask in events:
            if key.data is None:
                ready.add(key.fd)
            else:
                key.data(mask)
        return ready

    def take_the_rest(self) -> None:
        """The command has ended: take what it has written last."""
        self._is_over = True
        with suppress(OSError):
            while self._read():
                pass
        with suppress(KeyError):
            self._selector.unregister(self._terminal.master)

    def tell_of_the_end(self, end: dict[str, object]) -> None:
        """Pass on what is left, and the end."""
        content = json.dumps(end).encode()
        for joined in list(self._joined.values()):
            self._catch_up(joined)
            joined.queue(frames.frame(frames.END, content))
            self._send(joined)
        until = time.monotonic() + _LAST
        while any(joined.waits for joined in self._joined.values()) and time.monotonic() < until:
            self.turn((), 0.1)

    def _on_terminal(self, events: int) -> None:
        if events & selectors.EVENT_WRITE:
            self._type()
        if events & selectors.EVENT_READ:
            try:
                self._read()
            except OSError:  # the command has ended, which is noticed elsewhere
                with suppress(KeyError):
                    self._selector.unregister(self._terminal.master)

    def _read(self) -> bool:
        """Take what the command has written. Returns whether there was anything. Raises OSError at the end."""
        try:
            data = os.read(self._terminal.master, _READ)
        except BlockingIOError:
            return False
        if not data:
            raise OSError("the end")
        self._output.add(data)
        for joined in list(self._joined.values()):
            joined.queue_output(data)
            self._send(joined)
        return True

    def _type(self) -> None:
        with suppress(OSError):
            while self._typed:
                del self._typed[: os.write(self._terminal.master, self._typed)]
        self._listen_to_terminal()

    def _listen_to_terminal(self) -> None:
        events = selectors.EVENT_READ | (selectors.EVENT_WRITE if self._typed else 0)
        with suppress(KeyError):
            self._selector.modify(self._terminal.master, events, self._on_terminal)

    def _on_listener(self, events: int) -> None:
        try:
            connection, _ = self._listener.accept()
        except OSError:
            return
        if len(self._joined) >= JOINED or not _is_ours(connection):
            connection.close()
            return
        joined = _Joined(connection)
        self._joined[connection] = joined
        self._selector.register(connection, selectors.EVENT_READ, partial(self._on_joined, joined))
        hello = {"version": frames.VERSION, "pid": self._pid}
        joined.queue(frames.frame(frames.HELLO, json.dumps(hello).encode()))
        joined.queue(frames.frame(frames.TAIL, self._output.tail()))
        self._send(joined)

    def _on_joined(self, joined: _Joined, events: int) -> None:
        if joined.socket in self._joined and events & selectors.EVENT_WRITE:
            self._send(joined)
        if joined.socket in self._joined and events & selectors.EVENT_READ:
            try:
                data = joined.socket.recv(_READ)
                received = joined.incoming.feed(data)
            except BlockingIOError:
                return
            except (OSError, frames.FrameError):
                data, received = b"", []
            if not data:
                self._leave(joined)
                return
            for kind, content in received:
                self._receive(joined, kind, content)

    def _receive(self, joined: _Joined, kind: bytes, content: bytes) -> None:
        if kind == frames.SIGNAL and len(content) == frames.NUMBER.size and not self._is_over:
            with suppress(OSError, ValueError):
                os.killpg(self._pid, signal.Signals(frames.NUMBER.unpack(content)[0]))
        if kind == frames.SIZE and len(content) == frames.WINDOW.size:
            columns, lines = frames.WINDOW.unpack(content)
            joined.size = (columns, lines) if columns and lines else None
        if kind in (frames.INPUT, frames.SIZE):
            self._joined[joined.socket] = self._joined.pop(joined.socket)
            self._resize()
        if kind == frames.INPUT:
            self._typed += content[: max(_TYPED - len(self._typed), 0)]
            self._type()

    def _resize(self) -> None:
        """The terminal has the size that the last has who typed, came or resized, and has a size."""
        sizes = [joined.size for joined in self._joined.values() if joined.size is not None]
        if sizes:
            self._terminal.resize(*sizes[-1])

    def _send(self, joined: _Joined) -> None:
        try:
            joined.send()
            if not joined.waits and joined.is_behind:
                self._catch_up(joined)
                joined.send()
        except OSError:
            self._leave(joined)
            return
        events = selectors.EVENT_READ | (selectors.EVENT_WRITE if joined.waits else 0)
        key = self._selector.get_key(joined.socket)
        if key.events != events:
            self._selector.modify(joined.socket, events, key.data)

    def _catch_up(self, joined: _Joined) -> None:
        if joined.is_behind:
            joined.is_behind = False
            joined.queue(frames.frame(frames.TAIL, self._output.tail()))

    def _leave(self, joined: _Joined) -> None:
        if self._joined.pop(joined.socket, None) is not None:
            self._selector.unregister(joined.socket)
            joined.socket.close()
            self._resize()


def _is_ours(connection: socket.socket) -> bool:
    """Whether the other side is of the same user, where that can be asked; the folder's mode says so, too."""
    if not sys.platform.startswith("linux"):
        return True
    size = struct.calcsize("3i")
    _, user, _ = struct.unpack("3i", connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, size))
    return user in (os.getuid(), 0)
