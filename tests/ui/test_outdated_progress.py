"""What was done in lessons that have changed since is left alone: the app starts, and goes through the course."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.ui.conftest import Build, shows, started, until
from tui_torch.tutor.progress.progress import Progress

WIDE = (120, 40)


def answered_by_a_choice_that_is_gone(progress: Progress) -> None:
    progress.answer("gradients", "dy-dx", 7, correct=True)
    progress.answer("gradients", "dy-dx", -1, correct=False)


def more_hints_than_there_are(progress: Progress) -> None:
    for _ in range(9):
        progress.show_hint("gradients", "a-square")
    progress.show_solution("gradients", "dy-dx")


def a_renamed_step(progress: Progress) -> None:
    for step in ("an-older-name", "a-square"):
        progress.save_draft("gradients", step, "x = 1", known=None, kind="exercise")
        progress.record_attempt("gradients", step, "x = 1", "exercise", "failed")
        progress.mark_done("gradients", step)
        progress.show_hint("gradients", step)
    progress.remember_place("gradients", "an-older-name")


def a_renamed_lesson(progress: Progress) -> None:
    progress.mark_done("an-older-lesson", "one")
    progress.record_attempt("an-older-lesson", "one", "x = 1", "exercise", "failed")
    progress.answer("an-older-lesson", "two", 0, correct=True)
    progress.remember_place("an-older-lesson", "one")


def a_step_that_was_an_exercise(progress: Progress) -> None:
    progress.record_attempt("gradients", "three-scalars", "x = 1", "exercise", "passed")
    progress.answer("gradients", "three-scalars", 0, correct=True)
    progress.answer("gradients", "a-square", 2, correct=True)
    progress.remember_place("gradients", "three-scalars")


@pytest.mark.parametrize(
    "store",
    [
        answered_by_a_choice_that_is_gone,
        more_hints_than_there_are,
        a_renamed_step,
        a_renamed_lesson,
        a_step_that_was_an_exercise,
    ],
)
async def test_the_app_goes_through_the_course_as_if_it_were_not_there(
    build: Build, store: Callable[[Progress], None]
) -> None:
    store(build().tutor.progress)
    app = build(resume=True)
    async with started(app, WIDE) as pilot:
        await shows(pilot, "Gradients of y = w·x + b  1/3")
        await pilot.press("n", "2")
        await until(pilot, lambda: app.tutor.answered == 1)
        await pilot.press("n")
        await shows(pilot, "Your own derivative")
        await pilot.press("h", "l")
        await shows(pilot, "Gradients of y = w·x + b")
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is app.lesson_screen)


async def test_a_choice_that_its_author_took_out_counts_as_no_answer(build: Build) -> None:
    app = build(at="dy-dx")
    app.tutor.progress.answer("gradients", "dy-dx", 7, correct=True)
    assert app.tutor.answered is None
    async with started(app, WIDE) as pilot:
        assert not app.lesson_screen.has_class("-settled")
        await pilot.press("3")
        await until(pilot, lambda: app.tutor.answered == 2)
