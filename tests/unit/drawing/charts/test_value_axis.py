"""Which values a chart spans: the current run decides, and earlier ones extend its axis within limits."""

from __future__ import annotations

import math
from collections.abc import Sequence

import pytest

from tui_torch.drawing.canvas.canvas import GLYPHS
from tui_torch.drawing.charts.curve import Curve
from tui_torch.drawing.charts.value_axis import NO_LIMITS, ValueAxis, asks_for_log
from tui_torch.drawing.charts.zoom import StepRange

ALL = StepRange(1, 1000)


def curve_of(values: Sequence[float], capacity: int = 2048) -> Curve:
    curve = Curve(capacity=capacity)
    curve.extend(enumerate(values, 1))
    return curve


def axis_of(
    current: Sequence[float], *earlier: Sequence[float], log: bool = False, steps: StepRange = ALL
) -> ValueAxis:
    return ValueAxis.of([curve_of(current)], [curve_of(values) for values in earlier], steps, log=log)


def test_a_run_alone_spans_its_values_without_limits() -> None:
    axis = axis_of([2.0, 1.0])
    assert (axis.low, axis.high, axis.limits) == (1.0, 2.0, NO_LIMITS)


def test_a_diverged_earlier_run_extends_the_axis_by_the_current_runs_largest_value() -> None:
    axis = axis_of([2.0, 1.0], [-100.0, 100.0])
    assert (axis.low, axis.high) == axis.limits == (-1.0, 4.0)


def test_an_earlier_run_within_the_limits_is_shown_whole() -> None:
    axis = axis_of([2.0, 1.0], [0.5, 3.0])
    assert (axis.low, axis.high) == (0.5, 3.0)


def test_a_logarithmic_axis_extends_at_least_one_decade_up_and_three_down() -> None:
    axis = axis_of([1.0, 1.0], [1e-9, 1e9], log=True)
    assert (axis.positive, axis.high) == pytest.approx((1e-3, 10.0))


def test_a_logarithmic_axis_extends_by_as_many_decades_as_the_current_run_spans() -> None:
    axis = axis_of([1.0, 1e-5], [1e-20, 1e20], log=True)
    assert (axis.positive, axis.high) == pytest.approx((1e-10, 1e5))


def test_without_a_value_above_zero_the_axis_is_linear() -> None:
    assert not axis_of([0.0, -1.0], log=True).log


def test_before_the_current_run_has_a_value_the_latest_earlier_run_that_has_one_decides() -> None:
    axis = axis_of([math.nan], [math.nan], [5.0, 6.0], [1.0, 9.0])
    assert (axis.low, axis.high) == (1.0, 9.0)
    assert axis.limits == (-1.0, 12.0)


def test_only_the_steps_in_sight_count() -> None:
    axis = axis_of([9.0, 2.0, 1.0, 9.0], steps=StepRange(2, 3))
    assert (axis.low, axis.high) == (1.0, 2.0)


def test_a_span_from_below_zero_to_above_it_leaves_the_smallest_positive_value_to_the_whole_curve() -> None:
    curve = curve_of([-1.0, 0.25, 5.0, 5.0, 6.0, 7.0], capacity=4)
    axis = ValueAxis.of([curve], [], StepRange(1, 4), log=True)
    assert axis.positive == 0.25


def test_a_single_row_has_no_room_for_values_below_zero() -> None:
    axis = axis_of([0.0, 1.0], log=True)
    assert not axis.scale(1, GLYPHS["braille"]).below
    assert axis.scale(5, GLYPHS["braille"]).below


def test_without_a_value_the_axis_has_no_numbers() -> None:
    assert axis_of([math.nan]).scale(5, GLYPHS["braille"]).ticks == ()


FALLS = [100 * 0.8**step + 0.1 / (1 + step / 20) for step in range(200)]
"""From 100 to about 0.01, so that most of it lies on the foot of a linear axis."""


@pytest.mark.parametrize(
    ("values", "asks"),
    [
        (FALLS, True),
        ([math.nan, *FALLS], True),
        (FALLS[:9], False),
        ([*FALLS, 0.0], False),
        ([-value for value in FALLS], False),
        ([4.0 - step / 100 for step in range(300)], False),
        ([1.0, *[0.5 + 0.2 * math.sin(step) for step in range(100)], 1e-6], False),
        ([1.0, 50.0, *[1.0 + 0.1 * math.sin(step) for step in range(100)]], False),
        ([0.3] * 50, False),
        ([], False),
    ],
    ids=["falls", "a NaN", "few", "a zero", "negative", "straight", "one small", "one large", "equal", "none"],
)
def test_a_curve_asks_for_a_logarithmic_axis_where_most_of_it_would_lie_on_the_foot_of_a_linear_one(
    values: list[float], asks: bool
) -> None:
    assert asks_for_log([curve_of(values)]) is asks


def test_a_long_runs_merged_spans_ask_as_its_values_do() -> None:
    values = [1000 * 0.99**step + 0.5 * 0.9999**step for step in range(20_000)]
    assert asks_for_log([curve_of(values, capacity=64)])
