"""Hints name keys that work where the focus is, and the help begins with the pane that has it."""

from __future__ import annotations

import pytest

from tests.ui.conftest import Build, lines, seen, shows, started, until
from tui_torch.tutor.config import Config
from tui_torch.ui.screens.help import HelpScreen, help_for

WIDE, NARROW = (120, 40), (80, 24)


async def test_a_hint_says_how_its_key_is_reached_from_within_the_editor(build: Build) -> None:
    app = build("a-square-starter")
    async with started(app, NARROW) as pilot:
        await pilot.press("e", "f5")
        await shows(pilot, "Not yet: esc, then h gives a hint.")
        await pilot.press("escape")
        await shows(pilot, "Not yet: h gives a hint.")
        await pilot.press("e")
        await shows(pilot, "Not yet: esc, then h gives a hint.")
        # As it says.
        await pilot.press("escape", "h")
        await shows(pilot, "Hint 1.")


async def test_solved_from_within_the_editor_it_says_how_to_go_on(build: Build) -> None:
    app = build("a-square-solved")
    async with started(app, NARROW) as pilot:
        await pilot.press("e", "f5")
        await shows(pilot, "esc, then n goes on.")
        await pilot.press("escape", "p", "n", "f5")
        await until(pilot, lambda: ": n goes on." in seen(app))


@pytest.mark.parametrize(
    ("keys", "title"),
    [
        (["t"], "Tensors"),
        pytest.param(["c"], "Loss chart", marks=pytest.mark.slow),
        pytest.param(["tab", "escape", "tab"], "Output", marks=pytest.mark.slow),
        (["escape"], "Keys"),
    ],
)
async def test_help_begins_with_the_pane_that_has_the_focus(build: Build, keys: list[str], title: str) -> None:
    app = build("the-loop")
    async with started(app, NARROW) as pilot:
        await pilot.press("f5")
        await shows(pilot, "Ran in")
        await pilot.press(*keys, "question_mark")
        await until(pilot, lambda: isinstance(app.screen, HelpScreen) and title in lines(app)[2])


async def test_help_in_a_replay_begins_with_its_keys(build: Build) -> None:
    app = build("three-scalars-traced")
    async with started(app, WIDE) as pilot:
        await pilot.press("f6")
        await until(pilot, lambda: app.lesson_screen.replay.is_active)
        await pilot.press("question_mark")
        await until(pilot, lambda: isinstance(app.screen, HelpScreen) and "Replay, line by line" in lines(app)[2])


def test_whatever_stands_first_the_help_is_whole() -> None:
    assert help_for() == help_for("no such section")
    moved = help_for("Graph")
    assert moved.startswith("## Graph\n")
    assert sorted(moved.splitlines()) == sorted(help_for().splitlines())


@pytest.mark.parametrize(
    "sentence", ["`theme` is [not] text, and so is `keys[0]`.", "a\\\\[b] `c\\\\` [/d]", "no code"]
)
async def test_a_notice_has_no_backticks_around_its_code(build: Build, sentence: str) -> None:
    app = build(config=Config(notice=sentence))
    async with app.run_test(size=WIDE, notifications=True) as pilot:
        await shows(pilot, sentence.replace("`", ""))
        await until(pilot, lambda: "`" not in seen(app))


async def test_help_in_a_graph_begins_with_graphs_and_closes_onto_it(build: Build) -> None:
    app = build("three-scalars")
    async with started(app, NARROW) as pilot:
        await pilot.press("f5")
        await shows(pilot, "Ran in")
        await pilot.press("t", "slash", "y", "enter", "g")
        await shows(pilot, "Graph of y", "? Help")
        await pilot.press("question_mark")
        await until(pilot, lambda: isinstance(app.screen, HelpScreen) and "Graph" in lines(app)[2])
        assert "opens a box of a large graph" in seen(app)
        await pilot.press("escape")
        await shows(pilot, "Graph of y")


async def test_help_on_a_values_graph_begins_with_graphs(build: Build) -> None:
    app = build("three-scalars")
    async with started(app, NARROW) as pilot:
        await pilot.press("f5")
        await shows(pilot, "Ran in")
        await pilot.press("t", "slash", "y", "enter", "5", "question_mark")
        await until(pilot, lambda: isinstance(app.screen, HelpScreen) and "Graph" in lines(app)[2])
