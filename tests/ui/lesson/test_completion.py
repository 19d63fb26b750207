"""Completion and signatures while one types: which keys take what, and that Enter is a new line all the same."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from textual.geometry import Region

from tests.ui.conftest import Build, editor_of, lines, seen, started, until
from tui_torch.protocol.code_help import Completion, Signature
from tui_torch.tutor.code_help.place import place_of
from tui_torch.tutor.config import Config
from tui_torch.ui.app import TutorApp
from tui_torch.ui.lesson.editing import helped_typing
from tui_torch.ui.lesson.editing.at_cursor import rows_beside
from tui_torch.ui.lesson.editing.helped_typing import Asked
from tui_torch.ui.lesson.editing.signature_text import pieces_of

WIDE = (120, 40)
CODE = "weights = 1\nwealth = 2\n"


@pytest.fixture(autouse=True)
def _no_answer_is_late(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(helped_typing, "LATEST", 60.0)
    yield


def shown(app: TutorApp) -> list[str]:
    """The completions on the screen."""
    found = editor_of(app).completion_list
    return [item.text for item in found.items] if found.is_open else []


async def typing(app: TutorApp, pilot, *keys: str) -> None:
    editor = editor_of(app)
    editor.load(CODE)
    await pilot.press("e")
    editor.move_cursor(editor.document.end)
    await pilot.press(*keys)


async def test_names_of_the_code_are_offered_as_one_types_and_tab_takes_the_first(build: Build) -> None:
    app = build()
    async with started(app, WIDE) as pilot:
        await typing(app, pilot, "w", "e")
        await until(pilot, lambda: shown(app) == ["weights", "wealth"])
        # Below its border.
        assert "weights" in lines(app)[editor_of(app).cursor_screen_offset.y + 2]
        await pilot.press("tab")
        assert (editor_of(app).text, shown(app)) == (f"{CODE}weights", [])
        await pilot.press("ctrl+z")
        assert editor_of(app).text == f"{CODE}we"


async def test_a_click_takes_the_completion_under_the_mouse(build: Build) -> None:
    app = build()
    async with started(app, WIDE) as pilot:
        await typing(app, pilot, "w", "e")
        await until(pilot, lambda: shown(app) == ["weights", "wealth"])
        await pilot.click(editor_of(app).completion_list, offset=(2, 2))
        await until(pilot, lambda: editor_of(app).text == f"{CODE}wealth")
        assert shown(app) == [] and editor_of(app).has_focus


@pytest.mark.parametrize("keys", ["we", "print("])
async def test_what_stands_beside_the_cursor_goes_where_the_code_goes(build: Build, keys: str) -> None:
    app = build()
    async with started(app, WIDE) as pilot:
        editor = editor_of(app)
        await typing(app, pilot, *(keys.replace("(", "")), *(["left_parenthesis"] if "(" in keys else []))
        beside = editor.signature_line if "(" in keys else editor.completion_list
        if "(" in keys:
            way = Signature("print", ("*values",), "")
            place = place_of(editor.text)
            editor.describe_call(Asked(editor.text, editor.cursor_location, place, False, False, True, 1e12), (way,))
        await until(pilot, lambda: beside.display)
        before = beside.region
        assert before.y == editor.cursor_screen_offset.y + 1
        await pilot.resize_terminal(80, 24)
        await until(pilot, lambda: beside.region.y == editor.cursor_screen_offset.y + 1 != before.y)


PLACES = [
    ("below the line", 4, 20, Region(0, 2, 80, 20), 0, (5, 10)),
    ("below what stands below it", 4, 20, Region(0, 2, 80, 20), 1, (6, 10)),
    ("few of them", 4, 2, Region(0, 2, 80, 20), 0, (5, 4)),
    ("with fewer in sight", 14, 20, Region(0, 2, 80, 20), 0, (4, 10)),
    ("above the line", 19, 20, Region(0, 2, 80, 20), 0, (9, 10)),
    ("above it with fewer in sight", 10, 20, Region(0, 2, 80, 12), 0, (2, 8)),
    ("where there is no room", 3, 20, Region(0, 2, 80, 3), 0, (4, 1)),
]


@pytest.mark.parametrize(("line", "count", "within", "below", "rows"), [one[1:] for one in PLACES])
def test_the_list_stands_within_what_it_may_cover(
    line: int, count: int, within: Region, below: int, rows: tuple[int, int]
) -> None:
    assert rows_beside(line, count, within, below) == rows


async def test_the_list_leaves_the_lines_of_the_state_and_the_keys_alone(build: Build) -> None:
    app = build()
    async with started(app, (80, 24)) as pilot:
        await typing(app, pilot, "w", "e")
        await until(pilot, lambda: shown(app))
        editor = editor_of(app)
        editor.offer(asked_at(app, since=1e12), [Completion(f"we{number}") for number in range(20)])
        await pilot.pause()
        found = editor.completion_list.region
        assert found.bottom <= editor.parent.region.bottom and found.height > 4  # type: ignore[union-attr]
        assert found.bottom == editor.cursor_screen_offset.y
        # Above the line it stands beside what is written there.
        assert [line for line in lines(app) if "weights = 1" in line and "│" in line.partition("1")[2]]


async def test_enter_is_a_new_line_until_an_arrow_key_has_gone_into_the_list(build: Build) -> None:
    app = build()
    async with started(app, WIDE) as pilot:
        await typing(app, pilot, "w", "e")
        await until(pilot, lambda: shown(app))
        await pilot.press("enter")
        assert (editor_of(app).text, shown(app)) == (f"{CODE}we\n", [])
        await pilot.press("w", "e")
        await until(pilot, lambda: shown(app))
        await pilot.press("down", "down", "enter")
        assert editor_of(app).text == f"{CODE}we\nwealth"


@pytest.mark.parametrize("keys", [(), ("down",), ("tab",)])
async def test_escape_closes_a_list_and_leaves_the_editor_when_there_is_none(
    build: Build, keys: tuple[str, ...]
) -> None:
    app = build(config=Config(complete_as_you_type="tab" not in keys))
    async with started(app, WIDE) as pilot:
        await typing(app, pilot, "w", "e", *(key for key in keys if key == "tab"))
        await until(pilot, lambda: shown(app))
        await pilot.press(*(key for key in keys if key != "tab"), "escape")
        assert (shown(app), editor_of(app).has_focus) == ([], True)
        await pilot.press("escape")
        assert not editor_of(app).has_focus


async def test_tab_after_a_letter_asks_and_takes_what_alone_fits(build: Build) -> None:
    app = build(config=Config(complete_as_you_type=False))
    async with started(app, WIDE) as pilot:
        await typing(app, pilot, "w", "e")
        await pilot.pause()
        assert shown(app) == []
        await pilot.press("tab")
        await until(pilot, lambda: shown(app) == ["weights", "wealth"])
        await pilot.press("i", "tab")
        await until(pilot, lambda: editor_of(app).text == f"{CODE}weights")


async def test_typing_on_narrows_the_list_and_what_no_name_has_closes_it(build: Build) -> None:
    app = build()
    async with started(app, WIDE) as pilot:
        await typing(app, pilot, "w", "e", "a")
        await until(pilot, lambda: shown(app) == ["wealth"])
        await pilot.press("backspace")
        await until(pilot, lambda: shown(app) == ["weights", "wealth"])
        await pilot.press("space")
        assert shown(app) == []


async def test_with_a_name_that_is_written_to_its_end_down_goes_to_the_next_line(
    build: Build, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = build()
    async with started(app, WIDE) as pilot:
        await typing(app, pilot, "enter", "up", *"wealt")
        await until(pilot, lambda: shown(app) == ["wealth"])
        editor = editor_of(app)
        # The answer about the last letter comes too late to be shown.
        monkeypatch.setattr(helped_typing, "LATEST", 0.0)
        await pilot.press("h", "down")
        assert (shown(app), editor.cursor_location) == ([], (3, 0))


async def test_the_list_stands_below_the_line_about_the_call_though_that_came_later(build: Build) -> None:
    app = build()
    async with started(app, WIDE) as pilot:
        await typing(app, pilot, "f", "left_parenthesis", "w", "e")
        await until(pilot, lambda: shown(app) == ["weights", "wealth"])
        editor = editor_of(app)
        editor.describe_call(asked_at(app, since=helped_typing.time.monotonic()), (Signature("f", ("a", "b=2")),))
        await pilot.pause()
        row = editor.cursor_screen_offset.y
        assert "f(a, b=2)" in lines(app)[row + 1] and "weights" in lines(app)[row + 3]


@pytest.mark.parametrize("key", ["left", "home", "ctrl+u", "pageup"])
async def test_going_elsewhere_closes_the_list(build: Build, key: str) -> None:
    app = build()
    async with started(app, WIDE) as pilot:
        await typing(app, pilot, "w", "e")
        await until(pilot, lambda: shown(app))
        await pilot.press(key)
        assert shown(app) == []


async def test_tab_after_a_space_is_spaces_as_before(build: Build) -> None:
    app = build()
    async with started(app, WIDE) as pilot:
        await typing(app, pilot, "tab")
        assert editor_of(app).text == f"{CODE}    "


def asked_at(app: TutorApp, *, since: float) -> Asked:
    editor = editor_of(app)
    place = place_of(editor.document.get_text_range((0, 0), editor.cursor_location))
    return Asked(editor.text, editor.cursor_location, place, False, True, True, since)


async def test_an_answer_that_is_late_or_about_other_code_is_not_shown(
    build: Build, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(helped_typing, "LATEST", 0.1)
    now = helped_typing.time.monotonic()
    app = build(config=Config(complete_as_you_type=False))
    async with started(app, WIDE) as pilot:
        await typing(app, pilot, "w", "e")
        editor, items = editor_of(app), [Completion("weights")]
        editor.offer(asked_at(app, since=now - 1), items)
        assert shown(app) == []
        early = asked_at(app, since=now + 60)
        await pilot.press("x")
        editor.offer(early, items)
        assert shown(app) == []
        editor.offer(asked_at(app, since=now + 60), items)
        assert shown(app) == ["weights"]


async def test_the_argument_at_the_cursor_is_lit_below_the_line(build: Build) -> None:
    app = build()
    async with started(app, WIDE) as pilot:
        await typing(app, pilot, "f", "left_parenthesis", "1", "comma")
        editor = editor_of(app)
        editor.describe_call(
            asked_at(app, since=helped_typing.time.monotonic()), (Signature("f", ("a", "b=2"), "int"),)
        )
        await pilot.pause()
        row = editor.cursor_screen_offset.y
        assert "f(a, b=2) -> int" in lines(app)[row + 1]
        await pilot.press("right_parenthesis")
        await pilot.pause()
        assert "f(a, b=2)" not in seen(app)


LIT = [
    (0, "", "input"),
    (1, "", "dim"),
    (0, "dtype", "dtype=None"),
    (0, "keepdim", "keepdim=False"),
    (5, "", None),
]


@pytest.mark.parametrize(("position", "keyword", "lit"), LIT)
def test_the_way_is_shown_that_has_a_place_for_the_argument(position: int, keyword: str, lit: str | None) -> None:
    ways = (
        Signature("sum", ("input", "*", "dtype=None"), "Tensor"),
        Signature("sum", ("input", "dim", "keepdim=False", "*", "dtype=None"), "Tensor"),
    )
    pieces = pieces_of(ways, position, keyword)
    assert [text for text, is_lit in pieces if is_lit] == ([] if lit is None else [lit])
