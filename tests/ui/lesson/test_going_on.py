"""From lesson to lesson and back, and how long the sentences stay that answer a key."""

from __future__ import annotations

import pytest

from tests.ui.conftest import Build, alter_step, kernel_of, lines, seen, shows, started, until
from tui_torch.tutor.progress.progress import Progress
from tui_torch.tutor.user_files import progress_file

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


async def test_a_run_and_the_next_step_in_one_read_are_the_run_of_the_step_that_was_left(build: Build) -> None:
    app = build()
    async with started(app, WIDE) as pilot:
        left = app.tutor.step
        app.simulate_key("f5")
        app.simulate_key("n")
        await shows(pilot, "The run that you left is over: its step shows it.")
        assert app.tutor.step != left
        assert not app.lesson_screen.panes.output.shown()
        assert app.lesson_screen.panes.inspector.is_empty
        assert app.tutor.progress.attempts(app.tutor.key, left.id)
        assert not app.tutor.progress.attempts(app.tutor.key, app.tutor.step.id)
        await pilot.press("p")
        await until(pilot, lambda: not app.lesson_screen.panes.inspector.is_empty)
        assert app.tutor.step == left


async def test_a_step_that_is_left_while_its_code_runs_keeps_what_that_did(build: Build) -> None:
    app = build()
    async with started(app, WIDE) as pilot:
        kernel_of(app).hold()
        await pilot.press("f5", "n")
        await shows(pilot, "Leaving interrupted the run: its step shows how far it came.")
        assert app.lesson_screen.run.in_progress is None
        await pilot.press("p")
        await shows(pilot, "Interrupted. What the code had made until then")


@pytest.mark.parametrize("key", ["f5", "f6"])
async def test_the_key_that_runs_pressed_several_times_in_one_read_runs_the_code_once(build: Build, key: str) -> None:
    app = build()
    async with started(app, WIDE) as pilot:
        for _ in range(3):
            app.simulate_key(key)
        await until(pilot, lambda: kernel_of(app).runs and app.lesson_screen.run.in_progress is None)
        await pilot.pause()
        assert len(kernel_of(app).runs) == 1


async def test_code_that_is_put_back_stands_beside_an_output_that_is_said_to_be_of_other_code(build: Build) -> None:
    app = build()
    async with started(app, WIDE) as pilot:
        await pilot.press("f5")
        await shows(pilot, "Ran in")
        await pilot.press("e", "a", "escape", "r")
        await shows(pilot, "The code is as it was given; r brings yours back.")
        await pilot.press("r", "f5")
        await shows(pilot, "Ran in")
        await pilot.press("r")
        await shows(pilot, "The code is as it was given; r brings yours back. The output below")
        await pilot.press("n", "p", "r")
        await shows(pilot, "Your code is back.")


async def test_where_another_step_has_run_since_it_is_not_said_that_no_code_has_run(build: Build) -> None:
    app = build()
    async with started(app, WIDE) as pilot:
        screen = app.lesson_screen
        await pilot.press("g")
        await shows(pilot, "No code has run here yet: the graph is of a value that it makes.")
        await pilot.press("f5")
        await shows(pilot, "Ran in")
        await screen.go_to("gradients", "a-square")
        await pilot.press("f5")
        await until(pilot, lambda: len(kernel_of(app).runs) == 2 and screen.run.in_progress is None)
        await screen.go_to("gradients", "three-scalars")
        await shows(pilot, "Another step has run since: run this code again")
        await pilot.press("g")
        await shows(pilot, "run this code again to see its values")


async def test_the_first_line_that_a_solution_has_otherwise_is_in_sight_when_it_was_asked_for(build: Build) -> None:
    app = build("a-square-starter")
    given = "".join(f"a{number} = {number}\n" for number in range(30))
    alter_step(app, solution=f"{given}answer = 42\n")
    async with started(app, (80, 24)) as pilot:
        app.lesson_screen.panes.editor.text = given
        await pilot.press("s")
        await shows(pilot, "Show the solution?")
        await pilot.press("y")
        await shows(pilot, "answer = 42")


async def test_what_a_run_earned_is_said_whatever_another_window_tries_at_that_moment(
    build: Build, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = build("a-square-solved")
    tutor = app.tutor
    with Progress.open(progress_file()) as of_another:
        mark_done = tutor.progress.mark_done

        def and_the_other_fails(lesson: str, step: str) -> None:
            mark_done(lesson, step)
            of_another.record_attempt(lesson, step, "y = None", "exercise", "not passed")

        monkeypatch.setattr(tutor.progress, "mark_done", and_the_other_fails)
        async with started(app, WIDE) as pilot:
            await pilot.press("f5")
            await shows(pilot, "Solved: n goes on.")
            assert [one.outcome for one in tutor.progress.attempts(tutor.key, tutor.step.id)] == [
                "passed",
                "not passed",
            ]
