"""The card that a finished lesson ends in, and the picture of it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.ui.conftest import Build, seen, shows, started, until
from tui_torch.course.lesson import Example, Quiz
from tui_torch.tutor.finished import trains
from tui_torch.ui.app import TutorApp
from tui_torch.ui.charts.loss_chart import LossChart
from tui_torch.ui.lesson.screen import LessonScreen
from tui_torch.ui.screens.finished import FinishedScreen

SMALL, WIDE = (80, 24), (120, 40)


def finish(app: TutorApp) -> None:
    """Have every step of the app's lesson done."""
    for step in app.tutor.lesson.steps:
        app.tutor.progress.mark_done(app.tutor.key, step.id)


async def test_n_after_the_last_step_of_a_finished_lesson_shows_the_card_and_again_the_next_lesson(
    build: Build,
) -> None:
    app = build(at="a-square")
    finish(app)
    async with started(app, SMALL) as pilot:
        await pilot.press("n")
        await shows(
            pilot, "Finished: Gradients of y = w·x + b", "What backward() computes", "3 steps, less than a minute."
        )
        await shows(pilot, "Next: Fitting a plane", "A loop in plain PyTorch, and its loss while it runs.")
        await pilot.press("n")
        await shows(pilot, "Fitting a plane  1/1")
        assert isinstance(app.screen, LessonScreen)


async def test_enter_goes_on_too_and_esc_goes_back_to_the_last_step(build: Build) -> None:
    app = build(at="a-square")
    finish(app)
    async with started(app, WIDE) as pilot:
        await pilot.press("n", "escape")
        await until(pilot, lambda: app.screen is app.lesson_screen)
        assert app.tutor.step.id == "a-square"
        await pilot.press("n", "enter")
        await shows(pilot, "Fitting a plane  1/1")


async def test_the_card_has_the_curve_of_the_run_that_the_learner_made(build: Build) -> None:
    app = build("the-loop")
    async with started(app, WIDE) as pilot:
        await pilot.press("f5")
        await until(pilot, lambda: all(app.tutor.marks))
        await app.workers.wait_for_complete()
        await pilot.press("n")
        await until(pilot, lambda: isinstance(app.screen, FinishedScreen))
        chart = app.screen.query_one(LossChart)
        assert chart.run is app.lesson_screen.panes.loss_chart.run
        assert chart.run.steps == 120
        await shows(pilot, "That was the last lesson of the course.", "Loss")
        await pilot.press("enter")
        await shows(pilot, "That was the last step. l lists the lessons.")


async def test_without_training_the_card_has_the_graph_of_what_the_last_step_computed(build: Build) -> None:
    app = build("three-scalars")
    app.tutor.open(replace(app.tutor.lesson, steps=app.tutor.lesson.steps[:1]))
    async with started(app, WIDE) as pilot:
        await pilot.press("f5")
        await until(pilot, lambda: all(app.tutor.marks))
        await app.workers.wait_for_complete()
        await pilot.press("n")
        await shows(pilot, "Finished: ", "Graph of y", "w = 4.0", "Next: Fitting a plane")


async def test_two_keys_in_one_read_go_past_the_card(build: Build) -> None:
    app = build(at="a-square")
    finish(app)
    async with started(app, WIDE) as pilot:
        app.simulate_key("n")
        app.simulate_key("n")
        await shows(pilot, "Fitting a plane  1/1")
        await until(pilot, lambda: app.screen is app.lesson_screen)
        assert app.crashed is None


async def test_a_curve_of_an_earlier_step_is_kept_for_the_card_and_not_for_that_of_another_lesson(build: Build) -> None:
    app = build("the-loop")
    async with started(app, WIDE) as pilot:
        await pilot.press("f5")
        await until(pilot, lambda: all(app.tutor.marks))
        await app.workers.wait_for_complete()
        view, runs = app.lesson_screen.step_view, app.lesson_screen.panes.loss_chart.runs
        view.clear()
        assert view.last_training is runs
        app.tutor.open(app.tutor.course.lesson("gradients"))
        view.clear()
        assert view.last_training is None


async def test_without_the_curve_the_card_says_what_brings_it_back(build: Build) -> None:
    app = build("the-loop", resume=False)
    finish(app)  # before the tutor was started
    async with started(app, WIDE) as pilot:
        await pilot.press("n")
        await shows(pilot, "Finished: Fitting a plane", "A loss curve is kept until you quit", "run The loop")
        await pilot.press("escape", "f5")
        await shows(pilot, "Ran in")
        await pilot.press("n")
        await until(pilot, lambda: isinstance(app.screen, FinishedScreen))
        assert app.screen.query_one(LossChart).run.steps == 120
        assert "is kept until" not in seen(app)


def test_a_step_trains_whose_loop_calls_backward() -> None:
    def step(code: str) -> Example:
        return Example(id="x", title="X", text="", code=code)

    assert trains(step("for epoch in range(3):\n    loss.backward()\n"))
    assert trains(step("def fit():\n    while True:\n        loss.backward()\n"))
    assert not trains(step("loss.backward()\nfor x in xs:\n    print(x)\n"))
    assert not trains(step("print('for')\nloss.backward()\n"))
    assert not trains(Quiz(id="x", question="?", choices=()))


async def test_s_saves_the_card_alone_as_a_picture_and_never_over_another(
    build: Build, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    app = build(at="a-square")
    finish(app)
    async with started(app, WIDE) as pilot:
        await pilot.press("n", "s")
        await shows(pilot, "Saved as tui-torch-gradients.svg in ")
        await pilot.press("s")
        await shows(pilot, "Saved as tui-torch-gradients-2.svg in ")
    picture = (tmp_path / "tui-torch-gradients.svg").read_text("utf-8")
    texts = [element.text or "" for element in ElementTree.fromstring(picture).iter() if element.tag.endswith("text")]
    shown = "".join(texts).replace("\xa0", " ")
    assert "Finished: Gradients of y = w·x + b" in shown
    assert "Next: Fitting a plane" in shown
    assert "Save as a picture" not in shown


async def test_where_nothing_can_be_written_the_card_says_so(
    build: Build, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    app = build(at="a-square")
    finish(app)
    async with started(app, WIDE) as pilot:
        await pilot.press("n", "s")
        await shows(pilot, "The picture cannot be saved in the current folder")
        assert isinstance(app.screen, FinishedScreen)


async def test_where_the_current_folder_is_gone_the_palettes_screenshot_says_so(
    build: Build, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    app = build()
    async with app.run_test(size=WIDE, notifications=True) as pilot:
        assert app.deliver_screenshot() is None
        await until(pilot, lambda: len(app._notifications))
        assert [said.message for said in app._notifications] == [
            "The picture cannot be saved in the current folder (No such file or directory)."
        ]


async def test_on_a_small_screen_the_card_says_what_is_next_in_place_of_the_curve(build: Build) -> None:
    app = build("the-loop")
    async with started(app, (60, 18)) as pilot:
        await pilot.press("f5")
        await until(pilot, lambda: all(app.tutor.marks))
        await app.workers.wait_for_complete()
        await pilot.press("n")
        await shows(pilot, "Finished: ", "That was the last lesson of the course.")
        assert not app.screen.query_one(LossChart).display


async def test_a_lesson_that_is_not_finished_has_no_card(build: Build) -> None:
    app = build(at="a-square")
    async with started(app, WIDE) as pilot:
        await pilot.press("n")
        await shows(pilot, "Fitting a plane  1/1")
        assert "Finished" not in seen(app)
