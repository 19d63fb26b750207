"""A program in a terminal of its own on this machine, for a browser to be the screen and the keys of."""

from __future__ import annotations

import asyncio
import fcntl
import os
import signal
import termios
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

READ_AT_ONCE = 65_536
"""Maximum number of bytes that are read in one go."""
MOST_CELLS = 1000
"""Maximum number of columns, and of rows."""


class PtyProcess:
    """A program that runs in a pseudo-terminal, and what it has started.

    Args:
        process: The program, which leads a session whose terminal it is.
        master: The other side of the terminal, which is closed with this.
    """

    def __init__(self, process: asyncio.subprocess.Process, master: int) -> None:
        self._process = process
        self._master = master
        self._writing = asyncio.Lock()

    @classmethod
    async def start(
        cls, command: Sequence[str], environment: Mapping[str, str], folder: Path, size: tuple[int, int]
    ) -> PtyProcess:
        """Start a program in a terminal of so many columns and rows. Raises OSError when that cannot be done."""
        master, slave = os.openpty()
        try:
            os.set_blocking(master, False)
            _resize(master, size)
            process = await asyncio.create_subprocess_exec(
                *command,
                stdin=slave,
                stdout=slave,
                stderr=slave,
                env=environment,
                cwd=folder,
                start_new_session=True,
                preexec_fn=_own_terminal,
            )
        except BaseException:
            os.close(master)
            raise
        finally:
            os.close(slave)
        return cls(process, master)

    @property
    def pid(self) -> int:
        """The id of the program's process."""
        return self._process.pid

    @property
    def has_ended(self) -> bool:
        """Whether the program has ended."""
        return self._process.returncode is not None

    async def wait(self) -> int:
        """Return the exit code once the program has ended."""
        return await self._process.wait()

    def resize(self, columns: int, rows: int) -> None:
        """Give the terminal another size; the program is told."""
        with suppress(OSError, termios.error):
            _resize(self._master, (columns, rows))

    def send(self, number: signal.Signals) -> None:
        """Send a signal to the program alone."""
        if not self.has_ended:
            with suppress(ProcessLookupError):
                self._process.send_signal(number)

    async def read(self) -> bytes:
        """Return what the program writes next; nothing once nobody has the terminal open."""
        while True:
            try:
                return os.read(self._master, READ_AT_ONCE)
            except BlockingIOError:
                await self._until_ready(reads=True)
            except OSError:  # Linux says so where others give an empty read
                return b""

    async def write(self, typed: bytes) -> None:
        """Type something; returns once the terminal has taken all of it. What nobody takes is dropped at the end."""
        async with self._writing:
            while typed:
                try:
                    typed = typed[os.write(self._master, typed) :]
                except BlockingIOError:
                    await self._until_ready(reads=False)
                except OSError:
                    return

    def close(self) -> None:
        """Close the terminal."""
        if self._master >= 0:
            os.close(self._master)
            self._master = -1

    async def _until_ready(self, *, reads: bool) -> None:
        loop = asyncio.get_running_loop()
        ready = loop.create_future()
        add, remove = (loop.add_reader, loop.remove_reader) if reads else (loop.add_writer, loop.remove_writer)
        master = self._master
        add(master, lambda: ready.done() or ready.set_result(None))
        try:
            await ready
        finally:
            remove(master)


def _own_terminal() -> None:
    # In the new process, whose standard input the terminal is already, before the program.
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


def _resize(master: int, size: tuple[int, int]) -> None:
    columns, rows = (min(max(cells, 1), MOST_CELLS) for cells in size)
    termios.tcsetwinsize(master, (rows, columns))
