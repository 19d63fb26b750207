"""The loss pane, fed with recorded progress events."""

from __future__ import annotations

import math

import pytest
from textual.app import ComposeResult
from textual.geometry import Region

from tui_torch.drawing.charts.captions import value_text
from tui_torch.protocol.events import SeriesPoints, TrainingProgress
from tui_torch.protocol.plots.sampled_texts import SampledText
from tui_torch.ui.charts.loss_chart import INVITATION, LossChart
from tui_torch.ui.colours.themed_app import ThemedApp

RECORDED = (
    TrainingProgress(3, (SeriesPoints("loss", "loss", ((1, 2.5), (2, 2.1), (3, 1.8))),), 1, (1,), 0.01, 3),
    TrainingProgress(6, (SeriesPoints("loss", "loss", ((4, 1.4), (5, 1.1), (6, 0.9))),), 2, (4,), 0.01, 6),
    TrainingProgress(9, (SeriesPoints("loss", "loss", ((7, 0.6), (8, 0.4987), (9, 0.5123))),), 3, (7,), 0.001, 9),
)
DIVERGED = TrainingProgress(
    12, (SeriesPoints("loss", "loss", ((10, 40.0), (11, math.inf), (12, math.nan))),), 4, (10,), 0.001, 12
)


class Harness(ThemedApp):
    def __init__(self, *, ascii_only: bool = False) -> None:
        super().__init__()
        self.chart = LossChart(ascii_only=ascii_only)

    def compose(self) -> ComposeResult:
        yield self.chart

    def shown(self) -> str:
        """What the pane shows, border and all."""
        return "\n".join(strip.text for strip in self.chart.render_lines(Region(0, 0, *self.chart.outer_size)))

    def feed(self, *events: TrainingProgress) -> None:
        self.chart.clear()
        for event in events:
            self.chart.extend(event)


def has_curve(shown: str) -> bool:
    return any("\u2800" < character <= "\u28ff" for character in shown)


async def test_an_empty_pane_says_what_would_fill_it():
    app = Harness()
    async with app.run_test(size=(60, 14)):
        assert INVITATION in app.shown()
        assert not has_curve(app.shown())


async def test_below_the_curve_stands_the_text_of_the_step_at_the_cursor_and_else_the_last():
    app = Harness()
    async with app.run_test(size=(60, 20)) as pilot:
        app.feed(*RECORDED)
        app.chart.show_texts((SampledText(3, "tha"), SampledText(6, "the cat")))
        assert has_curve(app.shown()) and "step 6 (2 of 2)" in app.shown() and "the cat" in app.shown()
        app.chart.cursor = 4
        await pilot.pause()
        assert "step 3 (1 of 2)" in app.shown() and "tha" in app.shown() and "the cat" not in app.shown()
        app.chart.begin("another run")
        await pilot.pause()
        assert "step 3" not in app.shown()


async def test_the_sentence_of_a_narrow_empty_pane_is_whole():
    app = Harness()
    async with app.run_test(size=(24, 8)):
        assert " ".join(app.shown().replace("│", " ").split()).find(INVITATION) >= 0


async def test_progress_draws_a_curve_with_its_epochs():
    app = Harness()
    async with app.run_test(size=(60, 14)):
        app.feed(*RECORDED)
        assert has_curve(app.shown())
        assert "┊" in app.shown()
        assert "epoch  1" in app.shown()


async def test_the_border_reads_the_last_and_the_best_loss():
    app = Harness()
    async with app.run_test(size=(80, 14)):
        app.feed(*RECORDED)
        assert " Loss " in app.shown()
        assert "0.5123 last · 0.4987 best · epoch 3 · step 9 · lr 0.001" in app.shown()


@pytest.mark.parametrize("width", range(20, 80, 3))
async def test_the_border_is_never_cut_in_the_middle_of_a_number(width):
    app = Harness()
    async with app.run_test(size=(width, 10)):
        app.feed(*RECORDED)
        assert "…" not in app.shown()


async def test_the_border_adapts_when_the_pane_is_resized():
    app = Harness()
    async with app.run_test(size=(80, 14)) as pilot:
        app.feed(*RECORDED)
        await pilot.resize_terminal(36, 14)
        await pilot.pause()
        assert "0.5123 last · 0.4987 best" in app.shown()
        assert "epoch 3" not in app.shown()


async def test_a_new_step_begins_with_an_empty_pane():
    app = Harness()
    async with app.run_test(size=(60, 14)):
        app.feed(*RECORDED)
        app.chart.clear()
        assert INVITATION in app.shown()
        assert "last" not in app.shown()


async def test_a_loss_that_is_no_number_is_flagged_in_words():
    app = Harness()
    async with app.run_test(size=(60, 14)):
        app.feed(*RECORDED, DIVERGED)
        assert "Inf at step 11" in app.shown()
        assert "NaN last" in app.shown()


async def test_an_interrupted_run_says_so_and_keeps_its_curve():
    app = Harness()
    async with app.run_test(size=(60, 14)):
        app.feed(*RECORDED)
        app.chart.finish("interrupted")
        assert "Loss · interrupted" in app.shown()
        assert has_curve(app.shown())


async def test_a_run_that_ended_well_needs_no_word():
    app = Harness()
    async with app.run_test(size=(60, 14)):
        app.feed(*RECORDED)
        app.chart.finish("ok")
        assert app.chart.border_title == "Loss"


async def test_l_switches_the_axis_and_back():
    app = Harness()
    async with app.run_test(size=(80, 14)) as pilot:
        app.feed(*RECORDED)
        linear = app.shown()
        app.chart.focus()
        await pilot.press("L")
        assert app.chart.show_log
        assert "log scale" in app.shown()
        await pilot.press("L")
        app.screen.set_focus(None)
        await pilot.pause()
        assert app.shown() == linear


async def test_the_axis_stays_logarithmic_in_the_next_run():
    app = Harness()
    async with app.run_test(size=(80, 14)):
        app.feed(*RECORDED)
        app.chart.show_log = True
        app.chart.begin("lr = 2")
        app.chart.extend(RECORDED[0])
        assert "log scale" in app.shown()


async def test_losses_that_have_no_logarithm_are_drawn_on_a_linear_axis_that_says_so():
    app = Harness()
    async with app.run_test(size=(80, 14)):
        app.feed()
        app.chart.show_log = True
        app.chart.extend(
            TrainingProgress(2, (SeriesPoints("loss", "loss", ((1, -1.0), (2, -2.0))),), None, (), None, 0)
        )
        assert "linear: no loss is above 0" in app.shown()
        assert has_curve(app.shown())


async def test_the_ascii_pane_is_ascii():
    app = Harness(ascii_only=True)
    async with app.run_test(size=(60, 14)):
        app.feed(*RECORDED, DIVERGED)
        app.chart.finish("interrupted")
        assert app.shown().isascii()
        assert "*" in app.shown()


@pytest.mark.parametrize("theme", ["textual-dark", "textual-light", "solarized-light"])
async def test_every_part_stands_out_from_the_background_in_each_theme(theme):
    app = Harness()
    async with app.run_test(size=(60, 14)) as pilot:
        app.theme = theme
        await pilot.pause()
        for part in (
            "curve-0",
            "curve-1",
            "validation",
            "earlier",
            "raw",
            "axis",
            "epoch",
            "mark",
            "cursor",
            "text",
            "empty",
        ):
            style = app.chart.get_component_rich_style(f"loss-chart--{part}")
            assert style.color != style.bgcolor


async def test_epochs_stay_faint_in_the_terminals_own_colours():
    app = Harness()
    async with app.run_test(size=(60, 14)) as pilot:
        app.theme = "ansi-dark"
        await pilot.pause()
        assert app.chart.get_component_rich_style("loss-chart--epoch").dim
        assert not app.chart.get_component_rich_style("loss-chart--curve-0").dim


async def test_the_curve_takes_the_colours_of_a_new_theme():
    app = Harness()
    async with app.run_test(size=(60, 14)) as pilot:
        app.feed(*RECORDED)

        def colours() -> set[str]:
            return {str(segment.style) for row in range(11) for segment in app.chart.render_line(row)}

        dark = colours()
        app.theme = "textual-light"
        await pilot.pause()
        assert not colours() & dark


@pytest.mark.parametrize("size", [(30, 8), (12, 4), (3, 3), (1, 1), (160, 40)])
@pytest.mark.usefixtures("seen_always")
async def test_no_size_is_too_small_or_too_large(size):
    app = Harness()
    async with app.run_test(size=size):
        app.feed(*RECORDED, DIVERGED)
        assert len(app.shown().splitlines()) == app.chart.outer_size.height


def told(step: int, *series: SeriesPoints) -> TrainingProgress:
    return TrainingProgress(step, series, None, (), 0.1, step)


def falling(name: str = "loss", *, to: float = 0.0, steps: int = 40) -> SeriesPoints:
    return SeriesPoints(name, "loss", tuple((step, to + 1 / step) for step in range(1, steps + 1)))


NORM = SeriesPoints("gradient norm", "gradient norm", tuple((step, 30.0 + step) for step in range(1, 41)))
RATE = SeriesPoints("lr", "learning rate", tuple((step, 0.1) for step in range(1, 41)))


@pytest.mark.parametrize("ascii_only", [False, True])
async def test_two_losses_are_told_apart_by_name(ascii_only):
    app = Harness(ascii_only=ascii_only)
    async with app.run_test(size=(80, 16)):
        app.feed(told(40, falling("loss_d"), falling("loss_g", to=2.0)))
        assert "loss_d 0.02500" in app.shown() and "loss_g 2.025" in app.shown()
        assert app.shown().isascii() == ascii_only


async def test_a_name_that_looks_like_markup_is_shown_as_it_is():
    app = Harness()
    async with app.run_test(size=(80, 16)):
        app.feed(told(40, falling("losses[0]"), falling("[b]")))
        assert "losses[0] 0.02500 last" in app.shown()


async def test_v_goes_through_what_the_run_has():
    app = Harness()
    async with app.run_test(size=(80, 16)) as pilot:
        app.feed(told(40, falling(), NORM, RATE))
        app.chart.focus()
        titles = []
        for _ in range(3):
            await pilot.press("v")
            titles.append(app.chart.border_title)
        assert titles == ["Gradient norm", "Learning rate", "Loss"]


async def test_a_run_without_the_series_that_was_asked_for_shows_its_loss():
    app = Harness()
    async with app.run_test(size=(80, 16)):
        app.feed(told(40, falling(), NORM))
        app.chart.shown = "gradient norm"
        app.chart.begin("lr = 2")
        app.chart.action_forget()
        app.chart.extend(told(40, falling()))
        assert app.chart.border_title == "Loss"


async def test_s_goes_through_the_averages_and_back_to_the_values():
    app = Harness()
    async with app.run_test(size=(80, 16)) as pilot:
        app.feed(told(40, falling()))
        app.chart.focus()
        seen = []
        for _ in range(4):
            await pilot.press("S")
            seen.append(next((word for word in ("0.999", "0.99", "0.9") if f"smoothed {word} " in app.shown()), None))
        assert seen == ["0.9", "0.99", "0.999", None]


async def test_a_smoothed_chart_says_so_in_its_title_and_names_the_values_behind():
    app = Harness()
    async with app.run_test(size=(80, 16)):
        app.feed(told(40, falling()))
        assert "not smoothed" not in app.shown()
        app.chart.action_smooth()
        title, legend, *_ = app.shown().splitlines()
        assert "Loss · smoothed 0.9 " in title
        average = app.chart.run.of("loss")[0].spans[-1].smooth[0]
        assert "not smoothed" in legend and f" loss {value_text(average)}" in legend


async def test_an_earlier_run_stays_and_is_named_by_its_code():
    app = Harness()
    async with app.run_test(size=(80, 16)):
        for code, to in (("lr = 1e-5", 2.0), ("lr = 1e-4", 0.5)):
            app.chart.begin(code)
            app.chart.extend(told(40, falling(to=to)))
        assert "lr=1e-4 0.5250" in app.shown() and "lr=1e-5 2.025" in app.shown()


async def test_x_takes_the_earlier_runs_away_and_works_only_while_there_are_some():
    app = Harness()
    async with app.run_test(size=(80, 16)) as pilot:
        for code in ("lr = 1", "lr = 2"):
            app.chart.begin(code)
            app.chart.extend(told(40, falling()))
        app.chart.focus()
        assert app.chart.check_action("forget", ())
        await pilot.press("x")
        assert "lr=" not in app.shown() and has_curve(app.shown())
        assert not app.chart.check_action("forget", ())


async def test_an_earlier_run_is_in_sight_before_the_new_one_has_a_curve():
    app = Harness()
    async with app.run_test(size=(80, 16)):
        app.chart.begin("lr = 1")
        app.chart.extend(told(40, falling()))
        app.chart.begin("lr = 2")
        assert has_curve(app.shown()) and INVITATION not in app.shown()


async def test_another_step_has_none_of_the_runs_before():
    app = Harness()
    async with app.run_test(size=(80, 16)):
        app.chart.begin("lr = 1")
        app.chart.extend(told(40, falling()))
        app.chart.clear()
        assert INVITATION in app.shown() and app.chart.runs.earlier == ()


async def test_another_step_is_looked_at_as_if_nothing_had_been_chosen_for_the_one_before():
    app = Harness()
    async with app.run_test(size=(80, 16)) as pilot:
        app.feed(told(40, falling(), NORM))
        app.chart.focus()
        await pilot.press("S", "L", "v")
        assert "Gradient norm · smoothed" in app.chart.border_title
        app.feed(told(40, falling(), NORM))
        assert (app.chart.border_title, app.chart.smoothing, app.chart.show_log) == ("Loss", None, None)


async def test_the_cursor_begins_at_the_newest_step_and_reads_it():
    app = Harness()
    async with app.run_test(size=(80, 16)) as pilot:
        app.feed(told(40, falling()))
        app.chart.focus()
        await pilot.press("left")
        assert "step 40 · loss 0.02500" in app.shown()
        await pilot.press("left", "left", "shift+left")
        assert "step 28 · loss 0.03571" in app.shown()
        await pilot.press("right")
        assert "step 29 ·" in app.shown()
        await pilot.press("escape")
        assert "0.02500 last" in app.shown()


async def test_keys_zoom_in_around_the_cursor_and_zero_shows_everything():
    app = Harness()
    async with app.run_test(size=(80, 16)) as pilot:
        app.feed(told(400, falling(steps=400)))
        app.chart.focus()
        whole = app.shown()
        await pilot.press("plus", "plus")
        assert "  350 " in app.shown() and " 100 " not in app.shown()
        await pilot.press("less_than_sign")
        assert app.chart.window.end is not None
        await pilot.press("0")
        app.screen.set_focus(None)
        await pilot.pause()
        app.chart.focus()
        await pilot.pause()
        assert app.shown() == whole


async def test_the_window_goes_with_the_cursor():
    app = Harness()
    async with app.run_test(size=(80, 16)) as pilot:
        app.feed(told(400, falling(steps=400)))
        app.chart.focus()
        await pilot.press("plus", "plus", "left", *["shift+left"] * 12)
        cursor = app.chart.cursor
        assert cursor is not None and cursor < 300
        shown = app.chart.window
        assert shown.length is not None and shown.end is not None
        assert shown.end - shown.length <= cursor <= shown.end


async def test_a_click_puts_the_cursor_below_the_mouse():
    app = Harness()
    async with app.run_test(size=(80, 16)) as pilot:
        app.feed(told(40, falling()))
        await pilot.click(LossChart, offset=(78, 5))
        assert app.chart.cursor == 40


KEYS = [*"LSvx0B", "plus", "minus", "left", "right", "shift+left", "less_than_sign", "greater_than_sign", "escape"]


@pytest.mark.parametrize("size", [(80, 16), (20, 5), (3, 3)])
@pytest.mark.usefixtures("seen_always")
async def test_every_key_works_before_any_run_in_the_middle_of_one_and_at_any_size(size):
    app = Harness()
    async with app.run_test(size=size) as pilot:
        app.chart.focus()
        await pilot.press(*KEYS)
        app.chart.begin("lr = 1")
        app.chart.extend(told(1, falling(steps=1)))
        await pilot.press(*KEYS)
        app.chart.extend(told(40, falling(), NORM))
        app.chart.begin("lr = 2")
        await pilot.press(*KEYS)
        app.chart.extend(told(2, SeriesPoints("loss", "loss", ((1, math.nan), (2, 1e30)))))
        await pilot.press(*KEYS, *KEYS)
        assert len(app.shown().splitlines()) == app.chart.outer_size.height


async def test_blocks_are_for_fonts_without_braille():
    app = Harness()
    async with app.run_test(size=(80, 16)) as pilot:
        app.feed(told(40, falling()))
        app.chart.focus()
        await pilot.press("B")
        assert not has_curve(app.shown()) and any(block in app.shown() for block in "▘▖▌▝▀▞▛▗▚▄▙▐▜▟█")
        await pilot.press("B")
        assert "*" in app.shown()
        await pilot.press("B")
        assert has_curve(app.shown())
