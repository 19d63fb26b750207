"""The Markdown of a step: what stands on its page, and in which order."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.courses import course_in
from tests.ui.recorded import COURSE
from tui_torch.ui.inspector.legend import AFTER_OTHERS, EMPTY, NO_CODE, UNANSWERED
from tui_torch.ui.lesson.step_view import about, ending, invitation, page_of

LESSON, FOLLOWING = course_in(COURSE).lessons
EXAMPLE, QUIZ, EXERCISE = LESSON.steps


def test_the_first_page_tells_what_the_lesson_is_about_between_the_title_and_the_text() -> None:
    title, says, text = page_of(EXAMPLE, before=about(LESSON)).split("\n\n", 2)

    assert title == "## Three scalars"
    assert says == "*What `backward()` computes, and where it puts it.* About 10 minutes."
    assert text.startswith("`y = w * x + b` is 4·3 + 5 = 17.")


def test_a_page_within_the_lesson_is_its_title_and_its_text() -> None:
    assert page_of(EXERCISE) == (
        "## Your own derivative\n\nTake `w = 3` and compute `y = w²`. Let PyTorch find the derivative."
    )


@pytest.mark.parametrize(
    ("question", "shown"),
    [("Which one is a leaf?\n", "**Which one is a leaf?**"), ("What is `x.grad`?\n", "What is `x.grad`?")],
)
def test_a_question_stands_out_by_strong_type_or_by_its_code_after_the_text(question: str, shown: str) -> None:
    quiz = replace(QUIZ, title=None, question=question, text="Look at `x`.\n")

    assert page_of(quiz) == f"Look at `x`.\n\n{shown}"


def test_the_tensors_of_a_step_are_promised_by_what_will_run_there() -> None:
    assert invitation(LESSON, EXAMPLE, answered=False) == EMPTY
    assert invitation(LESSON, QUIZ, answered=False) == UNANSWERED
    assert invitation(LESSON, QUIZ, answered=True) == AFTER_OTHERS
    assert invitation(LESSON, replace(QUIZ, code=None), answered=False) == NO_CODE
    assert invitation(LESSON, EXERCISE, answered=False) == AFTER_OTHERS


def test_hints_are_numbered_and_the_solution_comes_after_them_as_python() -> None:
    page = page_of(EXERCISE, hints=("Look at `w`.", "Square it."), solution="y = w ** 2\n")

    assert page.endswith(
        "\n\n**Hint 1.** Look at `w`.\n\n**Hint 2.** Square it.\n\n**The solution**\n\n```python\ny = w ** 2\n```"
    )


def test_the_last_page_ends_with_what_to_read_and_the_lesson_that_follows() -> None:
    page = page_of(EXERCISE, after=ending(LESSON, FOLLOWING, "n", in_course=True))

    assert page.endswith(
        "\n\n### To read next\n\n- A gentle introduction to torch.autograd: https://docs.pytorch.org/tutorials/"
        "\n\nNext: **Fitting a plane** (`n`)."
    )


def test_the_last_page_of_all_says_that_it_is() -> None:
    page = page_of(FOLLOWING.steps[-1], after=ending(FOLLOWING, None, "n", in_course=True))

    assert page.endswith("while it runs.\n\nThat was the last lesson of the course.")
