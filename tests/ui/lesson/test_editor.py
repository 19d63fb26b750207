"""The editor: leaving it, loading it, taking edits back, finding the line that failed."""

from __future__ import annotations

import gc

import pytest
from rich.color import Color
from textual.app import ComposeResult
from textual.document._syntax_aware_document import SyntaxAwareDocument
from textual.events import Key
from textual.geometry import Region
from textual.widgets import Input

from tui_torch.ui.colours.themed_app import ThemedApp
from tui_torch.ui.lesson.editor import CodeEditor

GIVEN = "def f(x):\n    return x @ x\n"
LONG = "".join(f"x{number} = {number}\n" for number in range(1, 61))


class Harness(ThemedApp):
    def __init__(self, *, ascii_only: bool = False) -> None:
        super().__init__()
        self.editor = CodeEditor(ascii_only=ascii_only)
        self.left = 0

    def compose(self) -> ComposeResult:
        yield self.editor
        yield Input()

    def on_code_editor_left(self) -> None:
        self.left += 1

    @property
    def lines(self) -> list[str]:
        return [strip.text for strip in self.editor.render_lines(Region(0, 0, *self.editor.outer_size))]

    def colour(self, word: str) -> Color | None:
        """The colour in which a word of the code is drawn."""
        for strip in self.editor.render_lines(Region(0, 0, *self.editor.outer_size)):
            for segment in strip:
                if segment.text.strip() == word and segment.style is not None:
                    return segment.style.color
        raise AssertionError(f"{word} is not drawn on its own")


async def test_escape_says_that_the_learner_leaves_and_the_app_says_where_to() -> None:
    app = Harness()
    async with app.run_test(size=(60, 12)) as pilot:
        app.editor.focus()
        await pilot.press("escape")
        await pilot.pause()
        assert (app.left, app.focused) == (1, app.editor)


async def test_tab_indents_and_stays() -> None:
    app = Harness()
    async with app.run_test(size=(60, 12)) as pilot:
        app.editor.focus()
        await pilot.press("tab", "a")
        assert (app.editor.text, app.focused) == ("    a", app.editor)


async def test_the_code_of_the_step_before_cannot_be_brought_back_into_this_one() -> None:
    app = Harness()
    async with app.run_test(size=(60, 12)) as pilot:
        app.editor.load("before = 1\n")
        app.editor.focus()
        await pilot.press("x")
        app.editor.load(GIVEN)
        await pilot.press("ctrl+z", "ctrl+z")
        assert app.editor.text == GIVEN


async def test_code_that_was_put_in_is_taken_back_by_one_undo() -> None:
    app = Harness()
    async with app.run_test(size=(60, 12)) as pilot:
        app.editor.load(GIVEN)
        app.editor.focus()
        await pilot.press("m", "y")
        app.editor.put("y = 1\nz = 2\n")
        assert app.editor.text == "y = 1\nz = 2\n"
        await pilot.press("ctrl+z")
        assert app.editor.text == f"my{GIVEN}"


@pytest.mark.parametrize("width", [80, 20])
async def test_what_makes_the_code_much_shorter_or_longer_is_taken_back_and_done_again(width: int) -> None:
    async with Harness().run_test(size=(width, 12)) as pilot:
        app: Harness = pilot.app  # type: ignore[assignment]
        editor = app.editor
        editor.focus()
        editor.load(GIVEN)
        await pilot.pause()
        editor.replace(LONG, (0, 0), editor.document.end, maintain_selection_offset=False)
        await pilot.pause()
        assert editor.show_vertical_scrollbar and editor.cursor_location[0] == 60
        for _ in range(2):
            await pilot.press("ctrl+z")
            assert editor.text == GIVEN
            assert editor.cursor_location[0] < editor.document.line_count
            await pilot.press("ctrl+y")
            assert editor.text == LONG
        await pilot.press("f7", "backspace")
        assert editor.text == ""


async def test_the_line_that_failed_comes_into_sight_under_the_cursor() -> None:
    app = Harness()
    async with app.run_test(size=(60, 12)) as pilot:
        app.editor.load(LONG)
        await pilot.pause()
        assert not any("x50 = 50" in line for line in app.lines)
        app.query_one(Input).focus()
        await pilot.pause()
        app.editor.mark(50)
        await pilot.pause()
        assert any("x50 = 50" in line for line in app.lines)
        assert app.editor.cursor_location == (49, 0)


async def test_while_somebody_types_the_line_that_failed_comes_into_sight_and_the_cursor_stays() -> None:
    app = Harness()
    async with app.run_test(size=(60, 12)) as pilot:
        app.editor.load(LONG)
        app.editor.focus()
        await pilot.press("ctrl+end", "ctrl+home", "right")
        app.editor.mark(50)
        await pilot.pause()
        assert any("50✗ x50 = 50" in line for line in app.lines)
        await pilot.press("y")
        assert app.editor.document.get_line(0) == "xy1 = 1"


async def test_ctrl_home_and_ctrl_end_go_to_both_ends_of_the_code_and_select_with_shift() -> None:
    app = Harness()
    async with app.run_test(size=(60, 12)) as pilot:
        app.editor.load(GIVEN)
        app.editor.focus()
        await pilot.press("ctrl+end")
        assert app.editor.cursor_location == (2, 0)
        await pilot.press("ctrl+home")
        assert app.editor.cursor_location == (0, 0)
        await pilot.press("ctrl+shift+end")
        assert app.editor.selected_text == GIVEN
        await pilot.press("ctrl+end", "ctrl+shift+home")
        assert app.editor.selected_text == GIVEN


async def test_the_mark_goes_along_with_its_line_and_goes_when_that_is_edited() -> None:
    app = Harness()
    async with app.run_test(size=(60, 12)) as pilot:
        app.editor.load("a = 1\nb = 2\nc = 3\n")
        app.editor.focus()
        app.editor.mark(2)
        await pilot.press("ctrl+home", "enter")
        await pilot.pause()
        assert app.editor.failed_line == 3
        await pilot.press("ctrl+z", "down", "down", "x")
        await pilot.pause()
        assert app.editor.failed_line == 2
        await pilot.press("up", "x")
        await pilot.pause()
        assert (app.editor.failed_line, app.editor.noted_line) == (None, None)
        app.editor.mark(2, failed=False, code="b = 1\nc = 3")
        assert app.editor.noted_line is None
        app.editor.mark(1, failed=False, code="a = 1\nno more")
        assert app.editor.noted_line == 1


async def test_a_failed_line_that_the_code_no_longer_has_leaves_the_cursor_alone() -> None:
    app = Harness()
    async with app.run_test(size=(60, 12)):
        app.editor.load(GIVEN)
        app.editor.move_cursor((1, 4))
        app.editor.mark(99)
        assert app.editor.cursor_location == (1, 4)


async def test_python_is_in_the_colours_that_the_theme_has_for_code() -> None:
    app = Harness()
    async with app.run_test(size=(60, 12)) as pilot:
        app.editor.load(GIVEN)
        for theme in ("nord", "solarized-light"):
            app.theme = theme
            await pilot.pause()
            assert app.colour("return") == Color.parse(app.theme_variables["code-keyword"])


async def test_without_unicode_the_frame_is_ascii() -> None:
    app = Harness(ascii_only=True)
    async with app.run_test(size=(60, 12)) as pilot:
        app.editor.load(GIVEN)
        await pilot.pause()
        assert "\n".join(app.lines).isascii()


async def test_a_line_that_goes_on_beyond_the_edge_says_so_and_one_that_ends_there_does_not() -> None:
    for ascii_only, sign in ((False, "›"), (True, ">")):
        app = Harness(ascii_only=ascii_only)
        async with app.run_test(size=(30, 8)) as pilot:
            room = 30 - 2 - app.editor.gutter_width
            app.editor.load(f"{'a' * room}\n{'b' * (room + 1)}\n")
            await pilot.pause()
            first, second = (line[1:-1] for line in app.lines[1:3])
            assert first.endswith("a" * room)
            assert second.endswith("b" * (room - 1) + sign)


async def test_the_line_that_failed_is_marked_until_other_code_is_run() -> None:
    app = Harness()
    async with app.run_test(size=(60, 12)) as pilot:
        app.editor.load(GIVEN)
        app.editor.mark(2)
        await pilot.pause()
        assert [line[1:4].strip() for line in app.lines[1:3]] == ["1", "2✗"]
        app.editor.mark(None)
        await pilot.pause()
        assert [line[1:4].strip() for line in app.lines[1:3]] == ["1", "2"]
        app.editor.mark(2)
        app.editor.put(GIVEN)
        await pilot.pause()
        assert [line[1:4].strip() for line in app.lines[1:3]] == ["1", "2"]


async def test_an_editor_of_any_width_draws_its_signs_where_there_is_room() -> None:
    app = Harness()
    async with app.run_test(size=(60, 12)) as pilot:
        app.editor.load("a_name_that_is_long = 1\n")
        for width in [*range(12, 0, -1), 30]:
            await pilot.resize_terminal(width, 12)
            app.editor.mark(1)
            await pilot.pause()
            assert app.is_running
        assert any("✗" in line for line in app.lines)


async def test_keys_that_come_in_a_burst_do_what_they_do_in_their_order() -> None:
    app = Harness()
    async with app.run_test(size=(60, 12)) as pilot:
        app.editor.focus()
        await pilot.pause()
        # As a driver posts them: none waits for the one before.
        for key, character in [*((letter, letter) for letter in "ab"), ("backspace", None), ("c", "c"), ("left", None)]:
            app.post_message(Key(key, character))
        app.post_message(Key("d", "d"))
        await pilot.pause()
        await pilot.pause()
        assert app.editor.text == "adc"


@pytest.mark.usefixtures("seen_always")
async def test_colours_are_those_of_the_whole_code_wherever_it_is_scrolled_to() -> None:
    app = Harness()
    async with app.run_test(size=(60, 12)) as pilot:
        app.editor.load('text = """\n' + "return\n" * 200 + '"""\n' + LONG * 3 + "return 5\n")
        await pilot.pause()
        word, text = (app.editor._theme.syntax_styles[name].color for name in ("keyword", "string"))
        for line in (2, 70, 150):
            app.editor.move_cursor((line, 0))
            await pilot.pause()
            assert app.colour("return") == text
        app.editor.move_cursor(app.editor.document.end)
        await pilot.pause()
        assert app.colour("return") == word
        # Without its quotes, what was text is code.
        app.editor.replace("", (201, 0), (201, 3))
        app.editor.replace("", (0, 7), (0, 10))
        app.editor.move_cursor((70, 0))
        await pilot.pause()
        assert app.colour("return") == word


async def test_code_that_other_code_took_the_place_of_is_held_no_longer() -> None:
    app = Harness()
    async with app.run_test(size=(60, 12)) as pilot:
        for number in range(20):
            app.editor.load(f"let_go = {number}\n")
            await pilot.pause()
        gc.collect()
        held = [thing for thing in gc.get_objects() if isinstance(thing, SyntaxAwareDocument)]
        assert sum("let_go" in document.text for document in held) == 1


async def test_what_hides_code_is_drawn_as_a_sign_and_named_in_the_title() -> None:
    app = Harness()
    async with app.run_test(size=(60, 12)) as pilot:
        app.editor.load("x = 1 # \u202e\u2066 same \u2069\ny = '\x1b]0;owned\x07'\n")
        await pilot.pause()
        drawn = "\n".join(app.lines)
        assert "1  x = 1 # �� same �" in drawn
        assert "'?]0;owned?'" in drawn
        assert "Code with U+202E, U+2066, U+2069, U+001B…" in drawn
        assert app.editor.text.startswith("x = 1 # \u202e\u2066 same \u2069\n")

        app.editor.load(GIVEN)
        await pilot.pause()
        assert "─Code─" in app.lines[0].replace(" ", "")


@pytest.mark.parametrize("hidden", ["\x1b", "\x9b", "\u202e"])
async def test_behind_a_sign_the_colours_are_in_their_places(hidden: str) -> None:
    app = Harness()
    async with app.run_test(size=(60, 12)) as pilot:
        colours: list[tuple[Color | None, ...]] = []
        for between in ("a", hidden):
            app.editor.load(f"x = '{between}' + str(27)\n")
            await pilot.pause()
            colours.append((app.colour("str"), app.colour("27")))
        assert colours[0] == colours[1]


async def test_in_ascii_the_sign_is_a_question_mark() -> None:
    app = Harness(ascii_only=True)
    async with app.run_test(size=(60, 12)) as pilot:
        app.editor.load("x = '\u202e'\n")
        await pilot.pause()
        assert "x = '?'" in "\n".join(app.lines)
