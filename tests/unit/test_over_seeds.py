"""The table of what the lessons' models reach, without playing any."""

from __future__ import annotations

from tests.courses import course_in
from tests.over_seeds import Reached, as_text, kept_tables, reseeded
from tui_torch.course.lesson import Example, Exercise, Quiz


def test_a_lesson_with_its_own_seed_is_the_very_same() -> None:
    lesson = course_in().lesson("softmax-regression")
    assert reseeded(lesson, 0) is lesson


def test_every_seed_of_its_code_is_raised_and_code_without_one_begins_with_one() -> None:
    for lesson in course_in().lessons:
        for step, changed in zip(lesson.steps, reseeded(lesson, 3).steps, strict=True):
            before, after = ((one.code or "") if isinstance(one, Example | Quiz) else "" for one in (step, changed))
            if isinstance(step, Exercise) and isinstance(changed, Exercise):
                before, after = step.solution, changed.solution
                assert changed.checks == step.checks
            if before and "manual_seed(" not in before:
                assert after == f"__import__('torch').manual_seed(3)\n{before}"
            elif "manual_seed(0)" in before:
                assert after == before.replace("manual_seed(0)", "manual_seed(3)")


def test_a_row_has_the_least_the_median_and_the_most_and_says_where_the_range_is_missed() -> None:
    held = Reached("train", "accuracy(net)", (0.9, 1.0), (0.95, 0.91, 0.99))
    assert str(held) == "| train | `accuracy(net)` | 0.9 to 1 | 0.91 | 0.95 | 0.99 |"
    missed = Reached("train", "a | b", (0.9, 1.0), (0.95, 0.5))
    assert str(missed) == "| train | `a \\| b` | 0.9 to 1 **missed** | 0.5 | 0.725 | 0.95 |"


def test_the_tables_of_other_lessons_stay_and_all_are_in_the_order_of_the_course() -> None:
    kept = kept_tables(as_text({"a": "| 1 |", "b": "| 2 |\n| 3 |"}, ["a", "b"], 5))
    assert kept == {"a": "| 1 |", "b": "| 2 |\n| 3 |"}
    text = as_text(kept | {"b": "| 4 |", "c": "| 5 |"}, ["c", "a", "b"], 5)
    assert list(kept_tables(text).items()) == [("c", "| 5 |"), ("a", "| 1 |"), ("b", "| 4 |")]
