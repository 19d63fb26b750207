"""The palette, the list of lessons and the letters of jump mode lead to every action, step, theme and pane."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from textual.command import CommandPalette
from textual.pilot import Pilot
from textual.widgets import Input, OptionList

from tests.ui.conftest import Build, lines, seen, shows, started, until
from tui_torch.course.course_folder import MAP_FILE
from tui_torch.tutor.config import load_config
from tui_torch.ui.app import TutorApp
from tui_torch.ui.screens.jump import JumpScreen
from tui_torch.ui.screens.lessons import PLAYGROUND, LessonsScreen
from tui_torch.ui.screens.map import MapScreen

WIDE, NARROW = (120, 40), (80, 24)


async def ask(pilot: Pilot[None], words: str, *, found: str) -> None:
    """Type words into the palette, and wait for what it finds."""
    await pilot.press("ctrl+p")
    await until(pilot, lambda: isinstance(pilot.app.screen, CommandPalette))
    pilot.app.screen.query_one(Input).value = words
    await shows(pilot, found)


def offered(app: TutorApp) -> list[str]:
    """What the palette has, in the order in which it is told."""
    return [command.title for command in app.get_system_commands(app.screen)]


async def test_the_palette_has_every_action_with_its_key_and_every_step(build: Build) -> None:
    app = build("a-square-starter")
    async with started(app, WIDE) as pilot:
        await app.tutor.read_course()
        titles = offered(app)
        for title in (
            *("Run (F5)", "Replay (F6)", "Next (n)", "Hint (h)", "Solution (s)", "Lessons (l)", "Copy the pane (y)"),
            *("Fill the screen (z)", "Jump (ctrl+o)", "Next undone (])", "Help (?)", "Quit (q)", "Loss: Log scale (L)"),
            *(
                "Code: Comment (ctrl+/)",
                "gradients › Three scalars",
                "gradients › And dy/dx?",
                "fit-a-plane › The loop",
            ),
            *("Code: Comment (ctrl+/)", "Theme: ember-light", "Theme: nord", "Practise", "Playground"),
        ):
            assert title in titles, title
        # What does nothing now is not offered.
        assert not [title for title in titles if title.startswith(("Interrupt", "Replay: ", "Tensors: "))]
        await pilot.press("f5")
        await shows(pilot, "Not yet")
        assert "Tensors: Filter (/)" in offered(app)
        # From within the editor, too, where letters are text.
        await pilot.press("e")
        assert "Hint (h)" in offered(app)
        await ask(pilot, "hint", found="Hint (h)")
        await pilot.press("enter", "enter")
        await shows(pilot, "Hint 1.")


async def test_the_palette_goes_to_a_step_of_another_lesson(build: Build) -> None:
    app = build()
    async with started(app, WIDE) as pilot:
        await app.tutor.read_course()
        await ask(pilot, "plane › the", found="fit-a-plane › The loop")
        await pilot.press("enter", "enter")
        await until(pilot, lambda: (app.tutor.lesson.id, app.tutor.step.id) == ("fit-a-plane", "the-loop"))


async def test_a_theme_is_seen_before_it_is_chosen_and_kept_when_it_is(build: Build) -> None:
    app = build()
    async with started(app, WIDE) as pilot:
        await ask(pilot, "theme: nord", found="Theme: nord")
        await pilot.press("down")
        await until(pilot, lambda: app.theme == "nord")
        assert load_config().theme == ""
        await pilot.press("escape")
        await until(pilot, lambda: app.theme == "ember-dark")
        await ask(pilot, "theme: nord", found="Theme: nord")
        await pilot.press("enter", "enter")
        await until(pilot, lambda: not isinstance(app.screen, CommandPalette) and load_config().theme == "nord")
        assert app.theme == "nord"


async def test_a_slash_in_the_list_of_lessons_filters_them(build: Build) -> None:
    app = build()
    async with started(app, NARROW) as pilot:
        await pilot.press("l")
        await until(pilot, lambda: isinstance(app.screen, LessonsScreen) and "Fitting a plane" in seen(app))
        await pilot.press("slash", *"plane")
        await until(pilot, lambda: "Gradients of" not in seen(app))
        assert "Playground" not in seen(app)
        options = app.screen.query_one(OptionList)
        assert options.highlighted_option is not None and options.highlighted_option.id == "fit-a-plane"
        # Letters that close the list are text here.
        await pilot.press("q")
        await shows(pilot, "No lesson has that.")
        await pilot.press("escape")
        await shows(pilot, "Gradients of", "Playground")
        await pilot.press("slash", *"playg")
        await until(pilot, lambda: "Gradients of" not in seen(app))
        assert options.highlighted_option is not None and options.highlighted_option.id == PLAYGROUND
        await pilot.press("escape", "slash", *"PLANE", "enter")
        await until(pilot, lambda: app.tutor.lesson.id == "fit-a-plane")
        await pilot.press("l")
        await until(pilot, lambda: isinstance(app.screen, LessonsScreen))
        await pilot.press("slash", "down", "up", "escape", "escape")
        await until(pilot, lambda: app.screen is app.lesson_screen)


async def test_the_map_leads_to_the_next_lesson_on_the_way_to_a_topic(build: Build) -> None:
    app = build()
    for step in app.tutor.lesson.steps:
        app.tutor.progress.mark_done("gradients", step.id)
    async with started(app, NARROW) as pilot:
        await pilot.press("l")
        await until(pilot, lambda: isinstance(app.screen, LessonsScreen) and "Fitting a plane" in seen(app))
        await pilot.press("slash", *"next", "enter")
        await until(pilot, lambda: isinstance(app.screen, MapScreen))
        await shows(pilot, "1 of 2 within reach", "You can go there now", "Flat things", "https://example.org/flat")
        await shows(pilot, "One lesson away", "Curved things", "after Fitting a plane")
        await pilot.press("slash", *"curv", "q")
        await shows(pilot, "No topic has that.")
        await pilot.press("backspace")
        await shows(pilot, "Curved things", "https://example.org/curved", "Next on the way: Fitting a plane")
        await pilot.press("enter")
        await until(pilot, lambda: app.tutor.lesson.id == "fit-a-plane")


async def test_a_map_that_cannot_be_read_is_told_in_one_sentence(build: Build, tmp_path: Path) -> None:
    app = build()
    (tmp_path / MAP_FILE).write_text("schema: 1\n", encoding="utf-8")
    async with started(app, NARROW) as pilot:
        await app.tutor.read_course()
        app.tutor.course.folder = tmp_path
        app.open_map()
        await until(pilot, lambda: len(app._notifications))
        [said] = app._notifications
        assert said.message.endswith("map.yaml:1:1: missing key topics, expected the topics")


async def test_the_list_of_lessons_marks_the_step_that_the_title_marks(build: Build) -> None:
    app = build()
    async with started(app, NARROW) as pilot:

        async def dots_listed() -> list[str]:
            await pilot.press("l")
            await until(pilot, lambda: isinstance(app.screen, LessonsScreen) and "Fitting a plane" in seen(app))
            found = re.findall(r"[●◉○]+", seen(app))
            await pilot.press("escape")
            await until(pilot, lambda: app.screen is app.lesson_screen)
            return found

        assert app.tutor.lesson.id == "gradients"
        titles = re.findall(r"[●◉○]+", lines(app)[0])
        assert (await dots_listed())[0] == titles[0] and titles[0].count("◉") == 1
        await pilot.press("n")
        await shows(pilot, " 2/")
        moved = re.findall(r"[●◉○]+", lines(app)[0])
        assert moved != titles and moved[0] in await dots_listed()
        # Dots of the playground are not those of a lesson.
        await app.lesson_screen.play()
        await shows(pilot, "Playground")
        await pilot.press("escape")
        assert "◉" not in "".join(await dots_listed())


@pytest.mark.parametrize("size", [WIDE, NARROW])
async def test_jump_mode_puts_a_letter_on_every_pane_and_goes_where_it_is_pressed(
    build: Build, size: tuple[int, int]
) -> None:
    app = build("the-loop")
    async with started(app, size) as pilot:
        await pilot.press("f5")
        await shows(pilot, "Ran in")
        panes = app.lesson_screen.panes
        in_sight = [pane for pane in panes.all if pane.region and pane is not panes.fit_chart]
        for number, pane in enumerate(in_sight):
            await pilot.pause()
            below = lines(app)[:-1]
            await pilot.press("ctrl+o")
            await until(pilot, lambda: isinstance(app.screen, JumpScreen))
            # Where the letters lead is seen below them, and each letter stands in place of a blank or a frame.
            assert "epoch 40, loss" in seen(app)
            changed = [(old, new) for old, new in zip("\n".join(below), seen(app), strict=False) if old != new]
            assert {new for _, new in changed[:-1]} <= {*"asdfghjklqwertyuiop"} and len(changed) > 3
            assert {old for old, _ in changed} <= {*" ╭─├│"}, changed
            await pilot.press("asdfghjkl"[number])
            await until(pilot, lambda pane=pane: app.screen is app.lesson_screen and pane.has_focus_within)
        await pilot.press("ctrl+o")
        await until(pilot, lambda: isinstance(app.screen, JumpScreen))
        before = app.lesson_screen.focused
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is app.lesson_screen)
        assert app.lesson_screen.focused is before


async def test_jump_mode_leads_to_tabs(build: Build) -> None:
    app = build("the-loop")
    async with started(app, NARROW) as pilot:
        await pilot.press("f5")
        await shows(pilot, "Ran in")
        await pilot.press("ctrl+o")
        await until(pilot, lambda: isinstance(app.screen, JumpScreen))
        chart = re.search(r"([a-z])Chart", lines(app)[0])
        assert chart is not None
        await pilot.press(chart[1])
        await until(pilot, lambda: app.lesson_screen.panes.title.tab == "chart")
