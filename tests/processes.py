"""What other processes do, asked of ones that may end at any moment."""

from __future__ import annotations

from contextlib import suppress

import psutil


def command_of(process: psutil.Process) -> str:
    """What a process runs, in one line; nothing if it has ended."""
    with suppress(psutil.NoSuchProcess):  # one that has ended and is not waited for yet is a `ZombieProcess`, one too
        return " ".join(process.cmdline())
    return ""


def lives(process: psutil.Process) -> bool:
    """Whether it runs: not ended, waited for or not."""
    with suppress(psutil.NoSuchProcess):
        return process.status() != psutil.STATUS_ZOMBIE
    return False


def listens(process: psutil.Process) -> bool:
    """Whether it waits for connections from the network; one that has ended does not."""
    with suppress(psutil.NoSuchProcess):
        return any(one.status == psutil.CONN_LISTEN for one in process.net_connections("inet"))
    return False
