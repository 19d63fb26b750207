from __future__ import annotations

import math
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui_torch.drawing.text import numbers

finite = st.floats(allow_nan=False, allow_infinity=False)
elements = st.one_of(
    st.lists(finite | st.sampled_from(["nan", "inf", "-inf"]), min_size=1, max_size=64),
    st.lists(st.integers(-(2**63), 2**63 - 1), min_size=1, max_size=64),
    st.lists(st.booleans(), min_size=1, max_size=64),
)
widths = st.integers(numbers.MIN_WIDTH, 24)


def half_of_the_last_digit(text: str) -> Decimal:
    exponent = Decimal(text).as_tuple().exponent
    assert isinstance(exponent, int)
    return Decimal(5).scaleb(exponent - 1)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (3, "3"),
        (3.0, "3.0"),
        (-0.39, "-0.39"),
        (0.13042357, "0.1304"),
        (0.30000000000000004, "0.3"),
        (0.00123456, "0.001235"),
        (1.2e-05, "1.2e-05"),
        (1e6, "1e+06"),
        (123456.789, "123456.789"),
        (True, "True"),
        ("nan", "nan"),
        ("-inf", "-inf"),
        (math.nan, "nan"),
    ],
)
def test_a_number_reads_as_pytorch_writes_it_without_needless_digits(value: object, text: str) -> None:
    assert numbers.number(value) == text  # type: ignore[arg-type]


@given(finite | st.integers(-(2**64), 2**64), widths)
def test_a_number_is_never_longer_than_its_width(value: float, width: int) -> None:
    assert 1 <= len(numbers.number(value, width)) <= width


@given(finite | st.integers(-(2**64), 2**64), widths)
def test_a_number_reads_back_within_half_of_its_last_digit(value: float, width: int) -> None:
    text = numbers.number(value, width)
    assert abs(Decimal(text) - Decimal(value)) <= half_of_the_last_digit(text)


@given(finite.filter(bool), widths)
def test_a_number_that_is_not_zero_is_never_written_as_zero(value: float, width: int) -> None:
    assert Decimal(numbers.number(value, width)) != 0


@given(st.floats(-1e300, 1e300).filter(lambda value: abs(value) > 1e-300))
def test_a_number_keeps_three_significant_digits_where_there_is_room(value: float) -> None:
    assert float(numbers.number(value, 12)) == pytest.approx(value, rel=5e-3)


def test_a_width_in_which_some_numbers_cannot_be_written_is_refused() -> None:
    with pytest.raises(ValueError, match="a number needs 7 characters, and was given 6"):
        numbers.number(1.0, 6)


def test_text_too_long_for_its_width_says_that_it_was_cut() -> None:
    assert numbers.number("(1.25+2.5j)", 8) == "(1.25+2…"
    assert numbers.number("(1.25+2.5j)", 8, ascii=True) == "(1.25+.."


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (-2.1, "-2.1"),
        (103.0, "103"),
        (77.13, "77.1"),
        (1234.5, "1234"),
        (0.0, "0"),
        (-0.0, "0"),
        (1.234e-5, "1.23e-05"),
    ],
)
def test_a_number_about_numbers_has_three_significant_digits(value: float, text: str) -> None:
    assert numbers.rounded(value) == text


def test_decimal_points_stand_in_a_column() -> None:
    assert numbers.aligned([1.0, -22.5, 0.125]) == ["  1.000", "-22.500", "  0.125"]


def test_integers_end_in_a_column() -> None:
    assert numbers.aligned([1, -20, 300]) == ["  1", "-20", "300"]


def test_numbers_of_very_different_sizes_share_the_exponent_notation() -> None:
    assert numbers.aligned([12346.0, 1e-5, 0.0], 9) == ["1.235e+04", "1.000e-05", "0        "]


def test_what_is_no_number_ends_where_the_numbers_end() -> None:
    assert numbers.aligned([0.5, "nan", "-inf"]) == [" 0.5", " nan", "-inf"]


@given(elements, widths)
def test_aligned_elements_are_equally_long_and_fit(values: list[object], width: int) -> None:
    lengths = {len(text) for text in numbers.aligned(values, width)}  # type: ignore[arg-type]
    assert len(lengths) == 1
    assert max(lengths) <= width


@given(st.lists(finite, min_size=1, max_size=64), widths)
def test_aligned_points_are_under_each_other(values: list[float], width: int) -> None:
    texts = numbers.aligned(values, width)
    assert len({text.index(".") for text in texts if "." in text}) <= 1


@given(st.lists(finite, min_size=1, max_size=64), widths)
def test_aligned_numbers_read_back_within_half_of_their_last_digit(values: list[float], width: int) -> None:
    for value, text in zip(values, numbers.aligned(values, width), strict=True):
        assert abs(Decimal(text.strip()) - Decimal(value)) <= half_of_the_last_digit(text.strip())
