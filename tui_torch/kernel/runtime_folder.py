"""The folder of one kernel's connection file and sockets: only its owner can read it, and it goes with its owner."""

from __future__ import annotations

import os
import shutil
import tempfile
from contextlib import suppress
from pathlib import Path

PREFIX = "tui-torch-"


def _root() -> Path:
    """Where the folders are made: sockets need a short path (about 100 bytes), which a home may not have."""
    runtime = os.environ.get("XDG_RUNTIME_DIR", "")
    if runtime and len(runtime) < 50 and os.access(runtime, os.W_OK):
        return Path(runtime)
    return Path(tempfile.gettempdir())


def new_runtime_folder() -> Path:
    """Make a folder of mode 0700 whose name holds this process's id."""
    return Path(tempfile.mkdtemp(prefix=f"{PREFIX}{os.getpid()}-", dir=_root()))


def sweep_runtime_folders() -> None:
    """Remove folders of this user's processes that are gone: they were killed before they could do so."""
    for folder in _root().glob(f"{PREFIX}*-*"):
        pid = folder.name.removeprefix(PREFIX).split("-")[0]
        # Anybody may make a folder of such a name in a common place.
        if not pid.isdecimal():
            continue
        import psutil  # there is seldom a folder to ask about

        with suppress(OverflowError):  # no process has a number as large as that
            if not psutil.pid_exists(int(pid)):
                shutil.rmtree(folder, ignore_errors=True)
