"""Points and the line that is fitted to them, as they are drawn."""

from __future__ import annotations

import math
import re
from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tui_torch.drawing.canvas.canvas import ALL_DOTS
from tui_torch.drawing.canvas.scale import column_ticks
from tui_torch.drawing.charts.fit_plot import MAX_CHARACTER_POINTS, FitNames, draw_fit
from tui_torch.protocol.events import Fitted

NAMES = FitNames("x[:, 0]", "y[:, 0]", "model(x)")
POINTS = tuple((1 + number / 2, 3.0 + number) for number in range(15))
LINE = tuple((x, 2 * x) for x, _ in POINTS)

pairs = st.lists(st.tuples(st.floats(), st.floats()), max_size=80).map(tuple)


def text(fitted: Fitted, width: int = 58, height: int = 12, names: FitNames = NAMES, **options) -> list[str]:
    return [line.plain for line in draw_fit(fitted, names, width, height, **options)]


@given(pairs, pairs, st.integers(0, 70), st.integers(0, 20), st.sampled_from(ALL_DOTS))
@example(((5e-324, 1e308), (1e308, -1e308)), (), 40, 10, "braille")
def test_any_points_fill_exactly_the_cells_they_are_given(points, fit, width, height, dots):
    lines = draw_fit(Fitted(points, fit), NAMES, width, height, dots=dots)
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
