"""Copying in a real terminal: what is selected is seen, and the terminal is given it; and what is said as one types."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.terminal import F5
from tests.ui.in_terminal.desk import CTRL_C, F1, HOME, LEFT, PAGE_UP, SHIFT_LEFT, Desk

pytestmark = pytest.mark.xdist_group("keys in a terminal")

ERROR = "nothing_of_that_name + 1"


@pytest.fixture
def coding(desk: Desk) -> Iterator[Desk]:
    """The editor, whose code is as it was when the test is over."""
    desk.edit()
    desk.press(PAGE_UP * 2 + HOME)
    yield desk
    desk.go_to_text()
    desk.give_the_code_back()


def choose_theme(desk: Desk, name: str) -> None:
    desk.choose_command(f"theme: {name}", f"Theme: {name}")


@pytest.mark.parametrize("theme", ["ember-light", pytest.param("ember-dark", marks=pytest.mark.slow)])
def test_what_the_mouse_selects_is_seen_in_every_pane_and_ctrl_c_copies_it(desk: Desk, theme: str) -> None:
    choose_theme(desk, theme)
    for words in ("dy/dw: tensor(3.)", "x.grad is", "float32", "Raise w by 1"):
        x, y = desk.place(words)
        plain = desk.ground(x, y)
        desk.drag(words)
        desk.wait_until(lambda x=x, y=y, plain=plain: desk.ground(x, y) != plain, f"{words!r} lit")
        # It can still be read: no solid bar.
        assert desk.screen.buffer[y][x].fg != desk.ground(x, y) and words in desk.text
        desk.wait_for("^c Copy")
        desk.press(CTRL_C)
        desk.see_copied(words)
        desk.see_no("^c Copy")


def test_an_error_and_documentation_are_copied_too(coding: Desk) -> None:
    coding.paste(f"{ERROR}\n")
    coding.press(F5)
    words = "NameError"
    coding.wait_for(words)
    coding.drag(words)
    coding.press(CTRL_C)
    coding.see_copied(words)
    coding.edit()
    coding.press(f"{HOME}len {LEFT}")
    coding.press_until(F1, "Return the number of items")
    coding.drag("number of items")
    coding.press(CTRL_C)
    coding.see_copied("number of items")


def test_in_the_editor_ctrl_c_copies_its_selection(coding: Desk) -> None:
    coding.press(f"abc{SHIFT_LEFT * 2}")
    coding.see_footer("^c Copy")
    coding.press(CTRL_C)
    coding.see_copied("bc")


@pytest.mark.parametrize("leaves", [False, True], ids=["in the editor", "outside"])
def test_ctrl_c_interrupts_where_nothing_is_selected(coding: Desk, leaves: bool) -> None:
    coding.paste("while True: pass\n")
    if leaves:
        coding.go_to_text()
    coding.press(F5)
    coding.wait_for("running")
    coding.see_footer("i Interrupt" if leaves else "^c Interrupt")
    coding.press(CTRL_C)
    coding.wait_for("Interrupted. What the code had made", "ready")


def test_y_copies_the_pane_with_the_focus_and_among_the_tensors_the_value_as_code(desk: Desk) -> None:
    desk.press("t")
    desk.see_footer("up down Choose")
    desk.click_on("w  ")
    desk.press("y")
    desk.see_copied("torch.tensor(4.0, requires_grad=True)")
    desk.click_on("dy/dx: None")
    desk.see_footer("F5 Run up down Scroll")
    desk.press("y")
    desk.see_copied("dy/dx: None\ndy/dw: tensor(3.)\ndy/db: tensor(1.)")


def test_names_are_offered_as_one_types_with_shape_and_dtype_and_a_call_shows_its_arguments(coding: Desk) -> None:
    coding.paste("weights = torch.ones(2, 3)\n")
    coding.press(F5)
    coding.wait_for("[2, 3]")
    # An answer that comes late, on a busy machine, is not shown: then the next key asks again.
    coding.press("we")
    coding.press_until("\x7fe", "Tensor [2, 3] float32")
    coding.press("\t.unfo")
    coding.press_until("\x7fo", "method")
    coding.press("\t")
    coding.wait_for("weights.unfold")
    coding.press("(")
    coding.press_until("\x7f(", "unfold(dimension, size, step) -> Tensor")


def test_k_opens_what_there_is_to_read_about_the_selected_value(coding: Desk) -> None:
    coding.paste("affine = torch.nn.Linear(1, 1)\n")
    coding.press(F5)
    coding.wait_for("affine Linear")
    coding.click_on("affine Linear")
    coding.see_footer("arrows Move")
    coding.press("K")
    coding.wait_for("Applies an affine linear transformation", "esc Back")
    coding.escape()
    coding.see_footer("arrows Move")
