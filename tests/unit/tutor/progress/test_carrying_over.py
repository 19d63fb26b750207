"""What a progress file of version 3 holds becomes reviews when it is opened: nothing is lost, each time the same."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui_torch.tutor.progress.progress import Progress
from tui_torch.tutor.progress.reviews import Rating, Review
from tui_torch.tutor.progress.tables import create_tables, migrate

DAY = 86_400
AGAIN, HARD, GOOD = Rating

STEPS = """
    INSERT INTO steps (id, lesson, step, done_at, hints, solution_at) VALUES
        (1, 'a', 'alone', 100, 0, NULL), (2, 'a', 'hinted', 200, 2, NULL), (3, 'a', 'read', 300, 0, 250),
        (4, 'a', 'shown', 1, 0, NULL), (5, 'a', 'quiz', 400, 0, NULL), (6, 'a', 'open', NULL, 0, NULL),
        (7, 'practice:a', 'alone', 9, 0, NULL), (8, 'practice:a', 'practised only', 9, 0, NULL),
        (9, 'a', 'without attempts', 77, 0, NULL), (10, 'playground:', 'playground', 5, 0, NULL)
"""
ATTEMPTS = """
    INSERT INTO attempts (step_id, code, kind, outcome, at) VALUES
        (4, '', 'example', 'ok', 1), (1, '', 'exercise', 'not passed', 40), (1, '', 'exercise', 'passed', 100),
        (2, '', 'exercise', 'passed', 200), (3, '', 'exercise', 'failed', 240), (3, '', 'exercise', 'passed', 300),
        (6, '', 'exercise', 'interrupted', 500), (6, '', 'exercise', 'failed', 520), (10, '', 'example', 'ok', 540),
        (7, '', 'exercise', 'passed', 259200), (8, '', 'exercise', 'not passed', 259230)
"""
ANSWERS = "INSERT INTO answers (step_id, choice, correct, at) VALUES (5, 0, 0, 390), (5, 1, 1, 400)"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "progress.db"
    with closing(sqlite3.connect(path)) as file:
        create_tables(file, 3)
        for rows in (STEPS, ATTEMPTS, ANSWERS):
            file.execute(rows)
        file.execute("PRAGMA user_version = 3")
        file.commit()
    return path


def test_attempts_answers_help_and_times_become_reviews_and_how_the_file_was_is_kept(path: Path) -> None:
    with Progress.open(path) as progress:
        assert progress.notice is None
        assert {item: progress.reviews(*item) for item in progress.all_reviewed()} == {
            ("a", "alone"): (Review(HARD, 100, True, 99), Review(GOOD, 3 * DAY, True, None)),
            ("a", "hinted"): (Review(HARD, 200, True, 100),),
            ("a", "read"): (Review(AGAIN, 300, True, 100),),
            ("a", "quiz"): (Review(AGAIN, 400, True, 100),),
            ("a", "open"): (Review(AGAIN, 520, False, 20),),
            ("a", "practised only"): (Review(AGAIN, 259230, False, 30),),
            ("a", "without attempts"): (Review(GOOD, 77, True, None),),
        }
        progress.reset("a")
        assert progress.all_reviewed() == {}
    assert path.with_name("progress.db.version-3").exists()


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["a", "practice:a", "b"]),
            st.sampled_from("xyz"),
            st.sampled_from(["passed", "not passed", "failed", "died", "set aside"]),
            st.integers(0, 9 * DAY),
        ),
        max_size=20,
    ),
    st.dictionaries(st.sampled_from("xyz"), st.integers(0, 9 * DAY)),
)
def test_every_exercise_that_was_graded_has_reviews_the_last_at_its_last_try_at_the_latest(
    tries: list[tuple[str, str, str, int]], solutions: dict[str, int]
) -> None:
    def carried_over() -> dict[tuple[str, str], list[tuple[int, int]]]:
        with closing(sqlite3.connect(":memory:")) as file:
            create_tables(file, 3)
            for lesson, step, outcome, at in tries:
                values = (lesson, step, solutions.get(step))
                file.execute("INSERT OR IGNORE INTO steps (lesson, step, solution_at) VALUES (?, ?, ?)", values)
                file.execute(
                    "INSERT INTO attempts (step_id, code, kind, outcome, at) SELECT id, '', 'exercise', ?, ? "
                    "FROM steps WHERE lesson = ? AND step = ?",
                    (outcome, at, lesson, step),
                )
            migrate(file, 3)
            found: dict[tuple[str, str], list[tuple[int, int]]] = {}
            sql = "SELECT lesson, step, reviews.at, rating FROM reviews JOIN steps ON steps.id = step_id"
            for lesson, step, at, rating in file.execute(sql):
                found.setdefault((lesson, step), []).append((at, rating))
            return found

    graded: dict[tuple[str, str], int] = {}
    for lesson, step, outcome, at in tries:
        if outcome in ("passed", "not passed", "failed"):
            name = lesson.removeprefix("practice:"), step
            graded[name] = max(at, graded.get(name, 0))
    found = carried_over()
    assert found.keys() == graded.keys()
    assert all(found[name] == sorted(found[name]) and found[name][-1][0] <= at for name, at in graded.items())
    assert carried_over() == found
