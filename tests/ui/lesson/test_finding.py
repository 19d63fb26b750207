"""Find and replace in the editor, and brackets that match."""

from __future__ import annotations

import pytest

from tests.ui.conftest import Build, editor_of, seen, started, until

CODE = "loss = f(x)\nprint(loss)\nLoss = 1"


async def test_ctrl_f_finds_as_one_types_and_goes_on_around_the_end(build: Build) -> None:
    app = build()
    async with started(app, (120, 40)) as pilot:
        editor = editor_of(app)
        editor.load(CODE)
        await pilot.press("e", "ctrl+f", *"loss")
        await until(pilot, lambda: editor.selected_text == "loss")
        places = []
        for key in ("enter", "enter", "enter", "up"):
            await pilot.press(key)
            places.append(editor.selection.start)
        assert places == [(1, 6), (2, 0), (0, 0), (2, 0)]
        await pilot.press("escape")
        assert editor.has_focus and editor.selected_text == "Loss" and editor.text == CODE


@pytest.mark.parametrize("size", [(120, 40), (80, 24)])
async def test_what_is_found_stands_above_the_fields(build: Build, size: tuple[int, int]) -> None:
    app = build()
    async with started(app, size) as pilot:
        editor = editor_of(app)
        editor.load("\n".join(f"x{number} = loss" for number in range(60)))
        await pilot.press("e", "ctrl+f", *"loss")
        await until(pilot, lambda: editor.selected_text == "loss")
        field = editor.finding.wanted
        for _ in range(25):
            await pilot.press("enter")
            row = editor.cursor_location[0]
            await until(pilot, lambda row=row: f"x{row} = loss" in seen(app))  # type: ignore[misc]
            assert editor.cursor_screen_offset.y < field.region.y
        await pilot.resize_terminal(80, 20)
        await until(pilot, lambda: field.region.y == editor.region.bottom - 1)
        await until(pilot, lambda: editor.cursor_screen_offset.y < field.region.y)


async def test_tab_then_enter_replaces_one_after_the_other_and_undo_takes_it_back(build: Build) -> None:
    app = build()
    async with started(app, (80, 24)) as pilot:
        editor = editor_of(app)
        editor.load("a = b\nb = b")
        await pilot.press("e", "ctrl+f", "b", "tab", "c", "enter", "enter")
        assert editor.text == "a = c\nc = b"
        await pilot.press("escape", "ctrl+z")
        assert editor.text == "a = c\nb = b"


@pytest.mark.parametrize(
    ("code", "wanted", "instead", "expected"),
    [
        ("a = b\nb = bb", "b", "ccc", "a = ccc\nccc = cccccc"),
        ("Loss = loss\nLOSS", "loss", "l", "l = l\nl"),
        ("Loss = loss", "Loss", "l", "l = loss"),
        ("x = 1", "x = 1", "", ""),
        # A capital that is two small letters, where looking for small ones finds those alone.
        ("İ = i", "i", "j", "İ = j"),
        ("x = 1", "y", "z", "x = 1"),
    ],
)
async def test_ctrl_l_replaces_in_every_place_and_one_undo_takes_it_back(
    build: Build, code: str, wanted: str, instead: str, expected: str
) -> None:
    app = build()
    async with started(app, (80, 24)) as pilot:
        editor = editor_of(app)
        editor.load(code)
        await pilot.press("e", "ctrl+f")
        editor.finding.wanted.value, editor.finding.instead.value = wanted, instead
        await pilot.press("ctrl+l")
        assert editor.text == expected
        await until(pilot, lambda: ("nowhere" if code == expected else "Replaced in ") in seen(app))
        await pilot.press("escape", "ctrl+z")
        assert editor.text == code


async def test_what_is_selected_is_looked_for(build: Build) -> None:
    app = build()
    async with started(app, (120, 40)) as pilot:
        editor = editor_of(app)
        editor.load("first = 1")
        await pilot.press("e", "ctrl+shift+right", "ctrl+f")
        assert editor.finding.wanted.value == "first" and "replace by" in seen(app)


@pytest.mark.parametrize(("column", "other"), [(5, 12), (6, 11)])
@pytest.mark.usefixtures("seen_always")
async def test_the_bracket_that_belongs_to_the_one_at_the_cursor_is_marked(
    build: Build, column: int, other: int
) -> None:
    app = build()
    async with started(app, (120, 40)) as pilot:
        editor = editor_of(app)
        editor.load("print((1, 2))")
        await pilot.press("e")
        editor.move_cursor((0, column))
        await pilot.pause()
        grounds = [segment.style.bgcolor for segment in editor.render_line(0) for _ in segment.text if segment.style]
        assert grounds[editor.gutter_width + other] != grounds[editor.gutter_width + 7]
