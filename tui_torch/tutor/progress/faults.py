"""What can go wrong with the progress file: which faults mean damage, and the sentence that the learner reads."""

from __future__ import annotations

import os
import sqlite3
from contextlib import suppress
from pathlib import Path


class NewerSchemaError(Exception):
    """The file was written by a tui-torch that knows a later schema."""


class DamagedError(Exception):
    """SQLite can open the file, and what it holds is not consistent."""


SQL_FAULTS = (sqlite3.Error, UnicodeDecodeError)
"""What a statement may raise; the second where SQLite's message quotes a damaged file."""
FAULTS = (NewerSchemaError, DamagedError, OSError, *SQL_FAULTS)
"""What opening or writing the file may raise."""

_DAMAGE = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_ERROR)
"""The last where the file says of itself that it has another format, or has other tables than ours."""


def is_damage(error: Exception) -> bool:
    """Whether the file itself is damaged, so that only setting it aside helps."""
    return isinstance(error, DamagedError | UnicodeDecodeError) or _code(error) in _DAMAGE


def is_locked_by_another(error: Exception) -> bool:
    """Whether another program has the file locked at this moment."""
    return _code(error) in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)


def is_locked_from_within(path: Path, error: Exception) -> bool:
    """Whether the file's own content forbids writing, as one damaged byte in its header can; its folder allows it."""
    read_only = getattr(error, "sqlite_errorcode", 0) == sqlite3.SQLITE_READONLY
    return read_only and os.access(path, os.W_OK) and os.access(path.parent, os.W_OK)


def set_aside_sentence(path: Path, kept: Path) -> str:
    """The notice for a damaged file at `path` that was moved to `kept`."""
    return (
        f"The progress file {path} was damaged, so a new one was begun; the old one is kept as {kept.name} "
        "beside it, and `sqlite3 FILE .recover` may still read it."
    )


def written_anew_sentence(path: Path, kept: Path | None) -> str:
    """The notice for a file that was deleted while it was open; or, with its new name, one that was cut or damaged."""
    if kept is None:
        return f"The progress file {path} was deleted while it was open, so it was written anew with all that it held."
    return (
        f"The progress file {path} was cut or damaged while it was open, so what could still be read was written "
        f"to a new one; the old one is kept as {kept.name} beside it."
    )


def too_long_sentence(path: Path, length: int, most: int) -> str:
    """The notice for a text of more characters than are kept of one."""
    return (
        f"A text of {length:,} characters was not saved in {path}, which keeps at most {most:,} of one: "
        "what was saved before is still there, and the text is where you wrote it until you quit."
    )


def cannot_save_sentence(path: Path, error: Exception) -> str:
    """The notice for a file that cannot be written: why, what happens to the work, and what to do."""
    if isinstance(error, NewerSchemaError):
        return (
            f"The progress file {path} was written by a newer tui-torch, so what you do now is kept in memory only: "
            "upgrade tui-torch to go on with that file."
        )
    code = _code(error)
    if code == sqlite3.SQLITE_FULL:
        remedy = "free some space on that disk"
    elif is_locked_by_another(error):
        return (
            f"Progress cannot be saved in {path} at the moment ({error}), so what you do is kept in memory, and saved "
            "once the program that holds the file lets it go."
        )
    elif is_damage(error):
        remedy = "quit and start again, and the damaged file is set aside"
    elif _is_folder(path):
        remedy = "move the folder of that name away"
    else:
        remedy = "make its folder writable, or set TUI_TORCH_HOME to one that is"
    reason = error.strerror if isinstance(error, OSError) else str(error)
    return (
        f"Progress cannot be saved in {path} ({reason}), so what you do now is kept in memory until you quit, "
        f"and saved then if it can be: {remedy}."
    )


def _code(error: Exception) -> int:
    # The low byte is the kind of fault; the other bytes distinguish its causes.
    return getattr(error, "sqlite_errorcode", 0) & 0xFF


def _is_folder(path: Path) -> bool:
    # A parent folder that denies access does not say what is in it.
    with suppress(OSError):
        return path.is_dir()
    return False
