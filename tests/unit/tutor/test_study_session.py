"""What the learner goes through, as a row of cards."""

from __future__ import annotations

from tui_torch.course.lesson import Check, Example, Exercise, Lesson
from tui_torch.tutor.study_session import PLAYGROUND_KEY, PRACTICE, of_lesson, of_playground, of_practice

EXAMPLE = Example(id="shown", title="E", text="T", code="x = 1")
EXERCISE = Exercise(
    id="mine", text="T", starter="x = 1", solution="x = 2", checks=(Check(name="one", code="assert x == 2"),)
)
LESSON = Lesson(id="l", title="A lesson", summary="S", minutes=1, steps=(EXAMPLE, EXERCISE))


def test_a_lesson_of_the_course_is_kept_under_its_id() -> None:
    session = of_lesson(LESSON)
    assert (session.kind, session.title) == ("lesson", "A lesson")
    assert [(card.step.id, card.key, card.lesson) for card in session.cards] == [
        ("shown", "l", LESSON),
        ("mine", "l", LESSON),
    ]


def test_a_lesson_from_elsewhere_is_kept_under_its_path() -> None:
    session = of_lesson(LESSON, file="/home/me/l.yaml")
    assert (session.kind, {card.key for card in session.cards}) == ("file", {"/home/me/l.yaml"})


def test_practice_is_kept_apart_from_the_lesson() -> None:
    exercise = LESSON.step("mine")
    assert isinstance(exercise, Exercise)
    session = of_practice([(LESSON, exercise, "l")])
    [card] = session.cards
    assert (session.kind, card.key, card.step) == ("practice", f"{PRACTICE}l", exercise)


def test_the_playground_is_one_card_with_a_key_that_no_lesson_has() -> None:
    session = of_playground()
    [card] = session.cards
    assert (session.kind, card.key, ":" in card.key) == ("playground", PLAYGROUND_KEY, True)


def test_a_step_is_found_by_its_id() -> None:
    session = of_lesson(LESSON)
    assert (session.index("shown"), session.index("mine"), session.index("nowhere")) == (0, 1, None)
