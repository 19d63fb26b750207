"""Watches a command that trains, in a plain terminal or without one: its output stays its own, ours comes beside it."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import TextIO

from tui_torch.console.encoding import speaks_unicode
from tui_torch.console.training.event_lines import EventLines
from tui_torch.drawing.text.visible import visible_lines
from tui_torch.watching.child import Child, watched_environment
from tui_torch.watching.run_folders import RunFolder, begun, ended

LOOK = 0.5
"""Seconds between two looks at what the processes have written."""
PREFIX = "tui-torch: "


class CannotWriteToError(Exception):
    """The file for the lines cannot be opened. The message says so in a sentence."""


def watch(command: Sequence[str], *, as_json: bool, every: float, to: Path | None) -> int:
    """Run a command, record what it trains, and tell of it until it ends. Returns its exit code.

    Raises CannotRunError for a command that cannot be run, CannotWriteToError for a file that cannot be written.

    Args:
        command: The command and its arguments.
        as_json: Whether to write objects of JSON rather than sentences.
        every: Seconds between two lines on the progress of a process.
        to: The file that lines are added to; standard error if None.
    """
    with ExitStack() as stack:
        file = sys.stderr if to is None else stack.enter_context(_opened(to))
        write = _writer(file, as_json=as_json)
        try:
            run = RunFolder.made()
        except OSError as error:
            write_problem(f"nothing is recorded: {error.filename} cannot be written: {error.strerror}", write, as_json)
            return Child(command, dict(os.environ)).wait(lambda: None, 60.0)
        return _watched(command, run, write, as_json=as_json, every=every)


def _watched(
    command: Sequence[str], run: RunFolder, write: Callable[[str], None], *, as_json: bool, every: float
) -> int:
    try:
        child = Child(command, watched_environment(os.environ, run.path))
    except BaseException:
        run.delete()
        raise
    called = begun(command, child.pid)
    with suppress(OSError):  # a full disk, say: the command runs
        run.write_command(called)
    lines = EventLines(run, write, as_json=as_json, every=every)

    def look() -> None:
        with suppress(Exception):  # the command is to be waited for, whatever is wrong here
            lines.look()

    code = child.wait(look, min(LOOK, every))
    with suppress(Exception):
        lines.command_ended(code)
    with suppress(OSError):
        if lines.readers:
            run.write_command(ended(called, code))
        else:  # nothing was trained: there is nothing to keep
            run.delete()
    return code


def write_problem(sentence: str, write: Callable[[str], None], as_json: bool) -> None:
    """Tell what does not work, as an event."""
    from tui_torch.console.plain import json_text

    write(json_text({"event": "problem", "says": sentence}) if as_json else sentence)


def with_python(command: Sequence[str]) -> list[str]:
    """The command as it is run: `-m MODULE` by the Python that the shell would find, or else by ours."""
    if command[0] != "-m":
        return list(command)
    python = shutil.which("python") or shutil.which("python3") or sys.executable
    return [python, *command]


def _opened(path: Path) -> TextIO:
    try:
        return path.open("a", encoding="utf-8")
    except OSError as error:
        raise CannotWriteToError(f"{path} cannot be written: {error.strerror}") from None


def _writer(file: TextIO, *, as_json: bool) -> Callable[[str], None]:
    """What writes a line, in one piece and at once: the command may write to the same terminal."""

    def write(text: str) -> None:
        line = text if as_json else PREFIX + visible_lines(" ".join(text.splitlines()), not speaks_unicode())
        # In a terminal, a progress bar stands in the line where the cursor is; it draws itself again below.
        start = "\r\x1b[K" if file.isatty() else ""
        with suppress(OSError, ValueError):  # nobody reads any more
            file.write(f"{start}{line}\n")
            file.flush()

    return write
