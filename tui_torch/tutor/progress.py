"""What the learner typed, tried, answered and finished, in one SQLite file that several windows can share.

A fault of the file never reaches the caller. The session goes on in memory, `notice` holds a sentence for the learner,
and `close` tries once more to save what only memory holds.
"""

from __future__ import annotations

import os
import sqlite3
import threading
import time
from collections.abc import Iterable
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any, Literal, Self

AttemptOutcome = Literal["ok", "failed", "interrupted", "died", "passed", "not passed", "set aside"]
"""How a run ended; or `set aside`: code that was not run, but replaced in the editor, and is kept."""

SCHEMA_VERSION = 1

_Statement = tuple[str, tuple[object, ...]]

# One row a step, so that forgetting a lesson is forgetting its rows: attempts and answers go with them.
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
_TABLE_NAMES = ("steps", "attempts", "answers", "place", "trusted")

_ENSURE_STEP = "INSERT INTO steps (lesson, step) VALUES (?, ?) ON CONFLICT DO NOTHING"


@dataclass(frozen=True, slots=True)
class Attempt:
    """One run of a step's code."""

    code: str
    kind: str
    """The step's kind: `example`, `quiz` or `exercise`."""
    outcome: AttemptOutcome
    at: int
    """UTC, in unix seconds."""


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer to a quiz."""

    choice: int
    """0 is the lesson's first choice."""
    correct: bool
    at: int
    """UTC, in unix seconds."""


class Progress:
    """The learner's progress. Every write is in the file before its method returns; no method raises a sqlite3 error.

    Text that UTF-8 cannot carry (lone surrogates) is kept with `?` in its place.
    """

    notice: str | None
    """What went wrong with the file, where, and what to do; None while all is well."""

    def __init__(self, path: Path, database: sqlite3.Connection, notice: str | None) -> None:
        self.notice = notice
        self._path = path
        self._database: sqlite3.Connection | None = database
        self._in_memory = False
        self._unsaved: list[_Statement] = []
        self._lock = threading.Lock()

    @classmethod
    def open(cls, path: Path) -> Self:
        """Open the file at `path`, or create it (mode 0600) and the folders it needs (mode 0700). Never fails."""
        try:
            database, notice = _open_or_replace(path)
        except _FAULTS as error:
            progress = cls(path, _memory(path), _cannot_save(path, error))
            progress._in_memory = True
            return progress
        return cls(path, database, notice)

    def close(self) -> None:
        """Close the file, first saving what a fault kept in memory if that is possible by now."""
        with self._lock:
            if self._database is None:
                return
            self._database.close()
            self._database = None
            if self._unsaved:
                with suppress(*_FAULTS):
                    file, _ = _open_or_replace(self._path)
                    try:
                        _commit(file, self._unsaved)
                    finally:
                        file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def save_draft(self, lesson: str, step: str, code: str) -> None:
        """Keep the code of a step as it stands in the editor."""
        self._write(
            (
                "INSERT INTO steps (lesson, step, draft) VALUES (?, ?, ?) "
                "ON CONFLICT (lesson, step) DO UPDATE SET draft = excluded.draft",
                (lesson, step, code),
            )
        )

    def replace_draft(self, lesson: str, step: str, code: str | None, *, known: str | None, kind: str) -> None:
        """Keep the code of a step as it stands in the editor of one window, or none.

        `known`: the draft that this window read or wrote last. Where there is another by now, as another window has the
        same step open, that one is set aside among the attempts, at a step of that `kind`.
        """
        self._write(
            (
                "INSERT INTO attempts (step_id, code, kind, outcome, at) SELECT id, draft, ?, 'set aside', ? "
                "FROM steps WHERE lesson = ? AND step = ? AND draft IS NOT NULL AND draft IS NOT ? AND draft IS NOT ?",
                (kind, _now(), lesson, step, known, code),
            ),
            (
                "INSERT INTO steps (lesson, step, draft) VALUES (?, ?, ?) "
                "ON CONFLICT (lesson, step) DO UPDATE SET draft = excluded.draft",
                (lesson, step, code),
            ),
        )

    def draft(self, lesson: str, step: str) -> str | None:
        """The code last saved for a step; None where none was, or it was forgotten."""
        return self._of_step("draft", lesson, step)

    def forget_draft(self, lesson: str, step: str) -> None:
        self._write(("UPDATE steps SET draft = NULL WHERE lesson = ? AND step = ?", (lesson, step)))

    def record_attempt(self, lesson: str, step: str, code: str, kind: str, outcome: AttemptOutcome) -> None:
        """Remember one run of a step's code and how it ended."""
        self._write(
            (_ENSURE_STEP, (lesson, step)),
            (
                "INSERT INTO attempts (step_id, code, kind, outcome, at) "
                "SELECT id, ?, ?, ?, ? FROM steps WHERE lesson = ? AND step = ?",
                (code, kind, outcome, _now(), lesson, step),
            ),
        )

    def attempts(self, lesson: str, step: str) -> tuple[Attempt, ...]:
        """Every attempt at a step, oldest first."""
        rows = self._read(
            "SELECT code, kind, outcome, attempts.at FROM attempts JOIN steps ON steps.id = step_id "
            "WHERE lesson = ? AND step = ? ORDER BY attempts.id",
            (lesson, step),
        )
        return tuple(Attempt(*row) for row in rows)

    def all_attempts(self, kind: str) -> dict[tuple[str, str], tuple[Attempt, ...]]:
        """Every attempt at a step of that kind, oldest first, by lesson and step."""
        rows = self._read(
            "SELECT lesson, step, code, kind, outcome, attempts.at FROM attempts JOIN steps ON steps.id = step_id "
            "WHERE kind = ? ORDER BY attempts.id",
            (kind,),
        )
        attempts: dict[tuple[str, str], list[Attempt]] = {}
        for lesson, step, *attempt in rows:
            attempts.setdefault((lesson, step), []).append(Attempt(*attempt))
        return {place: tuple(tried) for place, tried in attempts.items()}

    def answer(self, lesson: str, step: str, choice_index: int, correct: bool) -> None:
        """Remember one answer to a quiz; 0 is the first choice."""
        self._write(
            (_ENSURE_STEP, (lesson, step)),
            (
                "INSERT INTO answers (step_id, choice, correct, at) "
                "SELECT id, ?, ?, ? FROM steps WHERE lesson = ? AND step = ?",
                (choice_index, int(correct), _now(), lesson, step),
            ),
        )

    def answers(self, lesson: str, step: str) -> tuple[Answer, ...]:
        """Every answer to a quiz, oldest first."""
        rows = self._read(
            "SELECT choice, correct, answers.at FROM answers JOIN steps ON steps.id = step_id "
            "WHERE lesson = ? AND step = ? ORDER BY answers.id",
            (lesson, step),
        )
        return tuple(Answer(choice, bool(correct), at) for choice, correct, at in rows)

    def last_answer(self, lesson: str, step: str) -> Answer | None:
        answers = self.answers(lesson, step)
        return answers[-1] if answers else None

    def mark_done(self, lesson: str, step: str) -> None:
        """Remember that a step is done; the first time counts."""
        self._write(
            (
                "INSERT INTO steps (lesson, step, done_at) VALUES (?, ?, ?) "
                "ON CONFLICT (lesson, step) DO UPDATE SET done_at = coalesce(done_at, excluded.done_at)",
                (lesson, step, _now()),
            )
        )

    def done(self, lesson: str) -> frozenset[str]:
        """The ids of a lesson's steps that are done."""
        rows = self._read("SELECT step FROM steps WHERE lesson = ? AND done_at IS NOT NULL", (lesson,))
        return frozenset(step for (step,) in rows)

    def all_done(self) -> dict[str, frozenset[str]]:
        """The ids of the steps that are done, by lesson; lessons with none are left out."""
        steps: dict[str, set[str]] = {}
        for lesson, step in self._read("SELECT lesson, step FROM steps WHERE done_at IS NOT NULL"):
            steps.setdefault(lesson, set()).add(step)
        return {lesson: frozenset(done) for lesson, done in steps.items()}

    def hints_shown(self, lesson: str, step: str) -> int:
        """How many hints of a step were shown."""
        return self._of_step("hints", lesson, step) or 0

    def show_hint(self, lesson: str, step: str) -> int:
        """Count one more hint as shown, and say how many that makes."""
        self._write(
            (
                "INSERT INTO steps (lesson, step, hints) VALUES (?, ?, 1) "
                "ON CONFLICT (lesson, step) DO UPDATE SET hints = hints + 1",
                (lesson, step),
            )
        )
        return self.hints_shown(lesson, step)

    def show_solution(self, lesson: str, step: str) -> None:
        """Remember that the solution of a step was looked at."""
        self._write(
            (
                "INSERT INTO steps (lesson, step, solution_at) VALUES (?, ?, ?) "
                "ON CONFLICT (lesson, step) DO UPDATE SET solution_at = coalesce(solution_at, excluded.solution_at)",
                (lesson, step, _now()),
            )
        )

    def solution_seen(self, lesson: str, step: str) -> bool:
        return self._of_step("solution_at", lesson, step) is not None

    def remember_place(self, lesson: str, step: str) -> None:
        """Remember where the learner is; of two windows, the last to move counts."""
        self._write(("INSERT OR REPLACE INTO place (id, lesson, step) VALUES (1, ?, ?)", (lesson, step)))

    def place(self) -> tuple[str, str] | None:
        """The lesson and the step where the learner was last; None at the very first start."""
        rows = self._read("SELECT lesson, step FROM place")
        return rows[0] if rows else None

    def reset(self, lesson: str) -> None:
        """Forget what is done in one lesson, and its attempts, answers, hints and drafts: all of it, or nothing."""
        self._write(("DELETE FROM steps WHERE lesson = ?", (lesson,)))

    def trust(self, content_hash: str) -> None:
        """Remember that a lesson with this content may run."""
        self._write(
            ("INSERT INTO trusted (content_hash, at) VALUES (?, ?) ON CONFLICT DO NOTHING", (content_hash, _now()))
        )

    def trusted(self, content_hash: str) -> bool:
        return bool(self._read("SELECT 1 FROM trusted WHERE content_hash = ?", (content_hash,)))

    def _of_step(self, column: str, lesson: str, step: str) -> Any:
        rows = self._read(f"SELECT {column} FROM steps WHERE lesson = ? AND step = ?", (lesson, step))
        return rows[0][0] if rows else None

    def _read(self, sql: str, parameters: tuple[object, ...] = ()) -> list[Any]:
        parameters = _storable(parameters)
        with self._lock:
            database = self._open_database()
            try:
                return database.execute(sql, parameters).fetchall()
            except _SQL_FAULTS as error:
                return self._go_on_in_memory(database, error).execute(sql, parameters).fetchall()

    def _write(self, *statements: _Statement) -> None:
        statements = tuple((sql, _storable(parameters)) for sql, parameters in statements)
        with self._lock:
            database = self._open_database()
            try:
                _commit(database, statements)
            except _SQL_FAULTS as error:
                _commit(self._go_on_in_memory(database, error), statements)
            if self._in_memory:
                self._unsaved.extend(statements)

    def _open_database(self) -> sqlite3.Connection:
        if self._database is None:
            raise RuntimeError("this Progress is closed; open another one")
        return self._database

    def _go_on_in_memory(self, file: sqlite3.Connection, error: Exception) -> sqlite3.Connection:
        memory = _connect(":memory:")
        _create_tables(memory)
        _copy(file, memory)
        file.close()
        self._database = memory
        self._in_memory = True
        self.notice = _cannot_save(self._path, error)
        return memory


class _NewerSchemaError(Exception):
    """The file was written by a tui-torch that knows a later schema."""


class _DamagedError(Exception):
    """The file is SQLite's, and what it holds does not fit together."""


_SQL_FAULTS = (sqlite3.Error, UnicodeDecodeError)
"""What a statement may raise; the second where SQLite's message quotes a damaged file."""
_FAULTS = (_NewerSchemaError, _DamagedError, OSError, *_SQL_FAULTS)


def _open_or_replace(path: Path) -> tuple[sqlite3.Connection, str | None]:
    """Open the file; where it is damaged, set it aside and begin a new one, and say so. Raises one of _FAULTS."""
    try:
        return _open_file(path), None
    except _FAULTS as error:
        if not (_is_damage(error) or _is_locked_from_within(path, error)):
            raise
    kept = _set_aside(path)
    return _open_file(path), (
        f"The progress file {path} was damaged, so a new one was begun; the old one is kept as {kept.name} "
        "beside it, and `sqlite3 FILE .recover` may still read it."
    )


def _open_file(path: Path) -> sqlite3.Connection:
    """Open, check and, where it is new, fill the file. Raises one of _FAULTS."""
    _create_private(path)
    database = _connect(path.absolute().as_uri())
    try:
        # The lock comes first: another window may be creating the tables at this moment.
        database.execute("BEGIN IMMEDIATE")
        if not _checked_version(database):
            _create_tables(database)
        # Written at every start, so that a file, folder or disk that takes no writes is told before anything is typed.
        database.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
        database.execute("COMMIT")
        # Another window may be using the file right now, and then the switch is refused. It lasts, so the next start
        # makes it; until then SQLite's other journal is as safe, only slower.
        with suppress(sqlite3.OperationalError):
            database.execute("PRAGMA journal_mode = WAL")
        # Survives the death of this process, and leaves the file whole after a power cut. FULL would also save the last
        # keystrokes before a power cut, and would wait for the disk at every draft.
        database.execute("PRAGMA synchronous = NORMAL")
    except BaseException:
        database.close()
        raise
    return database


def _checked_version(database: sqlite3.Connection) -> int:
    """The file's schema version, 0 for a new file. Raises _NewerSchemaError or _DamagedError."""
    version = _version(database)
    if version > SCHEMA_VERSION:
        raise _NewerSchemaError
    if version:
        # Unlike quick_check it compares the indexes with the rows: by a damaged index a row that is there is not found.
        (found,) = database.execute("PRAGMA integrity_check(1)").fetchone()
        if found != "ok":
            raise _DamagedError(found)
        # A name in the schema may be damaged without anything that SQLite looks at.
        if _columns(database) != _columns_as_created():
            raise _DamagedError
    return version


def _columns(database: sqlite3.Connection) -> dict[str, list[str]]:
    """The names of each table's columns."""
    return {table: [name for _, name, *_ in database.execute(f"PRAGMA table_info({table})")] for table in _TABLE_NAMES}


@cache
def _columns_as_created() -> dict[str, list[str]]:
    with closing(sqlite3.connect(":memory:")) as memory:
        _create_tables(memory)
        return _columns(memory)


def _memory(unwritable: Path) -> sqlite3.Connection:
    """A database for this session only, with what can be read from a file that cannot be written."""
    memory = _connect(":memory:")
    _create_tables(memory)
    # In a folder that cannot be written SQLite reads a WAL file only when told that nobody else changes it.
    for access in ("mode=ro", "mode=ro&immutable=1"):
        with suppress(OSError, *_SQL_FAULTS), closing(_connect(f"{unwritable.absolute().as_uri()}?{access}")) as file:
            if _version(file) == SCHEMA_VERSION:
                _copy(file, memory)
            break
    return memory


def _connect(target: str) -> sqlite3.Connection:
    """Connect to a `file:` address, or to `:memory:`."""
    database = sqlite3.connect(target, timeout=5.0, isolation_level=None, check_same_thread=False, uri=True)
    database.text_factory = _decoded
    database.execute("PRAGMA foreign_keys = ON")
    return database


def _decoded(stored: bytes) -> str:
    """A draft with one damaged letter in it is a draft."""
    return stored.decode("utf-8", "replace")


def _create_private(path: Path) -> None:
    missing = [folder for folder in path.parents if not folder.exists()]
    for folder in reversed(missing):
        folder.mkdir(mode=0o700, exist_ok=True)
    # Never opens a file that exists: closing it again would drop the locks that another connection here holds on it.
    with suppress(FileExistsError):
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))


def _create_tables(database: sqlite3.Connection) -> None:
    strict = "STRICT" if sqlite3.sqlite_version_info >= (3, 37) else ""
    for statement in _TABLES.format(strict=strict).split(";"):
        database.execute(statement)


def _version(database: sqlite3.Connection) -> int:
    return database.execute("PRAGMA user_version").fetchone()[0]


def _commit(database: sqlite3.Connection, statements: Iterable[_Statement]) -> None:
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


def _copy(source: sqlite3.Connection, target: sqlite3.Connection) -> None:
    """Copy row by row rather than page by page, so that what is damaged is left out instead of brought along."""
    for table in _TABLE_NAMES:
        with suppress(*_SQL_FAULTS):
            for row in source.execute(f"SELECT * FROM {table}"):
                target.execute(f"INSERT INTO {table} VALUES ({', '.join('?' * len(row))})", row)


def _set_aside(path: Path) -> Path:
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    kept = path.with_name(f"{path.name}.broken-{stamp}")
    path.replace(kept)
    # The log goes with its file: it holds the newest writes, and beside a new file it would be taken for the new one's.
    for ending in ("-wal", "-shm"):
        with suppress(FileNotFoundError):
            path.with_name(path.name + ending).replace(kept.with_name(kept.name + ending))
    return kept


_DAMAGE = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_ERROR)
"""The last where the file says of itself that it is of another format, or has other tables than ours."""


def _is_damage(error: Exception) -> bool:
    return isinstance(error, _DamagedError | UnicodeDecodeError) or _code(error) in _DAMAGE


def _is_locked_from_within(path: Path, error: Exception) -> bool:
    """Whether the file itself asks that nobody write it, as one damaged byte in its head can; its folder does not."""
    asked = getattr(error, "sqlite_errorcode", 0) == sqlite3.SQLITE_READONLY
    return asked and os.access(path, os.W_OK) and os.access(path.parent, os.W_OK)


def _code(error: Exception) -> int:
    # The low byte is the kind of fault; the rest tells one cause of it from another.
    return getattr(error, "sqlite_errorcode", 0) & 0xFF


def _cannot_save(path: Path, error: Exception) -> str:
    if isinstance(error, _NewerSchemaError):
        return (
            f"The progress file {path} was written by a newer tui-torch, so what you do now is kept in memory only: "
            "upgrade tui-torch to go on with that file."
        )
    code = _code(error)
    if code == sqlite3.SQLITE_FULL:
        remedy = "free some space on that disk"
    elif code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        remedy = "close the program that holds the file"
    elif _is_damage(error):
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


def _is_folder(path: Path) -> bool:
    # A folder that may not be entered does not say what is in it.
    with suppress(OSError):
        return path.is_dir()
    return False


def _storable(parameters: tuple[object, ...]) -> tuple[object, ...]:
    return tuple(value.encode("utf-8", "replace").decode() if isinstance(value, str) else value for value in parameters)


def _now() -> int:
    return int(time.time())
