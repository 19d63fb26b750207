"""The keeper of a command: two processes that hold its terminal, of which either goes on where the other is killed.

The first starts the second, and the second the command. The second relays; the first waits for its end, and is whom
Linux makes the parent of the command where the second is killed, so that the exit code is known also then. Whoever is
left relays, and starts another that waits. Imports the standard library alone.
"""

from __future__ import annotations

import json
import os
import select
import signal
import socket
import struct
import sys
import time
import traceback
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, NoReturn

from tui_torch.watching.keeping.kept_output import KeptOutput
from tui_torch.watching.keeping.pseudo_terminal import PseudoTerminal, ignore_signals, start
from tui_torch.watching.keeping.relay import Relay
from tui_torch.watching.keeping.socket_paths import listener, remove_socket
from tui_torch.watching.process_identity import process_identity
from tui_torch.watching.tagged_output import drop_output

OVER = b"."
"""What the one that relays sends the other when all is done."""
_BEGUN = struct.Struct(">Qd")
"""What it sends when the command has begun: its pid, and when."""
_ROOM = 200
"""Blanks at the end of the record of what was called: on a full disk, its end still has room where it stands."""
_SET_CHILD_SUBREAPER = 36
"""See prctl(2)."""
_PAUSE = 0.1
"""Seconds before what failed is tried again."""
_LOOK = 1.0
"""Seconds between two looks whether the command is there, where nothing tells of its end."""
_RECORD = "command.json"
"""As in `run_folders`, which imports more."""


class Keeper:
    """What both processes have of a command."""

    def __init__(self, request: dict[str, Any]) -> None:
        self._folder = Path(request["folder"])
        self._record: dict[str, Any] = request["record"]
        self._command: list[str] = request["command"]
        self._environment: dict[str, str] = request["environment"]
        self._signals = ignore_signals()
        self._terminal = PseudoTerminal.like(0)
        self._listener = listener(self._folder)
        self._output = KeptOutput(str(self._folder))
        self._pid = 0
        self._process = -1
        """A descriptor of the command's process, where the system has such."""
        self._exit_code: int | None = None
        self._woken = self._wakes = -1

    def begin(self, control: socket.socket) -> NoReturn:
        """Start the second process, which starts the command, and wait for the end of both."""
        _adopt_orphans()
        here, there = socket.socketpair()
        if os.fork() == 0:
            here.close()
            self._quietly(lambda: self._begin_relay(there, control))
        there.close()
        control.close()
        self._wake_at_the_end_of_children()
        self._leave_all_else(here)
        self._quietly(lambda: self._wait(here))

    def _begin_relay(self, other: socket.socket, control: socket.socket) -> None:
        self._wake_at_the_end_of_children()
        try:
            self._pid = start(self._command, self._environment, self._terminal, self._signals)
        except OSError as error:
            remove_socket(self._folder)
            other.send(OVER)
            _answer(control, {"errno": error.errno})
            return
        self._record |= {"pid": self._pid, "began": time.time(), "identity": process_identity(self._pid)}
        other.send(_BEGUN.pack(self._pid, self._record["began"]))
        self._write_record()
        _answer(control, {"pid": self._pid})
        control.close()
        self._leave_all_else(other)
        self._relay(other)

    def _wake_at_the_end_of_children(self) -> None:
        """Of this process alone: a fork calls this for itself."""
        for descriptor in (self._woken, self._wakes):
            if descriptor >= 0:
                os.close(descriptor)
        self._woken, self._wakes = os.pipe()
        for descriptor in (self._woken, self._wakes):
            os.set_blocking(descriptor, False)
        signal.signal(signal.SIGCHLD, lambda number, frame: None)
        signal.set_wakeup_fd(self._wakes, warn_on_full_buffer=False)

    def _leave_all_else(self, other: socket.socket) -> None:
        """Keep no file, pipe or folder of whoever called us."""
        os.chdir("/")
        nothing = os.open(os.devnull, os.O_RDWR)
        for number in range(3):
            os.dup2(nothing, number)
        ours = (self._terminal.master, self._terminal.slave, self._listener.fileno(), self._woken, self._wakes)
        kept = sorted({0, 1, 2, *ours, other.fileno()})
        for low, high in zip(kept, [*kept[1:], os.sysconf("SC_OPEN_MAX")], strict=True):
            os.closerange(low + 1, high)

    def _quietly(self, call: Callable[[], None]) -> NoReturn:
        """Call, and end this process. What it raises is in the folder for whoever looks; the other process goes on."""
        code = 0
        try:
            call()
        except BaseException:
            code = 1
            with suppress(OSError), (self._folder / "keeper.log").open("w", encoding="utf-8") as file:
                traceback.print_exc(file=file)
        finally:
            os._exit(code)

    def _wait(self, other: socket.socket) -> None:
        """Wait until the process that relays is done. Where it is killed, relay."""
        while True:
            ready, _, _ = select.select([other, self._woken], [], [])
            self._reap()
            if other not in ready:
                continue
            said = _received(other)
            if said == OVER:
                return
            if not said:
                break
            self._pid, began = _BEGUN.unpack(said)
            self._record |= {"pid": self._pid, "began": began, "identity": process_identity(self._pid)}
        other.close()
        if self._pid:
            time.sleep(_PAUSE)
            self._output.reload()
            self._relay(None)
        else:  # it was killed before the command began
            remove_socket(self._folder)

    def _relay(self, other: socket.socket | None) -> None:
        if self._process < 0 and hasattr(os, "pidfd_open"):
            with suppress(OSError):
                self._process = os.pidfd_open(self._pid)
        relay = Relay(self._terminal, self._listener, self._output, self._pid)
        wakes = [self._woken] + [self._process] * (self._process >= 0)
        while not self._has_ended():
            if other is None:
                other = self._waiting_process(relay)
            ready = relay.turn((*wakes, other.fileno()), None if self._process >= 0 else _LOOK)
            if other.fileno() in ready and not _received(other):
                other.close()
                other = None
                time.sleep(_PAUSE)
        self._end(relay)
        if other is not None:
            with suppress(OSError):
                other.send(OVER)

    def _waiting_process(self, relay: Relay) -> socket.socket:
        """Start a process that waits for the end of this one. Returns the connection to it."""
        here, there = socket.socketpair()
        if os.fork() == 0:
            here.close()
            relay.leave_to_another()
            self._wake_at_the_end_of_children()
            self._quietly(lambda: self._wait(there))
        there.close()
        return here

    def _end(self, relay: Relay) -> None:
        relay.take_the_rest()
        self._record |= {"ended": time.time(), "exit_code": self._exit_code}
        self._write_record()
        drop_output(self._folder)
        remove_socket(self._folder)
        relay.tell_of_the_end({"exit_code": self._exit_code})

    def _has_ended(self) -> bool:
        """Whether the command has ended. It stays a child of whoever is its parent, for the other process to see."""
        self._reap()
        try:
            ended = os.waitid(os.P_PID, self._pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)
        except ChildProcessError:
            return self._is_gone()
        if ended is not None:
            self._exit_code = ended.si_status + (0 if ended.si_code == os.CLD_EXITED else 128)
        return ended is not None

    def _is_gone(self) -> bool:
        """Whether a command has ended whose parent was killed."""
        if self._process >= 0:
            return bool(select.select([self._process], [], [], 0)[0])
        try:
            os.kill(self._pid, 0)
        except ProcessLookupError:
            return True
        except PermissionError:
            pass
        return False

    def _reap(self) -> None:
        """Let go of other children: those that waited, and what the command has left behind."""
        with suppress(BlockingIOError):
            while os.read(self._woken, 512):
                pass
        while True:
            try:
                ended = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
            except ChildProcessError:
                return
            if ended is None or ended.si_pid == self._pid:
                return
            os.waitpid(ended.si_pid, os.WNOHANG)

    def _write_record(self) -> None:
        """Write what was called, all or nothing; on a full disk, over what stands there."""
        text = json.dumps(self._record)
        text += " " * (_ROOM - len(text) % _ROOM)
        path = self._folder / _RECORD
        try:
            draft = path.with_suffix(".new")
            descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                file.write(text)
            draft.replace(path)
        except OSError:
            with suppress(OSError):
                descriptor = os.open(path, os.O_WRONLY | os.O_NOFOLLOW)
                with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                    file.write(text)


def _received(other: socket.socket) -> bytes:
    try:
        return other.recv(_BEGUN.size)
    except OSError:
        return b""


def _answer(control: socket.socket, answer: dict[str, Any]) -> None:
    with suppress(OSError):  # whoever called us has been killed; the command runs
        control.sendall(json.dumps(answer).encode())


def _adopt_orphans() -> None:
    """Become the parent of what the command leaves, and of the command where its parent is killed; on Linux."""
    if sys.platform.startswith("linux"):
        with suppress(Exception):
            import ctypes

            ctypes.CDLL(None).prctl(_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def main() -> None:
    """Take a request from the socket that the first argument names, and keep its command."""
    control = socket.socket(fileno=int(sys.argv[1]))
    control.set_inheritable(False)
    request = b""
    while piece := control.recv(1 << 16):
        request += piece
    if os.fork():  # so that nobody has to wait for us
        os._exit(0)
    try:
        Keeper(json.loads(request)).begin(control)
    except Exception:  # nothing runs yet: whoever called us hears nothing, and runs the command otherwise
        os._exit(1)
