"""What is said of a lesson that is finished."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.courses import course_in
from tui_torch.course.lesson import Example, Lesson
from tui_torch.tutor.finished import BREAK, MOST_POINTS, items_of, learned, time_without_breaks
from tui_torch.tutor.progress.progress import Progress
from tui_torch.ui.screens.finished import duration

COURSE = course_in()


@pytest.mark.parametrize("lesson", COURSE.lessons, ids=lambda lesson: lesson.id)
def test_every_lesson_of_the_course_says_in_five_lines_what_it_taught(lesson: Lesson) -> None:
    last = lesson.steps[-1]
    points = learned(lesson)
    assert len(points) == MOST_POINTS
    assert points == items_of(last.text or "")
    # Nothing of the text is left out.
    assert " ".join(f"- {point}" for point in points) == " ".join((last.text or "").split())


def test_a_lesson_that_ends_otherwise_has_its_summary_and_its_headings() -> None:
    steps = tuple(Example(id=f"s{at}", title=f"Step {at}", text="Text.", code="1") for at in range(9))
    lesson = Lesson(id="a", title="A", summary="What it is about.", minutes=1, steps=steps)
    assert learned(lesson) == ("What it is about.", "Step 0", "Step 1", "Step 2", "Step 3")


def test_code_is_no_list_and_a_paragraph_ends_an_item() -> None:
    text = "So:\n\n- one\n  goes on\n* two\n\nA text.\n```\n- no item\n```\n+ three"
    assert items_of(text) == ("one goes on", "two", "three")


def test_the_time_counts_what_is_between_two_things_done_without_breaks() -> None:
    assert time_without_breaks([0, 60, 60 + BREAK, 5000, 5030]) == 60 + BREAK + 30
    assert time_without_breaks([7]) == time_without_breaks([]) == 0


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0, "less than a minute"),
        (60, "about 1 minute"),
        (719, "about 12 minutes"),
        (3600, "about 1 hour"),
        (7260, "about 2 hours 1 minute"),
    ],
)
def test_a_time_is_said_in_minutes(seconds: int, said: str) -> None:
    assert duration(seconds) == said


def test_runs_answers_and_steps_done_are_the_times_of_a_lesson_and_of_no_other(tmp_path: Path) -> None:
    with Progress.open(tmp_path / "progress.db") as progress:
        progress.record_attempt("a", "one", "1", "example", "ok")
        progress.answer("a", "two", 0, True)
        progress.mark_done("a", "two")
        progress.mark_done("b", "one")
        assert len(progress.times("a")) == 3
        assert len(progress.times("b")) == 1
        assert list(progress.times("a")) == sorted(progress.times("a"))
