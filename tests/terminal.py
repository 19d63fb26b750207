"""The real app in a real (pseudo-)terminal, with a real kernel: what a person sees there, and what they press."""

from __future__ import annotations

import os
import shutil
import signal
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Protocol

import pexpect
import psutil
import pyte
import pytest

from tests.nursery import Nursery
from tests.nursery.apps import NOT_OURS, Spawn
from tests.processes import command_of
from tui_torch.course.lesson_cache import LessonCache
from tui_torch.course.library import lessons_folder
from tui_torch.course.loader import open_course

PATIENCE = 60.0
"""Seconds until something that should come is given up; far more than it takes, for machines under load."""

F5, F7, CTRL_C, CTRL_Z, ESCAPE, BACKSPACE = "\x1b[15~", "\x1b[18~", "\x03", "\x1a", "\x1b", "\x7f"

APP = (sys.executable, "-m", "tui_torch", "launch")

USUAL = {"TERM": "xterm-256color", "LANG": "C.UTF-8", "COLORTERM": "truecolor"}


class Terminal:
    """A terminal in which a program runs: the app, unless another is named.

    `environment` overrides what a usual terminal says of itself; None takes a variable away.
    """

    def __init__(
        self,
        *arguments: str,
        program: Sequence[str] = APP,
        size: tuple[int, int] = (120, 40),
        environment: Mapping[str, str | None] | None = None,
    ) -> None:
        columns, lines = size
        self.screen = pyte.Screen(columns, lines)
        self._stream = pyte.ByteStream(self.screen)
        self._rows: dict[int, str] = {}
        self._text = ""
        self.written = bytearray()
        """Every byte that the program wrote to the terminal."""
        said = {name: value for name, value in os.environ.items() if name not in NOT_OURS} | USUAL
        for name, value in (environment or {}).items():
            said.pop(name, None)
            if value is not None:
                said[name] = value
        command, *before = program
        self.child = Spawn(
            command,
            [*before, *arguments],
            dimensions=(lines, columns),
            env=said,  # type: ignore[arg-type]
            timeout=PATIENCE,
        )
        # What is pressed comes without the pause that pexpect makes for programs that ask for passwords.
        self.child.delaybeforesend = None

    @property
    def text(self) -> str:
        """What is on the screen. Only rows that were written to since the last look are read again."""
        screen = self.screen
        if screen.dirty:
            columns = range(screen.columns)
            # The second half of a wide character is an empty cell.
            self._rows |= {y: "".join([screen.buffer[y][x].data for x in columns]) for y in screen.dirty}
            screen.dirty.clear()
            self._text = "\n".join(self._rows[y] for y in range(screen.lines))
        return self._text

    def press(self, keys: str) -> None:
        self.child.send(keys)

    def edit(self) -> None:
        self.press("e")
        self.wait_for("Leave the editor")

    def replace_code(self, old: str, new: str) -> None:
        """Select all and delete it; and then, seeing that it is gone, paste the new code."""
        self.press(f"{F7}{BACKSPACE}")
        last = old.splitlines()[-1]
        self.wait_until(lambda: last not in self.text, f"{last!r} gone from the screen")
        self.paste(new)

    def paste(self, text: str) -> None:
        self.press(f"\x1b[200~{text}\x1b[201~")

    def resize(self, columns: int, lines: int) -> None:
        self.screen.resize(lines, columns)
        self.child.setwinsize(lines, columns)

    def hang_up(self) -> None:
        """Close the terminal, as its window does."""
        self.child.ptyproc.fileobj.close()
        self.child.closed = self.child.ptyproc.closed = True

    def close(self) -> None:
        """End the program, whatever it is about, and the terminal. (pexpect's own gives up on a busy machine.)"""
        if not self.child.closed:
            self.hang_up()
        if self.child.isalive():
            self.child.kill(signal.SIGKILL)
            self.child.wait()

    def wait_for(self, *words: str) -> None:
        self.wait_until(lambda: all(word in self.text for word in words), f"{words} on the screen")

    def wait_for_the_end(self) -> int | None:
        self.wait_until(lambda: not self.child.isalive(), "the end of the program")
        return self.child.exitstatus

    def press_until(self, keys: str, word: str, pause: float = 2.0) -> None:
        """Press keys again after each pause until something is on the screen."""
        deadline = time.monotonic() + PATIENCE
        again = time.monotonic() + pause
        while word not in self.text:
            assert time.monotonic() < deadline, f"pressed in vain for {word!r}; the screen was:\n{self.text}"
            self.look()
            if time.monotonic() >= again:
                self.press(keys)
                again = time.monotonic() + pause

    def press_until_the_end(self, keys: str, pause: float = 2.0) -> None:
        """Press keys again after each pause, as a person does where nothing happens, until the program ends."""
        deadline = time.monotonic() + PATIENCE
        again = time.monotonic() + pause
        while self.child.isalive() and time.monotonic() < deadline:
            self.look()
            if time.monotonic() >= again:
                self.press(keys)
                again = time.monotonic() + pause

    def wait_until(self, holds: Callable[[], object], what: str, patience: float = PATIENCE) -> None:
        deadline = time.monotonic() + patience
        while not holds():
            assert time.monotonic() < deadline, (
                f"waited in vain for {what}; the program {'runs' if self.child.isalive() else 'has ended'}, "
                f"and the screen was:\n{self.text}"
            )
            self.look()

    def look(self, seconds: float = 0.05) -> None:
        """Take in what the program writes, for so long at most if it writes nothing."""
        try:
            written = self.child.read_nonblocking(65_536, timeout=seconds)
        except pexpect.TIMEOUT:
            return
        except pexpect.EOF:
            self.child.wait()
            return
        self.written += written
        self._stream.feed(written)

    @property
    def kernels(self) -> list[psutil.Process]:
        return [
            process
            for process in psutil.Process(self.child.pid).children()
            if "tui_torch.probe" in command_of(process).split()
        ]


class Open(Protocol):
    """Opens the app in a new terminal; see `Terminal`."""

    def __call__(self, *arguments: str, **options: object) -> Terminal: ...


@pytest.fixture(scope="session")
def home_of_old(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home where the app has been before: the course's lessons are kept, and need not be validated."""
    home = tmp_path_factory.mktemp("home")
    course = open_course(lessons_folder(), LessonCache(home / "lessons"))
    for lesson_id in course.ids:
        course.lesson(lesson_id)
    return home


@pytest.fixture
def open_terminal(
    tmp_path: Path, home_of_old: Path, nursery: Nursery, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Open]:
    """Terminals of one test share a home."""
    for name, value in nursery.environment.items():
        monkeypatch.setenv(name, value)
    shutil.copytree(home_of_old, tmp_path, dirs_exist_ok=True)
    monkeypatch.setenv("TUI_TORCH_HOME", str(tmp_path))
    opened: list[Terminal] = []

    def launch(*arguments: str, **options: object) -> Terminal:
        opened.append(Terminal(*arguments, **options))  # type: ignore[arg-type]
        return opened[-1]

    yield launch
    for terminal in opened:
        terminal.close()
