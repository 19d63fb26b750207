"""Typing code in a real terminal: indentation, lines, search, documentation, pastes, undo."""

from __future__ import annotations

import pytest

from tests.terminal import BACKSPACE, F7
from tests.ui.in_terminal.desk import (
    ALT_DOWN,
    ALT_UP,
    CTRL_A,
    CTRL_E,
    CTRL_F,
    CTRL_L,
    CTRL_SLASH,
    CTRL_Y,
    CTRL_Z,
    DOWN,
    END,
    ENTER,
    F1,
    HOME,
    LEFT,
    PAGE_UP,
    SHIFT_LEFT,
    SHIFT_TAB,
    SHIFT_UP,
    TAB,
    UP,
    Desk,
)

pytestmark = pytest.mark.xdist_group("keys in a terminal")


def test_enter_keeps_the_indent_goes_deeper_after_a_colon_and_back_after_pass_return_and_break(editor: Desk) -> None:
    editor.press("for i in r:\rx = 1\rif x:\rpass\rwhile x:\rbreak\ry = 2\rdef f():\rreturn 1\rz")
    editor.see_code(
        *("for i in r:", "    x = 1", "    if x:", "        pass", "    while x:", "        break", "    y = 2"),
        *("    def f():", "        return 1", "    z"),
    )


def test_backspace_in_leading_spaces_goes_one_level_back_and_elsewhere_one_character(editor: Desk) -> None:
    editor.press(f"if a:\rif b:\rc\r{BACKSPACE}dd{BACKSPACE}\r{BACKSPACE}e")
    editor.see_code("if a:", "    if b:", "        c", "    d", "e")


def test_tab_indents_a_selection_and_shift_tab_takes_that_back(editor: Desk) -> None:
    editor.write("a\nb\nc")
    editor.press(f"{SHIFT_UP}{TAB}")
    editor.see_code("a", "    b", "    c")
    editor.press(f"{TAB}{SHIFT_TAB}{SHIFT_TAB}")
    editor.see_code("a", "b", "c")
    # A part of a line is no less a selection.
    editor.press(f"{DOWN}{END}{SHIFT_LEFT}{TAB}")
    editor.see_code("a", "b", "    c")


@pytest.mark.parametrize("sent", [CTRL_SLASH, "\x1b[47;5u"], ids=["as xterm", "as kitty"])
def test_ctrl_slash_makes_selected_lines_a_comment_and_code_again(editor: Desk, sent: str) -> None:
    editor.write("if a:\n    b\nc")
    editor.press(f"{SHIFT_UP}{SHIFT_UP}{sent}")
    editor.see_code("# if a:", "#     b", "# c")
    editor.press(sent)
    editor.see_code("if a:", "    b", "c")


@pytest.mark.parametrize(
    ("up", "down"), [(ALT_UP, ALT_DOWN), ("\x1b\x1b[A", "\x1b\x1b[B")], ids=["as xterm", "with esc before it"]
)
def test_alt_up_and_alt_down_move_lines(editor: Desk, up: str, down: str) -> None:
    editor.write("a\nb\nc")
    editor.press(up)
    editor.see_code("a", "c", "b")
    editor.press(f"{SHIFT_UP}{down}")
    editor.see_code("b", "a", "c")


def test_the_bracket_that_belongs_to_the_one_at_the_cursor_is_lit(editor: Desk) -> None:
    editor.write("print((1, 2))")
    editor.press(LEFT)
    x, y = editor.place("print((")
    editor.wait_until(
        lambda: editor.ground(x + 5, y) == editor.ground(x + 12, y) != editor.ground(x + 6, y), "both brackets lit"
    )


def test_ctrl_f_finds_replaces_one_by_one_and_all_at_once(editor: Desk) -> None:
    editor.write("loss = f(x)\nprint(loss)\nloss")
    editor.press(f"{CTRL_F}loss")
    editor.see_footer("enter Next up Before tab Replace by esc Back ^l Replace all")
    editor.press(f"{TAB}err{ENTER}")
    # From the end of the code the first place is the next.
    editor.see_code("err = f(x)", "print(loss)", "loss")
    editor.see_footer("enter Replace this one")
    editor.press(CTRL_L)
    editor.see_code("err = f(x)", "print(err)", "err")
    editor.wait_for("Replaced in 2 places")
    editor.escape()
    editor.see_footer("F5 Run esc Leave the editor")
    editor.press(CTRL_Z)
    editor.see_code("err = f(x)", "print(loss)", "loss")


def test_ctrl_a_and_ctrl_e_go_to_the_ends_of_a_line_and_f7_selects_all(editor: Desk) -> None:
    editor.write("a\nb")
    editor.press(f"{CTRL_A}1{CTRL_E}2")
    editor.see_code("a", "1b2")
    editor.press(f"{F7}{TAB}")
    editor.see_code("    a", "    1b2")


def test_completion_that_is_switched_off_comes_by_tab_alone(editor: Desk) -> None:
    editor.write("weights = 1\n")
    editor.press("we")
    editor.see_code("weights = 1", "we")
    editor.press("igh")
    editor.see_code("weights = 1", "weigh")
    editor.press_until(TAB, "2  weights", pause=1.0)


def test_f1_opens_what_there_is_to_read_about_a_name_and_esc_brings_the_code_back(editor: Desk) -> None:
    editor.write("import torch\ntorch.nn.Conv2d")
    editor.press_until(F1, "Applies a 2D convolution over an input signal")
    editor.see_footer("esc Back")
    top = editor.lines[:6]
    editor.press(DOWN * 3)
    editor.wait_until(lambda: editor.lines[:6] != top, "the documentation scrolled")
    editor.escape()
    editor.see_code("import torch", "torch.nn.Conv2d")


@pytest.mark.parametrize("code", ["help(len)", "len?"])
def test_help_and_a_question_mark_in_code_open_the_same_pane(editor: Desk, code: str) -> None:
    editor.write(code)
    editor.press("\x1b[15~")
    editor.wait_for("Return the number of items in a container.", "esc Back")
    editor.escape()
    editor.see_footer("F5 Run esc Leave the editor")


def test_what_is_pasted_becomes_code_and_what_cannot_is_said(editor: Desk) -> None:
    editor.paste("if a:\n\tb = 1\n\t\tc = 2")
    editor.see_code("if a:", "    b = 1", "        c = 2")
    editor.press(F7 + BACKSPACE)
    editor.paste(">>> for i in r:\n...     print(i)\n...\n1\n>>> x = 2")
    editor.see_code("for i in r:", "    print(i)", "", "x = 2")
    editor.wait_for("The prompts and what was printed")
    editor.press(F7 + BACKSPACE)
    editor.paste("name = “Ada”")
    editor.see_code("name = “Ada”")
    editor.wait_for("typographic quotes")


def test_undo_takes_back_words_and_redo_brings_them_again(editor: Desk) -> None:
    editor.press("alpha beta gamma")
    editor.see_code("alpha beta gamma")
    editor.press(CTRL_Z)
    editor.see_code("alpha beta")
    editor.press(CTRL_Z)
    editor.see_code("alpha")
    editor.press(CTRL_Y)
    editor.see_code("alpha beta")


def test_page_up_home_and_the_arrows_go_through_the_code(editor: Desk) -> None:
    editor.write("\n".join(f"line{number}" for number in range(20)))
    editor.press(f"{PAGE_UP}{DOWN}{HOME}1{END}2{UP}3")
    editor.wait_until(lambda: editor.code[:2] == ["line03", "1line12"], f"what was typed at the top, {editor.code}")
