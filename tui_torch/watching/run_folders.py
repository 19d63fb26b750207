"""The folders of the commands that were watched: what was called, and the records of the processes that trained."""

from __future__ import annotations

import json
import os
import platform
import secrets
import shlex
import shutil
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import psutil

from tui_torch.protocol import wire
from tui_torch.protocol.records.lines import RECORD_SUFFIX, RECORD_VERSION, WatchedCommand
from tui_torch.protocol.records.ranks import END_SUFFIX
from tui_torch.tutor.user_files import data_folder
from tui_torch.watching.process_identity import process_identity

COMMAND_FILE = "command.json"
LARGEST = 2**20
"""Maximum size of a file that says what was called, in bytes."""


LONGEST = 60
"""Maximum number of characters of a command in a sentence."""


class NoRunError(Exception):
    """There is no run of that name. The message says so in a sentence."""


def runs_folder() -> Path:
    """The folder of all runs. It need not exist."""
    return data_folder() / "runs"


class RunFolder:
    """The folder of one run. Its name is when it began, and some letters by which it differs from others."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @property
    def name(self) -> str:
        """By which commands know the run."""
        return self.path.name

    @property
    def short_name(self) -> str:
        """The end of its name, by which commands know it, too."""
        return self.name.rpartition("-")[2]

    @property
    def in_words(self) -> str:
        """What was called, as a person knows the run, and its name; the name alone where that cannot be read."""
        command = self.command()
        if command is None:
            return self.name
        called = shlex.join(command.command)
        return f"`{called if len(called) <= LONGEST else called[: LONGEST - 1] + '…'}` ({self.name})"

    @classmethod
    def made(cls) -> RunFolder:
        """Make a new one, which its owner alone may read. Raises OSError where none can be written."""
        runs = runs_folder()
        runs.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = runs / f"{time.strftime('%Y%m%d-%H%M%S')}-{secrets.token_hex(2)}"
        path.mkdir(mode=0o700)
        return cls(path)

    def write_command(self, command: WatchedCommand) -> None:
        """Write what was called, all or nothing. Raises OSError where that cannot be written."""
        draft = self.path / f"{COMMAND_FILE}.new"
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump(wire.encode(command), file)
        draft.replace(self.path / COMMAND_FILE)

    def command(self) -> WatchedCommand | None:
        """What was called; None where that cannot be read, or comes from a later version."""
        try:
            with (self.path / COMMAND_FILE).open(encoding="utf-8") as file:
                command = wire.decode(WatchedCommand, json.loads(file.read(LARGEST)))
        except (OSError, ValueError, RecursionError):
            return None
        return command if command.version <= RECORD_VERSION else None

    def records(self) -> list[Path]:
        """The files of the processes that trained, in the order of their names."""
        return sorted(self.path.glob(f"*{RECORD_SUFFIX}"))

    def ends(self) -> list[Path]:
        """The files that say by which exceptions Pythons of it ended."""
        return sorted(self.path.glob(f"*{END_SUFFIX}"))

    def delete(self) -> None:
        """Delete all that is kept of it. Raises OSError where that cannot be done."""
        shutil.rmtree(self.path)


def begun(command: Sequence[str], pid: int) -> WatchedCommand:
    """What was called now, as this process."""
    folder = os.path.abspath(os.curdir)  # noqa: PTH100 - also where it was removed
    identity = process_identity(pid)
    return WatchedCommand(RECORD_VERSION, tuple(command), folder, time.time(), pid, platform.node(), identity=identity)


def ended(command: WatchedCommand, exit_code: int) -> WatchedCommand:
    """The same, ended now."""
    return replace(command, ended=time.time(), exit_code=exit_code)


def as_called(command: WatchedCommand) -> str:
    """A command as text for a short line: `python -m pkg.train`, whatever the folder of its program."""
    program, *arguments = command.command or ("",)
    return shlex.join([Path(program).name or program, *arguments])


def began(command: WatchedCommand, now: float) -> str:
    """When a command was called: `14:05` where that was today, the day `28 Nov` where it was earlier."""
    then, today = time.localtime(command.began), time.localtime(now)
    return time.strftime("%H:%M" if then[:3] == today[:3] else "%d %b", then)


def is_running(command: WatchedCommand) -> bool:
    """Whether a command runs still, as far as can be told: on this machine, under its number, since it was called."""
    if command.ended is not None or command.host != platform.node():
        return False
    if command.identity is not None:
        return process_identity(command.pid) == command.identity
    try:
        process = psutil.Process(command.pid)
        return process.status() != psutil.STATUS_ZOMBIE and process.create_time() <= command.began + 5
    except psutil.Error:
        return False


def all_runs() -> list[RunFolder]:
    """The folders of all runs, oldest first."""
    try:
        return sorted(map(RunFolder, runs_folder().iterdir()), key=lambda run: run.name)
    except OSError:
        return []


def run_named(name: str) -> RunFolder:
    """The run of that name, or of which it is the beginning or the end; `latest` is the newest.

    Raises NoRunError where there is none, or more than one.
    """
    runs = all_runs()
    if name == "latest" and runs:
        return runs[-1]
    found = [run for run in runs if run.name == name]
    found = found or [run for run in runs if name and (run.name.startswith(name) or run.name.endswith(name))]
    if len(found) == 1:
        return found[0]
    if found:
        raise NoRunError(f"{len(found)} runs are called like `{name}`; `tui-torch runs` lists their names")
    raise NoRunError(f"there is no run `{name}`; `tui-torch runs` lists those there are")
