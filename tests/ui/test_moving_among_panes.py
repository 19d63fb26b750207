"""One pane fills the screen, the border between the columns moves, and tab goes round all panes."""

from __future__ import annotations

from tests.ui.conftest import Build, editor_of, lines, seen, shows, started, until
from tui_torch.ui.app import TutorApp

WIDE, NARROW = (120, 40), (80, 24)


def pane_in_focus(app: TutorApp) -> str:
    pane = app.lesson_screen.focused_pane
    return type(pane).__name__ if pane is not None else ""


async def test_z_lets_a_pane_fill_the_screen_and_gives_it_back(build: Build) -> None:
    app = build("the-loop")
    async with started(app, WIDE) as pilot:
        await pilot.press("f5")
        await shows(pilot, "Ran in")
        panes, before = app.lesson_screen.panes, seen(app)
        for key, pane in (("t", panes.inspector), ("c", panes.loss_chart), ("escape", panes.text)):
            await pilot.press(key, "z")
            await pilot.pause()
            assert pane.region.width >= 118 and pane.region.height == 37, pane
            assert [other for other in panes.all if other is not pane and other.region] == []
            await pilot.press("z")
            await pilot.pause()
            assert pane.region.width < 80
        await pilot.press("e", "alt+z")
        await pilot.pause()
        assert panes.editor.region.size == (120, 37)
        await pilot.press("escape")
        await pilot.pause()
        assert panes.editor.region.height < 30
        assert seen(app).replace("╭─ Loss", "") == before.replace("╭─ Loss", "")


async def test_in_one_column_a_pane_fills_the_screen_too_and_keeps_it_when_that_grows(build: Build) -> None:
    app = build()
    async with started(app, NARROW) as pilot:
        await pilot.press("f5")
        await shows(pilot, "Ran in")
        panes = app.lesson_screen.panes
        await pilot.press("tab", "escape", "tab", "z")
        await pilot.pause()
        assert pane_in_focus(app) == "OutputPane"
        assert panes.output.region.size == (80, 21)
        await pilot.resize_terminal(*WIDE)
        await pilot.pause()
        assert panes.output.region.size == (120, 37)
        await pilot.press("n")
        await pilot.pause()
        assert app.lesson_screen.lesson_layout.zoom.pane is None


async def test_the_border_between_the_columns_moves_as_far_as_both_can_be_read(build: Build) -> None:
    app = build()
    async with started(app, WIDE) as pilot:
        text = app.lesson_screen.panes.text
        at_first = text.region.width
        await pilot.press("greater_than_sign")
        await pilot.pause()
        assert text.region.width == at_first + 8
        await pilot.press(*["less_than_sign"] * 2)
        await pilot.pause()
        assert text.region.width == at_first - 8
        await pilot.press(*["less_than_sign"] * 20)
        await pilot.pause()
        assert text.region.width >= 20
        await pilot.press(*["greater_than_sign"] * 20)
        await pilot.pause()
        assert 120 - text.region.width >= 20
        # In one column there is no border.
        await pilot.resize_terminal(*NARROW)
        await pilot.press("less_than_sign")
        await pilot.pause()
        assert text.region.width == 80


async def test_tab_goes_round_all_panes_and_out_of_the_editor_by_escape(build: Build) -> None:
    app = build("the-loop")
    async with started(app, WIDE) as pilot:
        await pilot.press("f5")
        await shows(pilot, "Ran in")
        round_of_panes: list[str] = []
        for _ in range(6):
            round_of_panes.append(pane_in_focus(app))
            await pilot.press(*(["escape", "tab"] if round_of_panes[-1] == "CodeEditor" else ["tab"]))
            await pilot.pause()
        assert round_of_panes == [
            "LessonText",
            "CodeEditor",
            "OutputPane",
            "TensorInspector",
            "LossChart",
            "LessonText",
        ]
        code = editor_of(app).text
        await pilot.press("shift+tab", "shift+tab")
        assert editor_of(app).text == code


async def test_with_the_focus_on_the_output_keys_scroll_it(build: Build) -> None:
    app = build()
    async with started(app, NARROW) as pilot:
        await pilot.press("f5")
        await shows(pilot, "Ran in")
        output = app.lesson_screen.panes.output
        output.write("\n".join(f"line {number}" for number in range(100)))
        await pilot.press("tab", "escape", "tab", "end")
        await until(pilot, lambda: "line 99" in seen(app))
        await pilot.press("home")
        await until(pilot, lambda: "dy/dx: None" in seen(app))
        await pilot.press("pagedown", "down")
        await until(pilot, lambda: "line 9" in seen(app) and "dy/dx: None" not in seen(app))
        await pilot.press("end")
        await until(pilot, lambda: "line 99" in seen(app))


async def test_the_brackets_go_to_the_nearest_step_that_is_not_done(build: Build) -> None:
    app = build(at="three-scalars")
    async with started(app, WIDE) as pilot:
        tutor = app.tutor
        steps = [step.id for step in tutor.lesson.steps]
        tutor.progress.mark_done(tutor.lesson.id, steps[1])
        await pilot.press("right_square_bracket")
        await pilot.pause()
        assert tutor.step.id == steps[2]
        await pilot.press("left_square_bracket")
        await pilot.pause()
        assert tutor.step.id == steps[0]
        for step in steps:
            tutor.progress.mark_done(tutor.lesson.id, step)
        first, following = tutor.course.ids[:2]
        await pilot.press("right_square_bracket")
        await pilot.pause()
        assert tutor.lesson.id == following and tutor.at == 0
        await pilot.press("left_square_bracket")
        await shows(pilot, "No step before this one is left to do.")
        assert first != following


async def test_a_click_on_a_dot_goes_to_its_step(build: Build) -> None:
    app = build()
    async with started(app, WIDE) as pilot:
        column = lines(app)[0].index("◉")
        await pilot.click(offset=(column + 2, 0))
        await pilot.pause()
        assert app.tutor.at == 2
        assert lines(app)[0].index("◉") == column + 2
        await pilot.click(offset=(column - 3, 0))
        await pilot.pause()
        assert app.tutor.at == 2


async def test_y_copies_the_pane_with_the_focus(build: Build) -> None:
    app = build("three-scalars")
    async with started(app, WIDE) as pilot:
        await pilot.press("f5")
        await shows(pilot, "Ran in")
        await pilot.press("y")
        await shows(pilot, "Copied")
        assert "`y.backward()`" in app.clipboard and "## Three scalars" in app.clipboard
        await pilot.press("tab", "escape", "tab", "y")
        await until(pilot, lambda: app.clipboard.split("\n")[:2] == ["dy/dx: None", "dy/dw: tensor(3.)"])
        await pilot.press("c", "y")
        await until(pilot, lambda: "A loop that calls backward()" in app.clipboard)


async def test_y_copies_the_selected_value_as_code(build: Build) -> None:
    app = build("three-scalars")
    async with started(app, WIDE) as pilot:
        await pilot.press("f5")
        await shows(pilot, "Ran in")
        app.lesson_screen.panes.inspector.point_at("w")
        await pilot.press("t", "y")
        await until(pilot, lambda: app.clipboard == "torch.tensor(4.0, requires_grad=True)")
        await shows(pilot, "Copied 1 line to the clipboard.")


async def test_y_copies_the_choices_of_a_quiz(build: Build) -> None:
    app = build("dy-dx")
    async with started(app, WIDE) as pilot:
        await pilot.press("y")
        await until(pilot, lambda: app.clipboard.startswith("1  "))
