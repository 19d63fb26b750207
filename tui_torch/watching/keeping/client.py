"""The way to a command that a keeper runs: which of them run, joining one, its output, its input, its end.

for run in running_runs():
    ...
attachment = await attach(run, columns=80, lines=24)
async for output in attachment.output():
    show(output.data)
attachment.end
"""

from __future__ import annotations

import asyncio
import json
import platform
import signal
import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass

from tui_torch.watching.keeping import frames
from tui_torch.watching.keeping.kept_output import read_files
from tui_torch.watching.keeping.socket_paths import remove_socket, short_path, socket_path
from tui_torch.watching.run_folders import RunFolder, all_runs, is_running

_PIECE = 1 << 16
_TRIALS, _PAUSE = 20, 0.1
"""How often, and after how many seconds, a connection is tried again that has ended before the command."""


class NotAttachedError(Exception):
    """A run cannot be joined. The message says why in a sentence."""


@dataclass(frozen=True, slots=True)
class TerminalOutput:
    """What a command wrote to its terminal: text and escape sequences, which may be cut anywhere."""

    data: bytes
    is_tail: bool = False
    """Whether this is what it wrote last, up to now: it stands in place of all that came before."""


@dataclass(frozen=True, slots=True)
class CommandEnd:
    """A command has ended."""

    exit_code: int | None
    """As a shell has it: 128 and the signal's number where one ended it. None where nobody saw it."""


class Attachment:
    """What there is of a run: its output until now, and, where it runs still, what comes and a way to its input.

    Several may be joined to one at once; each sees all. Where the keeper's process is killed, another goes on: the
    connection is made again. Nothing that is sent after the end raises, nor arrives.
    """

    def __init__(self, run: RunFolder) -> None:
        self.run = run
        self.end: CommandEnd | None = None
        """How the command has ended; None before, and where that cannot be known."""
        self._size: tuple[int, int] | None = None
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
        self._has_left = False

    async def join(self) -> None:
        """Join the command, or take what there is of it, if it has ended. Raises OSError where no keeper answers."""
        try:
            with short_path(socket_path(self.run.path)) as path:
                self._streams = await asyncio.open_unix_connection(path)
        except OSError:
            command = self.run.command()
            if command is None or command.ended is None:
                raise
            self.end = CommandEnd(command.exit_code)
        if self._size is not None:
            self.resize(*self._size)

    async def output(self) -> AsyncIterator[TerminalOutput]:
        """What the command writes, beginning with what it wrote last, until it ends, or until `detach()`."""
        while self._streams is not None:
            incoming = frames.FrameReader()
            while data := await self._received(self._streams[0]):
                for kind, content in incoming.feed(data):
                    if kind in (frames.OUTPUT, frames.TAIL):
                        yield TerminalOutput(content, kind == frames.TAIL)
                    elif kind == frames.END:
                        self.end = CommandEnd(json.loads(content)["exit_code"])
            self._streams[1].close()
            self._streams = None
            if self.end is not None or self._has_left:
                return
            await self._join_again()
        if self.end is not None and not self._has_left:
            yield TerminalOutput(kept_output(self.run)[-frames.TAIL_LENGTH :], is_tail=True)

    async def _join_again(self) -> None:
        for _ in range(_TRIALS):
            try:
                await self.join()
            except OSError:
                await asyncio.sleep(_PAUSE)
            else:
                break

    async def _received(self, reader: asyncio.StreamReader) -> bytes:
        try:
            return await reader.read(_PIECE)
        except OSError:
            return b""

    def send(self, data: bytes) -> None:
        """Pass on what was typed, as the terminal sent it."""
        for start in range(0, len(data), _PIECE):
            self._send(frames.INPUT, data[start : start + _PIECE])

    def resize(self, columns: int, lines: int) -> None:
        """Say how large the terminal is here. The command's has the size of whoever typed, came or resized last."""
        self._size = (columns, lines)
        self._send(frames.SIZE, frames.WINDOW.pack(min(columns, 0xFFFF), min(lines, 0xFFFF)))

    def interrupt(self, number: signal.Signals = signal.SIGINT) -> None:
        """Send a signal to all processes of the command, as ctrl+c does."""
        self._send(frames.SIGNAL, frames.NUMBER.pack(number))

    def detach(self) -> None:
        """Leave. The command goes on, and `output()` ends."""
        self._has_left = True
        if self._streams is not None:
            self._streams[1].close()

    def _send(self, kind: bytes, content: bytes) -> None:
        if self._streams is not None and not self._streams[1].is_closing():
            self._streams[1].write(frames.frame(kind, content))


async def attach(run: RunFolder, columns: int = 0, lines: int = 0) -> Attachment:
    """Join a run, or take what is kept of one that has ended. Raises NotAttachedError where it has no keeper.

    Args:
        run: Its folder.
        columns: Of the terminal here; 0 without one, which leaves the command's as it is.
        lines: See `columns`.
    """
    attachment = Attachment(run)
    try:
        await attachment.join()
    except OSError as error:
        raise NotAttachedError(f"{run.name} cannot be joined: {error.strerror or error}") from None
    if columns and lines:
        attachment.resize(columns, lines)
    return attachment


def running_runs() -> list[RunFolder]:
    """The runs whose commands run now on this machine, oldest first. The sockets of keepers that are gone go."""
    return [run for run in all_runs() if runs_now(run)]


def runs_now(run: RunFolder) -> bool:
    """Whether a run's command runs still, on this machine."""
    command = run.command()
    if has_keeper(run):
        return command is None or command.ended is None
    return command is not None and is_running(command)


def has_keeper(run: RunFolder) -> bool:
    """Whether a keeper answers for a run. What one has left that is gone is removed."""
    path = socket_path(run.path)
    if not path.exists():
        return False
    with socket.socket(socket.AF_UNIX) as trial:
        trial.settimeout(1.0)
        try:
            with short_path(path) as short:
                trial.connect(short)
        except ConnectionRefusedError:
            command = run.command()
            # On another machine, with which the folder is shared, somebody may listen.
            if command is not None and command.host == platform.node():
                remove_socket(run.path)
            return False
        except TimeoutError:
            return True  # so many wait for it that it must be there
        except OSError:
            return False
    return True


def kept_output(run: RunFolder) -> bytes:
    """What a command wrote last, of which the end is kept; empty where it had no keeper."""
    return read_files(tuple(str(run.path / name) for name in frames.KEPT_OUTPUT))
