"""A fork of this process that stands in for it: it runs code and follows orders, and what it says is sent on from here.

A fork has the namespace, and neither the sockets nor the threads, so what it is to do and what it says go by two pipes.
"""

from __future__ import annotations

import asyncio
import os
import pickle
import select
import signal
import struct
import sys
import warnings
from collections.abc import Callable, MutableMapping, Sequence
from contextlib import suppress
from typing import Any, NoReturn

from tui_torch.probe.isolation import jupyter_internals
from tui_torch.protocol.orders import Order

PATIENCE = 0.1
"""Seconds between two looks at whether the fork lives, while nothing comes from it."""

_LENGTH = struct.Struct("<Q")
_DONE: list[bytes] = []
"""What the fork sends when it has done what it was told: a message without frames."""


class Fork:
    """One fork, from its beginning to its end.

    Raises OSError where the system has no room for another process.

    Args:
        shell: IPython's shell.
        streams: The standard streams of the kernel, in whose place the code may have put others.
        begin: Called in the fork, before anything else.
        follow: Called in the fork with each order; it publishes the answers.
    """

    def __init__(
        self, shell: Any, streams: Sequence[Any], begin: Callable[[], None], follow: Callable[[Order], None]
    ) -> None:
        self._shell = shell
        # Nothing of ours may wait in a stream, of which the fork would send a copy.
        for stream in streams:
            stream.flush()
        told, self._told = os.pipe()
        self._said, said = os.pipe()
        loop = asyncio.get_running_loop()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Python says of any process with threads that a fork may hang
            self._pid = os.fork()
        if self._pid == 0:
            try:
                self._close()
                jupyter_internals.set_running_loop(loop)
                jupyter_internals.send_through(shell, streams, lambda frames: _write(said, pickle.dumps(frames)))
                jupyter_internals.ask_nobody(shell)
                jupyter_internals.begin_own_fork_server()
                begin()
                _live(shell, streams, told, said, follow)
            finally:  # never back into the kernel, of which there would be two
                os._exit(1)
        os.close(told)
        os.close(said)

    def run(self, code: str) -> None:
        """Have the fork run code, as `follow()` has it follow an order; what it says answers the present message."""
        self._tell((None, code))

    def follow(self, order: Order, message: Any) -> None:
        """Have the fork follow an order, and send on what it says, until it is done.

        Where the fork ends before, this process ends in the same way: as it would have, had it done the same itself.

        Args:
            order: What to do.
            message: The Jupyter message by which the order came, to which the answers belong.
        """
        self._tell((message["header"], order))

    def _tell(self, what: tuple[Any, str | Order]) -> None:
        done = False
        try:
            with suppress(BrokenPipeError):
                _write(self._told, pickle.dumps(what))
            while (frames := self._received()) != _DONE:
                jupyter_internals.send_on(self._shell, frames)
            done = True
        finally:
            if not done:  # an interrupt came, which the fork may not heed
                self.end()

    def end(self) -> None:
        """End the fork, and all that is in it."""
        with suppress(OSError):
            os.kill(self._pid, signal.SIGKILL)
        os.waitpid(self._pid, 0)
        self._close()

    def release(self) -> int:
        """Let the fork end by itself once it has tidied up. Returns its process id, to be waited for."""
        self._close()
        return self._pid

    def _close(self) -> None:
        os.close(self._told)
        os.close(self._said)

    def _received(self) -> list[bytes]:
        while not select.select([self._said], [], [], PATIENCE)[0]:
            # What it started may keep the pipe open longer than it lives.
            ended, status = os.waitpid(self._pid, os.WNOHANG)
            if ended and not select.select([self._said], [], [], 0)[0]:
                _end_as(status)
        data = _read(self._said)
        return pickle.loads(data) if data is not None else _end_as(os.waitpid(self._pid, 0)[1])


def _end_as(status: int) -> NoReturn:
    """End this process as another has ended."""
    code = os.waitstatus_to_exitcode(status)
    if code < 0:
        with suppress(OSError):  # SIGKILL has no handler
            signal.signal(-code, signal.SIG_DFL)
        os.kill(os.getpid(), -code)
    os._exit(code)


def _live(shell: Any, streams: Sequence[Any], told: int, said: int, follow: Callable[[Order], None]) -> NoReturn:
    """Do in the fork what it is told, until nothing more comes."""
    pid = os.getpid()
    names: MutableMapping[str, Any] = shell.user_ns
    held = {name: id(value) for name, value in names.items()}
    while (data := _read(told)) is not None:
        header, what = pickle.loads(data)
        try:
            if isinstance(what, str):
                shell.run_cell(what, store_history=False, silent=False)
            else:
                shell.set_parent({"header": header})
                follow(what)
        except KeyboardInterrupt:
            pass
        except Exception:  # as a kernel goes on after an error in a handler
            shell.kernel.log.exception("an order was not followed in a fork")
        if os.getpid() != pid:  # a fork of the learner's, which has come back from their code
            os._exit(0)
        for stream in streams:
            stream.flush()
        _write(said, pickle.dumps(_DONE))
    _tidy_up(names, held)
    os._exit(0)


def _tidy_up(names: MutableMapping[str, Any], held: dict[str, int]) -> None:
    """Let go of what was bound in the fork, so that its temporary folders are removed, and end its processes."""
    with suppress(BaseException):
        for name in [name for name, value in names.items() if held.get(name) != id(value)]:
            del names[name]
    if (processes := sys.modules.get("multiprocessing")) is not None:
        with suppress(BaseException):
            for process in processes.active_children():
                process.kill()


def _write(pipe: int, data: bytes) -> None:
    view = memoryview(_LENGTH.pack(len(data)) + data)
    while view:
        view = view[os.write(pipe, view) :]


def _read(pipe: int) -> bytes | None:
    """What was written at once; None at the end."""
    head = _read_exactly(pipe, _LENGTH.size)
    return _read_exactly(pipe, _LENGTH.unpack(head)[0]) if head is not None else None


def _read_exactly(pipe: int, count: int) -> bytes | None:
    parts: list[bytes] = []
    while count:
        part = os.read(pipe, min(count, 1 << 20))
        if not part:
            return None
        parts.append(part)
        count -= len(part)
    return b"".join(parts)
