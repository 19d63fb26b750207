"""The footer: the keys that work now, and that a click on one is as good as the key."""

from __future__ import annotations

import pytest
from textual.app import ComposeResult
from textual.binding import Binding
from textual.screen import ModalScreen
from textual.strip import Strip

from tests.ui.conftest import lines, until
from tui_torch.ui.colours.themed_app import ThemedApp
from tui_torch.ui.common.key_bar import KeyBar


class Harness(ThemedApp):
    BINDINGS = [  # noqa: RUF012 - as Textual declares it
        Binding("a,A", "one", "One"),
        Binding("b", "other", "Other"),
        Binding("f3", "third", "A long description", key_display="F3"),
        Binding("z", "hidden", "Hidden", show=False),
    ]
    other: bool | None = True
    ENABLE_COMMAND_PALETTE = False

    def __init__(self) -> None:
        super().__init__()
        self.done: list[str] = []

    def compose(self) -> ComposeResult:
        yield KeyBar()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return self.other if action == "other" else True

    def action_one(self) -> None:
        self.done.append("one")

    def action_other(self) -> None:
        self.done.append("other")

    def action_third(self) -> None:
        self.done.append("third")


def said(app: Harness) -> str:
    return lines(app)[-1]


async def test_the_keys_that_work_are_said_each_action_once() -> None:
    app = Harness()
    async with app.run_test() as pilot:
        for _ in range(3):
            await until(pilot, lambda: said(app) == "a One b Other F3 A long description")
            app.other = False
            app.screen.refresh_bindings()
            await until(pilot, lambda: said(app) == "a One F3 A long description")
            app.other = True
            app.screen.refresh_bindings()


@pytest.mark.usefixtures("seen_always")
async def test_the_first_frame_has_the_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[str] = []
    render_line = KeyBar.render_line

    def noted(bar: KeyBar, y: int) -> Strip:
        strip = render_line(bar, y)
        drawn.append(strip.text.rstrip())
        return strip

    monkeypatch.setattr(KeyBar, "render_line", noted)
    async with Harness().run_test() as pilot:
        await until(pilot, lambda: drawn)
        assert drawn[0] == "a One b Other F3 A long description"


async def test_a_click_on_a_key_is_as_good_as_the_key() -> None:
    app = Harness()
    async with app.run_test() as pilot:
        await until(pilot, lambda: "b Other" in said(app))
        await pilot.click(KeyBar, offset=(said(app).index("Other"), 0))
        await until(pilot, lambda: app.done == ["other"])
        await pilot.click(KeyBar, offset=(said(app).index("F3"), 0))
        await until(pilot, lambda: app.done == ["other", "third"])


async def test_a_click_beside_the_keys_or_on_one_that_does_not_work_now_does_nothing() -> None:
    app = Harness()
    app.other = None
    async with app.run_test() as pilot:
        await until(pilot, lambda: "b Other" in said(app))
        for column in (said(app).index("Other"), said(app).index(" b"), len(said(app)), 79):
            await pilot.click(KeyBar, offset=(column, 0))
        await pilot.click(KeyBar, offset=(0, 0))
        await until(pilot, lambda: app.done == ["one"])


async def test_the_key_that_the_mouse_is_on_is_lit_until_it_leaves() -> None:
    app = Harness()
    async with app.run_test() as pilot:
        await until(pilot, lambda: "b Other" in said(app))
        bar = app.query_one(KeyBar)
        await pilot.hover(KeyBar, offset=(said(app).index("b"), 0))
        assert bar.pointed == "b"
        assert bar.styles.pointer == "pointer"
        grounds = {segment.text: segment.style and segment.style.bgcolor for segment in bar.render_line(0)}
        assert grounds["b"] == grounds[" Other"] != grounds["a"]
        await pilot.hover(offset=(0, 0))
        assert bar.pointed is None
        assert bar.styles.pointer == "default"


async def test_the_wheel_brings_the_keys_that_do_not_fit_and_a_click_finds_them_there() -> None:
    app = Harness()
    async with app.run_test(size=(22, 5)) as pilot:
        # None is cut.
        await until(pilot, lambda: said(app) == "a One b Other")
        bar = app.query_one(KeyBar)
        for _ in range(9):
            bar.on_mouse_scroll_down()
        await until(pilot, lambda: said(app) == "F3 A long description")
        await pilot.click(KeyBar, offset=(0, 0))
        await until(pilot, lambda: app.done == ["third"])
        for _ in range(9):
            bar.on_mouse_scroll_up()
        await until(pilot, lambda: said(app) == "a One b Other")
        bar.on_mouse_scroll_down()
        await pilot.resize_terminal(60, 5)
        await until(pilot, lambda: said(app) == "a One b Other F3 A long description")


async def test_what_changes_while_another_screen_is_in_front_is_shown_after_it() -> None:
    app = Harness()
    async with app.run_test() as pilot:
        await until(pilot, lambda: "b Other" in said(app))
        bar = app.query_one(KeyBar)
        for other in (False, True):
            await app.push_screen(ModalScreen())
            app.other = other
            # As the keys that close it say, before it is gone.
            bar.bindings_changed(bar.screen)
            await app.pop_screen()
            await until(pilot, lambda other=other: ("b Other" in said(app)) is other)


class WithHelp(Harness):
    BINDINGS = [*Harness.BINDINGS, Binding("question_mark", "help", "Help", key_display="?")]  # noqa: RUF012

    def action_help(self) -> None:
        self.done.append("help")


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        (60, "a One b Other F3 A long description ? Help"),
        (42, "a One b Other F3 A long description ? Help"),
        (41, "a One b Other ? Help"),
        (20, "a One b Other ? Help"),
        (19, "a One ? Help"),
        (7, "? Help"),
    ],
)
async def test_no_key_is_cut_and_the_one_that_helps_is_always_there(columns: int, expected: str) -> None:
    app = WithHelp()
    async with app.run_test(size=(columns, 5)) as pilot:
        await until(pilot, lambda: said(app) == expected)
        await pilot.click(KeyBar, offset=(expected.index("?"), 0))
        await until(pilot, lambda: app.done == ["help"])
