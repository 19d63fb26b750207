"""What the lesson's panes do with the width and the height that they have."""

from __future__ import annotations

import pytest

from tests.ui.conftest import Build, alter_step, editor_of, lines, seen, shows, started, until
from tui_torch.ui.app import TutorApp

SIZES = [(60, 18), (80, 24), (120, 40), (200, 60)]


def row_of(app: TutorApp, text: str) -> int:
    return next(at for at, line in enumerate(lines(app)) if text in line)


@pytest.mark.parametrize("size", [(80, 24), (109, 15), (110, 16), (120, 31), (200, 32)], ids=str)
async def test_the_screen_has_from_the_start_the_classes_that_textual_gives_it_for_its_size(
    build: Build, size: tuple[int, int]
) -> None:
    app = build()
    async with started(app, size):
        screen = app.lesson_screen
        of_its_size = {"-narrow", "-wide", "-broad", "-tiny", "-short", "-tall"}
        foreseen = {name for name, given in screen.lesson_layout.size_classes().items() if given}
        assert set(screen.classes) & of_its_size == foreseen
        assert len(foreseen) == 2


async def test_one_column_has_tabs_and_two_have_none(build: Build) -> None:
    app = build()
    async with started(app, (109, 24)):
        assert app.lesson_screen.lesson_layout.one_column
        assert app.lesson_screen.panes.title.show_tabs
    app = build()
    async with started(app, (110, 24)):
        assert not app.lesson_screen.lesson_layout.one_column
        assert not app.lesson_screen.panes.title.show_tabs


@pytest.mark.parametrize("size", SIZES, ids=str)
async def test_choices_stand_directly_below_the_question(build: Build, size: tuple[int, int]) -> None:
    app = build("dy-dx")
    async with started(app, size):
        assert row_of(app, "Your answer") - row_of(app, "backward()?") <= 2


@pytest.mark.parametrize("size", SIZES, ids=str)
async def test_after_a_wrong_answer_question_explanation_and_output_are_in_sight(
    build: Build, size: tuple[int, int]
) -> None:
    app = build("dy-dx")
    async with started(app, size) as pilot:
        await pilot.press("2")
        await shows(pilot, "Ran in")
        assert "hold after" in seen(app)
        assert "gradient of w." in seen(app)
        assert "tensor(4.)" in lines(app)[row_of(app, "Output") + 1]


async def test_the_question_below_a_long_text_is_in_sight_and_the_text_is_a_page_up(build: Build) -> None:
    app = build("dy-dx")
    alter_step(app, text="\n\n".join(f"Paragraph {number}." for number in range(30)))
    async with started(app, (60, 18)) as pilot:
        await shows(pilot, "hold after", "Your answer")
        await pilot.press("2")
        await shows(pilot, "Ran in")
        assert "hold after" in seen(app)


@pytest.mark.parametrize("size", [(120, 40), (200, 60)], ids=str)
async def test_code_that_has_room_is_seen_whole_below_its_text(build: Build, size: tuple[int, int]) -> None:
    app = build()
    async with started(app, size) as pilot:
        editor_of(app).load("\n".join(f"x{number} = {number}" for number in range(20)))
        await pilot.pause()
        assert "x19 = 19" in seen(app)
        assert row_of(app, "Code") - row_of(app, "x.grad stays") == 2


async def test_what_is_left_over_goes_to_the_output(build: Build) -> None:
    app = build("a-square-starter")
    async with started(app, (120, 40)):
        output = app.lesson_screen.panes.output
        assert output.region.bottom == app.lesson_screen.query_one("#lesson").region.bottom
        assert output.region.height > 15


async def test_text_that_does_not_fit_says_how_many_lines_are_below_until_they_are_in_sight(build: Build) -> None:
    app = build()
    async with started(app, (80, 24)) as pilot:
        await pilot.press("f5")
        await shows(pilot, "Ran in")
        text = app.lesson_screen.panes.text
        hidden = text.virtual_size.height - text.size.height + 1
        assert hidden > 1
        assert f"▼ {hidden} more lines" in seen(app)
        await pilot.press("down")
        await shows(pilot, f"▼ {hidden - 1} more line")
        await pilot.press("end")
        await pilot.pause()
        assert "▼" not in "\n".join(lines(app)[: text.region.bottom])
        assert "x.grad stays None" in seen(app)


async def test_text_that_is_scrolled_says_how_many_lines_are_above(build: Build) -> None:
    app = build()
    async with started(app, (80, 24)) as pilot:
        await pilot.press("f5")
        await shows(pilot, "Ran in")
        text = app.lesson_screen.panes.text
        assert text.max_scroll_y > 0
        assert "▲" not in seen(app)
        await pilot.press("down")
        await shows(pilot, "▲ 2 more lines above")  # the one that left, and the one that this covers
        await pilot.press("end")
        await shows(pilot, f"▲ {text.max_scroll_y + 1} more lines above")
        await pilot.press("home")
        await until(pilot, lambda: "▲" not in seen(app))


async def test_what_was_asked_for_stands_below_the_mark(build: Build) -> None:
    app = build("a-square-starter")
    alter_step(app, text="A paragraph.\n\n" * 20)
    async with started(app, (80, 24)) as pilot:
        await pilot.press("h")
        await shows(pilot, "Hint 1.", "more lines above")
        mark = next(at for at, line in enumerate(lines(app)) if "more lines above" in line)
        assert any("Hint 1." in line for line in lines(app)[mark + 1 :])


async def test_code_that_is_typed_in_takes_rows_from_its_text_and_gives_them_back(build: Build) -> None:
    app = build()
    async with started(app, (80, 24)) as pilot:
        before = lines(app)
        await pilot.press("e")
        await shows(pilot, "dy/db")
        await pilot.press("escape")
        await pilot.pause()
        assert lines(app)[:-2] == before[:-2]


async def test_output_that_is_read_takes_rows_from_the_text_and_gives_them_back(build: Build) -> None:
    app = build()
    async with started(app, (80, 24)) as pilot:
        output = app.lesson_screen.panes.output
        output.begin(run=True)
        output.write("".join(f"{number}\n" for number in range(30)))
        await pilot.pause()
        height = output.region.height
        await pilot.press("shift+tab")
        await until(pilot, lambda: output.region.height > height)
        await pilot.press("escape")
        await until(pilot, lambda: output.region.height == height)


async def test_the_output_keeps_its_rows_while_the_next_run_says_nothing_yet(build: Build) -> None:
    app = build("an-error")
    async with started(app, (80, 24)) as pilot:
        await pilot.press("f5")
        await shows(pilot, "It raised")
        output = app.lesson_screen.panes.output
        height = output.region.height
        output.begin(run=True)
        await pilot.pause()
        assert output.region.height == height
        output.end()
        await pilot.pause()
        assert output.region.height < height


async def test_the_first_line_of_a_starter_that_is_to_be_changed_is_in_sight(build: Build) -> None:
    app = build("a-square-starter")
    given = "".join(f"x{number} = {number}\n" for number in range(30))
    alter_step(app, starter=f"{given}y = None\nz = 1\n", solution=f"{given}y = x1 ** 2\nz = 1\n")
    app.tutor.save(f"{given}y = None\nz = 1\n")
    async with started(app, (80, 24)) as pilot:
        await shows(pilot, "y = None")
        assert editor_of(app).cursor_location == (0, 0)
