"""The focus is on something that is in sight, whatever size the terminal takes."""

from __future__ import annotations

import random

import pytest
from textual import events
from textual.geometry import Size
from textual.widget import Widget

from tests.ui.conftest import Build, editor_of, shows, started
from tui_torch.ui.app import TutorApp
from tui_torch.ui.charts.loss_chart import LossChart
from tui_torch.ui.inspector.pane import TensorInspector
from tui_torch.ui.lesson.title_bar import TitleBar

WIDE, NARROW = (120, 40), (80, 24)


def tab_of(app: TutorApp) -> str:
    return app.lesson_screen.query_one(TitleBar).tab


def in_sight(app: TutorApp) -> bool:
    focused = app.screen.focused
    return focused is not None and app.screen.can_view_partial(focused) and bool(focused.region)


@pytest.mark.parametrize(("pane", "tab"), [(TensorInspector, "tensors"), (LossChart, "chart")])
async def test_a_pane_that_was_clicked_is_in_front_when_one_column_is_left(
    build: Build, pane: type[Widget], tab: str
) -> None:
    app = build("the-loop")
    async with started(app, WIDE) as pilot:
        await pilot.press("f5")
        await shows(pilot, "Ran in")
        await pilot.click(pane, offset=(5, 2))
        before = app.focused
        await pilot.resize_terminal(*NARROW)
        await pilot.pause()
        assert app.focused is before
        assert app.screen.query_one(pane).has_focus_within
        assert tab_of(app) == tab
        assert in_sight(app)


async def test_the_editor_that_was_clicked_is_in_front_when_one_column_is_left(build: Build) -> None:
    app = build("the-loop")
    async with started(app, WIDE) as pilot:
        await pilot.press("f5")
        await shows(pilot, "Ran in")
        await pilot.press("t")
        await pilot.click(editor_of(app), offset=(5, 2))
        await pilot.resize_terminal(*NARROW)
        await pilot.pause()
        assert app.focused is editor_of(app)
        assert in_sight(app)


async def test_there_is_no_going_to_tensors_that_are_not_there(build: Build) -> None:
    app = build("the-loop")
    async with started(app, WIDE) as pilot:
        await pilot.press("t")
        await shows(pilot, "There are no tensors yet")
        assert in_sight(app)
        await pilot.resize_terminal(*NARROW)
        await pilot.press("t", "f5")
        await shows(pilot, "model.weight")
        await pilot.pause()
        assert app.screen.query_one(TensorInspector).has_focus_within
        assert in_sight(app)


SIZES = [WIDE, NARROW, (109, 30), (60, 15), (40, 12), (110, 24), (150, 20)]

NOT_SEEN = [(1, 1), (4, 2)]
"""Sizes that show next to nothing."""


@pytest.mark.parametrize("seed", [0, *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(1, 8))])
@pytest.mark.usefixtures("seen_always")
async def test_among_keys_clicks_and_sizes_the_focus_stays_in_sight(build: Build, seed: int) -> None:
    chance = random.Random(seed)
    app = build("the-loop")
    done: list[object] = []

    async with started(app, WIDE) as pilot:
        await pilot.press("f5")
        await shows(pilot, "Ran in")
        for _ in range(50):
            match chance.choice(["key", "click", "size", "size", "sizes"]):
                case "key":
                    done.append(chance.choice(["t", "c", "tab", "shift+tab", "escape", "e", "enter", "slash", "l"]))
                    await pilot.press(str(done[-1]))
                case "click":
                    done.append((chance.randrange(app.size.width), chance.randrange(2, app.size.height - 2)))
                    await pilot.click(offset=done[-1])
                case "sizes":
                    for columns, lines in chance.choices(SIZES + NOT_SEEN, k=3):
                        size = Size(columns, lines)
                        app.post_message(events.Resize(size, size))
                    await pilot.resize_terminal(*chance.choice(SIZES))
                    done.append("many sizes")
                case _:
                    done.append(chance.choice(SIZES))
                    await pilot.resize_terminal(*done[-1])
            await pilot.pause()
            await pilot.pause()
            nothing_there = tab_of(app) == "tensors" and app.lesson_screen.query_one(TensorInspector).is_empty
            assert in_sight(app) or nothing_there, f"{done[-8:]}, and the focus is on {app.screen.focused}"
