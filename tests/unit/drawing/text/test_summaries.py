from __future__ import annotations

import math

from hypothesis import given
from hypothesis import strategies as st

from tui_torch.drawing.text import summaries
from tui_torch.protocol.events import ParameterSummary, Statistics, Summary

finite = st.floats(allow_nan=False, allow_infinity=False)
elements = st.one_of(
    st.lists(finite | st.sampled_from(["nan", "inf", "-inf"]), min_size=1, max_size=64),
    st.lists(st.integers(-(2**63), 2**63 - 1), min_size=1, max_size=64),
    st.lists(st.booleans(), min_size=1, max_size=64),
)


def statistics(**numbers: object) -> Statistics:
    usual: dict[str, object] = {"minimum": -2.1, "maximum": 2.64, "mean": -0.388, "std": 1.073, "nan": 0, "inf": 0}
    rest: dict[str, object] = {"zeros": 0, "histogram": (1, 2, 5, 8, 9, 7, 4, 3, 1, 1), "seen": 588}
    return Statistics(**(usual | rest | numbers))  # type: ignore[arg-type]


def tensor(values: list[object], shape: tuple[int, ...], **fields: object) -> Summary:
    return Summary("x", "tensor", "Tensor", shape, "float32", "cpu", numel=len(values), values=tuple(values), **fields)  # type: ignore[arg-type]


def test_a_matrix_is_a_grid() -> None:
    assert summaries.values_grid(tensor([1.0, -2.5, 10.0, 0.0], (2, 2)), 40) == [" 1.0  -2.5", "10.0   0.0"]


def test_a_scalar_is_its_value() -> None:
    assert summaries.values_grid(tensor([3.0], ()), 40) == ["3.0"]


def test_more_dimensions_are_blocks_under_the_index_that_gives_them() -> None:
    lines = summaries.values_grid(tensor(list(range(8)), (2, 2, 2)), 40)
    assert lines == ["[0]", "0  1", "2  3", "[1]", "4  5", "6  7"]


def test_a_long_vector_is_wrapped_with_the_index_of_each_lines_first_element() -> None:
    lines = summaries.values_grid(tensor(list(range(20)), (20,)), 30)
    assert lines[0] == " [0]   0   1   2   3   4"
    assert [line.split()[0] for line in lines] == ["[0]", "[5]", "[10]", "[15]"]


def test_the_middle_columns_of_a_wide_matrix_are_left_out() -> None:
    assert summaries.values_grid(tensor(list(range(10, 42)), (2, 16)), 18) == [
        "10  11  …  24  25",
        "26  27  …  40  41",
    ]
    assert ".." in summaries.values_grid(tensor(list(range(10, 42)), (2, 16)), 18, ascii=True)[0]


def test_a_tensor_without_elements_has_no_lines() -> None:
    assert summaries.values_grid(tensor([], (0, 3)), 40) == []


@given(st.data())
def test_a_grid_with_room_holds_every_element_in_columns(data: st.DataObject) -> None:
    shape = tuple(data.draw(st.lists(st.integers(1, 4), min_size=1, max_size=3)))
    values = data.draw(st.lists(st.integers(-999, 999), min_size=math.prod(shape), max_size=math.prod(shape)))
    lines = summaries.values_grid(tensor(values, shape), 400)
    rows = [line for line in lines if not line.startswith("[")]
    assert [int(word) for row in rows for word in row.split()] == values
    assert len({len(row) for row in rows}) == 1


@given(elements, st.integers(24, 100), st.data())
def test_a_grid_is_never_wider_than_its_width(values: list[object], width: int, data: st.DataObject) -> None:
    columns = data.draw(st.sampled_from([n for n in range(1, len(values) + 1) if len(values) % n == 0]))
    shape = data.draw(st.sampled_from([(len(values),), (len(values) // columns, columns)]))
    assert all(len(line) <= width for line in summaries.values_grid(tensor(values, shape), width))


def test_one_line_reads_like_mathematics() -> None:
    summary = Summary("x", "tensor", "Tensor", (196, 3), "float32", "cpu", numel=588, statistics=statistics(nan=2))
    assert summaries.one_line(summary).plain == "[196, 3] float32 n=588 x∈[-2.1, 2.64] μ=-0.388 σ=1.07 NaN!"


def test_one_line_of_a_scalar_is_its_value_and_its_gradient() -> None:
    summary = tensor([4.0], (), requires_grad=True, gradient=tensor([3.0], ()))
    assert summaries.one_line(summary).plain == "4.0 float32 ∇ grad 3.0"


def test_one_line_names_a_device_that_is_not_the_cpu() -> None:
    summary = Summary("x", "tensor", "Tensor", (2,), "float16", "cuda:0", numel=2)
    assert summaries.one_line(summary).plain == "[2] float16 cuda:0 n=2"


def test_one_line_of_a_plain_value_is_its_text() -> None:
    assert summaries.one_line(Summary("lr", "value", "float", text="0.01")).plain == "0.01"


def test_one_line_of_what_failed_is_the_reason() -> None:
    summary = Summary("oops", "value", "", note="NameError: name 'oops' is not defined")
    assert summaries.one_line(summary).plain == "NameError: name 'oops' is not defined"


def test_a_gradient_with_many_elements_is_told_by_its_largest() -> None:
    gradient = Summary("g", "tensor", "Tensor", (9, 9), "float32", numel=81, statistics=statistics(minimum=-3.14))
    summary = Summary("w", "parameter", "Parameter", (9, 9), "float32", numel=81, gradient=gradient)
    assert summaries.gradient_text(summary) == "|grad|≤3.14"
    assert summaries.gradient_text(summary, ascii=True) == "|grad|<=3.14"


def test_a_gradient_with_a_nan_says_so_first() -> None:
    gradient = Summary("g", "tensor", "Tensor", (9, 9), "float32", numel=81, statistics=statistics(nan=1))
    summary = Summary("w", "parameter", "Parameter", (9, 9), "float32", numel=81, gradient=gradient)
    assert summaries.gradient_text(summary) == "grad NaN!"


def test_a_modules_gradient_is_the_norm_of_them_all() -> None:
    parameters = (ParameterSummary("weight", (2, 3), True, 1.0, 3.0), ParameterSummary("bias", (2,), True, 1.0, 4.0))
    summary = Summary("model", "module", "Linear", numel=8, parameters=parameters)
    assert summaries.one_line(summary).plain == "Linear 8 parameters ‖grad‖=5"


def test_a_module_with_parameters_left_out_does_not_pretend_to_know_its_gradient() -> None:
    parameters = (ParameterSummary("weight", (2, 3), True, 1.0, 3.0),)
    assert summaries.gradient_text(Summary("model", "module", "Big", numel=100, parameters=parameters)) == ""


@given(elements, st.booleans())
def test_ascii_stays_within_ascii(values: list[object], requires_grad: bool) -> None:
    summary = tensor(values, (len(values),), statistics=statistics(), requires_grad=requires_grad)
    assert summaries.one_line(summary, ascii=True).plain.isascii()
    assert all(line.isascii() for line in summaries.values_grid(summary, 24, ascii=True))
