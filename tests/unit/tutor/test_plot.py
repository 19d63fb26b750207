"""The drawn curve: that it says what the losses were, at any size."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tui_torch.kernel.events import SeriesKind, SeriesPoints, TrainingProgress
from tui_torch.tutor.canvas import ALL_DOTS
from tui_torch.tutor.plot import PlotStyles, View, draw, takes_log
from tui_torch.tutor.readings import caption, reading
from tui_torch.tutor.runs import Runs
from tui_torch.tutor.scale import count_label, linear_scale, log_scale

any_loss = st.floats(allow_nan=False, allow_infinity=False)


def runs_of(losses: Sequence[float], *, steps_per_epoch: int = 0, learning_rate: float | None = None) -> Runs:
    runs = Runs()
    add(runs, losses, steps_per_epoch=steps_per_epoch, learning_rate=learning_rate)
    return runs


def add(
    runs: Runs,
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


def text(runs: Runs, width: int = 60, height: int = 14, **options) -> list[str]:
    return [line.plain for line in draw(runs, width, height, view=View(**options))]


def curve_rows(lines: list[str], column: int) -> list[int]:
    """The rows on which a column holds braille dots."""
    return [row for row, line in enumerate(lines) if "\u2800" < line[column] <= "\u28ff"]


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
    lines = draw(runs_of(losses, steps_per_epoch=steps_per_epoch), width, height, view=View(dots=dots, log=log))
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
    runs = Runs()
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
    lines = draw(runs_of([3.0, 2.0, 1.0, math.nan], steps_per_epoch=2), 40, 10, styles=styles)
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
    lines = text(Runs())
    assert not re.search("[\u2801-\u28ff0-9]", "".join(lines))


CURVE = runs_of([0.9, 0.4987, 0.5123], steps_per_epoch=1, learning_rate=1e-5)


def test_the_caption_reads_the_curve():
    assert caption(CURVE, 80) == "0.5123 last · 0.4987 best · epoch 3 · step 3 · lr 1e-05"


def test_the_caption_drops_what_does_not_fit_from_the_right():
    assert caption(CURVE, 40) == "0.5123 last · 0.4987 best · epoch 3"
    assert caption(CURVE, 12) == "0.5123 last"
    assert caption(CURVE, 3) == ""


def test_the_caption_of_an_empty_curve_is_empty():
    assert caption(Runs(), 80) == ""


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
    assert reading(loss) == read


@pytest.mark.parametrize(
    ("count", "label"), [(1, "1"), (5000, "5000"), (20_000, "20k"), (1_500_000, "1.5M"), (12_345, "12.345k")]
)
def test_round_counts_are_short(count, label):
    assert count_label(count) == label
