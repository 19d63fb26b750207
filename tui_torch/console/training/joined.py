"""Joined to a command that a keeper runs, in a plain terminal or without one: its output and keys pass through."""

from __future__ import annotations

import asyncio
import os
import signal
import termios
import tty
from collections.abc import Generator
from contextlib import contextmanager, suppress

from tui_torch.console.training.event_lines import LOOK, EventLines
from tui_torch.console.training.unended_line import UnendedLine
from tui_torch.line_mode import read_in_lines
from tui_torch.watching.keeping.client import Attachment, NotAttachedError, attach, runs_now
from tui_torch.watching.run_folders import RunFolder

LEAVE = b"\x1d"
"""What ctrl+] sends, which is for us. All other keys are for the command."""
UNKNOWN = 1
"""Exit code for a command whose own nobody knows."""
_SHOWN_AGAIN = b"\x1b[0m\x1b[?25h"
"""Usual colours and a cursor, which the command may have changed."""
_LEAVES_ON = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_PIECE = 1 << 16


def follow(run: RunFolder, lines: EventLines, unended_line: UnendedLine, *, is_first: bool) -> int:
    """Show a command's output and tell of its training until it ends, or until the person leaves.

    Args:
        run: Its folder.
        lines: What tells of the training.
        unended_line: Is told what the command writes.
        is_first: Whether it has just been started here: then nothing is kept of it where it has not trained.

    Returns:
        Its exit code; 0 where the person has left by a key; 128 and the number of the signal that made us leave.
    """
    follower = _JoinedRun(run, lines, unended_line)
    code = asyncio.run(follower.follow(is_first=is_first))
    if is_first and follower.has_ended and not lines.readers:
        with suppress(OSError):
            run.delete()
    return code


class _JoinedRun:
    def __init__(self, run: RunFolder, lines: EventLines, unended_line: UnendedLine) -> None:
        self._run = run
        self._lines = lines
        self._unended_line = unended_line
        self._left: asyncio.Future[int] = asyncio.Future()
        """The exit code with which we leave the command, which goes on."""
        self.has_ended = False

    async def follow(self, *, is_first: bool) -> int:
        loop = asyncio.get_running_loop()
        self._left = loop.create_future()
        for number in _LEAVES_ON:
            if signal.getsignal(number) is not signal.SIG_IGN:
                loop.add_signal_handler(number, self._leave, 128 + number)
        attachment: Attachment | None = None
        with suppress(NotAttachedError):  # it was started without a terminal: its output is where it was called
            attachment = await attach(self._run, *_size())
        with _raw_terminal() if attachment is not None else _no_terminal() as is_terminal:
            self._lines.joined(_how_to_leave(is_terminal) if is_first or runs_now(self._run) else "")
            shown = asyncio.ensure_future(self._show(attachment) if attachment else self._wait())
            looks = asyncio.ensure_future(self._look())
            if attachment is not None and is_terminal:
                loop.add_reader(0, self._type, attachment)
                loop.add_signal_handler(signal.SIGWINCH, lambda: attachment.resize(*_size()))
            await asyncio.wait((shown, self._left), return_when=asyncio.FIRST_COMPLETED)
            if is_terminal:
                loop.remove_reader(0)
            looks.cancel()
            if not self._left.done():
                self.has_ended = True
                code = shown.result()
                self._lines.command_ended(code)
                return UNKNOWN if code is None else code
            if attachment is not None:
                attachment.detach()
            shown.cancel()
            if is_terminal:
                _write(_SHOWN_AGAIN)
            self._lines.left()
            return self._left.result()

    def _leave(self, code: int) -> None:
        if not self._left.done():
            self._left.set_result(code)

    async def _show(self, attachment: Attachment) -> int | None:
        async for output in attachment.output():
            self._unended_line.add(output.data)
            if not _write(output.data):
                self._leave(128 + signal.SIGPIPE)
                break
        return attachment.end.exit_code if attachment.end is not None else None

    async def _wait(self) -> int | None:
        while runs_now(self._run):  # noqa: ASYNC110 - of another process
            await asyncio.sleep(LOOK)
        command = self._run.command()
        return command.exit_code if command is not None else None

    async def _look(self) -> None:
        while True:
            with suppress(Exception):  # the output is to be shown, whatever is wrong here
                self._lines.look()
            await asyncio.sleep(LOOK)

    def _type(self, attachment: Attachment) -> None:
        try:
            typed = os.read(0, _PIECE)
        except OSError:  # the terminal is gone
            typed = b""
        if not typed:
            self._leave(128 + signal.SIGHUP)
            return
        before, leaves, _ = typed.partition(LEAVE)
        attachment.send(before)
        if leaves:
            self._leave(0)


def _how_to_leave(is_terminal: bool) -> str:
    return "ctrl+c is for the program, ctrl+] leaves it" if is_terminal else "ctrl+c leaves it"


def _size() -> tuple[int, int]:
    """(columns, lines) of the terminal; (0, 0) without one."""
    try:
        lines, columns = termios.tcgetwinsize(1)
    except (OSError, termios.error):
        return 0, 0
    return columns, lines


@contextmanager
def _raw_terminal() -> Generator[bool]:
    """Pass on each key as it is pressed. Yields whether there is a terminal."""
    if not (os.isatty(0) and os.isatty(1)):
        yield False
        return
    read_in_lines()
    before = termios.tcgetattr(0)
    tty.setraw(0)
    try:
        yield True
    finally:
        with suppress(termios.error):
            termios.tcsetattr(0, termios.TCSADRAIN, before)


@contextmanager
def _no_terminal() -> Generator[bool]:
    yield False


def _write(data: bytes) -> bool:
    """Write to standard output. Returns whether somebody reads it."""
    try:
        while data:
            data = data[os.write(1, data) :]
    except BlockingIOError:
        return True
    except OSError:
        return False
    return True
