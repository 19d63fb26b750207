"""Makes a fork as fresh as a process that was spawned: what it runs in, and what was set when a module was imported."""

from __future__ import annotations

import multiprocessing
import os
import resource
import sys
import tempfile
import time
from typing import Any

from tui_torch.probe.isolation.jupyter_internals import renumber_main_thread
from tui_torch.protocol.processes.births import Birth


def be_reborn(birth: Birth, stdin: int, log: int, folder: int) -> None:
    """Give this process a session, streams, a folder, an environment, limits and secrets of its own.

    The descriptors are closed.
    """
    os.setsid()
    os.fchdir(folder)
    _reopen_streams(stdin, log)
    for descriptor in (stdin, log, folder):
        os.close(descriptor)
    os.umask(birth.umask)
    for number, soft, hard in birth.limits:
        if resource.getrlimit(number) != (soft, hard):
            resource.setrlimit(number, (soft, hard))
    _set_environment(birth)
    sys.orig_argv[:] = birth.command
    sys.argv[1:] = birth.command[birth.command.index("-f") :]
    _forget_the_zygote()


def _reopen_streams(stdin: int, log: int) -> None:
    os.dup2(stdin, 0)
    os.dup2(log, 1)
    os.dup2(log, 2)
    # The old ones know what kind of file they had: whether one may seek in it, and how much is written at once.
    for number, (name, mode) in enumerate({"stdin": "r", "stdout": "w", "stderr": "w"}.items()):
        old: Any = getattr(sys, name)
        stream: Any = os.fdopen(number, mode, encoding=old.encoding, errors=old.errors, closefd=False)
        stream.reconfigure(line_buffering=old.line_buffering, write_through=old.write_through)
        setattr(sys, name, stream)
        setattr(sys, f"__{name}__", stream)


def _set_environment(birth: Birth) -> None:
    for name, value in birth.environment:
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value
        if name == "TZ":
            time.tzset()


def _forget_the_zygote() -> None:
    """Replace what modules have found out or drawn when they were imported. `random` seeds itself after a fork."""
    tempfile.tempdir = None
    multiprocessing.current_process().authkey = os.urandom(32)
    if "numpy.random" in sys.modules:
        sys.modules["numpy.random"].seed()
    renumber_main_thread()
