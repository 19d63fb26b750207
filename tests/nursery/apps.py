"""Apps in terminals, forked from one process of each test process that has imported what they import.

To import the app takes a third of a second of a core, which a test of what is on the screen waits for. The fork is the
child of the test process, as what that starts itself; it leads its session, and all it knows of its start is as ever.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from socket import AF_UNIX, SOCK_SEQPACKET, send_fds, socketpair
from typing import Any

import pexpect
from ptyprocess import PtyProcess

HERE = Path(__file__).parent
SERVER, SITE = HERE / "app_server.py", str(HERE / "site")
NOT_OURS = ("COLUMNS", "LINES", "NO_COLOR", "LC_ALL", "LC_CTYPE", "PYTHONUTF8", "PYTHONIOENCODING")
"""What no app in a terminal has of the environment of the tests: pytest-xdist sets the first two."""
AT_START = {name: text for name, text in os.environ.items() if name not in NOT_OURS} | {"LANG": "C.UTF-8"}
CAN_FORK = sys.platform == "linux" and os.uname().machine in ("x86_64", "aarch64")
PYTHONS = ((sys.executable, "-m", "tui_torch"), (sys.executable, "-P", "-m", "tui_torch"))


class Spawn(pexpect.spawn):
    """A program in a terminal; `python -m tui_torch …` is forked, where that comes to the same."""

    def _spawnpty(self, args: list[str], **options: Any) -> PtyProcess:
        return _forked(args, options["env"], options["dimensions"]) or PtyProcess.spawn(args, **options)


class Apps:
    """The process that apps are forked from. It ends with this one."""

    def __init__(self) -> None:
        self._link, theirs = socketpair(AF_UNIX, SOCK_SEQPACKET)
        self._terminal, its = os.openpty()  # so that Python opens the standard streams as in a terminal
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, str(SERVER), str(theirs.fileno())],
                stdin=its,
                stdout=its,
                stderr=its,
                env=AT_START,
                pass_fds=[theirs.fileno()],
                start_new_session=True,
            )
        os.close(its)

    def forked(self, command: Sequence[str], environment: Mapping[str, str], size: tuple[int, int]) -> PtyProcess:
        """An app in a new terminal.

        Args:
            command: What it is as if started by.
            environment: What it finds as its environment.
            size: Lines and columns.
        """
        terminal, its = os.openpty()
        asked = {"command": command, "environment": dict(environment), "folder": str(Path.cwd())}
        process = PtyProcess(0, terminal)
        process.setwinsize(*size)
        send_fds(self._link, [json.dumps(asked).encode()], [its])
        os.close(its)
        process.pid = int(self._link.recv(20))
        return process


@cache
def _apps() -> Apps:
    return Apps()


def _forked(command: Sequence[str], environment: Mapping[str, str], size: tuple[int, int]) -> PtyProcess | None:
    """What a command starts in a terminal, or None where only Python itself can start it as it is to be."""
    is_python = any(tuple(command[: len(python)]) == python for python in PYTHONS)
    if not CAN_FORK or not is_python or _read_at_start(environment) != _read_at_start(AT_START):
        return None
    return _apps().forked(command, environment, size)


def _read_at_start(environment: Mapping[str, str]) -> dict[str, str]:
    """What Python, and what an app imports, read of an environment, but for the folder by which zygotes are forked."""
    read = {name: environment[name] for name in environment if name.startswith(("PYTHON", "LC_", "LANG", "TEXTUAL"))}
    folders = [folder for folder in read.pop("PYTHONPATH", "").split(os.pathsep) if folder != SITE]
    return read | {"PYTHONPATH": os.pathsep.join(folders)}
