"""A progress file of an earlier version is brought to this one, forward only, and kept as it was beside it.

`version-1.db` and `version-6.db` were written by a tui-torch of that version of the file.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import threading
from contextlib import closing
from pathlib import Path

import pytest

from tui_torch.course.arena.problems import Arena, arena_folder
from tui_torch.tutor.practice.items import items
from tui_torch.tutor.progress.progress import Progress
from tui_torch.tutor.progress.reviews import Rating
from tui_torch.tutor.progress.tables import SCHEMA_VERSION
from tui_torch.tutor.progress.work import Answer

VERSION_1 = Path(__file__).with_name("version-1.db")
VERSION_6 = Path(__file__).with_name("version-6.db")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return Path(shutil.copy(VERSION_1, tmp_path / "progress.db"))


def version(path: Path) -> int:
    with closing(sqlite3.connect(path)) as file:
        return file.execute("PRAGMA user_version").fetchone()[0]


def rows(path: Path) -> dict[str, list[tuple[object, ...]]]:
    """All that a file of version 1 holds."""
    with closing(sqlite3.connect(path)) as file:
        tables = {"steps": "*", "attempts": "id, step_id, code, kind, outcome, at", "trusted": "*"}
        tables["place"] = "id, lesson, step"
        found = {table: file.execute(f"SELECT {columns} FROM {table}").fetchall() for table, columns in tables.items()}
        return found | {"answers": file.execute("SELECT id, step_id, choice, correct, at FROM answers").fetchall()}


def test_the_file_is_of_the_version_that_the_program_says(tmp_path: Path) -> None:
    Progress.open(tmp_path / "progress.db").close()
    assert version(tmp_path / "progress.db") == SCHEMA_VERSION == 8
    assert version(VERSION_1) == 1


def test_a_file_of_version_1_is_brought_to_this_version_with_all_that_it_holds(path: Path) -> None:
    before = rows(path)
    assert all(before.values())
    with Progress.open(path) as progress:
        assert progress.notice is None
        assert progress.draft("gradients", "three-scalars") == "x = 1  # mine\n"
        assert [answer.choice for answer in progress.answers("gradients", "dy-dx")] == [1, 2]
        assert progress.answers("gradients", "dy-dx")[0].text is None
        progress.answer("gradients", "dy-dx", 0, False, "`None`")
        last = progress.last_answer("gradients", "dy-dx")
        assert last == Answer(0, False, last.at if last else 0, "`None`")
        for seconds in (0.2, 0.1):
            progress.record_time("gradients", "a-square", seconds, 0.05)
        assert progress.best_time("gradients", "a-square") == (0.1, 0.05)
        assert progress.best_time("gradients", "dy-dx") is None
    assert version(path) == SCHEMA_VERSION
    after = rows(path)
    assert after.pop("answers")[:-1] == before.pop("answers")
    assert after == before
    with Progress.open(path) as progress:
        progress.record_attempt("gradients", "a-square", "x", "exercise", "not passed", "x is 9")
        *earlier, attempt = progress.attempts("gradients", "a-square")
        assert attempt.failed == "x is 9"
        assert [one.failed for one in earlier] == [None] * len(before["attempts"][1:])


def test_problems_that_were_solved_by_version_6_come_back_and_what_it_knew_of_the_rest_stays(tmp_path: Path) -> None:
    path = Path(shutil.copy(VERSION_6, tmp_path / "progress.db"))
    sql = "SELECT lesson, step, rating, reviews.at FROM reviews JOIN steps ON steps.id = step_id"
    with closing(sqlite3.connect(path)) as file:
        before = file.execute(sql).fetchall()
    assert {lesson for lesson, *_ in before} == {"gradients"}
    with Progress.open(path) as progress:
        assert progress.notice is None
        asked = {item.title: item for item in items((), Arena(arena_folder()), progress, 2_000_000_000)}
        # The one that was tried in vain is none.
        assert {item.name[0]: item.state.rating for item in asked.values()} == {
            "arena:stable-softmax": Rating.GOOD,
            "arena:puzzle-one-hot": Rating.HARD,
            "arena:puzzle-ranks": Rating.AGAIN,
        }
        assert {item.group(2_000_000_000) for item in asked.values()} == {"due"}
        assert asked["Softmax that does not overflow"].seconds == 600, "as long as its author says"
    with closing(sqlite3.connect(path)) as file:
        after = file.execute(sql).fetchall()
    assert [row for row in after if row[0] == "gradients"] == before
    assert path.with_name("progress.db.version-6").exists()
    with Progress.open(path) as progress:
        assert len(progress.all_reviewed()) == 6, "a second time nothing is added"


def test_how_it_was_is_kept_beside_it_for_its_owner_alone(path: Path) -> None:
    before = rows(path)
    Progress.open(path).close()
    kept = path.with_name("progress.db.version-1")
    assert version(kept) == 1
    assert rows(kept) == before
    assert kept.stat().st_mode & 0o777 == 0o600
    Progress.open(path).close()
    assert sorted(file.name for file in path.parent.iterdir()) == ["progress.db", "progress.db.version-1"]


def test_what_its_log_holds_is_kept_and_brought_along_too(path: Path) -> None:
    with closing(sqlite3.connect(path)) as older:
        older.execute("INSERT INTO trusted VALUES ('in the log only', 1)")
        older.commit()
        assert path.with_name("progress.db-wal").stat().st_size
        Progress.open(path).close()
    for file in (path, path.with_name("progress.db.version-1")):
        assert ("in the log only", 1) in rows(file)["trusted"]


def test_an_earlier_copy_is_not_written_over(path: Path) -> None:
    path.with_name("progress.db.version-1").write_text("an earlier one")
    Progress.open(path).close()
    assert path.with_name("progress.db.version-1").read_text() == "an earlier one"
    assert version(path.with_name("progress.db.version-1-2")) == 1


def test_where_no_copy_can_be_made_the_file_stays_as_it_is_and_what_it_holds_is_used(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: Path, version: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("tui_torch.tutor.progress.database._back_up", refuse)
    with Progress.open(path) as progress:
        assert progress.notice is not None and "No space left on device" in progress.notice
        assert progress.draft("gradients", "three-scalars") == "x = 1  # mine\n"
        progress.answer("gradients", "dy-dx", 0, False, "`None`")
        assert len(progress.answers("gradients", "dy-dx")) == 3


def test_a_copy_that_was_not_finished_is_not_left(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if os.name == "nt":
        pytest.skip("there a process cannot be kept from writing")
    import resource
    import signal

    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (8192, limits[1]))
    try:
        progress = Progress.open(path)
        assert progress.notice is not None and "cannot be saved" in progress.notice
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, before)
    assert not list(path.parent.glob("*.version-*"))
    assert version(path) == 1
    progress.close()


def test_two_windows_that_open_it_at_once_bring_it_along_once(path: Path) -> None:
    opened: list[Progress] = []
    threads = [threading.Thread(target=lambda: opened.append(Progress.open(path))) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [progress.notice for progress in opened] == [None, None]
    for progress in opened:
        progress.close()
    assert len(list(path.parent.glob("*.version-1*"))) == 1


def test_a_file_that_says_version_1_and_has_other_tables_is_damaged(path: Path) -> None:
    with closing(sqlite3.connect(path)) as file:
        file.execute("ALTER TABLE answers RENAME COLUMN choice TO chosen")
    with Progress.open(path) as progress:
        assert progress.notice is not None and "was damaged" in progress.notice
    assert not list(path.parent.glob("*.version-1"))


def test_there_is_no_way_back(path: Path) -> None:
    Progress.open(path).close()
    with closing(sqlite3.connect(path)) as file:
        file.execute(f"PRAGMA user_version = {SCHEMA_VERSION + 1}")
    with Progress.open(path) as progress:
        assert progress.notice is not None and "upgrade tui-torch" in progress.notice
    assert version(path) == SCHEMA_VERSION + 1
