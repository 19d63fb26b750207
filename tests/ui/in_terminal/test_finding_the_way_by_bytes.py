"""The palette, the list of lessons, panes and steps in a real terminal, by keys and by the mouse."""

from __future__ import annotations

import pytest

from tests.terminal import F5
from tests.ui.in_terminal.desk import CTRL_O, DOWN, END, HOME, PAGE_DOWN, PAGE_UP, TAB, Desk

pytestmark = pytest.mark.xdist_group("keys in a terminal")


def at(desk: Desk, step: int) -> None:
    desk.wait_until(lambda: f" {step}/" in desk.lines[0], f"step {step}")


def to_first(desk: Desk) -> None:
    desk.click_on("◉") if " 1/" in desk.lines[0] else desk.click_on("●")
    at(desk, 1)


def test_the_palette_has_each_action_with_its_key_and_each_step_of_each_lesson(desk: Desk) -> None:
    desk.open_palette("fill the", "Fill the screen (z)")
    desk.wait_for("Code: Fill the screen (alt+z)")
    desk.escape()
    desk.see_no("Fill the screen (z)")
    desk.choose_command("gradients your own", "gradients › Your own derivative")
    at(desk, 3)
    desk.press("pp")
    at(desk, 1)
    desk.press(F5)
    desk.wait_for("Ran in")


def test_a_theme_is_seen_while_the_palette_is_open_and_gone_when_it_is_left(desk: Desk) -> None:
    before = desk.ground(1, 39)
    desk.open_palette("theme: textual-light", "Theme: textual-light")
    desk.press(DOWN)
    desk.wait_until(lambda: desk.ground(1, 39) != before, "the other theme")
    desk.escape()
    desk.see_no("Theme: ")
    desk.wait_until(lambda: desk.ground(1, 39) == before, "the theme of before")


def test_a_slash_in_the_list_of_lessons_filters_it(desk: Desk) -> None:
    desk.press("l")
    desk.wait_for("Making tensors")
    desk.press("/")
    desk.wait_for("a part of the title")
    desk.press("optimizers")
    desk.wait_until(lambda: "Making tensors" not in desk.text and "Optimizers and" in desk.text, "what was looked for")
    desk.escape()
    desk.wait_for("Making tensors")
    desk.escape()
    desk.see_footer("F5 Run e Edit")


def test_the_brackets_go_to_the_next_step_that_is_not_done_and_back(desk: Desk) -> None:
    desk.press("]")
    at(desk, 2)
    desk.see_footer("1-4 Answer n Next p Back")
    desk.press("]")
    at(desk, 3)
    desk.press("[")
    at(desk, 2)
    desk.press("p")
    at(desk, 1)
    desk.press(F5)
    desk.wait_for("Ran in")


def test_ctrl_o_puts_a_letter_on_each_pane_and_goes_there(desk: Desk) -> None:
    desk.press(CTRL_O)
    desk.wait_for("s─ Code", "d─ Output", "f─ Tensors", "g─ Loss", "esc Stay")
    desk.press("f")
    desk.see_footer("up down Choose")
    desk.press(CTRL_O)
    desk.wait_for("esc Stay")
    desk.press("s")
    desk.see_footer("F5 Run esc Leave the editor")


def test_z_fills_the_screen_with_a_pane_and_gives_it_back(desk: Desk) -> None:
    desk.press("t")
    desk.see_footer("up down Choose")
    desk.press("z")
    desk.see_no("─ Code")
    assert desk.lines[1].startswith("╭─ Tensors")
    desk.press("z")
    desk.wait_for("─ Code")


def test_the_angle_brackets_move_the_border_between_the_columns(desk: Desk) -> None:
    x, _ = desk.place("─ Tensors")
    desk.press(">")
    desk.wait_until(lambda: desk.place("─ Tensors")[0] == x + 8, "the border further right")
    # From the chart, too, as long as it shows all of its steps.
    desk.press("c<<")
    desk.wait_until(lambda: desk.place("─ Tensors")[0] == x - 8, "the border further left")
    desk.press(">")
    desk.wait_until(lambda: desk.place("─ Tensors")[0] == x, "the border as it was")


ROUND = ("F5 Run esc Leave the editor", "F5 Run up down Scroll", "up down Choose", "? Help esc Text")


def test_tab_goes_round_all_panes_and_out_of_the_editor_by_esc_and_help_begins_with_each(desk: Desk) -> None:
    # What was left last is the text, and not the editor, from which tab would go on.
    desk.press("t")
    desk.see_footer("up down Choose")
    desk.press("t")
    desk.see_footer("F5 Run e Edit")
    desk.press("?")
    desk.wait_until(lambda: any("│  Keys  " in line for line in desk.lines[:6]), "help on keys")
    desk.see_footer("esc Back")
    desk.escape()
    desk.see_footer("F5 Run e Edit")
    for begin, title in zip(ROUND, ("", "Output", "Tensors", "Loss chart"), strict=True):
        desk.press(TAB)
        desk.see_footer(begin)
        if title:
            desk.press("?")
            desk.wait_until(lambda title=title: any(title in line for line in desk.lines[:6]), f"help on {title}")
            desk.see_footer("esc Back")
        desk.escape()
        if title:
            desk.see_footer(begin)
        else:
            desk.see_footer("F5 Run e Edit")
    desk.press(TAB)
    desk.see_footer("F5 Run e Edit")


def test_the_output_scrolls_by_keys_and_by_the_wheel(desk: Desk) -> None:
    desk.edit()
    desk.press(PAGE_UP * 2 + HOME)
    desk.paste('print(*range(10**3, 1100), sep="\\n")\n')
    desk.press(F5)
    desk.wait_until(lambda: any("─ Output" in line and "more lines" in line for line in desk.lines), "a long output")
    desk.go_to_text()
    desk.click_until("F5 Run up down Scroll", lambda: (desk.place("─ Output")[0] + 1, desk.place("─ Output")[1] + 1))
    desk.press(END)
    desk.wait_for("1099", "dy/db: tensor(1.)")
    desk.press(HOME)
    desk.wait_for("1000")
    desk.press(PAGE_DOWN)
    desk.see_no("1000")
    desk.press(END)
    desk.wait_for("1099")
    x, y = desk.place("1099")
    desk.wait_for("dy/db: tensor(1.)")
    desk.wheel(x, y, up=True)
    desk.see_no("dy/db: tensor(1.)")
    desk.wheel(x, y)
    desk.wait_for("dy/db: tensor(1.)")
    desk.give_the_code_back()


def test_a_click_goes_to_a_step_a_row_a_page_and_runs_the_code(desk: Desk) -> None:
    x, y = desk.place("◉")
    desk.click(x + 2, y)
    at(desk, 3)
    desk.click(x, y)
    at(desk, 1)
    desk.click_on("F5 Run")
    desk.wait_for("Ran in")
    desk.click_on("◆ w.grad")
    desk.see_footer("arrows Move")
    desk.wait_for("─ w.grad ")
    desk.click_on("Mem.")
    desk.wait_for("storage")


def test_in_one_column_a_click_on_a_tab_brings_it_to_the_front(desk: Desk) -> None:
    desk.resize(80, 24)
    desk.wait_until(lambda: desk.lines[0].endswith("Chart"), "tabs")
    desk.click_on("Tensors")
    desk.see_footer("up down Choose left right Page enter Go in g Graph ? Help")
    desk.click_on("Lesson")
    desk.see_footer("F5 Run e Edit n Next")


def test_a_hint_says_a_key_that_works_where_one_is(desk: Desk) -> None:
    desk.choose_command("gradients your own", "gradients › Your own derivative")
    at(desk, 3)
    desk.edit()
    desk.press(F5)
    desk.wait_for("esc, then h gives a hint")
    desk.escape()
    desk.see_footer("F5 Run e Edit h Hint")
    desk.press("h")
    desk.wait_for("Hint 1.")
    desk.press("pp")
    at(desk, 1)
    desk.press(F5)
    desk.wait_for("Ran in")


def test_a_replay_shows_its_keys_and_moves_by_them(desk: Desk) -> None:
    desk.press("\x1b[17~")
    desk.see_footer("left right Line [ ] Pass / Next change esc Result")
    desk.press("\x1b[C")
    desk.wait_for("2/")
    desk.press("4")
    desk.see_footer("enter To that pass left right Line")
    desk.escape()
    desk.see_footer("left right Line")
    desk.escape()
    desk.see_footer("F5 Run")
