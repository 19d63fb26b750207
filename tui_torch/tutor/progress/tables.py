"""The tables of the progress file: how they are created, recognized and copied."""

from __future__ import annotations

import sqlite3
from contextlib import closing, suppress
from functools import cache

from tui_torch.tutor.progress.faults import SQL_FAULTS, DamagedError, NewerSchemaError

SCHEMA_VERSION = 8
"""Stored as the file's `user_version`; 0 is a file without tables."""

_MIGRATIONS = {
    1: ("ALTER TABLE answers ADD COLUMN text TEXT",),
    2: ("CREATE TABLE learner (id INTEGER PRIMARY KEY CHECK (id = 1), mark INTEGER NOT NULL)",),
    3: (
        "CREATE TABLE reviews (id INTEGER PRIMARY KEY, step_id INTEGER NOT NULL REFERENCES steps ON DELETE CASCADE, "
        "rating INTEGER NOT NULL, correct INTEGER NOT NULL, at INTEGER NOT NULL, seconds INTEGER)",
        "CREATE INDEX reviews_of_a_step ON reviews (step_id)",
        "CREATE TABLE cards (step_id INTEGER PRIMARY KEY REFERENCES steps ON DELETE CASCADE, "
        "stability REAL NOT NULL, difficulty REAL NOT NULL, due INTEGER NOT NULL, reviewed_at INTEGER NOT NULL, "
        "rating INTEGER NOT NULL, reviews INTEGER NOT NULL)",
    ),
    4: (
        "CREATE TABLE times (step_id INTEGER NOT NULL REFERENCES steps ON DELETE CASCADE, "
        "seconds REAL NOT NULL, reference REAL NOT NULL, at INTEGER NOT NULL)",
        "CREATE INDEX times_of_a_step ON times (step_id)",
    ),
    5: ("ALTER TABLE attempts ADD COLUMN failed TEXT",),
    6: (),  # the tables stay, and the arena's problems get reviews
    7: (
        # What is there is of the tutor's own course, whose name is empty, and whose lessons keep their keys.
        "ALTER TABLE place ADD COLUMN course TEXT NOT NULL DEFAULT ''",
        "CREATE TABLE courses (name TEXT PRIMARY KEY, origin TEXT NOT NULL, place TEXT NOT NULL, folder TEXT NOT NULL, "
        "lesson TEXT, step TEXT)",
        "CREATE TABLE course_files (course TEXT NOT NULL, file TEXT NOT NULL, hash TEXT NOT NULL, "
        "PRIMARY KEY (course, file))",
    ),
}
"""By version: what makes its tables those of the next one. There is no way back."""

_WITHOUT_REVIEWS = {3: "", 6: "arena:"}
"""By version: what the keys begin with of the work that has no reviews there, and gets them from its attempts."""

# One row per step: forgetting a lesson is deleting its rows, and attempts and answers go with them.
# The tables of version 1, on which the migrations are made in a new file too.
_TABLES = """
    CREATE TABLE steps (
        id INTEGER PRIMARY KEY,
        lesson TEXT NOT NULL,
        step TEXT NOT NULL,
        draft TEXT,
        done_at INTEGER,
        hints INTEGER NOT NULL DEFAULT 0,
        solution_at INTEGER,
        UNIQUE (lesson, step)
    ) {strict};
    CREATE TABLE attempts (
        id INTEGER PRIMARY KEY,
        step_id INTEGER NOT NULL REFERENCES steps ON DELETE CASCADE,
        code TEXT NOT NULL,
        kind TEXT NOT NULL,
        outcome TEXT NOT NULL,
        at INTEGER NOT NULL
    ) {strict};
    CREATE INDEX attempts_of_a_step ON attempts (step_id);
    CREATE TABLE answers (
        id INTEGER PRIMARY KEY,
        step_id INTEGER NOT NULL REFERENCES steps ON DELETE CASCADE,
        choice INTEGER NOT NULL,
        correct INTEGER NOT NULL,
        at INTEGER NOT NULL
    ) {strict};
    CREATE INDEX answers_of_a_step ON answers (step_id);
    CREATE TABLE place (
        id INTEGER PRIMARY KEY CHECK (id = 1),
        lesson TEXT NOT NULL,
        step TEXT NOT NULL
    ) {strict};
    CREATE TABLE trusted (
        content_hash TEXT PRIMARY KEY,
        at INTEGER NOT NULL
    ) {strict}
"""
_TABLE_NAMES = (
    *("steps", "attempts", "answers", "place", "trusted", "learner", "reviews", "cards", "times"),
    *("courses", "course_files"),
)


def create_tables(database: sqlite3.Connection, version: int = SCHEMA_VERSION) -> None:
    """Create every table and index of a version, none of which may exist yet."""
    strict = "STRICT" if sqlite3.sqlite_version_info >= (3, 37) else ""
    for statement in _TABLES.format(strict=strict).split(";"):
        database.execute(statement)
    migrate(database, 1, version)


def migrate(database: sqlite3.Connection, version: int, to: int = SCHEMA_VERSION) -> None:
    """Make the tables of a version those of a later one, step by step; the rows stay. Raises sqlite3.Error."""
    for step in range(version, to):
        for statement in _MIGRATIONS[step]:
            database.execute(statement)
        if step in _WITHOUT_REVIEWS and database.execute("SELECT 1 FROM steps").fetchone():
            # Once in the life of a file, and not in a new one.
            from tui_torch.tutor.progress.carrying_over import carry_over

            carry_over(database, _WITHOUT_REVIEWS[step])


def version_of(database: sqlite3.Connection) -> int:
    """The file's schema version; 0 for a new file."""
    return database.execute("PRAGMA user_version").fetchone()[0]


def check_tables(database: sqlite3.Connection) -> int:
    """The file's schema version, whose tables it has; 0 or less for a new file.

    Raises NewerSchemaError, and DamagedError when what the file holds is not consistent.
    """
    version = version_of(database)
    if version > SCHEMA_VERSION:
        raise NewerSchemaError
    if version > 0:
        # Unlike quick_check it compares the indexes with the rows: a damaged index hides a row that is there.
        (found,) = database.execute("PRAGMA integrity_check(1)").fetchone()
        if found != "ok":
            raise DamagedError(found)
        # A name in the schema may be damaged without any check of SQLite noticing.
        if _columns(database) != _columns_as_created(version):
            raise DamagedError
    return version


def copy_rows(source: sqlite3.Connection, target: sqlite3.Connection) -> None:
    """Copy row by row rather than page by page, so that damaged rows are left out instead of copied.

    Both have the tables of the same version.
    """
    for table in _TABLE_NAMES:
        with suppress(*SQL_FAULTS):
            for row in source.execute(f"SELECT * FROM {table}"):
                target.execute(f"INSERT INTO {table} VALUES ({', '.join('?' * len(row))})", row)


def _columns(database: sqlite3.Connection) -> dict[str, list[str]]:
    """The names of each table's columns."""
    return {table: [name for _, name, *_ in database.execute(f"PRAGMA table_info({table})")] for table in _TABLE_NAMES}


@cache
def _columns_as_created(version: int) -> dict[str, list[str]]:
    with closing(sqlite3.connect(":memory:")) as memory:
        create_tables(memory, version)
        return _columns(memory)
