"""The title bar: where the learner is, and the tabs of one column."""

from __future__ import annotations

import pytest
from textual.app import ComposeResult
from textual.geometry import Region

from tui_torch.ui.colours.themed_app import ThemedApp
from tui_torch.ui.lesson.title_bar import TitleBar


class Harness(ThemedApp):
    def __init__(
        self, *, ascii_only: bool = False, tabs: bool = False, lesson: str = "Gradients", steps: int = 4
    ) -> None:
        super().__init__()
        self.bar = TitleBar(ascii_only=ascii_only)
        self.bar.track = "PyTorch basics"
        self.bar.lesson = lesson
        self.bar.steps = ("done", "done", *["open"] * (steps - 2))
        self.bar.current = 2
        self.bar.show_tabs = tabs
        self.chosen: list[str] = []

    def compose(self) -> ComposeResult:
        yield self.bar

    def on_title_bar_tab_chosen(self, message: TitleBar.TabChosen) -> None:
        self.chosen.append(message.tab)

    @property
    def line(self) -> str:
        (strip,) = self.bar.render_lines(Region(0, 0, *self.bar.outer_size))
        return strip.text


@pytest.mark.parametrize(
    ("width", "line"),
    [
        pytest.param(110, "PyTorch basics › Gradients  3/4 ●●◉○", id="all of it"),
        pytest.param(30, "Gradients  3/4 ●●◉○", id="without the track"),
        pytest.param(18, "Gra…  3/4 ●●◉○", id="the title cut"),
    ],
)
async def test_the_steps_stay_and_the_titles_give_way_to_a_narrow_screen(width: int, line: str) -> None:
    app = Harness()
    async with app.run_test(size=(width, 3)):
        assert app.line.strip() == line


async def test_where_there_is_no_track_nothing_points_to_the_title() -> None:
    app = Harness(lesson="Playground")
    async with app.run_test(size=(110, 3)) as pilot:
        app.bar.track = ""
        await pilot.pause()
        assert app.line.strip().startswith("Playground  3/4")


@pytest.mark.parametrize("width", [80, 60, 48])
async def test_the_tabs_stand_at_the_right_end(width: int) -> None:
    app = Harness(tabs=True)
    async with app.run_test(size=(width, 3)):
        assert app.line.endswith(" Lesson  Tensors  Chart  ")
        assert len(app.line) == width


@pytest.mark.parametrize(
    ("lesson", "steps", "width"),
    [
        pytest.param("自动求导与反向传播的计算过程", 4, 60, id="wide characters"),
        pytest.param("Gradients", 8, 40, id="40 columns"),
    ],
)
async def test_no_tab_is_lost_to_the_title(lesson: str, steps: int, width: int) -> None:
    app = Harness(tabs=True, lesson=lesson, steps=steps)
    async with app.run_test(size=(width, 3)):
        assert "Chart" in app.line


@pytest.mark.parametrize("tab", TitleBar.TABS)
async def test_a_click_on_a_tab_names_it(tab: str) -> None:
    app = Harness(tabs=True)
    async with app.run_test(size=(80, 3)) as pilot:
        start = app.line.index(tab.capitalize())
        for column in (0, start - 1, start + len(tab)):
            await pilot.click(offset=(column, 0))
        await pilot.pause()
        assert app.chosen == [tab, tab]


async def test_what_was_not_looked_at_is_marked_but_not_on_the_tab_in_front() -> None:
    app = Harness(tabs=True)
    async with app.run_test(size=(80, 3)) as pilot:
        app.bar.tab = "tensors"
        app.bar.fresh = frozenset({"tensors", "chart"})
        await pilot.pause()
        assert app.line.endswith(" Lesson  Tensors  Chart•  ")


async def test_without_unicode_every_state_of_a_step_has_its_character() -> None:
    app = Harness(ascii_only=True, tabs=True)
    async with app.run_test(size=(80, 3)) as pilot:
        app.bar.fresh = frozenset({"chart"})
        await pilot.pause()
        assert " ".join(app.line.split()) == "PyTorch basics > Gradients 3/4 **@. Lesson Tensors Chart*"
