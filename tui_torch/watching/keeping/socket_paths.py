"""Where a keeper's socket is: in the run's folder, or in one of its own where that takes none, by a path that fits."""

from __future__ import annotations

import os
import shutil
import socket
import tempfile
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path

SOCKET = "keeper"
"""The name of the socket."""
ELSEWHERE = "keeper-socket"
"""The name of the file in a run's folder that has the socket's path, where the folder takes no socket."""
LONGEST = 103
"""Maximum length of a socket's path in bytes."""
PREFIX = "tui-torch-keeper-"


def socket_path(folder: Path) -> Path:
    """The path of the socket of a run, which need not be there."""
    try:
        return Path((folder / ELSEWHERE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return folder / SOCKET


@contextmanager
def short_path(path: Path) -> Generator[str]:
    """The same path, or another to the same socket that is short enough for one. Raises OSError where there is none."""
    if len(os.fsencode(path)) <= LONGEST:
        yield str(path)
        return
    with tempfile.TemporaryDirectory(prefix=PREFIX) as folder:
        link = Path(folder) / "run"
        link.symlink_to(path.parent)
        yield str(link / path.name)


def listener(folder: Path) -> socket.socket:
    """A socket that listens in a run's folder, or else in a new folder, and that its owner alone may join.

    Raises OSError where neither takes one.
    """
    try:
        return _listening(folder / SOCKET)
    except OSError:  # a file system that has no sockets
        elsewhere = Path(tempfile.mkdtemp(prefix=PREFIX))
        try:
            found = _listening(elsewhere / SOCKET)
            (folder / ELSEWHERE).write_text(str(elsewhere / SOCKET), encoding="utf-8")
        except BaseException:
            shutil.rmtree(elsewhere, ignore_errors=True)
            raise
        return found


def remove_socket(folder: Path) -> None:
    """Remove the socket of a run, with the folder that was made for it."""
    path = socket_path(folder)
    with suppress(OSError):
        path.unlink()
    if path.parent != folder:
        with suppress(OSError):
            path.parent.rmdir()
        with suppress(OSError):
            (folder / ELSEWHERE).unlink()


def _listening(path: Path) -> socket.socket:
    found = socket.socket(socket.AF_UNIX)
    mask = os.umask(0o177)
    try:
        with short_path(path) as short:
            found.bind(short)
        found.listen(16)
        found.setblocking(False)
    except BaseException:
        found.close()
        raise
    finally:
        os.umask(mask)
    return found
