"""The file behind the progress: shared by windows, private, whole, and set aside with its log where it is damaged."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tui_torch.tutor.progress.database import commit
from tui_torch.tutor.progress.faults import cannot_save_sentence, is_damage
from tui_torch.tutor.progress.progress import Progress


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "progress.db"


@pytest.fixture
def progress(path: Path) -> Iterator[Progress]:
    with Progress.open(path) as progress:
        yield progress


def change(path: Path, sql: str) -> None:
    with closing(sqlite3.connect(path)) as file, file:
        file.execute(sql)


def test_a_window_that_reads_makes_no_other_wait(path: Path, progress: Progress) -> None:
    progress.save_draft("gradients", "one", "x = 1", known=None, kind="example")
    with closing(sqlite3.connect(path)) as reader:
        reader.execute("BEGIN")
        assert reader.execute("SELECT draft FROM steps").fetchall() == [("x = 1",)]
        progress.save_draft("gradients", "one", "x = 2", known=None, kind="example")
    assert progress.notice is None
    assert progress.draft("gradients", "one") == "x = 2"


def test_a_draft_does_not_wait_for_the_disk(progress: Progress) -> None:
    assert progress._database is not None
    assert progress._database.execute("PRAGMA synchronous").fetchone() == (1,)  # NORMAL


def test_any_thread_of_the_app_may_write(progress: Progress) -> None:
    kept = {"known": None, "kind": "example"}
    thread = threading.Thread(target=progress.save_draft, args=("gradients", "one", "x = 1"), kwargs=kept)
    thread.start()
    thread.join()
    assert progress.notice is None
    assert progress.draft("gradients", "one") == "x = 1"


def test_a_folder_that_another_window_makes_at_the_same_moment_is_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "data" / "progress.db"
    path.parent.mkdir()
    monkeypatch.setattr(Path, "exists", lambda self: False)
    with Progress.open(path) as progress:
        assert progress.notice is None


def test_a_draft_with_one_damaged_letter_is_shown_with_the_rest(path: Path, progress: Progress) -> None:
    progress.save_draft("gradients", "one", "x = 1", known=None, kind="example")
    change(path, "UPDATE steps SET draft = CAST(x'78ff79' AS TEXT)")
    assert progress.draft("gradients", "one") == "x\N{REPLACEMENT CHARACTER}y"
    assert progress.notice is None


def test_a_number_that_is_no_number_is_refused_by_the_file(path: Path, progress: Progress) -> None:
    progress.mark_done("gradients", "one")
    with pytest.raises(sqlite3.IntegrityError):
        change(path, "UPDATE steps SET done_at = 'yesterday'")


def test_of_several_statements_all_are_written_or_none() -> None:
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as database:
        database.execute("CREATE TABLE numbers (number INTEGER)")
        with pytest.raises(sqlite3.Error):
            commit(database, [("INSERT INTO numbers VALUES (?)", (1,)), ("INSERT INTO nothing VALUES (?)", (2,))])
        assert not database.in_transaction
        assert database.execute("SELECT * FROM numbers").fetchall() == []
        commit(database, [("INSERT INTO numbers VALUES (?)", (3,)), ("INSERT INTO numbers VALUES (?)", (4,))])
        assert database.execute("SELECT * FROM numbers").fetchall() == [(3,), (4,)]


def test_the_log_of_a_damaged_file_is_set_aside_with_it(path: Path, progress: Progress) -> None:
    for number in range(50):
        progress.record_attempt("gradients", "one", f"x = {number}\n" * 100, "example", "ok")
    assert progress._database is not None
    progress._database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    progress.save_draft("gradients", "two", "the newest write, in the log only", known=None, kind="example")
    content = bytearray(path.read_bytes())
    content[-20_000:] = b"\xa5" * 20_000
    path.write_bytes(content)
    # The first window still has the file and its log open, so that SQLite does not clear the log away.
    with Progress.open(path) as another:
        assert another.notice is not None and "damaged" in another.notice
    (log,) = path.parent.glob("progress.db.broken-*-wal")
    assert b"the newest write" in log.read_bytes()
    (memory,) = path.parent.glob("progress.db.broken-*-shm")
    assert log.name.removesuffix("wal") == memory.name.removesuffix("shm")


def test_the_newest_writes_of_a_file_whose_header_is_damaged_can_be_had_back(path: Path, progress: Progress) -> None:
    progress.save_draft("gradients", "one", "the newest write, in the log only", known=None, kind="example")
    left = path.parent / "left" / "progress.db"
    left.parent.mkdir()
    # As after a power cut: nobody has the file open, and its log was not written back.
    for ending in ("", "-wal"):
        (left.parent / f"progress.db{ending}").write_bytes((path.parent / f"progress.db{ending}").read_bytes())
    content = left.read_bytes()
    left.write_bytes(b"?" * 100 + content[100:])
    with Progress.open(left) as another:
        assert another.notice is not None and "damaged" in another.notice
    (kept,) = left.parent.glob("progress.db.broken-*Z")
    kept.write_bytes(content)
    with closing(sqlite3.connect(kept)) as file:
        assert file.execute("SELECT draft FROM steps").fetchall() == [("the newest write, in the log only",)]
    assert {file.name for file in left.parent.iterdir() if "saved" in file.name} == set()


def test_a_file_with_a_column_of_another_name_is_damaged(path: Path) -> None:
    Progress.open(path).close()
    change(path, "ALTER TABLE steps RENAME COLUMN hints TO hintz")
    with Progress.open(path) as progress:
        assert progress.notice is not None and "damaged" in progress.notice
        assert progress.show_hint("gradients", "one") == 1


def test_what_a_newer_version_wrote_is_not_taken_for_ours(path: Path) -> None:
    with Progress.open(path) as progress:
        progress.save_draft("gradients", "one", "x = 1", known=None, kind="example")
    change(path, "PRAGMA user_version = 99")
    with Progress.open(path) as progress:
        assert progress.notice is not None and "upgrade tui-torch" in progress.notice
        assert progress.draft("gradients", "one") is None


def test_a_file_damaged_while_it_is_open_is_no_error_to_a_reader_either(path: Path, progress: Progress) -> None:
    progress.save_draft("gradients", "one", "x = 1\n" * 10_000, known=None, kind="example")
    assert progress._database is not None
    progress._database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    progress._database.execute("PRAGMA cache_size = 0")
    with path.open("r+b") as file:
        file.write(b"\xff" * path.stat().st_size)
    assert progress.attempts("gradients", "one") == ()
    assert progress.notice is not None and "quit and start again" in progress.notice


def test_a_place_that_may_not_be_looked_at_is_taken_for_a_file(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def is_dir(self: Path) -> bool:
        raise PermissionError

    monkeypatch.setattr(Path, "is_dir", is_dir)
    assert "make its folder writable" in cannot_save_sentence(path, PermissionError(13, "Permission denied"))


def test_what_a_file_that_cannot_be_written_holds_is_shown(
    path: Path, progress: Progress, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(path: Path) -> None:
        raise sqlite3.OperationalError("attempt to write a readonly database")

    progress.mark_done("gradients", "two")
    progress.close()
    before = path.read_bytes()
    monkeypatch.setattr("tui_torch.tutor.progress.progress.open_or_replace", refused)
    with Progress.open(path) as in_memory:
        in_memory.mark_done("gradients", "one")
        assert in_memory.done("gradients") == {"one", "two"}
        assert in_memory.notice is not None and "attempt to write a readonly database" in in_memory.notice
    assert path.read_bytes() == before


def test_a_file_that_is_out_of_reach_is_not_damaged() -> None:
    assert not is_damage(PermissionError(13, "Permission denied"))
    assert not is_damage(sqlite3.OperationalError("unable to open database file"))


def test_a_folder_in_the_place_of_the_file_is_to_be_moved_away(tmp_path: Path) -> None:
    sentence = cannot_save_sentence(tmp_path, IsADirectoryError(21, "Is a directory"))
    assert "move the folder of that name away" in sentence


def test_a_file_of_a_version_below_the_first_is_damaged(path: Path) -> None:
    Progress.open(path).close()
    with closing(sqlite3.connect(path)) as file:
        file.execute("PRAGMA user_version = -1")
    with Progress.open(path) as progress:
        assert progress.notice is not None and "damaged" in progress.notice
        assert progress.show_hint("gradients", "one") == 1


def test_what_is_done_while_another_program_holds_the_file_is_kept_and_written_once_it_lets_go(
    path: Path, progress: Progress
) -> None:
    progress.mark_done("gradients", "one")
    with closing(sqlite3.connect(path, isolation_level=None)) as holder:
        holder.execute("BEGIN IMMEDIATE")
        progress.mark_done("gradients", "two")
        assert progress.notice is not None and "once the program that holds the file lets it go" in progress.notice
        progress.save_draft("gradients", "two", "x = 1", known=None, kind="example")
        assert progress.done("gradients") == {"one", "two"}
        holder.execute("ROLLBACK")
    progress.mark_done("gradients", "three")
    assert progress.notice is None
    with Progress.open(path) as another:
        assert another.done("gradients") == {"one", "two", "three"}
        assert another.draft("gradients", "two") == "x = 1"


def test_a_start_while_another_program_holds_the_file_goes_on_in_memory_and_then_in_the_file(path: Path) -> None:
    with Progress.open(path) as progress:
        progress.mark_done("gradients", "one")
    with closing(sqlite3.connect(path, isolation_level=None)) as holder:
        holder.execute("BEGIN IMMEDIATE")
        late = Progress.open(path)
        assert late.notice is not None and "at the moment" in late.notice
        assert late.done("gradients") == {"one"}
        late.mark_done("gradients", "two")
        holder.execute("ROLLBACK")
    late.mark_done("gradients", "three")
    late.close()
    with Progress.open(path) as another:
        assert another.done("gradients") == {"one", "two", "three"}


def test_two_files_damaged_within_a_second_are_both_kept(path: Path) -> None:
    damaged = [b"not a database, the first", b"not a database, the second"]
    path.parent.mkdir(exist_ok=True)
    for content in damaged:
        for ending in ("", "-wal", "-shm"):
            path.with_name(path.name + ending).unlink(missing_ok=True)
        path.write_bytes(content)
        Progress.open(path).close()
    kept = [file.read_bytes() for file in path.parent.glob("*.broken-*") if not file.name.endswith(("-wal", "-shm"))]
    assert sorted(kept) == damaged
