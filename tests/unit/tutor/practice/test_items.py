"""What is due, fading and known, in the learner's own times and in words; and what a round holds."""

from __future__ import annotations

import time
from pathlib import Path
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.courses import course_in
from tests.ui.recorded import COURSE
from tui_torch.course.arena.problems import Arena
from tui_torch.course.lesson import Exercise, Quiz
from tui_torch.course.library import lessons_folder
from tui_torch.course.outline import Outline
from tui_torch.kernel.session import KernelSession
from tui_torch.tutor.practice.items import FADING, USUAL, Item, items, when
from tui_torch.tutor.practice.rounds import MOST, draw, nothing_due, said_of
from tui_torch.tutor.progress.progress import Progress
from tui_torch.tutor.progress.reviews import CardState, Rating, Tried
from tui_torch.tutor.tutor import Tutor

DAY = 86_400
NOW = 1_700_000_000
LESSON = Outline(
    "a", "A lesson", "S.", 5, ("e", "s", "q", "untried"), ("E", "S", "Q", "U"), ("s", "untried"), quizzes=("q",)
)

NO_ARENA = Arena(Path(__file__).parent)
"""A folder without a problem."""

ITEMS = st.lists(
    st.builds(
        Item,
        st.just("a"),
        st.integers(0, 99).map(str),
        st.sampled_from(["exercise", "problem", "quiz"]),
        st.just("T"),
        st.just("L"),
        st.builds(
            CardState,
            st.just(1.0),
            st.just(5.0),
            st.integers(NOW - 9 * DAY, NOW + 9 * DAY),
            st.just(NOW),
            st.sampled_from(Rating),
            st.just(1),
        ),
        st.floats(0.5, 1),
        st.floats(1, 900),
    ),
    max_size=60,
    unique_by=lambda item: item.step,
)


def test_what_was_tried_is_listed_with_its_chance_and_the_learners_own_time(tmp_path: Path) -> None:
    with Progress.open(tmp_path / "progress.db") as progress:
        assert items([LESSON], NO_ARENA, progress, NOW) == []
        for step, tried in {
            "s": Tried(NOW - 10 * DAY, True, seconds=70),
            "q": Tried(NOW - 60, False, is_quiz=True),
            "e": Tried(NOW, True),
        }.items():
            progress.record_review("a", step, tried)
        progress.record_review("of another course", "s", Tried(NOW, True))
        asked = items([LESSON], NO_ARENA, progress, NOW)
        assert [(item.step, item.kind, item.seconds, item.group(NOW)) for item in asked] == [
            ("s", "exercise", 70, "due"),
            ("q", "quiz", USUAL["quiz"], "fading"),
        ]
        assert 0.7 < asked[0].chance < 0.9
        a_day_later = [item.step for item in items([LESSON], NO_ARENA, progress, NOW + DAY)]
        assert a_day_later == ["q", "s"], "what was wrong comes first"
        assert items([LESSON], NO_ARENA, progress, NOW) == asked, "as kept"
        progress.record_review("a", "s", Tried(NOW, True))
        again = {item.step: item for item in items([LESSON], NO_ARENA, progress, NOW)}
        assert again["s"].group(NOW) == "known" and again["s"].chance == 1
        assert again["s"].state.due > NOW + 10 * DAY


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (-3 * DAY, "3 days late"),
        (-1, "now"),
        (1, "in 1 minute"),
        (600, "in 10 minutes"),
        (3 * DAY, "in 3 days"),
        (21 * DAY, "in 3 weeks"),
        (163 * DAY, "in 5 months"),
        (365 * DAY, "in a year"),
    ],
)
def test_when_it_is_due_is_said_in_words(seconds: int, words: str) -> None:
    assert when(NOW + seconds, NOW) == words


@given(ITEMS, st.floats(0.1, 60))
def test_a_round_fits_the_time_has_nothing_twice_and_nothing_known_while_more_is_due(
    tried: list[Item], minutes: float
) -> None:
    drawn = draw(tried, NOW, minutes)
    assert len({item.name for item in drawn}) == len(drawn) <= MOST
    assert bool(drawn) == bool(tried)
    assert len(drawn) <= 1 or sum(item.seconds for item in drawn) <= minutes * 60
    if any(item.group(NOW) != "known" for item in tried):
        assert all(item.state.due <= NOW or item.was_wrong or item.chance < FADING for item in drawn)
    if any(item.seconds <= minutes * 60 and item.group(NOW) != "known" for item in tried):
        assert sum(item.seconds for item in drawn) <= minutes * 60
    if tried:
        assert draw(tried, NOW, minutes, first=tried[-1].name)[0] == tried[-1]


def test_in_its_lesson_a_quiz_counts_until_it_is_right_and_in_a_round_again(tmp_path: Path) -> None:
    with Progress.open(tmp_path / "progress.db") as progress:
        tutor = Tutor(course_in(COURSE), progress, cast("KernelSession", None))
        tutor.open(tutor.course.lesson("gradients"), "dy-dx")
        quiz = tutor.step
        assert isinstance(quiz, Quiz)
        right = next(at for at, choice in enumerate(quiz.choices) if choice.correct)
        wrong = next(at for at, choice in enumerate(quiz.choices) if not choice.correct)
        for choice in (right, wrong, right):
            tutor.answer(choice)
        [asked] = progress.reviews("gradients", "dy-dx")
        assert (asked.rating, asked.right) == (Rating.GOOD, True)
        assert (tutor.due(asked.at), tutor.due(asked.at + 3 * DAY)) == (0, 1)
        assert tutor.begin_practice(asked.at + 3 * DAY)
        assert (tutor.kind, tutor.answered, tutor.marks) == ("practice", None, (False,))
        tutor.answer(wrong)
        tutor.answer(right)
        assert (tutor.answered, tutor.marks) == (right, (True,))
        assert progress.reviews("gradients", "dy-dx")[-1].rating is Rating.AGAIN


def test_a_right_answer_in_a_round_counts_before_it_is_due_and_puts_it_off(tmp_path: Path) -> None:
    with Progress.open(tmp_path / "progress.db") as progress:
        tutor = Tutor(course_in(COURSE), progress, cast("KernelSession", None))
        tutor.open(tutor.course.lesson("gradients"), "dy-dx")
        assert isinstance(tutor.step, Quiz)
        right = next(at for at, choice in enumerate(tutor.step.choices) if choice.correct)
        an_hour_ago = int(time.time()) - 3600
        progress.record_review("gradients", "dy-dx", Tried(an_hour_ago, True, is_quiz=True))
        [once] = tutor.practised()
        assert "nothing is due; the next is “" in nothing_due([once], once.state.reviewed_at)
        assert nothing_due([once], once.state.due) == nothing_due([], 0) == ""
        for _ in range(2):
            assert tutor.begin_practice(first=once.name)
            tutor.answer(right)
        [after] = tutor.practised()
        assert (after.state.reviews, after.state.rating) == (3, Rating.GOOD)
        assert after.state.due >= once.state.due + 3600


def test_a_problem_that_is_solved_comes_back_from_its_starter_and_counts_with_its_minutes(tmp_path: Path) -> None:
    key = ("arena:stable-softmax", "solve")
    with Progress.open(tmp_path / "progress.db") as progress:
        tutor = Tutor(course_in(COURSE), progress, cast("KernelSession", None))
        tutor.course.folder = lessons_folder()
        progress.record_review(*key, Tried(NOW, True, seconds=3))
        assert tutor.practised(NOW) == [], "it was tried, and is not solved"
        progress.mark_done(*key)
        progress.record_review("gradients", "dy-dx", Tried(NOW, True, is_quiz=True, seconds=20))
        assert {item.kind: item.seconds for item in tutor.practised(NOW)} == {"problem": 600, "quiz": 20}
        later = NOW + 9 * DAY
        assert [item.kind for item in tutor.begin_practice(later, minutes=9)] == ["quiz"]
        both = tutor.begin_practice(later, minutes=11, first=key)
        assert said_of(both) == "1 problem and 1 quiz, about 10 minutes"
        problem = tutor.course.arena.problem("stable-softmax")
        assert (tutor.key, tutor.lesson.id) == ("practice:arena:stable-softmax", problem.id)
        assert isinstance(tutor.step, Exercise) and tutor.code == tutor.step.starter
        tutor.save("mine")
        tutor.next_hint()
        tutor.begin_practice(later, first=key)
        assert (tutor.code, tutor.hints) == (tutor.original, ()), "each round begins anew"
