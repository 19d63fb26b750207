"""A replay as a learner meets it: `F6` records the run, keys go through it, and every pane shows that moment."""

from __future__ import annotations

import pytest
from textual.events import MouseScrollDown, MouseScrollUp
from textual.pilot import Pilot

from tests.spread import in_turn
from tests.ui.conftest import Build, editor_of, kernel_of, lines, seen, shows, until
from tests.ui.inspector.test_scopes import MAIN, TRAIN
from tui_torch.protocol.events import Position, Trace, Traced
from tui_torch.ui.app import TutorApp
from tui_torch.ui.inspector.pane import TensorInspector
from tui_torch.ui.lesson.output.pane import OutputPane
from tui_torch.ui.lesson.replay_bar import ReplayBar

WIDE = (120, 40)
COLUMN = (80, 24)


async def replay(pilot: Pilot[None], *keys: str) -> TutorApp:
    """Record the run, wait for the replay to begin, and press keys."""
    app = pilot.app
    assert isinstance(app, TutorApp)
    await pilot.press("f6")
    await until(pilot, lambda: app.lesson_screen.has_class("-replaying"))
    await pilot.press(*keys)
    await pilot.pause()
    return app


def lit(app: TutorApp) -> str:
    """The line of the code that the replay stands at, as it is drawn."""
    return next(line.strip("│ ") for line in lines(app) if "▶ " in line[:8]).split("││")[0].strip()


def bar(app: TutorApp) -> list[str]:
    """What the bar below says: where, and what happened."""
    region = app.lesson_screen.query_one(ReplayBar).region
    return [" ".join(line.split()) for line in lines(app)[region.y : region.bottom]]


def row(app: TutorApp, name: str) -> str:
    inspector = app.lesson_screen.query_one(TensorInspector)
    return inspector.line(name, 56).plain


def output(app: TutorApp) -> str:
    return app.lesson_screen.query_one(OutputPane).view.transcript.plain


async def test_f6_records_the_run_and_goes_back_to_its_first_line(build: Build) -> None:
    app = build("three-scalars-traced")
    async with app.run_test(size=WIDE) as pilot:
        await replay(pilot)
        assert kernel_of(app).runs[0].trace
        assert lit(app) == "1▶ x = torch.tensor(3.)"
        assert bar(app)[0].startswith("1/10")
        assert output(app) == ""
        await shows(pilot, "Recorded: left and right go through it line by line.")


async def test_a_recorded_run_is_no_attempt_and_makes_nothing_done(build: Build) -> None:
    app = build("three-scalars-traced")
    async with app.run_test(size=WIDE) as pilot:
        await replay(pilot)
        assert app.tutor.done == frozenset()
        assert app.tutor.progress.attempts(app.tutor.key, app.tutor.step.id) == ()


async def test_right_goes_a_line_on_and_the_inspector_shows_what_it_made(build: Build) -> None:
    app = build("three-scalars-traced")
    async with app.run_test(size=WIDE) as pilot:
        await replay(pilot, "right", "right")
        assert lit(app) == "3▶ b = torch.tensor(5., requires_grad=True)"
        assert row(app, "w").split()[-1] in ("new", "●")
        assert "just changed: w 4.0" in bar(app)[1]
        assert "◆ w.grad" in seen(app)
        assert "◆ b.grad" not in seen(app)


async def test_left_goes_a_line_back(build: Build) -> None:
    app = build("three-scalars-traced")
    async with app.run_test(size=WIDE) as pilot:
        await replay(pilot, "right", "right", "left")
        assert lit(app).startswith("2▶")


async def test_the_gradient_is_told_where_it_arrives(build: Build) -> None:
    app = build("three-scalars-traced")
    async with app.run_test(size=WIDE) as pilot:
        await replay(pilot, *["right"] * 5)
        assert bar(app)[1] == "line 6 · backward(): the gradient 1.0 arrives at y; w.grad 3.0; b.grad 1.0"
        assert "3.0" in row(app, "w.grad")
        await pilot.press("left")
        await pilot.pause()
        assert "None" in row(app, "w.grad")


async def test_the_output_comes_as_far_as_it_had_come(build: Build) -> None:
    app = build("three-scalars-traced")
    async with app.run_test(size=WIDE) as pilot:
        await replay(pilot, "end", "left")
        assert output(app) == "dy/dx: None\ndy/dw: tensor(3.)"
        await pilot.press("left")
        await pilot.pause()
        assert output(app) == "dy/dx: None"
        await pilot.press("end")
        await pilot.pause()
        assert output(app) == "dy/dx: None\ndy/dw: tensor(3.)\ndy/db: tensor(1.)"
        assert "the end: all has run" in bar(app)[1]


async def test_home_and_end_and_ten_at_a_time(build: Build) -> None:
    app = build("the-loop-traced")
    async with app.run_test(size=WIDE) as pilot:
        await replay(pilot, "shift+right", "shift+right")
        assert bar(app)[0].startswith("21/854")
        await pilot.press("shift+left")
        await pilot.pause()
        assert bar(app)[0].startswith("11/854")
        await pilot.press("end")
        await pilot.pause()
        assert bar(app)[0].startswith("854/854")
        await pilot.press("home")
        await pilot.pause()
        assert bar(app)[0].startswith("1/854")


async def test_the_pass_of_each_loop_is_told(build: Build) -> None:
    app = build("the-loop-traced")
    async with app.run_test(size=WIDE) as pilot:
        await replay(pilot, "right_square_bracket", "right_square_bracket")
        assert lit(app).startswith("13▶")
        assert bar(app)[0].endswith("pass 1/40 › 1/3")


async def test_a_number_and_enter_go_to_that_pass_of_the_loop(build: Build) -> None:
    app = build("the-loop-traced")
    async with app.run_test(size=WIDE) as pilot:
        await replay(pilot, "3", "7")
        assert "pass 37_ of" in bar(app)[0]
        await pilot.press("enter")
        await pilot.pause()
        assert bar(app)[0].endswith("pass 37/40 › 0/3")
        await pilot.press("right", "2", "enter")
        await pilot.pause()
        assert bar(app)[0].endswith("pass 37/40 › 2/3")
        await pilot.press("5", "right_curly_bracket")
        await pilot.pause()
        assert bar(app)[0].endswith("pass 5/40 › 0/3")


async def test_a_pass_that_was_never_run_is_said_not_to_be_there(build: Build) -> None:
    app = build("the-loop-traced")
    async with app.run_test(size=WIDE) as pilot:
        await replay(pilot, "9", "9", "enter")
        await shows(pilot, "No pass 99 was recorded here.")


async def test_escape_takes_back_a_number_before_it_leaves(build: Build) -> None:
    app = build("the-loop-traced")
    async with app.run_test(size=WIDE) as pilot:
        await replay(pilot, "9", "escape")
        assert "_" not in bar(app)[0]
        assert app.lesson_screen.has_class("-replaying")
        await pilot.press("escape")
        await pilot.pause()
        assert not app.lesson_screen.has_class("-replaying")


async def test_slash_goes_to_the_next_change_of_the_name_that_was_chosen(build: Build) -> None:
    app = build("the-loop-traced")
    async with app.run_test(size=WIDE) as pilot:
        await replay(pilot, "end")
        inspector = app.lesson_screen.query_one(TensorInspector)
        while (before := inspector.chosen) != "epoch":
            await pilot.press("down")
            # It is told of the row that is highlighted a moment later; not waited for, the next key would go past it.
            await until(pilot, lambda before=before: inspector.chosen != before)
        await pilot.press("home", "slash", "slash")
        await pilot.pause()
        assert "just changed: epoch 1" in bar(app)[1]
        await pilot.press("backslash")
        await pilot.pause()
        assert "just changed: epoch 0" in bar(app)[1]


async def test_the_tensors_have_the_focus_from_the_first_line_on_where_there_are_none_yet(build: Build) -> None:
    app = build("the-loop-traced")
    async with app.run_test(size=WIDE) as pilot:
        await replay(pilot)
        inspector = app.lesson_screen.query_one(TensorInspector)
        assert inspector.is_empty
        # Textual does so when the list is hidden a moment after it got the focus.
        app.screen.set_focus(None)
        await pilot.press("end", "down")
        await until(pilot, lambda: inspector.chosen is not None)


async def test_the_value_that_just_changed_is_shown_in_full_until_the_learner_chooses(build: Build) -> None:
    app = build("three-scalars-traced")
    async with app.run_test(size=WIDE) as pilot:
        await replay(pilot, "right", "right", "right")
        inspector = app.lesson_screen.query_one(TensorInspector)
        assert inspector.selected is not None
        assert inspector.selected.name == "b"
        await pilot.press("up", "right")
        await pilot.pause()
        assert inspector.selected.name == "w"


async def test_escape_brings_the_result_of_the_run_back(build: Build) -> None:
    app = build("three-scalars-traced")
    async with app.run_test(size=WIDE) as pilot:
        await replay(pilot, "right", "escape")
        assert not app.lesson_screen.has_class("-replaying")
        assert "▶" not in seen(app).replace("▶ running", "")
        assert output(app).endswith("dy/db: tensor(1.)")
        assert "grad 3.0" in row(app, "w")
        assert row(app, "y").split()[-1] in ("new", "●")
        assert app.lesson_screen.replay.how_it_ended.startswith("Ran in ")
        await shows(pilot, app.lesson_screen.replay.how_it_ended)


async def test_locals_and_the_loss_are_there_again_after_a_replay(build: Build) -> None:
    app = build("three-scalars-traced")
    async with app.run_test(size=WIDE) as pilot:
        await replay(pilot)
        panes, locals_before = app.lesson_screen.panes, (TRAIN, MAIN)
        app.lesson_screen.replay.leave()
        panes.status.loss = "loss = 0.25"
        panes.inspector.show_locals(locals_before)
        trace = Trace((Position(1, "<module>", 0, 0, "line", (), 0),), "x = 1", (), None)
        app.lesson_screen.replay.enter(trace, None, ())
        assert panes.status.loss == "" and not panes.inspector.has_locals
        await pilot.press("escape")
        assert panes.status.loss == "loss = 0.25" and panes.inspector.locals == locals_before


async def test_nothing_can_be_typed_into_the_code_during_a_replay(build: Build) -> None:
    app = build("three-scalars-traced")
    async with app.run_test(size=WIDE) as pilot:
        await replay(pilot)
        editor_of(app).focus()
        await pilot.press("z", "delete")
        assert editor_of(app).text == app.tutor.original
        await pilot.press("escape")
        await pilot.press("e", "z")
        await pilot.pause()
        assert editor_of(app).text != app.tutor.original


async def test_f5_leaves_the_replay_and_runs(build: Build) -> None:
    app = build("three-scalars-traced")
    async with app.run_test(size=WIDE) as pilot:
        await replay(pilot, "right", "f5")
        await until(pilot, lambda: len(kernel_of(app).runs) == 2)
        await shows(pilot, "Ran in")
        assert not app.lesson_screen.has_class("-replaying")
        assert app.tutor.done == {"three-scalars"}


async def test_another_step_leaves_the_replay(build: Build) -> None:
    app = build("three-scalars-traced")
    async with app.run_test(size=WIDE) as pilot:
        await replay(pilot, "right", "n")
        await shows(pilot, "2/3")
        assert not app.lesson_screen.has_class("-replaying")
        assert editor_of(app).lit_line is None


async def test_an_error_is_the_last_position_and_all_of_it_is_told_there(build: Build) -> None:
    app = build("an-error-traced")
    async with app.run_test(size=WIDE) as pilot:
        await replay(pilot, "end")
        assert lit(app) == "2▶     return x @ x"
        assert bar(app)[1].startswith("line 2 in f · raises RuntimeError: mat1 and mat2 shapes cannot be multiplied")
        assert "RuntimeError" in output(app)


async def test_code_that_did_not_run_has_nothing_to_replay(build: Build) -> None:
    app = build("an-error")
    kernel = kernel_of(app)
    trace = next(event.trace for event in kernel_of(build("an-error-traced")).events if isinstance(event, Traced))
    kernel.events.insert(-2, Traced(type(trace)((), trace.source, (), None)))
    async with app.run_test(size=WIDE) as pilot:
        await pilot.press("f6")
        await shows(pilot, "There is nothing to replay: no line of the code ran.")


async def test_where_a_recording_was_cut_is_said_at_the_start_and_at_the_end(build: Build) -> None:
    app = build("three-scalars-traced")
    events = kernel_of(app).events
    place = next(place for place, event in enumerate(events) if isinstance(event, Traced))
    trace = events[place].trace  # type: ignore[union-attr]
    said = "The recording ends at line 8: it has 7 positions."
    events[place] = Traced(type(trace)(trace.positions[:7], trace.source, trace.output, said))
    async with app.run_test(size=WIDE) as pilot:
        await replay(pilot)
        await shows(pilot, f"ready · {said}")
        await pilot.press("end")
        await pilot.pause()
        assert bar(app)[1] == said
        assert output(app) == ""


async def test_a_click_on_the_bar_goes_there(build: Build) -> None:
    app = build("the-loop-traced")
    async with app.run_test(size=WIDE) as pilot:
        await replay(pilot)
        column = next(line for line in lines(app) if "●─" in line).rindex("─")
        await pilot.click(ReplayBar, offset=(column, 0))
        await pilot.pause()
        assert bar(app)[0].startswith("854/854")


async def test_the_wheel_over_the_bar_goes_a_line_on_or_back_and_with_shift_ten(build: Build) -> None:
    app = build("the-loop-traced")
    async with app.run_test(size=WIDE) as pilot:
        await replay(pilot)
        down, up = MouseScrollDown, MouseScrollUp
        for wheel, shift, place in ((down, False, 2), (down, True, 12), (up, False, 11)):
            await pilot._post_mouse_events([wheel], ReplayBar, offset=(5, 0), shift=shift)
            await pilot.pause()
            assert bar(app)[0].startswith(f"{place}/854")


async def test_in_one_column_the_code_the_output_and_the_bar_are_in_sight_and_t_shows_the_tensors(build: Build) -> None:
    app = build("three-scalars-traced")
    async with app.run_test(size=COLUMN) as pilot:
        await replay(pilot, *["right"] * 7)
        assert "9▶ print" in seen(app)
        assert "dy/dx: None" in seen(app)
        await pilot.press("t", "left")
        await pilot.pause()
        assert bar(app)[0].startswith("7/10")
        await shows(pilot, "w.grad")
        assert "9▶ print" not in seen(app)


async def test_the_footer_shows_the_keys_of_a_replay(build: Build) -> None:
    app = build("three-scalars-traced")
    async with app.run_test(size=COLUMN) as pilot:
        await replay(pilot)
        await until(pilot, lambda: "left right Line" in lines(app)[-1])
        footer = lines(app)[-1]
        assert "esc Result" in footer
        assert "Next change" in footer
        assert "Hint" not in footer


TERMINALS = {
    f"{width}x{height}": (width, height) for width, height in ((1, 1), (20, 8), (40, 15), (110, 20), (200, 60))
}


@pytest.mark.parametrize("size", in_turn(TERMINALS, each=2))
@pytest.mark.usefixtures("seen_always")
async def test_a_replay_fits_any_terminal(build: Build, size: tuple[int, int]) -> None:
    app = build("the-loop-traced")
    async with app.run_test(size=size) as pilot:
        await replay(pilot, "shift+right", "right_square_bracket", "1", "enter", "t", "right", "escape")
        assert not app.lesson_screen.has_class("-replaying")


async def test_without_unicode_the_bar_and_the_lit_line_are_ascii(build: Build) -> None:
    app = build("the-loop-traced", ascii_only=True)
    async with app.run_test(size=WIDE) as pilot:
        await replay(pilot, "right_square_bracket", "right_square_bracket", *["right"] * 3)
        assert "15>" in seen(app)
        assert "\n".join(bar(app)).isascii()
        assert "backward(): " in bar(app)[1]
        assert lines(app)[-1].isascii()


async def typed(pilot: Pilot[None], text: str) -> None:
    """Open the search for a value and write in it."""
    await pilot.press("ctrl+f")
    await pilot.pause()
    await pilot.press(*("space" if letter == " " else letter for letter in text))
    await pilot.pause()


async def test_a_value_is_searched_for_by_a_condition(build: Build) -> None:
    app = build("three-scalars-traced")
    async with app.run_test(size=WIDE) as pilot:
        await replay(pilot)
        focused = app.lesson_screen.focused
        await typed(pilot, "y > 16")
        assert "y > 16" in seen(app)
        await pilot.press("enter")
        await pilot.pause()
        assert "just changed: y 17" in bar(app)[1]
        assert app.lesson_screen.focused is focused


async def test_a_search_for_a_value_that_no_line_has_says_so_and_stays(build: Build) -> None:
    app = build("three-scalars-traced")
    async with app.run_test(size=COLUMN) as pilot:
        await replay(pilot, "right")
        before = bar(app)
        await typed(pilot, "y > 1000")
        await pilot.press("enter")
        await shows(pilot, "Nowhere in this run: y > 1000")
        assert bar(app) == before


async def test_a_condition_that_cannot_be_read_is_said_and_stays_to_be_corrected(build: Build) -> None:
    app = build("three-scalars-traced")
    async with app.run_test(size=WIDE) as pilot:
        await replay(pilot)
        await typed(pilot, "yy > 1")
        await pilot.press("enter")
        await shows(pilot, "There is no yy in this run.")
        await pilot.press(*["left"] * 4, "backspace", "enter")
        await pilot.pause()
        assert "just changed: y 17" in bar(app)[1]


async def test_a_search_is_left_without_a_move_and_keeps_what_was_typed(build: Build) -> None:
    app = build("three-scalars-traced")
    async with app.run_test(size=WIDE) as pilot:
        await replay(pilot)
        before = bar(app)
        await typed(pilot, "y > 1")
        await pilot.press("escape")
        await pilot.pause()
        assert app.lesson_screen.has_class("-replaying")
        assert bar(app) == before
        await pilot.press("ctrl+f")
        await pilot.pause()
        assert "y > 1" in seen(app)


async def test_a_page_of_a_value_that_a_replay_does_not_keep_says_so(build: Build) -> None:
    app = build("the-loop-traced")
    async with app.run_test(size=(200, 60)) as pilot:
        await replay(pilot, "end")
        inspector = app.lesson_screen.query_one(TensorInspector)
        matrix = next(s.name for s in inspector.inspection.variables if s.shape is not None and len(s.shape) == 2)
        inspector.point_at(matrix)
        await shows(pilot, "Picture", "A replay does not keep this: esc leaves it, to see it.")
