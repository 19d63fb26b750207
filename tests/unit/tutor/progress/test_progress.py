from __future__ import annotations

import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tui_torch.tutor.progress.progress import Progress
from tui_torch.tutor.user_files import config_folder, data_folder


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data" / "progress.db"


@pytest.fixture
def progress(path: Path) -> Iterator[Progress]:
    with Progress.open(path) as progress:
        yield progress


def python(code: str, *arguments: object) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", code, *map(str, arguments)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def fill_the_disk(progress: Progress) -> None:
    database = progress._database
    assert database is not None
    (pages,) = database.execute("PRAGMA page_count").fetchone()
    database.execute(f"PRAGMA max_page_count = {pages}")


BIG = "x" * 100_000


def test_a_first_start_knows_nothing(progress: Progress) -> None:
    assert progress.notice is None
    assert progress.place() is None
    assert progress.draft("gradients", "one") is None
    assert progress.attempts("gradients", "one") == ()
    assert progress.answers("gradients", "one") == ()
    assert progress.last_answer("gradients", "one") is None
    assert progress.hints_shown("gradients", "one") == 0
    assert not progress.solution_seen("gradients", "one")
    assert progress.done("gradients") == frozenset()
    assert progress.all_done() == {}
    assert not progress.trusted("abc")


def test_everything_is_there_again_after_reopening(path: Path) -> None:
    with Progress.open(path) as progress:
        progress.save_draft("gradients", "one", "x = 1", known=None, kind="example")
        progress.record_attempt("gradients", "one", "x = 1", "example", "ok")
        progress.answer("gradients", "two", 1, False)
        progress.mark_done("gradients", "one")
        progress.show_hint("gradients", "three")
        progress.show_solution("gradients", "three")
        progress.remember_place("gradients", "two")
        progress.trust("abc")
    with Progress.open(path) as progress:
        assert progress.draft("gradients", "one") == "x = 1"
        (attempt,) = progress.attempts("gradients", "one")
        assert (attempt.code, attempt.kind, attempt.outcome) == ("x = 1", "example", "ok")
        answer = progress.last_answer("gradients", "two")
        assert answer is not None
        assert (answer.choice, answer.correct) == (1, False)
        assert progress.done("gradients") == {"one"}
        assert progress.hints_shown("gradients", "three") == 1
        assert progress.solution_seen("gradients", "three")
        assert progress.place() == ("gradients", "two")
        assert progress.trusted("abc")


def test_the_last_draft_of_a_step_counts(progress: Progress) -> None:
    progress.save_draft("gradients", "one", "x = 1", known=None, kind="example")
    progress.save_draft("gradients", "one", "x = 12", known=None, kind="example")
    progress.save_draft("gradients", "two", "y = 3", known=None, kind="example")
    assert progress.draft("gradients", "one") == "x = 12"


def test_a_forgotten_draft_is_gone(progress: Progress) -> None:
    progress.save_draft("gradients", "one", "x = 1", known=None, kind="example")
    progress.forget_draft("gradients", "one")
    assert progress.draft("gradients", "one") is None


def test_an_empty_draft_is_a_draft(progress: Progress) -> None:
    progress.save_draft("gradients", "one", "", known=None, kind="example")
    assert progress.draft("gradients", "one") == ""


def test_attempts_come_oldest_first(progress: Progress) -> None:
    progress.record_attempt("gradients", "one", "a", "exercise", "not passed")
    progress.record_attempt("gradients", "one", "b", "exercise", "passed")
    assert [attempt.code for attempt in progress.attempts("gradients", "one")] == ["a", "b"]


def test_an_attempts_time_is_utc_in_unix_seconds(progress: Progress) -> None:
    before = int(time.time())
    progress.record_attempt("gradients", "one", "a", "example", "ok")
    (attempt,) = progress.attempts("gradients", "one")
    assert before <= attempt.at <= int(time.time())


def test_answers_come_oldest_first_and_the_last_one_is_the_newest(progress: Progress) -> None:
    progress.answer("gradients", "quiz", 2, False)
    progress.answer("gradients", "quiz", 0, True)
    assert [answer.choice for answer in progress.answers("gradients", "quiz")] == [2, 0]
    assert progress.last_answer("gradients", "quiz") == progress.answers("gradients", "quiz")[1]


def test_each_hint_shown_is_counted(progress: Progress) -> None:
    assert [progress.show_hint("gradients", "one") for _ in range(3)] == [1, 2, 3]


def test_marking_done_twice_changes_nothing(progress: Progress) -> None:
    progress.mark_done("gradients", "one")
    progress.mark_done("gradients", "one")
    assert progress.done("gradients") == {"one"}


@pytest.mark.parametrize(("mark", "column"), [("mark_done", "done_at"), ("show_solution", "solution_at")])
def test_the_time_of_the_first_time_is_kept(
    path: Path, progress: Progress, monkeypatch: pytest.MonkeyPatch, mark: str, column: str
) -> None:
    for now in (1000.9, 2000.0):
        monkeypatch.setattr(time, "time", lambda now=now: now)
        getattr(progress, mark)("gradients", "one")
    with sqlite3.connect(path) as file:
        assert file.execute(f"SELECT step, {column} FROM steps").fetchall() == [("one", 1000)]


def test_each_thing_kept_is_of_one_step_of_one_lesson(progress: Progress) -> None:
    kept = ("gradients", "one")
    progress.save_draft(*kept, "x = 1", known=None, kind="example")
    progress.record_attempt(*kept, "x = 1", "exercise", "ok")
    progress.answer(*kept, 1, True)
    progress.show_hint(*kept)
    progress.show_solution(*kept)
    progress.mark_done(*kept)
    for lesson, step in (("gradients", "two"), ("tensors", "one")):
        assert progress.draft(lesson, step) is None
        assert progress.attempts(lesson, step) == ()
        assert progress.answers(lesson, step) == ()
        assert progress.hints_shown(lesson, step) == 0
        assert not progress.solution_seen(lesson, step)
        assert step not in progress.done(lesson)


def test_to_forget_a_draft_keeps_those_of_other_steps_and_the_attempts(progress: Progress) -> None:
    for lesson, step in (("gradients", "one"), ("gradients", "two"), ("tensors", "one")):
        progress.save_draft(lesson, step, f"{lesson} {step}", known=None, kind="example")
        progress.record_attempt(lesson, step, "x", "example", "ok")
    progress.forget_draft("gradients", "one")
    assert progress.draft("gradients", "two") == "gradients two"
    assert progress.draft("tensors", "one") == "tensors one"
    assert len(progress.attempts("gradients", "one")) == 1


def test_only_a_draft_that_is_there_is_forgotten(progress: Progress) -> None:
    progress.mark_done("gradients", "one")
    progress.forget_draft("gradients", "one")
    assert progress.done("gradients") == {"one"}


def test_what_is_done_is_listed_by_lesson(progress: Progress) -> None:
    progress.mark_done("gradients", "one")
    progress.mark_done("gradients", "two")
    progress.mark_done("tensors", "one")
    progress.save_draft("devices", "one", "not done", known=None, kind="example")
    assert progress.all_done() == {"gradients": {"one", "two"}, "tensors": {"one"}}


def test_the_last_place_counts(progress: Progress) -> None:
    progress.remember_place("gradients", "one")
    progress.remember_place("tensors", "two")
    assert progress.place() == ("tensors", "two")


def test_a_reset_forgets_one_lesson_whole_and_no_other(path: Path, progress: Progress) -> None:
    for lesson in ("gradients", "tensors"):
        progress.save_draft(lesson, "one", "x", known=None, kind="example")
        progress.record_attempt(lesson, "one", "x", "example", "ok")
        progress.answer(lesson, "one", 0, True)
        progress.show_hint(lesson, "one")
        progress.show_solution(lesson, "one")
        progress.mark_done(lesson, "one")
    progress.reset("gradients")
    assert progress.draft("gradients", "one") is None
    assert progress.attempts("gradients", "one") == ()
    assert progress.answers("gradients", "one") == ()
    assert progress.hints_shown("gradients", "one") == 0
    assert not progress.solution_seen("gradients", "one")
    assert progress.all_done() == {"tensors": {"one"}}
    assert len(progress.attempts("tensors", "one")) == len(progress.answers("tensors", "one")) == 1
    with sqlite3.connect(path) as file:
        assert file.execute("SELECT count(*) FROM attempts").fetchone() == (1,)
    file.close()


def test_only_the_content_that_was_trusted_is(progress: Progress) -> None:
    progress.trust("abc")
    progress.trust("abc")
    assert progress.trusted("abc")
    assert not progress.trusted("abd")


@settings(max_examples=50, deadline=None)
@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_code_comes_back_as_it_was_typed(tmp_path_factory: pytest.TempPathFactory, code: str) -> None:
    with Progress.open(tmp_path_factory.getbasetemp() / "typed.db") as progress:
        progress.save_draft("gradients", "one", code, known=None, kind="example")
        assert progress.draft("gradients", "one") == code


def test_a_lone_surrogate_is_kept_as_a_question_mark(progress: Progress) -> None:
    progress.save_draft("gradients", "one", "x = '\udc80'", known=None, kind="example")
    assert progress.draft("gradients", "one") == "x = '?'"


def test_the_file_and_its_folders_are_the_owners_only(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b" / "progress.db"
    with Progress.open(path) as progress:
        progress.mark_done("gradients", "one")
        private = [file.stat().st_mode & 0o777 for file in path.parent.iterdir()]
    assert set(private) == {0o600}
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert path.parent.parent.stat().st_mode & 0o777 == 0o700


def test_two_windows_see_each_others_writes(path: Path, progress: Progress) -> None:
    with Progress.open(path) as other:
        progress.mark_done("gradients", "one")
        other.mark_done("gradients", "two")
        assert progress.done("gradients") == other.done("gradients") == {"one", "two"}


def test_a_draft_of_another_window_is_set_aside_by_the_one_that_replaces_it(path: Path, progress: Progress) -> None:
    step = ("gradients", "one")
    with Progress.open(path) as other:
        progress.save_draft(*step, "a", known=None, kind="example")
        progress.save_draft(*step, "ab", known="a", kind="example")
        assert progress.attempts(*step) == ()
        other.save_draft(*step, "b", known=None, kind="example")
        assert (other.draft(*step), [attempt.code for attempt in other.attempts(*step)]) == ("b", ["ab"])
        progress.save_draft(*step, None, known="ab", kind="example")
        assert (progress.draft(*step), [attempt.code for attempt in progress.attempts(*step)]) == (None, ["ab", "b"])
        other.save_draft(*step, "bc", known="b", kind="example")
        assert {(attempt.kind, attempt.outcome) for attempt in other.attempts(*step)} == {("example", "set aside")}
        assert len(other.attempts(*step)) == 2


def test_an_equal_draft_of_another_window_is_not_set_aside(path: Path, progress: Progress) -> None:
    step = ("gradients", "one")
    with Progress.open(path) as other:
        progress.save_draft(*step, "same", known=None, kind="example")
        other.save_draft(*step, "same", known=None, kind="example")
        assert (other.draft(*step), other.attempts(*step)) == ("same", ())


def test_no_draft_at_all_is_not_set_aside(progress: Progress) -> None:
    progress.mark_done("gradients", "one")
    progress.save_draft("gradients", "one", "new", known="of this window", kind="example")
    assert progress.attempts("gradients", "one") == ()


def test_a_draft_is_set_aside_at_its_own_step_at_its_own_time(
    path: Path, progress: Progress, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Progress.open(path) as other:
        for step in ("one", "two"):
            other.save_draft("gradients", step, step, known=None, kind="exercise")
        monkeypatch.setattr(time, "time", lambda: 3000.0)
        progress.save_draft("gradients", "one", "mine", known=None, kind="exercise")
    [aside] = progress.attempts("gradients", "one")
    assert (aside.code, aside.kind, aside.outcome, aside.at) == ("one", "exercise", "set aside", 3000)
    assert progress.attempts("gradients", "two") == ()
    assert progress.draft("gradients", "two") == "two"


def write_at_once(writer: str, path: Path) -> None:
    """Two processes, `first` and `second`, that begin in the same moment; neither has anything to complain of."""
    writers = [python(writer, path, name) for name in ("first", "second")]
    for process in writers:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in writers:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    assert [process.communicate()[0] for process in writers] == ["None\n", "None\n"]


def test_two_processes_that_replace_each_others_drafts_lose_none(path: Path) -> None:
    writer = """
import sys
from pathlib import Path
from tui_torch.tutor.progress.progress import Progress
name = sys.argv[2]
print("ready", flush=True)
input()
with Progress.open(Path(sys.argv[1])) as progress:
    known = None
    for number in range(100):
        progress.save_draft("gradients", "one", f"{name} {number}", known=known, kind="example")
        known = f"{name} {number}"
print(progress.notice)
"""
    write_at_once(writer, path)
    with Progress.open(path) as progress:
        kept = {progress.draft("gradients", "one"), *(aside.code for aside in progress.attempts("gradients", "one"))}
        assert kept >= {"first 99", "second 99"}


def test_two_processes_that_write_at_once_lose_nothing(path: Path) -> None:
    writer = """
import sys
from pathlib import Path
from tui_torch.tutor.progress.progress import Progress
name = sys.argv[2]
print("ready", flush=True)
input()
with Progress.open(Path(sys.argv[1])) as progress:
    for number in range(150):
        progress.record_attempt("gradients", "one", f"{name} {number}", "example", "ok")
        progress.show_hint("gradients", "one")
        progress.mark_done("gradients", f"{name}-{number}")
print(progress.notice)
"""
    # Neither has the file yet, so they also race to create it.
    write_at_once(writer, path)
    with Progress.open(path) as progress:
        assert {attempt.code for attempt in progress.attempts("gradients", "one")} == {
            f"{name} {number}" for name in ("first", "second") for number in range(150)
        }
        assert progress.hints_shown("gradients", "one") == 300
        assert len(progress.done("gradients")) == 300


def test_a_write_outlives_a_process_killed_right_after_it(path: Path) -> None:
    process = python(
        """
import os, signal, sys
from pathlib import Path
from tui_torch.tutor.progress.progress import Progress
progress = Progress.open(Path(sys.argv[1]))
progress.save_draft("gradients", "one", "the last thing typed", known=None, kind="example")
os.kill(os.getpid(), signal.SIGKILL)
""",
        path,
    )
    process.communicate()
    assert process.returncode == -9
    with Progress.open(path) as progress:
        assert progress.notice is None
        assert progress.draft("gradients", "one") == "the last thing typed"


def test_a_file_that_is_no_database_is_kept_aside_and_a_new_one_begun(path: Path) -> None:
    path.parent.mkdir()
    path.write_bytes(b"this is not a database, whatever its name says" * 100)
    with Progress.open(path) as progress:
        progress.mark_done("gradients", "one")
        assert progress.notice is not None
    (kept,) = path.parent.glob("progress.db.broken-*")
    assert kept.name in progress.notice
    assert kept.read_bytes().startswith(b"this is not a database")
    with Progress.open(path) as progress:
        assert progress.notice is None
        assert progress.done("gradients") == {"one"}


def test_a_database_with_damaged_pages_is_kept_aside(path: Path) -> None:
    with Progress.open(path) as progress:
        for number in range(50):
            progress.record_attempt("gradients", "one", BIG[:1000] + str(number), "example", "ok")
    content = bytearray(path.read_bytes())
    content[4096:] = bytes([0xA5]) * (len(content) - 4096)
    path.write_bytes(content)
    with Progress.open(path) as progress:
        assert progress.notice is not None
        assert "damaged" in progress.notice
        assert progress.attempts("gradients", "one") == ()
    assert len(list(path.parent.glob("progress.db.broken-*"))) == 1


def test_a_file_of_a_newer_version_is_left_as_it_is(path: Path) -> None:
    Progress.open(path).close()
    with sqlite3.connect(path) as file:
        file.execute("PRAGMA user_version = 99")
    file.close()
    before = path.read_bytes()
    with Progress.open(path) as progress:
        progress.mark_done("gradients", "one")
        assert progress.done("gradients") == {"one"}
        assert progress.notice is not None
        assert "upgrade tui-torch" in progress.notice
        assert str(path) in progress.notice
    assert path.read_bytes() == before


def a_folder_in_its_place(folder: Path) -> Path:
    (folder / "progress.db").mkdir()
    return folder / "progress.db"


def a_file_where_its_folder_should_be(folder: Path) -> Path:
    (folder / "data").write_text("in the way")
    return folder / "data" / "progress.db"


def a_folder_that_cannot_be_written(_: Path) -> Path:
    return Path("/proc/tui-torch/progress.db")


@pytest.mark.parametrize(
    "fault", [a_folder_in_its_place, a_file_where_its_folder_should_be, a_folder_that_cannot_be_written]
)
def test_without_a_file_the_session_works_in_memory_and_says_so(tmp_path: Path, fault: Callable[[Path], Path]) -> None:
    path = fault(tmp_path)
    with Progress.open(path) as progress:
        progress.save_draft("gradients", "one", "x = 1", known=None, kind="example")
        progress.mark_done("gradients", "one")
        assert progress.draft("gradients", "one") == "x = 1"
        assert progress.done("gradients") == {"one"}
        assert progress.notice is not None
        assert str(path) in progress.notice


def test_what_memory_held_is_saved_at_the_end_once_the_fault_is_mended(tmp_path: Path) -> None:
    path = a_folder_in_its_place(tmp_path)
    with Progress.open(path) as progress:
        progress.save_draft("gradients", "one", "x = 1", known=None, kind="example")
        progress.show_hint("gradients", "one")
        path.rmdir()
    with Progress.open(path) as progress:
        assert progress.draft("gradients", "one") == "x = 1"
        assert progress.hints_shown("gradients", "one") == 1


def test_when_the_disk_fills_up_nothing_is_raised_and_the_session_goes_on(progress: Progress, path: Path) -> None:
    progress.mark_done("gradients", "one")
    fill_the_disk(progress)
    progress.save_draft("gradients", "two", BIG, known=None, kind="example")
    progress.mark_done("gradients", "two")
    assert progress.draft("gradients", "two") == BIG
    assert progress.done("gradients") == {"one", "two"}
    assert progress.notice is not None
    assert "free some space" in progress.notice
    assert str(path) in progress.notice


def test_what_a_full_disk_refused_is_saved_at_the_end_if_there_is_room_by_then(path: Path) -> None:
    with Progress.open(path) as progress:
        progress.mark_done("gradients", "one")
        fill_the_disk(progress)
        progress.save_draft("gradients", "two", BIG, known=None, kind="example")
    with Progress.open(path) as progress:
        assert progress.notice is None
        assert progress.draft("gradients", "two") == BIG
        assert progress.done("gradients") == {"one"}


def test_a_file_damaged_while_it_is_open_leaves_the_session_going(progress: Progress, path: Path) -> None:
    progress.mark_done("gradients", "one")
    database = progress._database
    assert database is not None
    database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    with path.open("r+b") as file:
        file.seek(0)
        file.write(b"\xff" * path.stat().st_size)
    database.execute("PRAGMA cache_size = 0")
    progress.save_draft("gradients", "two", BIG, known=None, kind="example")
    assert progress.draft("gradients", "two") == BIG
    assert progress.notice is not None


def test_a_closed_progress_says_that_it_is(path: Path) -> None:
    progress = Progress.open(path)
    progress.close()
    progress.close()
    with pytest.raises(RuntimeError, match="closed"):
        progress.mark_done("gradients", "one")


def test_one_variable_moves_everything_that_is_the_learners(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("TUI_TORCH_HOME", str(tmp_path / "home"))
    assert data_folder() == config_folder() == tmp_path / "home"
    assert not (tmp_path / "home").exists()


def test_without_it_the_folders_are_the_users_own(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("TUI_TORCH_HOME", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    for folder in (data_folder(), config_folder()):
        assert folder.name == "tui-torch"
        assert folder.is_absolute()
