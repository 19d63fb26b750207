"""The drawn curve: that it says what the losses were, at any size."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tui_torch.drawing.canvas.canvas import ALL_DOTS
from tui_torch.drawing.canvas.scale import count_label, linear_scale, log_scale
from tui_torch.drawing.charts.captions import at_cursor, caption, value_text
from tui_torch.drawing.charts.loss_plot import PlotSettings, PlotStyles, draw_runs, step_at, step_range, takes_log
from tui_torch.drawing.charts.run_history import RunHistory
from tui_torch.drawing.charts.training_run import TrainingRun
from tui_torch.drawing.charts.zoom import StepRange, StepWindow
from tui_torch.protocol.events import SeriesKind, SeriesPoints, TrainingProgress

any_loss = st.floats(allow_nan=False, allow_infinity=False)


def runs_of(losses: Sequence[float], *, steps_per_epoch: int = 0, learning_rate: float | None = None) -> RunHistory:
    runs = RunHistory()
    add(runs, losses, steps_per_epoch=steps_per_epoch, learning_rate=learning_rate)
    return runs


def add(
    runs: RunHistory,
    losses: Sequence[float],
    *,
    name: str = "loss",
    kind: SeriesKind = "loss",
    steps_per_epoch: int = 0,
    learning_rate: float | None = None,
) -> None:
    count = len(losses)
    starts = tuple(range(1, count + 1, steps_per_epoch)) if steps_per_epoch else ()
    points = SeriesPoints(name, kind, tuple(enumerate(losses, 1)))
    runs.current.extend(TrainingProgress(count, (points,), len(starts) or None, starts, learning_rate, count))


def decay(count: int) -> list[float]:
    return [2.0 * math.exp(-3 * step / count) + 0.2 for step in range(count)]


def text(runs: RunHistory, width: int = 60, height: int = 14, **options) -> list[str]:
    return [line.plain for line in draw_runs(runs, width, height, settings=PlotSettings(**options))]


def curve_rows(lines: list[str], column: int) -> list[int]:
    """The rows on which a column holds braille dots."""
    return [row for row, line in enumerate(lines) if "\u2800" < line[column] <= "\u28ff"]


def taking_turns(iterations: int, *, together: bool = False) -> RunHistory:
    """A GAN's run: two losses that go backward in turn, or both at each step."""
    runs = RunHistory()
    count = iterations if together else 2 * iterations
    first = tuple((step, 1.0) for step in range(1, count + 1, 1 if together else 2))
    second = tuple((step, 2.0) for step in range(1 if together else 2, count + 1, 1 if together else 2))
    series = (
        SeriesPoints("d_loss", "loss", first),
        SeriesPoints("g_loss", "loss", second),
        SeriesPoints("od.lr", "learning rate", ((1, 0.001),)),
        SeriesPoints("og.lr", "learning rate", ((2, 0.002),)),
    )
    runs.current.extend(TrainingProgress(count, series, None, (), 0.002, count, steps_per_second=200.0))
    return runs


def test_losses_that_take_turns_are_counted_by_iterations_and_each_learning_rate_has_its_name() -> None:
    runs = taking_turns(400)
    assert caption(runs, 100).endswith("step 400 · lr od 0.001, og 0.002 · 100 steps/s")
    assert at_cursor(runs, 799, 60).startswith("step 400 · ")
    assert at_cursor(runs, 3, 60).startswith("step 2 · ")
    unit, first, *_, last = text(runs)[-1].split()
    assert (unit, first, last) == ("step", "1", "400")


def test_losses_of_the_same_steps_and_of_one_after_the_other_are_no_turns() -> None:
    assert taking_turns(50, together=True).current.losses_in_turn == 1
    runs = RunHistory()
    for name, first in (("a", 1), ("b", 51)):
        points = SeriesPoints(name, "loss", tuple((first + step, 1.0) for step in range(50)))
        runs.current.extend(TrainingProgress(first + 49, (points,), None, (), 0.1, 0))
    assert runs.current.losses_in_turn == 1


def test_a_legend_without_room_for_any_name_whole_has_the_beginning_of_one() -> None:
    past = runs_of(decay(20)).current
    names = ["hidden=256, weight_decay=0.01, momentum=0.9", "hidden=64, weight_decay=0.1"]
    runs = RunHistory.of(TrainingRun(), "", [(past, name) for name in names])
    first = text(runs, 36, 10)[0]
    assert "hidden=64, weight_decay" in first
    assert first.rstrip().endswith("+1")


def test_norms_of_a_few_steps_are_points_at_these_on_the_axis_of_the_loss() -> None:
    runs = runs_of(decay(96), steps_per_epoch=32)
    norms = SeriesPoints("gradient norm", "gradient norm", ((1, 1.3), (3, 1.0), (9, 0.8)))
    runs.current.extend(TrainingProgress(96, (norms,), None, (), None, 96))
    assert step_range(runs, "gradient norm") == step_range(runs) == StepRange(1, 96)
    lines = text(runs, shown="gradient norm")
    assert sum(line.count("●") for line in lines) == 3
    assert not any(curve_rows(lines, column) for column in range(60))
    assert max(line.rfind("●") for line in lines) < 20
    assert sum(line.count("*") for line in text(runs, shown="gradient norm", dots="ascii")) == 3


@given(
    st.lists(st.floats(), max_size=40),
    st.integers(0, 70),
    st.integers(0, 20),
    st.sampled_from(ALL_DOTS),
    st.booleans(),
    st.integers(0, 7),
)
@example([5e-324, 0.0, 1e308, -1e308, math.nan], 60, 12, "braille", True, 1)
@example([1.7e308], 1, 2, "braille", True, 0)
@example([5e-324], 60, 12, "braille", True, 0)
def test_any_curve_fills_exactly_the_cells_it_is_given(losses, width, height, dots, log, steps_per_epoch):
    lines = draw_runs(
        runs_of(losses, steps_per_epoch=steps_per_epoch), width, height, settings=PlotSettings(dots=dots, log=log)
    )
    assert len(lines) == (height if width else 0)
    assert all(line.cell_len == width for line in lines)


@given(st.tuples(any_loss, any_loss).map(sorted), st.integers(1, 40))
@example([0.5, 0.5], 4)
@example([0.0, 0.0], 12)
@example([0.0, 68000.0], 12)
def test_a_linear_axis_holds_its_losses_and_its_numbers_are_true_and_round(bounds, rows):
    low, high = bounds
    scale = linear_scale(low, high, rows)
    assert 0 <= scale.place(high) <= scale.place(low) < rows
    numbers = [float(tick.label) for tick in scale.ticks]
    for tick, number in zip(scale.ticks, numbers, strict=True):
        assert scale.top - (tick.at + 0.5) * scale.per_row == pytest.approx(number, abs=scale.per_row * 1e-3)
    for below, above in pairwise(numbers):
        assert f"{above - below:.3e}"[:5] in ("1.000", "2.000", "5.000")
    assert len({tick.label for tick in scale.ticks}) == len(scale.ticks)


@given(st.floats(1e-6, 1e6), st.floats(1.001, 1e6), st.integers(8, 40))
@example(226.0, 1.5, 8)
def test_a_linear_axis_spends_at_least_half_of_its_rows_on_the_losses(low, ratio, rows):
    scale = linear_scale(low, low * ratio, rows)
    assert scale.place(low) - scale.place(low * ratio) >= rows * 0.5


@given(st.floats(1e-6, 1e6), st.floats(1.001, 1e6), st.integers(4, 40))
@example(226.0, 1.5, 5)
def test_a_linear_axis_of_four_rows_or_more_has_two_numbers(low, ratio, rows):
    assert len(linear_scale(low, low * ratio, rows).ticks) >= 2


@given(st.tuples(st.floats(1e-300, 1e300), st.floats(1e-300, 1e300)).map(sorted), st.integers(1, 40))
@example([0.3, 0.8], 12)
@example([0.5, 0.50001], 12)
@example([5e-324, 1.7e308], 12)
def test_a_logarithmic_axis_holds_its_losses_and_its_numbers_are_on_their_rows(bounds, rows):
    low, high = bounds
    scale = log_scale(low, high, rows)
    assert 0 <= scale.place(high) <= scale.place(low) < rows
    assert all(int(scale.place(float(tick.label))) == tick.at for tick in scale.ticks)
    assert len({tick.at for tick in scale.ticks}) == len(scale.ticks)


@given(st.floats(1e-6, 1e6), st.floats(1.0, 1e6), st.integers(2, 40), st.booleans())
@example(0.12, 7.0, 10, False)
def test_a_logarithmic_axis_of_two_rows_or_more_has_two_numbers(low, ratio, rows, has_zero):
    scale = log_scale(low, low * ratio, rows + has_zero, below="≤0" if has_zero else "")
    assert len(scale.ticks) >= 2 + has_zero


def test_a_logarithmic_axis_names_powers_of_ten():
    labels = [tick.label for tick in log_scale(0.002, 900.0, 14).ticks]
    assert labels == ["1000", "100", "10", "1", "0.1", "0.01", "0.001"]


def test_a_logarithmic_axis_refuses_losses_that_have_no_logarithm():
    with pytest.raises(ValueError, match="needs positive losses"):
        log_scale(0.0, 1.0, 10)


def test_a_loss_is_drawn_on_the_row_that_bears_its_number():
    lines = text(runs_of([3.0, 2.0, 1.0, 2.0, 3.0]))
    row = next(row for row, line in enumerate(lines) if re.match(r" *1(\.0)? ┤", line))
    middle = round(6 + (len(lines[0]) - 6) / 2)
    assert row in curve_rows(lines, middle)


def test_a_spike_of_one_step_in_a_hundred_thousand_reaches_its_height():
    losses = [0.5] * 100_000
    losses[60_000] = 8.0
    runs = RunHistory()
    for begin in range(0, len(losses), 1_000):
        points = tuple(enumerate(losses[begin : begin + 1_000], begin + 1))
        runs.current.extend(TrainingProgress(points[-1][0], (SeriesPoints("loss", "loss", points),), None, (), None, 0))
    lines = text(runs)
    left = lines[1].index("│") + 1
    column = left + round(0.6 * (59 - left))
    rows = max((curve_rows(lines, column + offset) for offset in (-1, 0, 1)), key=len)
    assert len(rows) >= 9
    assert rows == list(range(rows[0], rows[-1] + 1))


def test_steps_are_numbered_when_there_are_no_epochs():
    *_, numbers = text(runs_of(decay(300)))
    assert numbers.split() == ["step", "1", "50", "100", "150", "200", "250", "300"]


def test_epochs_are_numbered_when_there_are_several():
    *_, numbers = text(runs_of(decay(300), steps_per_epoch=3))
    assert numbers.split() == ["epoch", "1", "20", "40", "60", "80", "100"]


def test_every_epoch_is_marked_while_there_is_room():
    lines = text(runs_of(decay(300), steps_per_epoch=60))
    assert lines[0].count("┊") == 4


@given(st.integers(1, 400), st.integers(30, 160))
def test_epoch_marks_are_at_least_four_columns_apart(steps_per_epoch, width):
    first, *_ = text(runs_of(decay(400), steps_per_epoch=steps_per_epoch), width)
    marks = [column for column, character in enumerate(first) if character == "┊"]
    assert all(right - left >= 4 for left, right in pairwise(marks))


def test_an_epoch_mark_stands_above_its_number():
    lines = text(runs_of(decay(300), steps_per_epoch=60))
    assert [column for column, character in enumerate(lines[0]) if character == "┊"] == [
        lines[-1].index(number) for number in "2345"
    ]


def test_a_flag_says_where_the_loss_became_nan():
    lines = text(runs_of([*decay(200), *[math.nan] * 100]))
    assert any("NaN at step 201" in line for line in lines)


def test_a_flag_tells_infinity_from_nan():
    assert any("-Inf at step 3" in line for line in text(runs_of([2.0, 1.0, -math.inf])))


def test_a_narrow_flag_keeps_the_word():
    assert any("NaN" in line for line in text(runs_of([*decay(20), math.nan]), 24, 6))


def test_nothing_is_drawn_where_the_loss_is_no_number():
    lines = text(runs_of([1.0, math.nan, math.nan, math.nan, 2.0]))
    assert not any(curve_rows(lines, column) for column in range(30, 40))


def test_a_run_of_nothing_but_nan_has_a_flag_and_no_numbers():
    *rows, _, _ = text(runs_of([math.nan] * 5))
    assert "NaN at step 1" in rows[0]
    assert not any(re.search(r"\d ┤", row) for row in rows)


def test_a_single_loss_is_a_point_that_can_be_seen():
    assert sum(line.count("●") for line in text(runs_of([0.7]))) == 1


def test_losses_of_zero_and_less_have_a_row_of_their_own_on_a_logarithmic_axis():
    lines = text(runs_of([1.0, 0.1, 0.01, 0.0, -1.0, 0.0]), log=True)
    last = next(line for line in lines if line.lstrip().startswith("≤0 ┤"))
    assert re.search("[\u2801-\u28ff]", last)


def test_a_curve_without_a_loss_above_zero_is_drawn_on_a_linear_axis():
    curve = runs_of([-1.0, -2.0])
    assert not takes_log(curve)
    assert text(curve, log=True) == text(curve)


@given(st.lists(st.floats(), max_size=40), st.booleans(), st.integers(0, 7))
def test_the_ascii_chart_is_ascii(losses, log, steps_per_epoch):
    lines = text(runs_of(losses, steps_per_epoch=steps_per_epoch), dots="ascii", log=log)
    assert all(line.isascii() for line in lines)


def test_the_ascii_chart_marks_measured_losses_and_joins_them():
    lines = text(runs_of([1.0, 1.0, 9.0, 1.0, 1.0]), 40, 12, dots="ascii")
    assert sum(line.count("*") for line in lines) == 5
    assert any("|" in line[8:] for line in lines)


def test_each_part_wears_its_style():
    styles = PlotStyles(curves=("red",), axis="green", epoch="blue", mark="magenta", text="yellow")
    lines = draw_runs(runs_of([3.0, 2.0, 1.0, math.nan], steps_per_epoch=2), 40, 10, styles=styles)
    worn = {(str(span.style), line.plain[span.start : span.end].strip()) for line in lines for span in line.spans}
    assert ("magenta", "NaN at step 4 ╎") in worn
    assert ("blue", "┊") in worn
    assert any(style == "red" and re.fullmatch("[\u2801-\u28ff]+", part) for style, part in worn)
    assert any(style == "green" and part.startswith("└") for style, part in worn)
    assert any(style == "yellow" and part == "2" for style, part in worn)


def test_the_numbers_give_way_to_the_curve_where_there_is_no_room():
    lines = text(runs_of(decay(30)), 10, 4)
    assert not any(re.search(r"[\d┤│]", line) for line in lines)
    assert curve_rows(lines, 0)


def test_an_empty_curve_has_axes_and_nothing_else():
    lines = text(RunHistory())
    assert not re.search("[\u2801-\u28ff0-9]", "".join(lines))


CURVE = runs_of([0.9, 0.4987, 0.5123], steps_per_epoch=1, learning_rate=1e-5)


def test_the_caption_reads_the_curve():
    assert caption(CURVE, 80) == "0.5123 last · 0.4987 best · epoch 3 · step 3 · lr 1e-05"


def test_the_caption_drops_what_does_not_fit_from_the_right():
    assert caption(CURVE, 40) == "0.5123 last · 0.4987 best · epoch 3"
    assert caption(CURVE, 12) == "0.5123 last"
    assert caption(CURVE, 3) == ""


def test_the_caption_of_an_empty_curve_is_empty():
    assert caption(RunHistory(), 80) == ""


@pytest.mark.parametrize(
    ("loss", "read"),
    [
        (0.51234, "0.5123"),
        (0.5, "0.5000"),
        (12.3456, "12.35"),
        (68000.0, "68000"),
        (0.00123456, "0.001235"),
        (1.23456e-6, "1.235e-06"),
        (2.5e9, "2.500e+09"),
        (0.0, "0"),
        (-3.0, "-3.000"),
        (math.nan, "NaN"),
        (math.inf, "Inf"),
        (-math.inf, "-Inf"),
    ],
)
def test_a_loss_is_read_to_four_digits(loss, read):
    assert value_text(loss) == read


@pytest.mark.parametrize(
    ("count", "label"), [(1, "1"), (5000, "5000"), (20_000, "20k"), (1_500_000, "1.5M"), (12_345, "12.345k")]
)
def test_round_counts_are_short(count, label):
    assert count_label(count) == label


def test_the_caption_says_how_fast_steps_come_where_there_is_room():
    runs = runs_of([1.0, 0.5])
    runs.current.extend(TrainingProgress(3, (), None, (), None, 3, steps_per_second=1234.5))
    assert caption(runs, 80) == "0.5000 last · 0.5000 best · step 3 · 1.23k steps/s"


def two_losses() -> RunHistory:
    runs = runs_of(decay(100))
    add(runs, [1.0] * 100, name="loss_g")
    return runs


def compared(earlier: Sequence[float], current: Sequence[float]) -> RunHistory:
    runs = RunHistory()
    runs.begin("lr = 1e-5")
    add(runs, earlier)
    runs.begin("lr = 1e-4")
    add(runs, current)
    return runs


def test_one_loss_needs_no_legend():
    assert "loss" not in "".join(text(runs_of(decay(100))))


@pytest.mark.parametrize("dots", ALL_DOTS)
def test_several_series_are_named_with_their_last_values(dots):
    first, *_ = text(two_losses(), dots=dots)
    assert re.search(r"\S+ loss 0\.3026 +\S+ +loss_g 1\.000", first)


def test_series_differ_in_pattern_and_in_ascii_in_their_marks():
    dashed = runs_of([2.0] * 100)
    add(dashed, [1.0] * 100, name="flat")
    solid, broken = (line for line in text(dashed)[1:-2] if re.search("[\u2801-\u28ff]", line))
    assert not re.search("[\u2801-\u28ff] +[\u2801-\u28ff]", solid) and "⠤⠤ ⠤⠤" in broken.replace("⠒", "⠤")
    marked = text(dashed, dots="ascii")
    assert any("***" in line for line in marked) and any("ooo" in line for line in marked)


def test_a_spike_in_a_dashed_line_is_drawn_whatever_the_pattern():
    for place in range(30, 40):
        losses = [1.0] * 100
        losses[place] = 9.0
        runs = runs_of([0.5] * 100)
        add(runs, losses, name="spiky")
        rows = [row for column in range(20, 36) for row in curve_rows(text(runs)[1:-2], column)]
        assert min(rows) <= 2


def test_earlier_runs_are_named_in_the_legend_the_latest_first():
    runs = compared([2.0, 1.5], [2.0, 0.5])
    assert re.search(r"lr=1e-4 0\.5000 .* lr=1e-5 1\.500", text(runs)[0])


def test_the_current_run_is_in_front_of_earlier_ones():
    runs = compared([2.0, 1.0], [2.0, 1.0])
    styles = PlotStyles(curves=("red",), earlier="blue")
    lines = draw_runs(runs, 60, 14, styles=styles)[1:]
    worn = {
        str(span.style)
        for line in lines
        for span in line.spans
        if re.search("[\u2801-\u28ff]", line.plain[slice(*span[:2])])
    }
    assert worn == {"red"}


def current_rows(runs: RunHistory, **options) -> int:
    """How many rows the current run reaches over."""
    lines = draw_runs(
        runs, 60, 20, settings=PlotSettings(**options), styles=PlotStyles(curves=("red",), earlier="blue")
    )
    return sum(any(str(span.style) == "red" for span in line.spans) for line in lines[2:-2])


@pytest.mark.parametrize("log", [False, True])
@pytest.mark.parametrize("end", [1e4, 1e30, math.inf, math.nan])
def test_an_earlier_run_that_diverged_leaves_the_current_one_a_third_of_the_rows(end, log):
    diverged = [1.0, 10.0, 1e3, end, end]
    assert current_rows(compared(diverged, decay(50)), log=log) >= 16 / 3


@given(
    st.lists(st.floats(), min_size=2, max_size=30),
    st.lists(st.floats(), min_size=0, max_size=30),
    st.sampled_from(ALL_DOTS),
    st.booleans(),
    st.sampled_from([None, 0, 2]),
    st.integers(1, 40),
    st.floats(1, 30),
    st.integers(1, 40),
)
def test_any_two_runs_in_any_window_fill_exactly_the_cells(before, now, dots, log, smoothing, cursor, length, end):
    runs = compared(before, now)
    settings = PlotSettings("loss", log, smoothing, StepWindow(length, end), cursor, dots)
    lines = draw_runs(runs, 50, 16, settings=settings)
    assert len(lines) == 16
    assert all(line.cell_len == 50 for line in lines)


def test_a_longer_earlier_run_lengthens_the_axis_within_reason():
    *_, numbers = text(compared(decay(200), decay(100)))
    assert numbers.split()[-1] == "200"
    *_, numbers = text(compared(decay(10_000), decay(101)))
    assert numbers.split()[-1] == "400"


def test_smoothing_draws_the_average_in_front_of_the_values():
    noisy = [1.0 + (-1) ** step * 0.5 for step in range(100)]
    lines = draw_runs(
        runs_of(noisy), 60, 14, settings=PlotSettings(smoothing=0), styles=PlotStyles(curves=("red",), raw="blue")
    )
    rows = {
        str(style): {row for row, line in enumerate(lines[:-2]) if any(str(span.style) == style for span in line.spans)}
        for style in ("red", "blue")
    }
    assert len(rows["blue"]) >= 10
    assert len(rows["red"]) <= 7


def test_the_average_of_losses_that_jump_evenly_ends_in_their_middle():
    lines = text(runs_of([0.0, 2.0] * 200), smoothing=1)
    row = next(row for row, line in enumerate(lines) if re.match(r" *1(\.0)? ┤", line))
    assert row in curve_rows(lines, 58)


def test_a_window_shows_its_steps_only():
    *_, numbers = text(runs_of(decay(300)), window=StepWindow(100, 200))
    assert numbers.split() == ["step", "100", "120", "140", "160", "180", "200"]


def test_the_value_axis_fits_what_the_window_shows():
    lines = text(runs_of([1000.0, *[1.0, 2.0] * 50]), window=StepWindow(50))
    assert not any("1000" in line for line in lines)


def test_the_cursor_is_a_line_at_its_step():
    lines = text(runs_of(decay(101)), cursor=51)
    left = lines[0].index("│") + 1
    columns = {column for line in lines[:5] for column, sign in enumerate(line) if sign == "│" and column >= left}
    assert columns == {left + math.floor((59 - left) / 2 + 0.5)}


def test_the_cursor_reads_every_curve():
    assert at_cursor(compared([2.0, 1.5], [2.0, 0.5]), 2, 80) == "step 2 · lr=1e-4 0.5000 · lr=1e-5 1.500"
    assert at_cursor(two_losses(), 1, 80) == "step 1 · loss 2.200 · loss_g 1.000"
    assert at_cursor(compared([2.0, 1.5, 1.0], [2.0, math.nan]), 2, 80) == "step 2 · lr=1e-4 NaN · lr=1e-5 1.500"


def test_the_cursor_reads_from_the_smallest_to_the_largest_where_steps_were_merged():
    runs = runs_of([float(step % 2) for step in range(5_000)])
    assert at_cursor(runs, 2_500, 80) == "step 2500 · loss 0 to 1.000"


def test_the_step_below_the_mouse_is_that_of_its_column():
    runs = runs_of(decay(300))
    left = text(runs)[0].index("│") + 1
    assert step_at(runs, 60, 14, left, settings=PlotSettings()) == 1
    assert step_at(runs, 60, 14, 59, settings=PlotSettings()) == 300
    assert step_at(runs, 60, 14, 0, settings=PlotSettings()) is None


def test_each_series_that_stops_being_a_number_has_its_flag():
    runs = runs_of([*decay(50), *[math.nan] * 50])
    add(runs, [*decay(80), *[math.inf] * 20], name="loss_g")
    shown = "\n".join(text(runs, 100, 16))
    assert "loss NaN at step 51" in shown and "loss_g Inf at step 81" in shown


def test_the_gradient_norm_and_the_learning_rate_have_charts_of_their_own():
    runs = runs_of(decay(100))
    add(runs, [40.0] * 100, name="gradient norm", kind="gradient norm")
    add(runs, [0.1] * 50 + [0.01] * 50, name="lr", kind="learning rate")
    assert any(line.lstrip().startswith("40 ┤") for line in text(runs, shown="gradient norm"))
    assert any(line.lstrip().startswith("0.10 ┤") for line in text(runs, shown="learning rate"))
    assert caption(runs, 80, shown="gradient norm") == "40.00 last · 40.00 largest · step 100"


def test_a_norm_that_was_looked_at_now_and_then_says_at_which_step_and_of_how_many():
    runs = RunHistory()
    add(runs, [1.0] * 100)
    norms = SeriesPoints("gradient norm", "gradient norm", ((2, 2.83), (60, 2.047)))
    runs.current.extend(TrainingProgress(100, (norms,), None, (), None, 100))
    said = "2.047 at step 60 · 2.830 largest of 2 steps looked at · step 100"
    assert caption(runs, 80, shown="gradient norm") == said


@pytest.mark.parametrize("name", ["学習", "a\nb", "\x1b[31m", "é"])
def test_a_name_of_any_letters_takes_one_cell_each(name):
    runs = two_losses()
    add(runs, [1.0] * 100, name=name)
    for dots in ALL_DOTS:
        lines = draw_runs(runs, 60, 14, settings=PlotSettings(dots=dots))
        assert all(line.cell_len == 60 for line in lines)
        assert dots != "ascii" or all(line.plain.isascii() for line in lines)


def test_what_has_no_room_in_the_legend_is_counted():
    runs = runs_of(decay(20))
    for number in range(5):
        add(runs, decay(20), name=f"a_rather_long_name_{number}")
    assert re.search(r" \+\d$", text(runs, 60, 14)[0].rstrip())


@pytest.mark.parametrize(("width", "shown"), [(90, "val"), (60, r"lr=0.7 0.5000 .* lr=0.5 1.500 +\+1$"), (50, r"\+1$")])
def test_the_run_behind_is_named_where_the_legend_has_no_room_for_every_curve(width, shown):
    runs = RunHistory()
    runs.begin("train.py lr=0.5")
    add(runs, [2.0, 1.5])
    runs.begin("train.py lr=0.7")
    add(runs, [2.0, 0.5])
    add(runs, [2.0, 0.7], name="val_loss")
    legend = text(runs, width, 8)[0].rstrip()
    assert re.search(shown, legend)
    assert "train.py lr=0.7" in legend and "train.py lr=0.5" in legend


def test_the_legend_keeps_room_to_count_what_it_leaves_out():
    runs = runs_of(decay(20))
    for number in range(5):
        add(runs, decay(20), name=f"loss_{number}")
    for width in range(20, 100):
        first = text(runs, width, 8)[0].rstrip()
        left_out = 6 - len(re.findall(r"loss", first))
        assert left_out == 0 or first.endswith(f"+{left_out}")


def test_the_cursor_reads_nothing_beyond_the_end_of_a_curve():
    assert at_cursor(compared([2.0, 1.5, 1.0], [2.0, 1.0]), 3, 80) == "step 3 · lr=1e-5 1.000"


def test_the_cursor_reads_one_curve_of_an_earlier_run():
    runs = RunHistory()
    runs.begin("lr = 1e-5")
    add(runs, [2.0, 1.0])
    add(runs, [4.0, 3.0], name="loss_g")
    runs.begin("lr = 1e-4")
    add(runs, [2.0, 0.5])
    assert at_cursor(runs, 2, 80) == "step 2 · lr=1e-4 0.5000 · lr=1e-5 1.000"


def test_an_earlier_run_lengthens_the_step_axis_to_four_times_the_current_one():
    assert step_range(compared([1.0] * 1_000, [1.0] * 11)) == StepRange(1, 41)
    assert step_range(compared([1.0] * 20, [1.0] * 11)) == StepRange(1, 20)


def test_a_single_epoch_in_sight_leaves_the_axis_to_the_steps():
    assert "step" in text(runs_of(decay(20), steps_per_epoch=20))[-1]


def test_flags_of_several_curves_stand_on_different_rows():
    runs = runs_of([1.0] * 10 + [math.nan])
    add(runs, [1.0] * 10 + [math.inf], name="loss_g")
    rows = [row for row, line in enumerate(text(runs, 80, 16)) if "at step 11" in line]
    assert len(rows) == 2
