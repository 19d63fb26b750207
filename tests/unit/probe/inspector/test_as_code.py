"""A value that is written as code comes back from that code: elements, shape, dtype, whether it requires grad."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from tui_torch.probe.inspector.as_code import MOST, as_code
from tui_torch.probe.isolation.readable_memory import UnreadableError
from tui_torch.probe.isolation.undisturbed import unobserved


def written(value: object) -> str:
    with unobserved():
        return as_code(value)


def again(value: object) -> object:
    return eval(written(value), {"torch": torch, "np": np})


DTYPES = (
    *(torch.float16, torch.bfloat16, torch.float32, torch.float64, torch.float8_e4m3fn),
    *(torch.uint8, torch.int8, torch.int16, torch.int32, torch.int64, torch.bool, torch.complex64, torch.complex128),
)


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize("shape", [(), (3,), (2, 3), (2, 1, 2), (0,), (2, 0, 3)], ids=str)
def test_a_tensor_comes_back(dtype: torch.dtype, shape: tuple[int, ...]) -> None:
    torch.manual_seed(1)
    tensor = (torch.randn(shape, dtype=torch.complex128) * 100).real.to(dtype)
    back = again(tensor)
    assert isinstance(back, torch.Tensor)
    assert (back.dtype, back.shape, back.requires_grad) == (dtype, tensor.shape, False)
    assert torch.equal(back.to(torch.complex128), tensor.to(torch.complex128))


@given(
    st.binary(min_size=8, max_size=64),
    st.sampled_from([torch.float16, torch.bfloat16, torch.float32, torch.float64, torch.complex64]),
)
def test_any_bits_come_back(bits: bytes, dtype: torch.dtype) -> None:
    tensor = torch.frombuffer(bytearray(bits[: len(bits) // 8 * 8]), dtype=dtype)
    back = again(tensor)
    assert isinstance(back, torch.Tensor)
    assert torch.allclose(back, tensor, rtol=0, atol=0, equal_nan=True)
    zeros = torch.isfinite(tensor) & (tensor == 0) if not dtype.is_complex else torch.zeros(0, dtype=torch.bool)
    assert torch.equal(torch.signbit(back[zeros]), torch.signbit(tensor[zeros])) if len(zeros) else True


def test_it_is_written_as_a_person_would() -> None:
    assert written(torch.tensor(3.0)) == "torch.tensor(3.0)"
    assert written(torch.tensor([0.1, 2, 1e-8])) == "torch.tensor([0.1, 2.0, 1e-08])"
    assert written(torch.tensor([[1, 2], [3, 4]])) == "torch.tensor([[1, 2],\n              [3, 4]])"
    assert written(torch.tensor([True])) == "torch.tensor([True])"
    assert written(torch.tensor(4.0, requires_grad=True)) == "torch.tensor(4.0, requires_grad=True)"
    assert written(torch.tensor([1], dtype=torch.int8)) == "torch.tensor([1], dtype=torch.int8)"
    assert written(torch.tensor([math.nan, -math.inf])) == 'torch.tensor([float("nan"), float("-inf")])'
    assert written(torch.empty(0, 3)) == "torch.empty((0, 3), dtype=torch.float32)"
    assert written(np.array([1.5, 2])) == "np.array([1.5, 2.0])"
    assert written(np.float32([1.5])) == "np.array([1.5], dtype=np.float32)"


def test_a_view_a_result_and_a_parameter_are_written_by_what_they_hold() -> None:
    weight = torch.nn.Parameter(torch.tensor([1.0, 2.0]))
    assert written(weight) == "torch.nn.Parameter(torch.tensor([1.0, 2.0]))"
    assert written(weight.requires_grad_(False)) == "torch.nn.Parameter(torch.tensor([1.0, 2.0]), requires_grad=False)"
    assert written(torch.arange(6).reshape(2, 3).t()[1:]) == "torch.tensor([[1, 4],\n              [2, 5]])"
    conjugate = torch.tensor([1 + 2j]).conj()
    assert torch.equal(again(conjugate), conjugate)  # type: ignore[arg-type]
    assert torch.equal(again(conjugate.imag), conjugate.imag)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "value",
    [
        torch.zeros(MOST + 1),
        torch.empty(3, device="meta"),
        torch.eye(3).to_sparse(),
        torch.quantize_per_tensor(torch.ones(2), 0.1, 0, torch.qint8),
        np.array(["a"]),
        torch.nn.Linear(2, 2),
        3,
    ],
    ids=["large", "meta", "sparse", "quantized", "text", "module", "number"],
)
def test_what_no_list_of_numbers_makes_is_refused(value: object) -> None:
    with pytest.raises(UnreadableError):
        written(value)
