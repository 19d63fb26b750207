"""Starts the keeper of a command."""

from __future__ import annotations

import errno
import json
import os
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import tui_torch
from tui_torch.protocol import wire
from tui_torch.protocol.records.lines import WatchedCommand
from tui_torch.watching.child import NOT_EXECUTABLE, NOT_FOUND, CannotRunError, watched_environment
from tui_torch.watching.run_folders import RunFolder, begun
from tui_torch.watching.tagged_output import tagged

KEEPER = "import sys; sys.path.insert(0, sys.argv.pop(1)); from tui_torch.watching.keeping.keeper import main; main()"
"""Run without what belongs to the command: its environment, its folder, its `sitecustomize`."""


class NoKeeperError(Exception):
    """The keeper has not started, nor the command. The message says why in a sentence."""


def start_run(command: Sequence[str]) -> RunFolder:
    """Start a command in a terminal of its own, with the recorder in each of its Pythons. Returns its run.

    Raises OSError where there is no folder to be made for it, and what `start_keeper` does; then nothing is left.
    """
    run = RunFolder.made()
    try:
        environment = tagged(os.environ, command, run.path, are_bars_drawn=True)
        start_keeper(command, watched_environment(environment, run.path), run, begun(command, 0))
    except BaseException:
        run.delete()
        raise
    return run


def start_keeper(
    command: Sequence[str], environment: Mapping[str, str], run: RunFolder, called: WatchedCommand
) -> None:
    """Start a command in a terminal of its own, which is as the one that this process has, if it has one.

    Raises CannotRunError for a command that cannot be run, and NoKeeperError where the keeper cannot.

    Args:
        command: The command and its arguments.
        environment: Of the command.
        run: The folder of the run, in which the keeper writes what was called, and how it ended.
        called: What was called; its pid and when it began are the keeper's to say.
    """
    request = {
        "folder": str(run.path),
        "command": list(command),
        "environment": dict(environment),
        "record": wire.encode(called),
    }
    here, there = socket.socketpair()
    with here:
        with there:
            there.set_inheritable(True)
            package = str(Path(tui_torch.__file__).parent.parent)
            # Descriptors that our caller has left open are for the command.
            keeper = subprocess.Popen(
                [sys.executable, "-I", "-S", "-c", KEEPER, package, str(there.fileno())],
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                close_fds=False,
                start_new_session=True,
            )
        answer = _answer(here, json.dumps(request).encode())
    keeper.wait()
    if "pid" in answer:
        return
    number = answer.get("errno")
    if number is None:
        raise NoKeeperError("the process that would keep it has not started")
    if number == errno.ENOENT:
        raise CannotRunError(f"there is no command `{command[0]}`", NOT_FOUND)
    raise CannotRunError(f"`{command[0]}` cannot be run: {os.strerror(number)}", NOT_EXECUTABLE)


def _answer(keeper: socket.socket, request: bytes) -> dict[str, Any]:
    text = b""
    try:
        keeper.sendall(request)
        keeper.shutdown(socket.SHUT_WR)
        while piece := keeper.recv(1 << 12):
            text += piece
        return json.loads(text)
    except (OSError, ValueError):
        return {}
