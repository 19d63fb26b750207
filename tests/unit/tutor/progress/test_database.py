"""The progress file itself: its tables, how it is opened, copied and set aside, and what counts as damage."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tui_torch.tutor.progress.database import _set_aside, commit
from tui_torch.tutor.progress.faults import cannot_save_sentence, is_damage
from tui_torch.tutor.progress.progress import Progress


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A progress file with a draft, a done step and a place in it."""
    path = tmp_path / "progress.db"
    with Progress.open(path) as progress:
        progress.replace_draft("gradients", "one", "x = 1", known=None, kind="example")
        progress.mark_done("gradients", "two")
        progress.remember_place("gradients", "one")
    return path


def execute(path: Path, sql: str) -> list[tuple[object, ...]]:
    """What another program does to the file."""
    with closing(sqlite3.connect(path, isolation_level=None)) as file:
        return file.execute(sql).fetchall()


@pytest.mark.skipif(sqlite3.sqlite_version_info < (3, 37), reason="this SQLite has no strict tables")
def test_a_column_takes_its_own_type_alone(path: Path) -> None:
    with pytest.raises(sqlite3.IntegrityError, match="cannot store TEXT"):
        execute(path, "UPDATE steps SET hints = 'many'")


def test_two_windows_may_read_while_one_writes(path: Path) -> None:
    assert execute(path, "PRAGMA journal_mode") == [("wal",)]


def test_a_write_waits_for_no_disk(path: Path) -> None:
    with Progress.open(path) as progress:
        assert progress._database is not None
        assert progress._database.execute("PRAGMA synchronous").fetchone() == (1,)


def test_a_damaged_letter_of_a_draft_is_a_replacement_character(path: Path) -> None:
    execute(path, "UPDATE steps SET draft = CAST(x'78ff79' AS TEXT) WHERE step = 'one'")
    with Progress.open(path) as progress:
        assert progress.draft("gradients", "one") == "x\ufffdy"
        assert progress.notice is None


def test_a_file_without_one_of_our_columns_is_set_aside_as_damaged(path: Path) -> None:
    execute(path, "ALTER TABLE steps RENAME COLUMN solution_at TO solution_by")
    with Progress.open(path) as progress:
        assert progress.notice is not None and "was damaged" in progress.notice
        assert progress.place() is None


def test_the_log_of_a_damaged_file_is_set_aside_with_it(tmp_path: Path) -> None:
    for name in ("progress.db", "progress.db-wal", "progress.db-shm"):
        (tmp_path / name).write_text(name)
    kept = _set_aside(tmp_path / "progress.db")
    assert {file.name: file.read_text() for file in tmp_path.iterdir()} == {
        kept.name: "progress.db",
        f"{kept.name}-wal": "progress.db-wal",
        f"{kept.name}-shm": "progress.db-shm",
    }


def test_what_a_file_that_cannot_be_written_holds_is_shown(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(path: Path) -> None:
        raise sqlite3.OperationalError("attempt to write a readonly database")

    before = path.read_bytes()
    monkeypatch.setattr("tui_torch.tutor.progress.progress.open_or_replace", refused)
    with Progress.open(path) as progress:
        assert progress.draft("gradients", "one") == "x = 1"
        assert progress.done("gradients") == {"two"}
        progress.mark_done("gradients", "one")
        assert progress.done("gradients") == {"one", "two"}
        assert progress.notice is not None and "attempt to write a readonly database" in progress.notice
    assert path.read_bytes() == before


def test_a_read_that_fails_goes_on_in_memory_with_what_the_other_tables_hold(path: Path) -> None:
    with Progress.open(path) as progress:
        execute(path, "DROP TABLE steps")
        assert progress.draft("gradients", "one") is None
        assert progress.place() == ("gradients", "one")
        assert progress.notice is not None and "Progress cannot be saved" in progress.notice


def test_statements_are_committed_together_or_not_at_all() -> None:
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as database:
        database.execute("CREATE TABLE t (x)")
        with pytest.raises(sqlite3.OperationalError):
            commit(database, [("INSERT INTO t VALUES (?)", (1,)), ("INSERT INTO nowhere VALUES (?)", (2,))])
        assert not database.in_transaction
        assert database.execute("SELECT * FROM t").fetchall() == []
        commit(database, [("INSERT INTO t VALUES (?)", (3,)), ("INSERT INTO t VALUES (?)", (4,))])
        assert database.execute("SELECT * FROM t").fetchall() == [(3,), (4,)]


def test_a_file_that_is_out_of_reach_is_not_damaged() -> None:
    assert not is_damage(PermissionError(13, "Permission denied"))
    assert not is_damage(sqlite3.OperationalError("unable to open database file"))


def test_a_path_that_cannot_be_looked_at_is_not_taken_for_a_folder(tmp_path: Path) -> None:
    sentence = cannot_save_sentence(tmp_path / ("x" * 5000), PermissionError(13, "Permission denied"))
    assert "make its folder writable" in sentence
    assert "move the folder of that name away" in cannot_save_sentence(
        tmp_path, IsADirectoryError(21, "Is a directory")
    )
