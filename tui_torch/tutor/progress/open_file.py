"""What has become of the progress file while it is open: deleted, replaced or cut by another program.

An open file goes on without its name: what is written to it then is gone with the last window that has it open.
"""

from __future__ import annotations

import os
import sqlite3
from contextlib import suppress
from pathlib import Path
from typing import Literal

from tui_torch.tutor.progress.faults import SQL_FAULTS

Fate = Literal["deleted", "replaced", "cut"]


class OpenFile:
    """A file that is open: which one it was when this was made, and its size when it was looked at last."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._was = _found(path)
        self._log = _found(_log_of(path))
        self._index_size = 0

    def fate(self, database: sqlite3.Connection) -> Fate | None:
        """What another program has done to it; None if nothing that matters. `database` has it open."""
        if self._was is None:
            return None
        self._mend_index()
        try:
            now = self._path.stat()
        except (FileNotFoundError, NotADirectoryError):
            return "deleted"
        except OSError:  # what cannot be looked at cannot be said to be gone
            return None
        if (now.st_dev, now.st_ino) != (self._was.st_dev, self._was.st_ino):
            self._remove_log()
            return "replaced"
        self._log = _found(_log_of(self._path))
        was, self._was = self._was, now
        # It shrinks, too, when somebody has SQLite tidy it up.
        if now.st_size >= was.st_size:
            return None
        return "cut" if not now.st_size or now.st_size < _size_needed(database) else None

    def _mend_index(self) -> None:
        """Give the log's index the size that it had: SQLite has it mapped, and would end the process where it is cut.

        SQLite takes an index of zeros for a missing one, and makes it from the log.
        """
        index = self._path.with_name(self._path.name + "-shm")
        if (found := _found(index)) is not None:
            if found.st_size < self._index_size:
                with suppress(OSError):
                    os.truncate(index, self._index_size)
            else:
                self._index_size = found.st_size

    def _remove_log(self) -> None:
        """Remove the log of the file that was, which SQLite would take for the new one's, and no other log."""
        log = _found(_log_of(self._path))
        if log is not None and self._log is not None and log.st_ino == self._log.st_ino:
            for ending in ("-wal", "-shm"):
                self._path.with_name(self._path.name + ending).unlink(missing_ok=True)


def _log_of(path: Path) -> Path:
    return path.with_name(path.name + "-wal")


def _found(path: Path) -> os.stat_result | None:
    try:
        return path.stat()
    except OSError:
        return None


def _size_needed(database: sqlite3.Connection) -> float:
    """The bytes that a database's file has to have."""
    try:
        (pages,) = database.execute("PRAGMA page_count").fetchone()
        (size,) = database.execute("PRAGMA page_size").fetchone()
    except SQL_FAULTS:
        return float("inf")
    return pages * size
