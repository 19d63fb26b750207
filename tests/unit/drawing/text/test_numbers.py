from __future__ import annotations

import math
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui_torch.drawing.text import numbers
from tui_torch.protocol.events import ParameterSummary, Statistics, Summary

finite = st.floats(allow_nan=False, allow_infinity=False)
elements = st.one_of(
    st.lists(finite | st.sampled_from(["nan", "inf", "-inf"]), min_size=1, max_size=64),
    st.lists(st.integers(-(2**63), 2**63 - 1), min_size=1, max_size=64),
    st.lists(st.booleans(), min_size=1, max_size=64),
)
widths = st.integers(numbers.LEAST_WIDTH, 24)


def statistics(**numbers: object) -> Statistics:
    usual: dict[str, object] = {"minimum": -2.1, "maximum": 2.64, "mean": -0.388, "std": 1.073, "nan": 0, "inf": 0}
    rest: dict[str, object] = {"zeros": 0, "histogram": (1, 2, 5, 8, 9, 7, 4, 3, 1, 1), "seen": 588}
    return Statistics(**(usual | rest | numbers))  # type: ignore[arg-type]


def tensor(values: list[object], shape: tuple[int, ...], **fields: object) -> Summary:
    return Summary("x", "tensor", "Tensor", shape, "float32", "cpu", numel=len(values), values=tuple(values), **fields)  # type: ignore[arg-type]


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


def test_a_matrix_is_a_grid() -> None:
    assert numbers.values_grid(tensor([1.0, -2.5, 10.0, 0.0], (2, 2)), 40) == [" 1.0  -2.5", "10.0   0.0"]


def test_a_scalar_is_its_value() -> None:
    assert numbers.values_grid(tensor([3.0], ()), 40) == ["3.0"]


def test_more_dimensions_are_blocks_under_the_index_that_gives_them() -> None:
    lines = numbers.values_grid(tensor(list(range(8)), (2, 2, 2)), 40)
    assert lines == ["[0]", "0  1", "2  3", "[1]", "4  5", "6  7"]


def test_a_long_vector_is_wrapped_with_the_index_of_each_lines_first_element() -> None:
    lines = numbers.values_grid(tensor(list(range(20)), (20,)), 30)
    assert lines[0] == " [0]   0   1   2   3   4"
    assert [line.split()[0] for line in lines] == ["[0]", "[5]", "[10]", "[15]"]


def test_the_middle_columns_of_a_wide_matrix_are_left_out() -> None:
    assert numbers.values_grid(tensor(list(range(10, 42)), (2, 16)), 18) == [
        "10  11  …  24  25",
        "26  27  …  40  41",
    ]
    assert ".." in numbers.values_grid(tensor(list(range(10, 42)), (2, 16)), 18, ascii=True)[0]


def test_a_tensor_without_elements_has_no_lines() -> None:
    assert numbers.values_grid(tensor([], (0, 3)), 40) == []


@given(st.data())
def test_a_grid_with_room_holds_every_element_in_columns(data: st.DataObject) -> None:
    shape = tuple(data.draw(st.lists(st.integers(1, 4), min_size=1, max_size=3)))
    values = data.draw(st.lists(st.integers(-999, 999), min_size=math.prod(shape), max_size=math.prod(shape)))
    lines = numbers.values_grid(tensor(values, shape), 400)
    rows = [line for line in lines if not line.startswith("[")]
    assert [int(word) for row in rows for word in row.split()] == values
    assert len({len(row) for row in rows}) == 1


@given(elements, st.integers(24, 100), st.data())
def test_a_grid_is_never_wider_than_its_width(values: list[object], width: int, data: st.DataObject) -> None:
    columns = data.draw(st.sampled_from([n for n in range(1, len(values) + 1) if len(values) % n == 0]))
    shape = data.draw(st.sampled_from([(len(values),), (len(values) // columns, columns)]))
    assert all(len(line) <= width for line in numbers.values_grid(tensor(values, shape), width))


def test_a_distribution_is_drawn_with_its_peak_full_and_empty_bins_blank() -> None:
    assert numbers.distribution((1, 2, 5, 8, 0, 4)) == "▁▂▅█ ▄"
    assert numbers.distribution((1, 2, 5, 8, 0, 4), ascii=True) == ".:*@ ="


def test_a_bin_with_one_element_in_a_million_is_seen() -> None:
    assert numbers.distribution((1, 1_000_000)) == "▁█"


def test_a_distribution_with_less_room_puts_neighbouring_bins_together() -> None:
    assert numbers.distribution((1, 1, 0, 0, 2, 2), bars=3) == "▄ █"


def test_a_distribution_of_nothing_is_empty() -> None:
    assert numbers.distribution(()) == ""


def test_a_chart_stands_on_its_range() -> None:
    assert numbers.distribution_chart((4, 0, 2), "-1", "1", width=9, height=2) == ["██      ", "██    ██", "-1 ─── 1"]


@given(st.lists(st.integers(0, 10**6), min_size=10, max_size=10).filter(any), st.integers(24, 100), st.booleans())
def test_a_chart_fits_and_shows_every_bin_that_is_not_empty(counts: list[int], width: int, ascii: bool) -> None:
    *bars, axis = numbers.distribution_chart(counts, "-4.49", "4.73", width, ascii=ascii)
    assert {len(line) for line in bars} == {len(axis)}
    assert len(axis) <= width
    thick = (len(axis) + 1) // 10 - 1 if len(axis) % 10 == 9 else len(axis) // 10
    every = (len(axis) - thick) // 9
    assert [bars[-1][bin * every] != " " for bin in range(10)] == [count > 0 for count in counts]


def test_one_line_reads_like_mathematics() -> None:
    summary = Summary("x", "tensor", "Tensor", (196, 3), "float32", "cpu", numel=588, statistics=statistics(nan=2))
    assert numbers.one_line(summary).plain == "[196, 3] float32 n=588 x∈[-2.1, 2.64] μ=-0.388 σ=1.07 NaN!"


def test_one_line_of_a_scalar_is_its_value_and_its_gradient() -> None:
    summary = tensor([4.0], (), requires_grad=True, gradient=tensor([3.0], ()))
    assert numbers.one_line(summary).plain == "4.0 float32 ∇ grad 3.0"


def test_one_line_names_a_device_that_is_not_the_cpu() -> None:
    summary = Summary("x", "tensor", "Tensor", (2,), "float16", "cuda:0", numel=2)
    assert numbers.one_line(summary).plain == "[2] float16 cuda:0 n=2"


def test_one_line_of_a_plain_value_is_its_text() -> None:
    assert numbers.one_line(Summary("lr", "value", "float", text="0.01")).plain == "0.01"


def test_one_line_of_what_failed_is_the_reason() -> None:
    summary = Summary("oops", "value", "", note="NameError: name 'oops' is not defined")
    assert numbers.one_line(summary).plain == "NameError: name 'oops' is not defined"


def test_a_gradient_with_many_elements_is_told_by_its_largest() -> None:
    gradient = Summary("g", "tensor", "Tensor", (9, 9), "float32", numel=81, statistics=statistics(minimum=-3.14))
    summary = Summary("w", "parameter", "Parameter", (9, 9), "float32", numel=81, gradient=gradient)
    assert numbers.gradient_text(summary) == "|grad|≤3.14"
    assert numbers.gradient_text(summary, ascii=True) == "|grad|<=3.14"


def test_a_gradient_with_a_nan_says_so_first() -> None:
    gradient = Summary("g", "tensor", "Tensor", (9, 9), "float32", numel=81, statistics=statistics(nan=1))
    summary = Summary("w", "parameter", "Parameter", (9, 9), "float32", numel=81, gradient=gradient)
    assert numbers.gradient_text(summary) == "grad NaN!"


def test_a_modules_gradient_is_the_norm_of_them_all() -> None:
    parameters = (ParameterSummary("weight", (2, 3), True, 1.0, 3.0), ParameterSummary("bias", (2,), True, 1.0, 4.0))
    summary = Summary("model", "module", "Linear", numel=8, parameters=parameters)
    assert numbers.one_line(summary).plain == "Linear 8 parameters ‖grad‖=5"


def test_a_module_with_parameters_left_out_does_not_pretend_to_know_its_gradient() -> None:
    parameters = (ParameterSummary("weight", (2, 3), True, 1.0, 3.0),)
    assert numbers.gradient_text(Summary("model", "module", "Big", numel=100, parameters=parameters)) == ""


@given(elements, st.booleans())
def test_ascii_stays_within_ascii(values: list[object], requires_grad: bool) -> None:
    summary = tensor(values, (len(values),), statistics=statistics(), requires_grad=requires_grad)
    assert numbers.one_line(summary, ascii=True).plain.isascii()
    assert all(line.isascii() for line in numbers.values_grid(summary, 24, ascii=True))
