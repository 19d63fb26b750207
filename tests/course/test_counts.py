"""The course, counted: what every lesson of it has, and how much there is in all."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.courses import course_in
from tui_torch.cli import commands
from tui_torch.course.counts import counts_of, right_places, total
from tui_torch.course.lesson import Lesson, Quiz
from tui_torch.course.proof.complete import incomplete

COURSE = course_in()
LESSONS = pytest.mark.parametrize("lesson", COURSE.lessons, ids=lambda lesson: lesson.id)


@LESSONS
def test_a_lesson_of_the_course_has_all_that_such_a_lesson_must(lesson: Lesson) -> None:
    assert list(incomplete(lesson)) == []


@LESSONS
def test_a_lesson_says_first_what_one_can_do_after_it(lesson: Lesson) -> None:
    text = " ".join((lesson.steps[0].text or "").split())
    assert re.search(r"(After this lesson|By the end) you (can|have)", text)


@LESSONS
def test_every_example_of_a_lesson_is_proved(lesson: Lesson) -> None:
    counts = counts_of(lesson)
    assert counts.examples_with_expect == counts.examples


def test_it_is_counted_where_the_right_choice_is_written() -> None:
    places = right_places(COURSE.lessons)
    quizzes = [step for lesson in COURSE.lessons for step in lesson.steps if isinstance(step, Quiz)]
    assert sum(places) == len(quizzes)
    assert [sum(quiz.choices[at].correct for quiz in quizzes if at < len(quiz.choices)) for at in range(4)] == [*places]
    assert right_places([]) == ()


def test_the_course_is_as_large_as_it_should_be() -> None:
    counts = total(map(counts_of, COURSE.lessons))
    assert len(COURSE.lessons) >= 15
    assert counts.exercises >= 36
    assert counts.quizzes >= 30
    assert counts.mistakes >= 300
    assert counts.also >= 144


def test_list_gives_the_counts_of_each_lesson_and_their_sum(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TUI_TORCH_HOME", str(tmp_path))
    listing = json.loads(CliRunner().invoke(commands, ["list", "--json"]).stdout)
    each = [lesson["counts"] for track in listing["tracks"] for lesson in track["lessons"]]
    assert listing["counts"].pop("lessons") == len(each) == len(COURSE.lessons)
    assert listing["counts"] == {name: sum(counts[name] for counts in each) for name in each[0]}
    arena = listing["arena"]
    assert arena["problems"] == arena["exercises"] == len(COURSE.arena.ids) >= 60
    assert arena["also"] >= 3 * arena["problems"] and arena["mistakes"] >= 5 * arena["problems"]
    assert each[0]["steps"] == each[0]["examples"] + each[0]["quizzes"] + each[0]["exercises"]
