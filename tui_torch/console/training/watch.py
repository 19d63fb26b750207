"""Watches a command that trains, in a plain terminal or without one: its output stays its own, ours comes beside it."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TextIO

from tui_torch.console.encoding import speaks_unicode
from tui_torch.console.plain import in_whole_words, json_text, say, width_of
from tui_torch.console.training.event_lines import LOOK, EventLines
from tui_torch.console.training.unended_line import UnendedLine
from tui_torch.drawing.text.visible import visible_lines
from tui_torch.watching.child import Child, watched_environment
from tui_torch.watching.keeping.start import NoKeeperError, start_run
from tui_torch.watching.run_folders import RunFolder, begun, ended
from tui_torch.watching.tagged_output import drop_output, tagged

PREFIX = "tui-torch: "


class CannotWriteToError(Exception):
    """The file for the lines cannot be opened. The message says so in a sentence."""


def watch(command: Sequence[str], *, as_json: bool, every: float, to: Path | None) -> int:
    """Run a command, record what it trains, and tell of it until it ends. Returns its exit code.

    Raises CannotRunError for a command that cannot be run, CannotWriteToError for a file that cannot be written.
    In a terminal, the command has one of its own, which goes on without ours.

    Args:
        command: The command and its arguments.
        as_json: Whether to write objects of JSON rather than sentences.
        every: Seconds between two lines on the progress of a process.
        to: The file that lines are added to; standard error if None.
    """
    unended_line = UnendedLine()
    with lines_to(to, as_json=as_json, beside=unended_line) as write:
        try:
            if is_in_terminal():
                from tui_torch.console.training.joined import follow

                with suppress(NoKeeperError):  # it runs as it would without a terminal
                    run = start_run(command)
                    lines = EventLines(run, write, as_json=as_json, every=every)
                    return follow(run, lines, unended_line, is_first=True)
            run = RunFolder.made()
        except OSError as error:
            write_problem(f"nothing is recorded: {error.filename} cannot be written: {error.strerror}", write, as_json)
            return Child(command, dict(os.environ)).wait(lambda: None, 60.0)
        return _watched(command, run, write, as_json=as_json, every=every)


def attach(run: RunFolder, *, as_json: bool, every: float, to: Path | None) -> int:
    """Join a run, and tell of it until it ends. Returns its exit code.

    Raises CannotWriteToError for a file that cannot be written. The arguments are those of `watch`.
    """
    from tui_torch.console.training.joined import follow

    unended_line = UnendedLine()
    with lines_to(to, as_json=as_json, beside=unended_line) as write:
        return follow(run, EventLines(run, write, as_json=as_json, every=every), unended_line, is_first=False)


def detach(command: Sequence[str], *, as_json: bool) -> None:
    """Run a command in a terminal of its own, and say how to join it.

    Raises CannotRunError for a command that cannot be run, NoKeeperError where it cannot have a terminal.
    """
    try:
        run = start_run(command)
    except OSError as error:
        raise NoKeeperError(f"{error.filename or 'the data folder'} cannot be written: {error.strerror}") from None
    if as_json:
        say(json_text({"event": "detached", "run": run.name}))
    else:
        say(f"Runs as {run.name}: `tui-torch watch --attach {run.short_name}` joins it.")


def has_terminal() -> bool:
    """Whether there is a terminal to draw in and to read keys from, whose keys are not for another job of its shell."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        return False
    try:
        return os.tcgetpgrp(sys.stdin.fileno()) == os.getpgrp()
    except OSError:  # a terminal of another session
        return False


def is_in_terminal() -> bool:
    """Whether a command that runs here reads and writes a terminal, and nothing else."""
    return has_terminal() and sys.stderr.isatty()


def _watched(
    command: Sequence[str], run: RunFolder, write: Callable[[str], None], *, as_json: bool, every: float
) -> int:
    try:
        environment = tagged(os.environ, command, run.path, are_bars_drawn=sys.stderr.isatty())
        child = Child(command, watched_environment(environment, run.path))
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
    drop_output(run.path)
    with suppress(OSError):
        if lines.readers:
            run.write_command(ended(called, code))
        else:  # nothing was trained: there is nothing to keep
            run.delete()
    return code


def write_problem(sentence: str, write: Callable[[str], None], as_json: bool) -> None:
    """Tell what does not work, as an event."""
    write(json_text({"event": "problem", "says": sentence}) if as_json else sentence)


def with_python(command: Sequence[str]) -> list[str]:
    """The command as it is run: `-m MODULE` by the Python that the shell would find, or else by ours."""
    if command[0] != "-m":
        return list(command)
    python = shutil.which("python") or shutil.which("python3") or sys.executable
    return [python, *command]


@contextmanager
def lines_to(to: Path | None, *, as_json: bool, beside: UnendedLine | None = None) -> Generator[Callable[[str], None]]:
    """What writes a line: at the end of a file, or to standard error without one. Raises CannotWriteToError.

    Args:
        to: The file.
        as_json: Whether the lines are JSON.
        beside: The line of the command's output in which the cursor is, where what it writes comes through us.
    """
    if to is None:
        yield _writer(sys.stderr, as_json=as_json, beside=beside)
        return
    try:
        file = to.open("a", encoding="utf-8")
    except OSError as error:
        raise CannotWriteToError(f"{to} cannot be written: {error.strerror}") from None
    with file:
        yield _writer(file, as_json=as_json, beside=None)


def _writer(file: TextIO, *, as_json: bool, beside: UnendedLine | None) -> Callable[[str], None]:
    """What writes a line, in one piece and at once: the command may write to the same terminal."""

    def write(text: str) -> None:
        line = text if as_json else PREFIX + visible_lines(" ".join(text.splitlines()), not speaks_unicode())
        # In a terminal, a progress bar or a question stands in the line where the cursor is: it is written again below.
        # A terminal that passes on each key goes to the beginning of a line only if told so.
        start, end = ("\r\x1b[K", "\r\n" + (beside.text if beside else "")) if file.isatty() else ("", "\n")
        if file.isatty() and not as_json:
            line = in_whole_words(line, width_of(file)).replace("\n", "\r\n")
        with suppress(OSError, ValueError):  # nobody reads any more
            file.write(f"{start}{line}{end}")
            file.flush()

    return write
