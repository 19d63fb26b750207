"""Notices that the file of the lesson on show was saved."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

EVERY = 0.5
"""Seconds between two looks at the file, each of which is one `stat`."""


@dataclass(frozen=True, slots=True)
class _Version:
    """What changes about a file when it is written to, or replaced by another."""

    written: int
    size: int
    inode: int


class FileWatch:
    """Follows one file at a time."""

    def __init__(self) -> None:
        self._path: Path | None = None
        self._version: _Version | None = None

    def saved(self, path: Path | None) -> bool:
        """Whether the file was saved since the last look at it; the first look at a file never says so.

        None: there is no file to follow. One that is not there, as for a moment while some editors save, is no news;
        when it is back, that is.
        """
        version = None if path is None else _version(path)
        if path != self._path:
            self._path, self._version = path, version
            return False
        if version is None or version == self._version:
            return False
        self._version = version
        return True


def _version(path: Path) -> _Version | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return _Version(status.st_mtime_ns, status.st_size, status.st_ino)
