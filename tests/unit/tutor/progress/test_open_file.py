"""The progress file while it is open: deleted, replaced, cut, or asked to keep too much. Nothing is lost unsaid.

An open file goes on without its name, and all that is written to it is gone with the last window that has it open.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tui_torch.tutor.progress.progress import LONGEST, Progress


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "home" / "progress.db"


@pytest.fixture
def progress(path: Path) -> Iterator[Progress]:
    with Progress.open(path) as progress:
        yield progress


def draft(progress: Progress, step: str, code: str) -> None:
    progress.save_draft("gradients", step, code, known=None, kind="example")


def written_back(progress: Progress) -> None:
    """Have all that the log holds in the file itself."""
    assert progress._database is not None
    progress._database.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def delete_the_file(path: Path) -> None:
    path.unlink()


def delete_the_file_and_its_log(path: Path) -> None:
    for file in path.parent.glob("progress.db*"):
        file.unlink()


def delete_the_folder(path: Path) -> None:
    shutil.rmtree(path.parent)


@pytest.mark.parametrize("delete", [delete_the_file, delete_the_file_and_its_log, delete_the_folder])
def test_a_file_that_was_deleted_is_written_anew_with_all_that_it_held(
    path: Path, progress: Progress, delete: Callable[[Path], None]
) -> None:
    draft(progress, "one", "x = 1")
    written_back(progress)
    draft(progress, "two", "in the log only")
    delete(path)
    draft(progress, "three", "x = 3")
    assert progress.notice == (
        f"The progress file {path} was deleted while it was open, so it was written anew with all that it held."
    )
    drafts = {"one": "x = 1", "two": "in the log only", "three": "x = 3"}
    assert {step: progress.draft("gradients", step) for step in drafts} == drafts
    with Progress.open(path) as another:
        assert {step: another.draft("gradients", step) for step in drafts} == drafts
    assert path.stat().st_mode & 0o777 == 0o600
    assert {file.name for file in path.parent.iterdir()} <= {"progress.db", "progress.db-wal", "progress.db-shm"}


def test_a_file_that_is_deleted_after_the_last_write_is_there_again_in_the_end(path: Path) -> None:
    with Progress.open(path) as progress:
        draft(progress, "one", "x = 1")
        path.unlink()
    with Progress.open(path) as again:
        assert again.draft("gradients", "one") == "x = 1"
        assert again.notice is None


def test_two_windows_go_on_with_one_file_after_it_was_deleted(path: Path, progress: Progress) -> None:
    with Progress.open(path) as other:
        draft(progress, "one", "x = 1")
        draft(other, "two", "x = 2")
        path.unlink()
        draft(progress, "three", "x = 3")
        draft(other, "four", "x = 4")
        for window in (progress, other):
            assert [window.draft("gradients", step) for step in ("one", "two", "three", "four")] == [
                *("x = 1", "x = 2", "x = 3", "x = 4")
            ]
    with Progress.open(path) as again:
        assert again.draft("gradients", "four") == "x = 4"
        assert again.notice is None


def test_where_a_deleted_file_cannot_be_written_anew_it_is_written_in_the_end(path: Path, progress: Progress) -> None:
    draft(progress, "one", "x = 1")
    shutil.rmtree(path.parent)
    path.parent.write_text("in the way")
    draft(progress, "two", "x = 2")
    assert progress.notice is not None and "cannot be saved" in progress.notice
    assert progress.draft("gradients", "one") == "x = 1"
    path.parent.unlink()
    progress.close()
    with Progress.open(path) as again:
        assert (again.draft("gradients", "one"), again.draft("gradients", "two")) == ("x = 1", "x = 2")


def test_a_file_that_another_program_puts_in_its_place_is_gone_on_with(path: Path, progress: Progress) -> None:
    draft(progress, "one", "of this machine")
    elsewhere = path.parent / "elsewhere.db"
    with Progress.open(elsewhere) as other:
        draft(other, "one", "of another machine")
    elsewhere.replace(path)
    assert progress.draft("gradients", "one") == "of another machine"
    draft(progress, "two", "x = 2")
    assert progress.notice is None
    with Progress.open(path) as again:
        assert again.draft("gradients", "two") == "x = 2"


def test_rubbish_that_another_program_puts_in_its_place_is_set_aside(path: Path, progress: Progress) -> None:
    draft(progress, "one", "x = 1")
    rubbish = path.parent / "rubbish"
    rubbish.write_bytes(b"no database " * 1000)
    rubbish.replace(path)
    draft(progress, "two", "x = 2")
    assert progress.notice is not None and "what could still be read was written to a new one" in progress.notice
    with Progress.open(path) as again:
        assert (again.draft("gradients", "one"), again.draft("gradients", "two")) == ("x = 1", "x = 2")
    (kept,) = path.parent.glob("progress.db.broken-*Z")
    assert kept.name in progress.notice
    assert kept.read_bytes().startswith(b"no database")


@pytest.mark.parametrize("left", [0, 1, 4096, 3 * 4096 + 7])
def test_of_a_file_that_was_cut_what_can_be_read_is_written_to_a_new_one(
    path: Path, progress: Progress, left: int
) -> None:
    for number in range(100):
        progress.record_attempt("gradients", "one", f"x = {number}\n" * 100, "example", "ok")
    draft(progress, "one", "x = 1")
    written_back(progress)
    os.truncate(path, left)
    draft(progress, "two", "x = 2")
    assert progress.notice is not None
    assert "was cut or damaged while it was open, so what could still be read was written to a" in progress.notice
    (kept,) = path.parent.glob("progress.db.broken-*Z")
    assert kept.name in progress.notice
    assert progress.draft("gradients", "two") == "x = 2"
    with Progress.open(path) as again:
        assert again.notice is None
        assert again.draft("gradients", "two") == "x = 2"


@pytest.mark.parametrize("left", [0, 100])
def test_a_logs_index_that_was_cut_is_made_anew(path: Path, progress: Progress, left: int) -> None:
    draft(progress, "one", "x = 1")
    index = path.with_name("progress.db-shm")
    before = index.stat().st_size
    os.truncate(index, left)
    draft(progress, "two", "x = 2")
    assert index.stat().st_size == before
    assert (progress.draft("gradients", "one"), progress.notice) == ("x = 1", None)
    with Progress.open(path) as again:
        assert (again.draft("gradients", "one"), again.draft("gradients", "two")) == ("x = 1", "x = 2")


def test_when_all_of_it_was_cut_learning_goes_on_and_what_is_written_from_then_on_is_kept(
    path: Path, progress: Progress
) -> None:
    draft(progress, "one", "x = 1")
    for file in path.parent.glob("progress.db*"):
        os.truncate(file, 0)
    draft(progress, "two", "x = 2")
    assert progress.notice is not None and "was cut or damaged while it was open" in progress.notice
    assert progress.draft("gradients", "two") == "x = 2"
    with Progress.open(path) as again:
        assert (again.notice, again.draft("gradients", "two")) == (None, "x = 2")


def test_a_file_that_sqlite_has_tidied_up_was_not_cut(path: Path, progress: Progress) -> None:
    for number in range(100):
        progress.record_attempt("gradients", "one", f"x = {number}\n" * 100, "example", "ok")
    progress.reset("gradients")
    draft(progress, "two", "x = 2")
    written_back(progress)
    size = path.stat().st_size
    with closing(sqlite3.connect(path)) as file:
        file.execute("VACUUM")
        file.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    assert path.stat().st_size < size
    draft(progress, "three", "x = 3")
    assert progress.notice is None
    assert progress.draft("gradients", "two") == "x = 2"


def test_a_text_that_is_too_long_is_refused_in_a_sentence_and_nothing_is_lost(path: Path, progress: Progress) -> None:
    draft(progress, "one", "x = 1")
    long = "x" * (LONGEST + 1)
    progress.save_draft("gradients", "one", long, known="x = 1", kind="example")
    progress.record_attempt("gradients", "one", long, "example", "ok")
    assert progress.notice == (
        f"A text of 10,000,001 characters was not saved in {path}, which keeps at most 10,000,000 of one: "
        "what was saved before is still there, and the text is where you wrote it until you quit."
    )
    assert progress.draft("gradients", "one") == "x = 1"
    assert progress.attempts("gradients", "one") == ()
    progress.save_draft("gradients", "one", "x = 2", known=long, kind="example")
    assert [attempt.code for attempt in progress.attempts("gradients", "one")] == ["x = 1"]
    with Progress.open(path) as again:
        assert again.draft("gradients", "one") == "x = 2"


def test_a_gigabyte_is_refused_at_once(progress: Progress) -> None:
    draft(progress, "one", "x = 1")
    progress.save_draft("gradients", "one", "x" * 2**30, known="x = 1", kind="example")
    assert progress.notice is not None and "A text of 1,073,741,824 characters was not saved" in progress.notice
    assert progress.draft("gradients", "one") == "x = 1"
