"""The chart in the lesson: runs compared, and the fit, by keys alone."""

from __future__ import annotations

from tests.ui import charted
from tests.ui.conftest import Build, alter_step, editor_of, kernel_of, seen, shows, started, until
from tui_torch.protocol.orders import Plot, PlotSeries
from tui_torch.ui.app import TutorApp
from tui_torch.ui.charts.fit_chart import FitChart
from tui_torch.ui.charts.loss_chart import LossChart
from tui_torch.ui.lesson.replay_bar import ReplayBar

USUAL = (120, 40)


def chart_of(app: TutorApp) -> LossChart:
    return app.lesson_screen.query_one(LossChart)


def fit_of(app: TutorApp) -> FitChart:
    return app.lesson_screen.query_one(FitChart)


async def test_a_run_of_edited_code_stands_before_the_earlier_one_and_both_are_named(build: Build):
    app = build("the-loop")
    async with started(app, USUAL) as pilot:
        kernel_of(app).events = charted.run(charted.progress(charted.loss(0.006)))
        await pilot.press("f5")
        await shows(pilot, "Ran in 42 ms.")
        await pilot.press("e")
        editor_of(app).text = editor_of(app).text.replace("lr=0.05", "lr=0.5")
        kernel_of(app).events = charted.run(charted.progress(charted.loss(-0.05)))
        await pilot.press("f5")
        await shows(pilot, "lr=0.5 NaN", "lr=0.05 1.050", "NaN at step 158")


async def test_the_next_step_and_the_way_back_begin_without_earlier_runs(build: Build):
    app = build("three-scalars")
    async with started(app, USUAL) as pilot:
        kernel_of(app).events = charted.run(charted.progress(charted.loss(0.006)))
        await pilot.press("f5")
        await until(pilot, lambda: chart_of(app).has_loop)
        await shows(pilot, "Ran in 42 ms.")
        await pilot.press("n")
        await until(pilot, lambda: not chart_of(app).has_loop)
        await pilot.press("p")
        await until(pilot, lambda: app.tutor.step.id == "three-scalars")
        assert chart_of(app).runs.earlier == ()


async def test_arrows_move_the_cursor_of_the_chart_and_in_a_replay_the_replay(build: Build):
    app = build("the-loop-traced")
    async with started(app, USUAL) as pilot:
        await pilot.press("f6")
        await until(pilot, lambda: app.lesson_screen.replay.is_active)
        chart_of(app).focus()
        await pilot.pause()
        before = app.lesson_screen.query_one(ReplayBar).moment
        await pilot.press("right")
        assert chart_of(app).cursor is None
        assert app.lesson_screen.query_one(ReplayBar).moment != before
        await pilot.press("escape")
        chart_of(app).focus()
        await pilot.pause()
        await pilot.press("left")
        assert chart_of(app).cursor is not None


async def test_a_step_without_a_plot_has_no_fit(build: Build):
    app = build("the-loop")
    async with started(app, USUAL):
        assert not fit_of(app).display


async def test_the_fit_is_drawn_while_the_code_runs(build: Build):
    app = build("the-loop")
    alter_step(app, plot=Plot((PlotSeries("x", "y", "model(x)"),)))
    kernel_of(app).hold()
    async with started(app, USUAL) as pilot:
        kernel_of(app).events = charted.run(charted.progress(charted.loss(0.03)), charted.fitted(1.2, 2.5))
        assert "the points are drawn here" in " ".join(seen(app).replace("│", " ").split())
        await pilot.press("f5")
        await shows(pilot, "● y", "model(x)")


async def test_in_one_column_the_fit_is_on_the_tab_of_the_chart(build: Build):
    app = build("the-loop")
    alter_step(app, plot=Plot((PlotSeries("x", "y", "model(x)"),)))
    async with started(app, (80, 24)) as pilot:
        kernel_of(app).events = charted.run(charted.fitted(1.2, 2.5))
        await pilot.press("f5")
        await shows(pilot, "Chart•")
        await pilot.press("c")
        await shows(pilot, "● y", "model(x)", "A loop that calls backward() draws its loss here.")
        await pilot.press("t")
        await until(pilot, lambda: "model(x)" not in seen(app))


async def test_the_characters_of_the_chart_are_those_of_the_fit(build: Build):
    app = build("the-loop")
    alter_step(app, plot=Plot((PlotSeries("x", "y", "model(x)"),)))
    async with started(app, USUAL) as pilot:
        chart_of(app).focus()
        await pilot.press("B")
        await until(pilot, lambda: fit_of(app).dots == "blocks")
