"""The folder in which one kernel's connection file and sockets live: its owner's only, and gone with its owner."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

PREFIX = "tui-torch-"


def _root() -> Path:
    """Sockets need a short path (about 100 bytes), which a data folder deep in a home may not have."""
    runtime = os.environ.get("XDG_RUNTIME_DIR", "")
    if runtime and len(runtime) < 50 and os.access(runtime, os.W_OK):
        return Path(runtime)
    return Path(tempfile.gettempdir())


def new_runtime_folder() -> Path:
    """Make a folder of mode 0700 whose name carries this process's id."""
    return Path(tempfile.mkdtemp(prefix=f"{PREFIX}{os.getpid()}-", dir=_root()))


def sweep_runtime_folders() -> None:
    """Remove the folders of this user's earlier processes that were killed before they could."""
    for folder in _root().glob(f"{PREFIX}*-*"):
        pid = folder.name.removeprefix(PREFIX).split("-")[0]
        if pid.isdigit() and not _lives(int(pid)):
            shutil.rmtree(folder, ignore_errors=True)


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
