"""Notices when a file is saved."""

from __future__ import annotations

from pathlib import Path

from tui_torch.protocol.late_dataclass import dataclass

INTERVAL = 0.5
"""Seconds between two checks of the file; each costs one `stat`."""


@dataclass(frozen=True, slots=True)
class _Version:
    """What changes when a file is written to or replaced: its modification time in ns, its size in bytes, its inode."""

    written: int
    size: int
    inode: int


class FileWatch:
    """Watches one file at a time."""

    def __init__(self) -> None:
        self._path: Path | None = None
        self._version: _Version | None = None

    def saved(self, path: Path | None) -> bool:
        """Return whether the file was saved since the last call; False in the first call for a file.

        Args:
            path: The file; None if there is none to watch. A file that is missing, as for a moment while some editors
                save it, counts as saved once it is back.
        """
        version = None if path is None else _version(path)
        if path != self._path:
            self._path, self._version = path, version
            return False
        if version is None or version == self._version:
            return False
        self._version = version
        return True


class FileWatches:
    """Watches several files."""

    def __init__(self) -> None:
        self._watches: dict[Path, FileWatch] = {}

    def saved(self, path: Path) -> bool:
        """Return whether a file was saved since the last call for it; False in the first."""
        return self._watches.setdefault(path, FileWatch()).saved(path)


def _version(path: Path) -> _Version | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return _Version(status.st_mtime_ns, status.st_size, status.st_ino)
