"""Typing Python in the editor: indentation, several lines at once, what is pasted, undo by words."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import pytest
from textual import events
from textual.app import ComposeResult
from textual.pilot import Pilot
from textual.widgets import Input
from textual.widgets.text_area import Selection

from tui_torch.ui.colours.themed_app import ThemedApp
from tui_torch.ui.lesson.editing.pasted import as_code
from tui_torch.ui.lesson.editor import CodeEditor


class Typing(ThemedApp):
    def __init__(self) -> None:
        super().__init__()
        self.editor = CodeEditor()
        self.said: list[str] = []

    def compose(self) -> ComposeResult:
        yield self.editor
        yield Input()

    def notify(self, message: str, **_: Any) -> None:
        self.said.append(message)


@dataclass
class Typist:
    app: Typing
    pilot: Pilot[None]

    @property
    def editor(self) -> CodeEditor:
        return self.app.editor

    async def types(self, *keys: str) -> str:
        await self.pilot.press(*keys)
        return self.editor.text

    async def pastes(self, text: str) -> str:
        self.editor.post_message(events.Paste(text))
        await self.pilot.pause()
        return self.editor.text


@pytest.fixture
async def typist() -> AsyncIterator[Typist]:
    app = Typing()
    async with app.run_test(size=(60, 12)) as pilot:
        app.editor.focus()
        yield Typist(app, pilot)


async def test_a_loop_is_typed_without_a_space_before_its_lines(typist: Typist) -> None:
    keys = [{" ": "space", ":": "colon", "=": "equals_sign", "+": "plus"}.get(key, key) for key in "for i in r:"]
    body = ["enter", *"x", "plus", "equals_sign", "1", "enter", *"pass", "enter", *"y"]
    assert await typist.types(*keys, *body) == "for i in r:\n    x+=1\n    pass\ny"


async def test_backspace_among_leading_spaces_goes_a_level_back_and_elsewhere_a_character(typist: Typist) -> None:
    typist.editor.load("if x:\n        y")
    typist.editor.move_cursor((1, 8))
    assert await typist.types("backspace") == "if x:\n    y"
    typist.editor.move_cursor((1, 5))
    assert await typist.types("backspace") == "if x:\n    "


async def test_selected_lines_are_indented_and_dedented_and_stay_selected(typist: Typist) -> None:
    editor = typist.editor
    editor.load("a\n\n  b\nc")
    editor.selection = Selection((0, 0), (2, 3))
    assert await typist.types("tab") == "    a\n\n      b\nc"
    assert (editor.selected_text, typist.app.focused) == ("    a\n\n      b", editor)
    assert await typist.types("shift+tab") == "a\n\n  b\nc"
    assert await typist.types("shift+tab") == "a\n\nb\nc"
    # Of a line in which nothing is selected, nothing changes.
    editor.selection = Selection((0, 0), (3, 0))
    assert await typist.types("tab") == "    a\n\n    b\nc"


async def test_shift_tab_without_a_selection_dedents_the_line_and_keeps_the_focus(typist: Typist) -> None:
    typist.editor.load("if x:\n    y")
    typist.editor.move_cursor((1, 5))
    assert await typist.types("shift+tab") == "if x:\ny"
    assert (typist.editor.cursor_location, typist.app.focused) == ((1, 1), typist.editor)


@pytest.mark.parametrize("key", ["ctrl+underscore", "ctrl+slash"])
async def test_lines_are_made_a_comment_and_code_again(typist: Typist, key: str) -> None:
    typist.editor.load("if x:\n    y\n\nz")
    typist.editor.selection = Selection((0, 0), (1, 5))
    assert await typist.types(key) == "# if x:\n#     y\n\nz"
    assert await typist.types(key) == "if x:\n    y\n\nz"


async def test_lines_are_moved_up_and_down_and_not_beyond_the_ends(typist: Typist) -> None:
    editor = typist.editor
    editor.load("a\nb\nc")
    editor.move_cursor((1, 1))
    assert await typist.types("alt+up", "alt+up") == "b\na\nc"
    assert editor.cursor_location == (0, 1)
    editor.selection = Selection((0, 0), (1, 1))
    assert await typist.types("alt+down", "alt+down") == "c\nb\na"
    assert editor.selected_text == "b\na"


async def test_each_of_these_edits_is_taken_back_by_one_undo(typist: Typist) -> None:
    code = "if x:\n    y\nz"
    typist.editor.load(code)
    for keys in (("tab",), ("ctrl+underscore",), ("alt+down",), ("enter",)):
        typist.editor.selection = Selection((0, 0), (1, 5))
        assert await typist.types(*keys) != code
        assert await typist.types("ctrl+z") == code


async def test_undo_takes_back_a_word_and_not_a_letter_nor_the_whole_line(typist: Typist) -> None:
    assert await typist.types(*"loss", "space", *"falls", "space", *"fast") == "loss falls fast"
    assert await typist.types("ctrl+z") == "loss falls "
    assert await typist.types("ctrl+z") == "loss "
    assert await typist.types("ctrl+y") == "loss falls "


async def test_a_replay_leaves_the_lines_as_they_are(typist: Typist) -> None:
    typist.editor.load("a\nb")
    typist.editor.light(1)
    keys = ("enter", "tab", "shift+tab", "ctrl+underscore", "alt+down", "backspace")
    assert await typist.types(*keys) == "a\nb"
    assert await typist.pastes("c") == "a\nb"


async def test_what_is_pasted_is_code_and_what_is_odd_about_it_is_said(typist: Typist) -> None:
    assert await typist.pastes("if x:\n\tprint(1)\r\n") == "if x:\n    print(1)\n"
    assert typist.app.said == []
    typist.editor.load("")
    assert await typist.pastes("print(“hello”)") == "print(“hello”)"
    assert "“ ”" in typist.app.said[0]


PASTED = {
    "of python": (
        ">>> x = 1\n>>> for i in y:\n...     print(i)\n...\n1\n2\n>>> x\n1",
        "x = 1\nfor i in y:\n    print(i)\n\nx",
    ),
    "of ipython": ("In [1]: x = [\n   ...:     1]\n\nIn [2]: x\nOut[2]: [1]\n", "x = [\n    1]\n\nx\n"),
}


@pytest.mark.parametrize("session", PASTED)
def test_a_session_is_pasted_without_its_prompts_and_what_it_printed(session: str) -> None:
    written, code = PASTED[session]
    pasted = as_code(written)
    assert pasted.text == code
    assert "left out" in pasted.says


def test_code_that_quotes_a_session_stays_as_it_is() -> None:
    code = 'def f():\n    """Doubles.\n\n    >>> f(1)\n    2\n    """\n'
    assert as_code(code).text == code
