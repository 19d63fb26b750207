"""What a step plots, as it is drawn: points, lines, classes and a field behind."""

from __future__ import annotations

import math
import re
from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tui_torch.drawing.canvas.canvas import ALL_DOTS
from tui_torch.drawing.canvas.scale import column_ticks
from tui_torch.drawing.charts.step_plot import MAX_CHARACTER_POINTS, StepPlotStyles, draw_plot
from tui_torch.protocol.orders import Plot, PlotSeries
from tui_torch.protocol.plots.plotted import Fitted, PlotField, Plotted

NAMES = Plot((PlotSeries("x[:, 0]", "y[:, 0]", "model(x)"),))
POINTS = tuple((1 + number / 2, 3.0 + number) for number in range(15))
LINE = tuple((x, 2 * x) for x, _ in POINTS)

MOONS = tuple((math.cos(number / 5), math.sin(number / 5)) for number in range(30))
SIDES = tuple(int(x > 0) for x, _ in MOONS)
HALVES = PlotField(4, 2, (-1.0, 1.0), (-1.0, 1.0), bytes([0, 0, 1, 1]) * 2, (0, 1))

pairs = st.lists(st.tuples(st.floats(), st.floats()), max_size=80).map(tuple)


def text(fitted: Fitted, width: int = 58, height: int = 12, plot: Plot = NAMES, **options) -> list[str]:
    return [line.plain for line in draw_plot(Plotted((fitted,)), plot, width, height, **options)]


@given(pairs, pairs, st.integers(0, 70), st.integers(0, 20), st.sampled_from(ALL_DOTS))
@example(((5e-324, 1e308), (1e308, -1e308)), (), 40, 10, "braille")
def test_any_points_fill_exactly_the_cells_they_are_given(points, fit, width, height, dots):
    lines = draw_plot(Plotted((Fitted(points, fit),)), NAMES, width, height, dots=dots)
    assert len(lines) == (height if width else 0)
    assert all(line.cell_len == width for line in lines)
    assert dots != "ascii" or all(line.plain.isascii() for line in lines)


def test_each_of_a_few_points_is_drawn():
    assert sum(line.count("●") for line in text(Fitted(POINTS))[1:]) == len(POINTS)


def test_many_points_are_dots():
    points = tuple((float(number), math.sin(number)) for number in range(MAX_CHARACTER_POINTS + 1))
    lines = text(Fitted(points))
    assert not any("●" in line for line in lines[1:])
    assert re.search("[\u2801-\u28ff]", "".join(lines[1:]))


def test_the_expressions_are_named():
    lines = text(Fitted(POINTS, LINE))
    assert "● y[:, 0]" in lines[0] and "model(x)" in lines[0]
    assert lines[-1].endswith("x[:, 0]")


@pytest.mark.parametrize("counts", ["torch.arange(30)", "list(range(len(losses)))", "np.arange(9) * 3 + 3"])
def test_an_expression_that_only_counts_is_no_name_of_an_axis(counts):
    assert "range" not in text(Fitted(POINTS), plot=Plot((PlotSeries(counts, "y"),)))[-1]
    assert text(Fitted(POINTS), plot=Plot((PlotSeries("arranged", "y"),)))[-1].endswith("arranged")


def test_both_axes_have_round_numbers():
    lines = text(Fitted(POINTS, LINE))
    assert lines[-1].split()[:4] == ["1", "2", "3", "4"]
    assert [line.split()[0] for line in lines if re.match(r" *\d+ ┤", line)] == ["20", "15", "10", "5", "0"]


def test_a_fit_that_is_far_off_does_not_flatten_the_points():
    near, far = (text(Fitted(POINTS, tuple((x, factor * x) for x, _ in POINTS))) for factor in (2.0, -1e9))
    rows = [{row for row, line in enumerate(lines[1:]) if "●" in line} for lines in (near, far)]
    assert len(rows[1]) >= 6
    assert "model(x) is far off" in far[0] and "far off" not in near[0]


def test_a_fit_of_nan_says_so():
    assert "model(x) is not finite" in text(Fitted(POINTS, tuple((x, math.nan) for x, _ in POINTS)))[0]


@given(st.floats(-1e6, 1e6), st.floats(1e-3, 1e6), st.integers(8, 150))
def test_the_numbers_below_are_true_and_do_not_touch(low, length, columns):
    ticks = column_ticks(low, low + length, columns)
    for tick in ticks:
        place = (float(tick.label) - low) / length * (columns - 1)
        assert place == pytest.approx(tick.at, abs=0.51 + columns * 1e-2)
    for left, right in pairwise(ticks):
        assert right.at - left.at > len(left.label)


def drawn(plotted: Plotted, plot: Plot, width: int = 58, height: int = 12, **options) -> list[str]:
    return [line.plain for line in draw_plot(plotted, plot, width, height, **options)]


@given(
    st.lists(st.tuples(st.floats(), st.floats(), st.integers(-3, 40)), max_size=50),
    st.integers(1, 70),
    st.integers(1, 20),
    st.sampled_from(ALL_DOTS),
    st.sampled_from([(), ("#102030", "#302010")]),
    st.sampled_from(["linear", "log"]),
    st.booleans(),
)
@example([(2.2e205, 1.0, 0)], 13, 6, "braille", (), "log", False)
def test_any_plot_fills_exactly_the_cells_it_is_given(points, width, height, dots, tints, scale, behind):
    pairs, classes = tuple((x, y) for x, y, _ in points), tuple(one for _, _, one in points)
    words = tuple("word" for _ in points)
    plotted = Plotted(
        (Fitted(pairs, classes=classes, words=words), Fitted(pairs, pairs)),
        HALVES if behind and scale == "linear" else None,
    )
    series = (PlotSeries("x", "y", by="c"), PlotSeries("x", "z", "f", line=True))
    plot = Plot(series, xscale=scale, yscale=scale, equal=scale == "linear")
    lines = draw_plot(plotted, plot, width, height, dots=dots, styles=StepPlotStyles(tints=tints))
    assert len(lines) == height and all(line.cell_len == width for line in lines)
    assert dots != "ascii" or tints or all(line.plain.isascii() for line in lines)


def test_each_class_has_its_mark_and_its_name():
    plot = Plot((PlotSeries("x", "y", by="side"),), names=("left", "right"))
    lines = drawn(Plotted((Fitted(MOONS, classes=SIDES),)), plot)
    assert "● left" in lines[0] and "▲ right" in lines[0]
    for line in lines[1:10]:
        left, right = line[8:32], line[34:]
        assert "▲" not in left and "●" not in right


def test_more_classes_than_marks_have_their_number_also_where_there_is_no_colour():
    points = tuple((float(number), float(number)) for number in range(10))
    lines = drawn(Plotted((Fitted(points, classes=tuple(range(10))),)), Plot((PlotSeries("x", "y", by="c"),)), 60, 24)
    body = "".join(line[4:] for line in lines[1:-2])
    assert all(str(number) in body for number in range(10)) and "●" not in body


def test_of_several_classes_in_one_cell_the_one_with_the_most_points_is_drawn():
    points, classes = ((0.0, 0.0),) * 3 + ((1.0, 1.0),), (0, 1, 1, 0)
    lines = drawn(Plotted((Fitted(points, classes=classes),)), Plot((PlotSeries("x", "y", by="c"),)))
    assert "".join(lines[1:]).count("▲") == 1 and "".join(lines[1:]).count("●") == 1


def test_a_field_of_classes_is_a_ground_or_without_colours_characters():
    plot = Plot((PlotSeries("x", "y", by="side"),), "f")
    plotted = Plotted((Fitted(MOONS, classes=SIDES),), HALVES)
    lines = drawn(plotted, plot)
    assert all(" " in line[8:30] and "·" in line[34:] and "·" not in line[6:30] for line in lines[1:10])
    tinted = draw_plot(plotted, plot, 58, 12, styles=StepPlotStyles(tints=("#111111", "#222222")))
    assert not any("·" in line.plain for line in tinted)
    grounds = [{span.style.bgcolor.name for span in line.spans if span.style.bgcolor} for line in tinted[1:10]]
    assert all(found == {"#111111", "#222222"} for found in grounds)


def test_halves_of_a_cell_have_their_own_ground():
    field = PlotField(1, 2, (0.0, 1.0), (0.0, 1.0), bytes([0, 1]), (0, 1))
    (line,) = draw_plot(
        Plotted((Fitted(()),), field),
        Plot((PlotSeries("x", "y"),), "f"),
        20,
        1,
        styles=StepPlotStyles(tints=("#111111", "#222222")),
    )
    (span,) = [span for span in line.spans if span.style.bgcolor]
    assert set(line.plain[span.start : span.end]) == {"▀"} and (span.style.color.name, span.style.bgcolor.name) == (
        "#111111",
        "#222222",
    )


def test_points_outside_the_limits_are_not_drawn_and_the_axes_end_there():
    plot = Plot((PlotSeries("x", "y"),), xlim=(0.0, 10.0), ylim=(0.0, 10.0))
    lines = drawn(Plotted((Fitted(((5.0, 5.0), (50.0, 5.0), (5.0, -1.0))),)), plot)
    assert sum(line.count("●") for line in lines[1:]) == 1
    assert lines[-1].split() == [*"0123456789", "x"]


def test_axes_of_which_one_is_no_longer_than_a_point_are_drawn_as_equal():
    plot = Plot((PlotSeries("x", "y"),), equal=True)
    assert "●" in "".join(text(Fitted(((1.8e18, 2.2e-311),)), plot=plot)[1:])


def test_one_is_as_long_on_both_axes_where_they_are_equal():
    square = ((0.0, 0.0), (1.0, 0.0), (0.0, 1.0), (1.0, 1.0))
    lines = drawn(Plotted((Fitted(square),)), Plot((PlotSeries("x", "y"),), equal=True), 70, 19)
    marks = [(column, row) for row, line in enumerate(lines[1:]) for column, mark in enumerate(line) if mark == "●"]
    across = max(column for column, _ in marks) - min(column for column, _ in marks)
    down = max(row for _, row in marks) - min(row for _, row in marks)
    assert abs(across - 2 * down) <= 2 and down >= 14


def test_a_logarithmic_axis_has_powers_of_ten_at_even_distances():
    rates = tuple((10.0**power, 1.0) for power in range(-5, 2))
    lines = drawn(Plotted((Fitted(rates),)), Plot((PlotSeries("rate", "loss"),), xscale="log"), 70)
    marks = [column for line in lines[1:] for column, mark in enumerate(line) if mark == "●"]
    distances = {right - left for left, right in pairwise(marks)}
    assert len(marks) == 7 and max(distances) - min(distances) <= 1
    assert {"0.0001", "0.01", "1"} <= set(lines[-1].split())


def test_a_line_joins_points_in_their_order_wherever_they_lead():
    circle = tuple((math.cos(number / 10), math.sin(number / 10)) for number in range(63))
    plot = Plot((PlotSeries("x", "y", line=True),), equal=True)
    rows = [line for line in drawn(Plotted((Fitted(circle),)), plot, 60, 15) if re.search("[\u2801-\u28ff]", line[8:])]
    assert len(rows) >= 11
    middle = rows[len(rows) // 2]
    assert len(re.findall("[\u2801-\u28ff]+", middle)) == 2


def test_several_series_have_their_own_marks_and_labels():
    series = PlotSeries("x", "a", label="train"), PlotSeries("x", "b", label="validation")
    lines = drawn(Plotted((Fitted(((0.0, 0.0),)), Fitted(((1.0, 1.0),)))), Plot(series))
    assert "● train" in lines[0] and "▲ validation" in lines[0]
    assert "●" in "".join(lines[1:]) and "▲" in "".join(lines[1:])


def test_words_stand_beside_their_points_where_there_is_room():
    points = ((0.0, 0.0), (1.0, 1.0), (0.5, 0.5))
    plotted, series = Plotted((Fitted(points, words=("cat", "dog", "")),)), (PlotSeries("x", "y", words="w"),)
    free, limited = "\n".join(drawn(plotted, Plot(series))), "\n".join(drawn(plotted, Plot(series, xlim=(0.0, 1.0))))
    assert "●cat" in free and "●dog" in free
    assert "●cat" in limited and "dog●" in limited
