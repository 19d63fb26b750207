"""Text that is selected with the mouse is seen to be, in a dark and a light theme, and ctrl+c copies it."""

from __future__ import annotations

import pytest
from textual.pilot import Pilot
from textual.widgets import OptionList

from tests.ui.conftest import Build, editor_of, kernel_of, lines, seen, shows, started
from tui_torch.tutor.config import Config
from tui_torch.ui.app import TutorApp
from tui_torch.ui.common.selectable import SelectableOptions
from tui_torch.ui.inspector.pane import TensorInspector
from tui_torch.ui.lesson.title_bar import TitleBar

WIDE = (120, 40)


@pytest.fixture(autouse=True)
def _clicks_are_one_after_the_other(monkeypatch: pytest.MonkeyPatch) -> None:
    """However long a busy machine takes between two of them."""
    monkeypatch.setattr(TutorApp, "CLICK_CHAIN_TIME_THRESHOLD", 60.0)


def place(app: TutorApp, text: str) -> tuple[int, int]:
    """The cell where a text begins on the screen."""
    return next((line.index(text), y) for y, line in enumerate(lines(app)) if text in line)


async def draw_over(pilot: Pilot[None], start: tuple[int, int], end: tuple[int, int]) -> None:
    """Draw the mouse over what lies between two cells, with its button down."""
    await pilot.mouse_down(offset=start)
    await pilot.hover(offset=end)
    await pilot.mouse_up(offset=end)
    await pilot.pause()


def colours(app: TutorApp, at: tuple[int, int]) -> tuple[str, str]:
    """The colours of the text and of the ground of one cell."""
    x, y = at
    left = 0
    for segment in app.screen._compositor.render_strips()[y]:
        left += segment.cell_length
        if left > x:
            assert segment.style is not None and segment.style.color is not None and segment.style.bgcolor is not None
            return segment.style.color.name, segment.style.bgcolor.name
    raise AssertionError(f"there is no cell at {at}")


@pytest.mark.parametrize("theme", ["ember-dark", "ember-light"])
async def test_what_is_selected_is_seen_to_be_and_ctrl_c_copies_it(build: Build, theme: str) -> None:
    app = build(config=Config(theme=theme))
    async with started(app, WIDE) as pilot:
        await pilot.press("f5")
        await shows(pilot, "Ran in")
        for first, columns, rows, expected in (
            ("dy/dw: ", 5, 1, "dy/dw: tensor(3.)\ndy/db:"),
            ("Raise w", 5, 0, "Raise w"[:6]),
            ("w      4.0", 2, 1, "w 4.0 float32 ∇ leaf grad 3.0 ● new\n   b"),
            ("Tensor · scalar", 3, 1, "Tensor · scalar · float32 on cpu\nleaf"),
        ):
            x, y = place(app, first)
            plain = colours(app, (x, y))
            await draw_over(pilot, (x, y), (x + columns, y + rows))
            text, ground = colours(app, (x, y))
            assert ground not in (plain[1], text), first
            await pilot.press("ctrl+c")
            await shows(pilot, f"Copied {rows + 1} line")
            copied = app.clipboard
            assert copied.split() == expected.split(), first
            # Selected no more: the next ctrl+c may have another meaning.
            assert colours(app, (x, y))[1] != ground, first


async def test_in_the_editor_ctrl_c_copies_its_own_selection(build: Build) -> None:
    app = build()
    async with started(app, WIDE) as pilot:
        await pilot.press("e", "ctrl+home", "shift+end", "ctrl+c")
        assert app.clipboard == editor_of(app).document.get_line(0)
        await shows(pilot, "Copied 1 line to the clipboard.")


@pytest.mark.parametrize("keys", [(), ("e",)])
async def test_ctrl_c_with_nothing_to_copy_or_interrupt_says_so_and_asks_for_nothing(
    build: Build, keys: tuple[str, ...]
) -> None:
    app = build()
    async with started(app, WIDE) as pilot:
        await pilot.press(*keys, "ctrl+c")
        await shows(pilot, "Nothing runs, and nothing is selected. ctrl+q quits.")
        assert "Do you want to quit?" not in seen(app)


async def test_during_a_run_ctrl_c_copies_and_without_a_selection_it_interrupts(build: Build) -> None:
    app = build()
    async with started(app, WIDE) as pilot:
        for begin, end in (("Raise w", "by 1"), ("dy/dx: None", "dy/dw: ")):
            await pilot.press("f5")
            await shows(pilot, "Ran in")
            kernel_of(app).hold()
            await pilot.press("f5")
            await shows(pilot, "running")
            # Beyond the end of a line there is nothing that could be copied.
            after = 0 if begin == "Raise w" else 30
            (left, top), (right, _) = place(app, begin), place(app, end)
            await draw_over(pilot, (left + after, top), (right + after + 5, top))
            await shows(pilot, "^c Copy")
            await pilot.press("ctrl+c")
            if not after:
                await shows(pilot, "Copied 1 line to the clipboard.", "running")
                await pilot.press("ctrl+c")
            await shows(pilot, "ready · Interrupted.")
            assert app.clipboard.startswith("Raise w")
            kernel_of(app).release()


async def test_three_clicks_on_a_title_do_not_select_the_whole_screen(build: Build) -> None:
    app = build()
    async with started(app, WIDE) as pilot:
        await pilot.click(TitleBar, times=3)
        assert not app.screen.selections
        await pilot.click("MarkdownParagraph", times=3)
        text = app.screen.get_selected_text()
        assert text is not None and text.startswith("Three scalars") and "Gradients" not in text


async def test_a_click_chooses_a_row_and_what_is_drawn_over_rows_chooses_none(build: Build) -> None:
    app = build()
    async with started(app, WIDE) as pilot:
        await pilot.press("f5")
        await shows(pilot, "Ran in")
        rows = app.screen.query_one(TensorInspector).query_one(OptionList)
        await draw_over(pilot, place(app, "w      4.0"), place(app, "y      17.0"))
        assert app.screen.query_one(TensorInspector).chosen is None
        await pilot.click(offset=place(app, "y      17.0"))
        assert app.screen.query_one(TensorInspector).chosen == "y"
        # Further clicks at once select no text.
        await pilot.click(SelectableOptions, offset=(5, 6), times=3)
        assert not app.screen.selections
        assert rows.highlighted_option is not None and rows.highlighted_option.id == "y"
