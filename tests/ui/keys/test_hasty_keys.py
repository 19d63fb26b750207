"""Keys that come in one read, before what they act on is there or after it is gone, end nothing."""

from __future__ import annotations

import asyncio

import pytest
from textual.command import CommandPalette
from textual.events import Paste
from textual.widgets import Input

from tests.spread import in_turn
from tests.ui.conftest import Build, kernel_of, shows, started, until
from tui_torch.ui.app import TutorApp
from tui_torch.ui.lesson.screen import LessonScreen
from tui_torch.ui.screens.lessons import LessonsScreen

WIDE = (120, 40)

pytestmark = pytest.mark.usefixtures("seen_always")


async def test_a_digit_and_the_next_step_in_one_read_end_nothing(build: Build) -> None:
    app = build(at="dy-dx")
    async with started(app, WIDE) as pilot:
        for keys in ("3n", "p3n", "pn3"):
            app.simulate_key(keys[0])
            for key in keys[1:]:
                app.simulate_key(key)
            await pilot.pause()
        await shows(pilot, "Your own derivative")


async def test_a_key_in_the_same_moment_as_the_palette_ends_nothing(build: Build) -> None:
    app = build()
    async with started(app, WIDE) as pilot:
        for key in ("pagedown", "pageup", "down", "up", "home", "end", "enter", "escape"):
            app.simulate_key("ctrl+p")
            app.simulate_key(key)
            await pilot.pause()
            app.simulate_key("escape")
            app.simulate_key("ctrl+p")
            await pilot.press("escape", "escape")
            await until(pilot, lambda: app.screen is app.lesson_screen)
            assert app.crashed is None, key


async def test_a_palette_that_is_closed_and_opened_in_one_moment_ends_nothing(build: Build) -> None:
    app = build()
    async with started(app, WIDE) as pilot:
        for _ in range(5):
            app.simulate_key("ctrl+p")
            app.simulate_key("escape")
            app.simulate_key("ctrl+p")
            await pilot.pause()
            app.simulate_key("escape")
        await until(pilot, lambda: app.screen is app.lesson_screen)
        assert app.crashed is None


@pytest.mark.parametrize("keys", [("enter", "enter"), ("enter", "escape"), ("escape", "enter"), ("escape", "escape")])
async def test_a_lesson_that_is_chosen_twice_in_one_moment_is_opened_once(build: Build, keys: tuple[str, str]) -> None:
    app = build()
    async with started(app, WIDE) as pilot:
        await pilot.press("l")
        await shows(pilot, "Fitting a plane")
        for key in keys:
            app.simulate_key(key)
        await until(pilot, lambda: app.screen is app.lesson_screen)
        assert app.crashed is None


async def test_a_command_that_is_chosen_twice_in_one_moment_ends_nothing(build: Build) -> None:
    app = build()
    async with started(app, WIDE) as pilot:
        await pilot.press("ctrl+p")
        await shows(pilot, "Back (p)")
        await pilot.press("down", "down")
        for key in ("enter", "escape", "enter"):
            app.simulate_key(key)
        await until(pilot, lambda: app.screen is app.lesson_screen)
        assert app.crashed is None


@pytest.mark.parametrize("focused", [True, False])
async def test_a_restart_and_a_run_in_one_read_are_done_in_that_order(build: Build, focused: bool) -> None:
    app = build()
    async with started(app, WIDE) as pilot:
        done: list[str] = []
        kernel, screen = kernel_of(app), app.lesson_screen
        restart, follow = kernel.restart, screen.run.follow

        async def restarting(reason: str) -> None:
            done.append("restart")
            await restart(reason)

        async def following(code: str, *, recorded: bool = False) -> None:
            done.append("run")
            await follow(code, recorded=recorded)

        kernel.restart, screen.run.follow = restarting, following  # type: ignore[method-assign]
        if not focused:
            screen.set_focus(None)
        await pilot.pause()
        app.simulate_key("R")
        app.simulate_key("f5")
        await until(pilot, lambda: len(done) == 2)
        assert done == ["restart", "run"]


SCREENS = {screen: screen for screen in ("l", "question_mark", "g", "ctrl+p")}
TURNS = {"even": range(0, 8, 2), "odd": range(1, 8, 2)}
"""Turns of the loop between the key that opens a screen and the one that closes it."""


@pytest.mark.parametrize(("screen", "tried"), in_turn(SCREENS, TURNS, each=3))
async def test_a_screen_that_is_closed_while_it_opens_ends_nothing(build: Build, screen: str, tried: range) -> None:
    app = build()
    async with started(app, WIDE) as pilot:
        for turns in tried:
            app.simulate_key(screen)
            for _ in range(turns):
                await asyncio.sleep(0)
            app.simulate_key("escape")
            await pilot.pause()
            while app.screen is not app.lesson_screen:
                await pilot.press("escape")
            assert app.crashed is None, f"{turns} turns of the loop"


async def test_a_list_that_could_not_be_closed_below_the_palette_is_closed_after_it(build: Build) -> None:
    app = build()
    async with started(app, WIDE) as pilot:
        await pilot.press("l")
        await shows(pilot, "Fitting a plane")
        lessons = app.screen
        await pilot.press("ctrl+p")
        await until(pilot, lambda: app.screen is not lessons)
        lessons.dismiss(None)
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is lessons)
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is app.lesson_screen)


async def test_the_key_that_quits_does_so_on_every_screen(build: Build) -> None:
    for key in ("l", "question_mark", "ctrl+p"):
        app = build()
        async with started(app, WIDE) as pilot:
            await pilot.press(key)
            await until(pilot, lambda app=app: app.screen is not app.lesson_screen)
            await pilot.press("ctrl+q")
            await until(pilot, lambda app=app: not app.is_running)


async def test_what_is_typed_in_one_read_with_the_key_that_edits_is_text(build: Build) -> None:
    app = build()
    async with started(app, WIDE) as pilot:
        editor = app.lesson_screen.panes.editor
        before = editor.text
        for key in "exyz":
            app.simulate_key(key)
        await until(pilot, lambda: editor.text == f"xyz{before}")


@pytest.mark.parametrize(
    ("size", "keys"),
    in_turn({"wide": WIDE, "narrow": (80, 24)}, {keys: keys for keys in ("te", "tte", "ce", "cce", "tcte")}, each=2),
)
async def test_the_key_that_edits_leads_to_the_code_after_any_other_in_one_read(
    build: Build, keys: str, size: tuple[int, int]
) -> None:
    app = build()
    async with started(app, size) as pilot:
        editor = app.lesson_screen.panes.editor
        for key in keys:
            app.simulate_key(key)
        await until(pilot, lambda: not app.lesson_screen.message_queue_size)
        await pilot.pause()
        assert app.focused is editor
        await pilot.press("z")
        await until(pilot, lambda: editor.text.startswith("z"))


FIELDS = {
    "the list of lessons": (["l", "slash", *"play"], "lessons"),
    "the tensors": (["t", "slash", *"ab"], "tensors"),
    "the search in the code": (["e", "ctrl+f", *"req"], "find"),
    "the palette": (["ctrl+p", *"play"], "palette"),
}


def typed_in(app: TutorApp, field: str) -> str:
    """What stands in a field; empty unless it has the focus."""
    focused = app.focused
    kinds = {"lessons": LessonsScreen, "palette": CommandPalette, "tensors": LessonScreen, "find": LessonScreen}
    return focused.value if isinstance(app.screen, kinds[field]) and isinstance(focused, Input) else ""


@pytest.mark.parametrize("where", FIELDS)
async def test_letters_in_one_read_with_the_keys_that_lead_to_a_field_are_typed_there(build: Build, where: str) -> None:
    app = build()
    keys, field = FIELDS[where]
    async with started(app, WIDE) as pilot:
        code = app.lesson_screen.panes.editor.text
        if field == "tensors":
            await pilot.press("f5")
            await until(pilot, lambda: not app.lesson_screen.panes.inspector.is_empty)
        for key in keys:
            app.simulate_key(key)
        text = "".join(key for key in keys if len(key) == 1).lstrip("let")
        await until(pilot, lambda: typed_in(app, field) == text)
        assert app.lesson_screen.panes.editor.text == code


async def test_what_is_no_letter_comes_after_the_letters_before_it(build: Build) -> None:
    app = build()
    async with started(app, WIDE) as pilot:
        editor = app.lesson_screen.panes.editor
        before = editor.text
        for key in ("e", "a", "b", "left", "c", "backspace", "d"):
            app.simulate_key(key)
        await until(pilot, lambda: editor.text == f"adb{before}")
        await pilot.press("escape")
        for key in ("l", "slash", *"playgr", "enter"):
            app.simulate_key(key)
        await until(pilot, lambda: app.tutor.kind == "playground")


async def test_text_pasted_in_one_read_with_the_key_that_edits_goes_into_the_code(build: Build) -> None:
    app = build()
    async with started(app, WIDE) as pilot:
        editor = app.lesson_screen.panes.editor
        before = editor.text
        app.simulate_key("e")
        app.post_message(Paste("a = 1\n"))
        await until(pilot, lambda: editor.text == f"a = 1\n{before}")


async def test_keys_wait_for_no_screen_that_does_not_open(build: Build) -> None:
    app = build()
    async with started(app, WIDE) as pilot:
        editor = app.lesson_screen.panes.editor
        before = editor.text
        for key in "gex":  # nothing has run, of which a graph could be shown
            app.simulate_key(key)
        await until(pilot, lambda: editor.text == f"x{before}")


async def test_what_follows_a_key_that_changes_the_step_in_one_read_is_for_the_new_step(build: Build) -> None:
    app = build()
    async with started(app, WIDE) as pilot:
        editor = app.lesson_screen.panes.editor
        for keys, step in (
            (["n", "n"], "a-square"),
            (["p", "p"], "three-scalars"),
            (["l", "down", "enter"], "the-loop"),
        ):
            for key in (*keys, "e", "Q"):
                app.simulate_key(key)
            await until(pilot, lambda: editor.text.startswith("Q"))
            assert app.focused is editor, keys
            assert app.tutor.step.id == step
            await pilot.press("backspace", "escape")
