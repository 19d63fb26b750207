"""Opening the progress file, or a copy in memory where it cannot be written; setting it aside where it is damaged.

A file of an earlier version is brought to this one when it is opened; how it was is kept beside it.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Iterable
from contextlib import closing, suppress
from datetime import UTC, datetime
from itertools import chain, count
from pathlib import Path

from tui_torch.tutor.progress.faults import FAULTS, SQL_FAULTS, is_damage, is_locked_from_within, set_aside_sentence
from tui_torch.tutor.progress.tables import (
    SCHEMA_VERSION,
    check_tables,
    copy_rows,
    create_tables,
    migrate,
    version_of,
)

Statement = tuple[str, tuple[object, ...]]
"""SQL, and the parameters of its question marks."""


OPENING_PATIENCE, PATIENCE = 1.0, 0.2
"""Seconds that another program's lock is waited for, when the file is opened and at each write. The screen stands still
meanwhile; another window needs the lock for a millisecond."""


def open_or_replace(path: Path) -> tuple[sqlite3.Connection, str | None]:
    """Open the file; where it is damaged, set it aside and begin a new one.

    Returns the connection, and the notice that the file was replaced or None. Raises one of FAULTS.
    """
    try:
        return open_file(path), None
    except FAULTS as error:
        if not (is_damage(error) or is_locked_from_within(path, error)):
            raise
    kept = set_aside(path)
    return open_file(path), set_aside_sentence(path, kept)


def open_again(path: Path) -> sqlite3.Connection:
    """Open a file that another program had locked, if it has none of it locked now. Raises one of FAULTS."""
    return open_file(path, patience=0.0)


def copy_in_memory(unwritable: Path) -> sqlite3.Connection:
    """A database for this session only, with what can be read from a file that cannot be written."""
    # In a folder that cannot be written, SQLite reads a WAL file only if `immutable` promises that it does not change.
    for access in ("mode=ro", "mode=ro&immutable=1"):
        with suppress(OSError, *SQL_FAULTS), closing(_connect(f"{unwritable.absolute().as_uri()}?{access}")) as file:
            version = version_of(file)
            if not 0 < version <= SCHEMA_VERSION:
                break
            memory = _connect(":memory:")
            create_tables(memory, version)
            copy_rows(file, memory)
            migrate(memory, version)
            return memory
    memory = _connect(":memory:")
    create_tables(memory)
    return memory


def write_anew(path: Path, memory: sqlite3.Connection) -> sqlite3.Connection:
    """Write a file with what `memory` holds, where there is none, and open it. Raises one of FAULTS.

    Should another window have written one meanwhile, that one is opened.
    """
    _create_folder(path)
    new = _unused(_beside(path, f".new-{os.getpid()}"))
    try:
        with closing(open_file(new)) as file:
            file.execute("BEGIN IMMEDIATE")
            copy_rows(memory, file)
            file.execute("COMMIT")
        if not os.path.lexists(path):
            # SQLite would take the log of the file that is gone for this one's.
            for ending in ("-wal", "-shm"):
                _beside(path, ending).unlink(missing_ok=True)
        try:
            path.hardlink_to(new)
        except FileExistsError:
            pass
        except OSError:  # a disk without links
            new.rename(path)
    finally:
        new.unlink(missing_ok=True)
    return open_file(path)


def move_to_memory(file: sqlite3.Connection) -> sqlite3.Connection:
    """A database in memory with what can still be read from `file`, which is closed."""
    memory = _connect(":memory:")
    create_tables(memory)
    copy_rows(file, memory)
    file.close()
    return memory


def commit(database: sqlite3.Connection, statements: Iterable[Statement]) -> None:
    """Execute all of the statements or, where one raises, none of them."""
    database.execute("BEGIN IMMEDIATE")
    try:
        for sql, parameters in statements:
            database.execute(sql, parameters)
        database.execute("COMMIT")
    except BaseException:
        # A full disk makes SQLite roll back by itself.
        if database.in_transaction:
            database.execute("ROLLBACK")
        raise


def open_file(path: Path, patience: float = OPENING_PATIENCE) -> sqlite3.Connection:
    """Open, check and, where it is new, fill the file. Raises one of FAULTS.

    `patience` is for how many seconds another program's lock is waited for.
    """
    _create_private(path)
    database = _connect(path.absolute().as_uri(), patience)
    try:
        # The lock comes first: another window may be creating the tables at this moment.
        database.execute("BEGIN IMMEDIATE")
        version = check_tables(database)
        if version <= 0:
            create_tables(database)
        elif version < SCHEMA_VERSION:
            _back_up(path, version)
            migrate(database, version)
        # Written at every start, so that an unwritable file, folder or disk is reported before anything is typed.
        database.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
        database.execute("COMMIT")
        # SQLite refuses the switch while another window uses the file. The switch is permanent, so the next start makes
        # it; until then SQLite's other journal is as safe, only slower.
        with suppress(sqlite3.OperationalError):
            database.execute("PRAGMA journal_mode = WAL")
        # NORMAL survives the death of this process, and leaves the file consistent after a power cut. FULL would also
        # save the last keystrokes before a power cut, and would wait for the disk at every draft.
        database.execute("PRAGMA synchronous = NORMAL")
        # Makes the log, which is then known to be this connection's.
        database.execute("SELECT 1 FROM place").fetchone()
        database.execute(f"PRAGMA busy_timeout = {round(PATIENCE * 1000)}")
    except BaseException as error:
        if isinstance(error, FAULTS) and is_damage(error):
            _save_log(path)
        database.close()
        raise
    return database


def _connect(target: str, patience: float = PATIENCE) -> sqlite3.Connection:
    """Connect to a `file:` address, or to `:memory:`."""
    database = sqlite3.connect(target, timeout=patience, isolation_level=None, check_same_thread=False, uri=True)
    database.text_factory = _decoded
    database.execute("PRAGMA foreign_keys = ON")
    return database


def _decoded(stored: bytes) -> str:
    """Decode UTF-8, each damaged byte as �, since a draft with one damaged letter is still worth showing."""
    return stored.decode("utf-8", "replace")


def _create_folder(path: Path) -> None:
    missing = [folder for folder in path.parents if not folder.exists()]
    for folder in reversed(missing):
        folder.mkdir(mode=0o700, exist_ok=True)


def _create_private(path: Path) -> None:
    _create_folder(path)
    # Never opens a file that exists: closing it again would drop the locks that another connection here holds on it.
    with suppress(FileExistsError):
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))


def _save_log(path: Path) -> None:
    """Copy the log of a damaged file, since SQLite deletes a log of a file that is not a database as it closes it."""
    log = _beside(path, "-wal")
    with suppress(OSError):
        if log.stat().st_size:
            shutil.copyfile(log, _beside(path, "-wal.saved"))


def _beside(path: Path, ending: str) -> Path:
    return path.with_name(path.name + ending)


def _back_up(path: Path, version: int) -> None:
    """Copy a file, with what its log holds, beside it. Raises one of FAULTS, and leaves no half of a copy then."""
    copy = _unused(_beside(path, f".version-{version}"))
    _create_private(copy)
    try:
        # By a connection of its own: SQLite copies nothing by one that has begun to write.
        with closing(_connect(path.absolute().as_uri())) as file, closing(_connect(copy.absolute().as_uri())) as target:
            file.backup(target)
    except BaseException:
        copy.unlink()
        raise


def _unused(path: Path) -> Path:
    """The path; with a number, where there is something of that name already."""
    names = chain([path.name], (f"{path.name}-{number}" for number in count(2)))
    return next(free for name in names if not os.path.lexists(free := path.with_name(name)))


def set_aside(path: Path) -> Path:
    """Give a damaged file and its log another name. Returns the file's. Raises OSError."""
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    # Another one may have been set aside within the second.
    kept = _unused(_beside(path, f".broken-{stamp}"))
    path.replace(kept)
    # The log goes with its file: it holds the newest writes, and SQLite would take one that stays for the new file's.
    for ending in ("-wal", "-shm"):
        with suppress(FileNotFoundError):
            _beside(path, ending).replace(_beside(kept, ending))
    with suppress(FileNotFoundError):
        _beside(path, "-wal.saved").replace(_beside(kept, "-wal"))
    return kept
