"""Each learner sees the choices of a quiz in an order of their own, which stays."""

from __future__ import annotations

import sqlite3
from collections import Counter
from contextlib import closing
from pathlib import Path
from typing import cast

from tests.courses import course_in
from tui_torch.course.lesson import Quiz
from tui_torch.kernel.session import KernelSession
from tui_torch.tutor.choice_order import choice_order
from tui_torch.tutor.progress.progress import Progress
from tui_torch.tutor.progress.tables import create_tables
from tui_torch.tutor.tutor import Tutor

COURSE = course_in()
QUIZZES = [(lesson, step) for lesson in COURSE.lessons for step in lesson.steps if isinstance(step, Quiz)]


def order_of(learner: int, lesson_id: str, quiz: Quiz) -> tuple[int, ...]:
    return choice_order(learner, lesson_id, quiz.id, [choice.text for choice in quiz.choices])


def test_every_choice_is_shown_once_and_in_the_same_order_each_time() -> None:
    for lesson, quiz in QUIZZES:
        order = order_of(5, lesson.id, quiz)
        assert sorted(order) == list(range(len(quiz.choices)))
        assert order == order_of(5, lesson.id, quiz)


def test_the_right_choice_stands_everywhere_about_as_often() -> None:
    places: Counter[tuple[int, int]] = Counter()
    learners = range(400)
    for lesson, quiz in QUIZZES:
        right = next(at for at, choice in enumerate(quiz.choices) if choice.correct)
        for learner in learners:
            places[len(quiz.choices), order_of(learner, lesson.id, quiz).index(right)] += 1
    for (count, _), seen in places.items():
        wanted = len(learners) * sum(len(quiz.choices) == count for _, quiz in QUIZZES) / count
        assert abs(seen / wanted - 1) < 0.1


def test_a_choice_that_is_added_leaves_the_others_in_their_order() -> None:
    texts = ["a", "b", "c", "d"]
    before = [texts[at] for at in choice_order(1, "lesson", "step", texts)]
    texts.insert(1, "new")
    after = [texts[at] for at in choice_order(1, "lesson", "step", texts)]
    assert [text for text in after if text != "new"] == before


def tutor_at(path: Path, lesson_id: str, step_id: str) -> Tutor:
    tutor = Tutor(COURSE, Progress.open(path), cast("KernelSession", None))
    tutor.open(COURSE.lesson(lesson_id), step_id)
    return tutor


def test_a_learner_finds_the_same_order_again_and_two_learners_find_different_ones(tmp_path: Path) -> None:
    def orders(path: Path) -> list[tuple[int, ...]]:
        tutor = Tutor(COURSE, Progress.open(path), cast("KernelSession", None))
        found: list[tuple[int, ...]] = []
        for lesson, quiz in QUIZZES:
            tutor.open(lesson, quiz.id)
            found.append(tutor.choice_order)
        tutor.progress.close()
        return found

    mine = orders(tmp_path / "mine.db")
    assert orders(tmp_path / "mine.db") == mine
    assert orders(tmp_path / "yours.db") != mine


def test_two_windows_that_ask_first_keep_one_number(tmp_path: Path) -> None:
    with Progress.open(tmp_path / "progress.db") as one, Progress.open(tmp_path / "progress.db") as two:
        assert one.learner == two.learner == one.learner


def test_an_answer_that_an_earlier_version_kept_is_the_choice_that_was_made(tmp_path: Path) -> None:
    path = tmp_path / "progress.db"
    lesson, quiz = QUIZZES[0]
    right = next(at for at, choice in enumerate(quiz.choices) if choice.correct)
    with closing(sqlite3.connect(path)) as file:
        create_tables(file, 2)
        file.execute("INSERT INTO steps (id, lesson, step, done_at) VALUES (1, ?, ?, 5)", (lesson.id, quiz.id))
        file.execute("INSERT INTO answers (step_id, choice, correct, at) VALUES (1, ?, 1, 5)", (right,))
        file.execute("PRAGMA user_version = 2")
        file.commit()
    tutor = tutor_at(path, lesson.id, quiz.id)
    assert tutor.progress.notice is None
    assert tutor.answered == right
    assert quiz.choices[tutor.choice_order[tutor.choice_order.index(right)]].correct
    assert tutor.answer(tutor.choice_order[0]) is quiz.choices[tutor.choice_order[0]]
    last = tutor.progress.last_answer(lesson.id, quiz.id)
    assert last is not None and last.choice == tutor.choice_order[0] == tutor.answered
    tutor.progress.close()


def test_what_is_no_quiz_has_no_choices_to_order(tmp_path: Path) -> None:
    tutor = tutor_at(tmp_path / "progress.db", "gradients", "three-scalars")
    assert tutor.choice_order == ()
    tutor.progress.close()
