"""What was done in lessons that have changed since is left alone: the app starts, and goes through the course."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from tests.ui.conftest import Build, alter_step, shows, started, until
from tui_torch.course.lesson import Exercise, Quiz
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
        *(pytest.param(store, marks=pytest.mark.slow) for store in (more_hints_than_there_are, a_renamed_step)),
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


async def test_an_answer_goes_with_its_choice_where_the_author_moves_it(build: Build) -> None:
    app = build(at="dy-dx")
    app.tutor.answer(0)
    step = app.tutor.step
    assert isinstance(step, Quiz)
    alter_step(app, choices=(*step.choices[1:], step.choices[0]))
    assert app.tutor.answered == len(step.choices) - 1
    async with started(app, WIDE) as pilot:
        await until(pilot, lambda: app.lesson_screen.panes.quiz.is_attached)
        assert app.tutor.answered == len(step.choices) - 1


async def test_an_answer_to_a_choice_that_says_something_else_now_counts_as_none(build: Build) -> None:
    app = build(at="dy-dx")
    app.tutor.answer(0)
    step = app.tutor.step
    assert isinstance(step, Quiz)
    alter_step(app, choices=(replace(step.choices[0], text="`tensor(9.)`"), *step.choices[1:]))
    assert app.tutor.answered is None
    async with started(app, WIDE) as pilot:
        assert not app.lesson_screen.has_class("-settled")
        await pilot.press("1")
        await until(pilot, lambda: app.tutor.answered == 0)


async def test_what_was_done_by_checks_that_have_other_names_now_is_done_and_graded_anew(build: Build) -> None:
    """The grade comes from a kernel that was asked by the old names: a reload of the lesson came between."""
    app = build("a-square-starter")
    step = app.tutor.step
    assert isinstance(step, Exercise)
    app.tutor.progress.record_attempt("gradients", "a-square", step.solution, "exercise", "passed")
    app.tutor.progress.mark_done("gradients", "a-square")
    renamed = tuple(replace(check, name=f"renamed: {check.name}") for check in step.checks)
    mistakes = tuple(replace(mistake, fails=f"renamed: {mistake.fails}") for mistake in step.mistakes)
    alter_step(app, checks=renamed, mistakes=mistakes)
    async with started(app, WIDE) as pilot:
        assert "a-square" in app.tutor.done
        await pilot.press("f5")
        await shows(pilot, f"✗ {step.checks[0].name}", "Not yet: h gives a hint.")
        assert "a-square" in app.tutor.done
        attempts = app.tutor.progress.attempts("gradients", "a-square")
        assert [attempt.outcome for attempt in attempts] == ["passed", "not passed"]


async def test_what_was_done_by_a_check_that_was_taken_out_is_done(build: Build) -> None:
    app = build("a-square-solved")
    step = app.tutor.step
    assert isinstance(step, Exercise)
    app.tutor.progress.mark_done("gradients", "a-square")
    alter_step(app, checks=step.checks[:1], mistakes=())
    async with started(app, WIDE) as pilot:
        assert "a-square" in app.tutor.done
        await pilot.press("f5")
        await shows(pilot, f"✓ {step.checks[0].name}", f"✓ {step.checks[-1].name}", "Solved: ")


async def test_a_lesson_that_was_taken_out_is_not_where_the_course_goes_on(build: Build) -> None:
    progress = build().tutor.progress
    progress.mark_done("gradients", "three-scalars")
    progress.remember_place("taken-out", "its-step")
    progress.save_draft("taken-out", "its-step", "x = 1", known=None, kind="example")
    app = build(resume=True)
    assert app.tutor.lesson.id == "gradients"
    assert progress.draft("taken-out", "its-step") == "x = 1"
    async with started(app, WIDE) as pilot:
        await shows(pilot, "Gradients of y = w·x + b")
