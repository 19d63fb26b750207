"""From lesson to lesson and back, and how long the sentences stay that answer a key."""

from __future__ import annotations

import pytest

from tests.ui.conftest import Build, alter_step, lines, seen, shows, started, until

WIDE = (120, 40)


async def test_whoever_goes_on_to_the_next_lesson_is_told_what_is_left_undone_and_comes_back(build: Build) -> None:
    app = build(at="a-square")
    app.tutor.progress.mark_done("gradients", "three-scalars")
    async with started(app, WIDE) as pilot:
        await pilot.press("n")
        await shows(
            pilot, "Fitting a plane  1/1", "2 steps of “Gradients of y = w·x + b” are not done yet: p goes back."
        )
        await pilot.press("p")
        await until(pilot, lambda: app.tutor.step.id == "a-square")
        await shows(pilot, "3/3")
        assert "goes back" not in lines(app)[-2]


async def test_before_the_first_step_of_a_lesson_comes_the_last_one_of_the_lesson_before(build: Build) -> None:
    app = build("the-loop")
    async with started(app, WIDE) as pilot:
        await pilot.press("p")
        await shows(pilot, "Gradients of y = w·x + b  3/3")


@pytest.mark.parametrize("key", ["down", "tab", "question_mark", "x"])
async def test_an_answer_to_one_key_goes_with_the_next(build: Build, key: str) -> None:
    app = build()
    async with started(app, WIDE) as pilot:
        await pilot.press("p")
        await shows(pilot, "This is the first step.")
        await pilot.press(key)
        await until(pilot, lambda: "This is the first step." not in seen(app))


async def test_what_is_so_stands_there_again_after_an_answer(build: Build) -> None:
    app = build()
    async with started(app, WIDE) as pilot:
        await pilot.press("f5")
        await shows(pilot, "Ran in")
        await pilot.press("p")
        await until(pilot, lambda: "Ran in" not in seen(app) and "This is the first step." in seen(app))
        await pilot.press("e", "x")
        await shows(pilot, "Ran in")


async def test_in_a_replay_no_sentence_about_a_line_or_the_whole_stays_after_it(build: Build) -> None:
    app = build("three-scalars-traced")
    async with started(app, WIDE) as pilot:
        await pilot.press("f6")
        await shows(pilot, "Recorded: ")
        await pilot.press("left_square_bracket")
        await shows(pilot, "No pass of a loop comes before this.")
        await pilot.press("right")
        await until(pilot, lambda: "No pass" not in seen(app))
        await pilot.press("escape")
        await until(pilot, lambda: "Recorded: " not in seen(app))


async def test_what_a_step_showed_of_its_run_is_there_again_when_one_comes_back(build: Build) -> None:
    app = build("a-square-starter")
    async with started(app, WIDE) as pilot:
        await pilot.press("f5")
        await shows(pilot, "Not yet: ")
        output, rows = app.lesson_screen.panes.output.plain(), app.lesson_screen.panes.inspector.inspection
        assert "✗ y is 9" in output
        await pilot.press("p")
        await shows(pilot, "2/3")
        assert app.lesson_screen.panes.output.plain() == "" and app.lesson_screen.panes.inspector.is_empty
        await pilot.press("n")
        await shows(pilot, "3/3", "✗ y is 9")
        assert app.lesson_screen.panes.output.plain() == output
        assert app.lesson_screen.panes.inspector.inspection == rows
        assert "runs your code, and checks" not in seen(app)


async def test_values_of_which_the_kernel_has_others_since_do_not_come_back(build: Build) -> None:
    app = build("three-scalars")
    async with started(app, WIDE) as pilot:
        await pilot.press("f5")
        await shows(pilot, "Ran in")
        await pilot.press("n", "n", "f5")
        await shows(pilot, "3/3")
        await until(pilot, lambda: app.lesson_screen.run.in_progress is None)
        await pilot.press("p", "p")
        await shows(pilot, "1/3", "dy/dw: ")
        assert app.lesson_screen.panes.inspector.is_empty


async def test_a_step_that_its_file_has_otherwise_now_does_not_get_the_results_of_what_it_was(build: Build) -> None:
    app = build("three-scalars")
    async with started(app, WIDE) as pilot:
        await pilot.press("f5")
        await shows(pilot, "Ran in")
        await pilot.press("n")
        await shows(pilot, "2/3")
        app.tutor.move(-1)
        alter_step(app, text="Written anew.")
        await app.lesson_screen.show_step()
        await shows(pilot, "Written anew.")
        assert app.lesson_screen.panes.output.plain() == ""
