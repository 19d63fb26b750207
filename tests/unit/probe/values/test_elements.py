"""Elements are read in row-major order, whatever their layout, and by one thread."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch.autograd.profiler import profile

from tui_torch.probe.isolation.undisturbed import unobserved
from tui_torch.probe.values import elements
from tui_torch.probe.values.module_tree import norm

MANY = 5 * elements.UNDIVIDED + 7

LAYOUTS: dict[str, Callable[[torch.dtype], torch.Tensor]] = {
    "a vector": lambda dtype: torch.arange(MANY).to(dtype),
    "a matrix": lambda dtype: torch.arange(MANY * 3).view(-1, 3).to(dtype),
    "transposed": lambda dtype: torch.arange(MANY * 3).view(-1, 3).to(dtype).T,
    "every second": lambda dtype: torch.arange(MANY * 2).to(dtype)[::2],
    "with gaps": lambda dtype: torch.arange(400 * 600).view(400, 600).to(dtype)[:, 3:-5],
    "in four dimensions": lambda dtype: (
        torch.arange(3 * 40 * 50 * 60).view(3, 40, 50, 60).to(dtype).permute(0, 2, 3, 1)
    ),
    "repeated": lambda dtype: torch.arange(300).to(dtype)[:, None].expand(300, 700),
}


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bfloat16, torch.int64, torch.bool])
@pytest.mark.parametrize("layout", LAYOUTS)
def test_many_elements_are_read_in_row_major_order(layout: str, dtype: torch.dtype) -> None:
    tensor = LAYOUTS[layout](dtype)
    with unobserved():
        read = elements.read(tensor)
    assert read.dtype == np.float64
    assert read.tolist() == tensor.double().flatten().tolist()


def test_what_is_read_is_a_copy() -> None:
    tensor = torch.zeros(MANY, dtype=torch.float64)
    with unobserved():
        elements.read(tensor)[:] = 1
    assert not tensor.any()
    tensor.resize_(2 * MANY)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_no_operation_is_large_enough_for_pytorch_to_divide_it_among_threads(layout: str) -> None:
    tensor = LAYOUTS[layout](torch.float32)
    with profile(record_shapes=True) as seen, unobserved():
        elements.read(tensor)
        if tensor.is_contiguous():
            norm(tensor)
        elements.read(torch.zeros(elements.EXACT + 1))
    computing = [event for event in seen.function_events if event.name in ("aten::copy_", "aten::linalg_vector_norm")]
    assert computing
    assert max(math.prod(event.input_shapes[0]) for event in computing) <= elements.UNDIVIDED


@pytest.mark.parametrize(
    "numbers", [(math.inf,), (-math.inf, math.inf), (math.inf, math.nan), (math.nan,), (1e300,), ()]
)
def test_a_norm_of_many_elements_is_pytorchs(numbers: tuple[float, ...]) -> None:
    tensor = torch.randn(MANY, dtype=torch.float64)
    for at, number in enumerate(numbers):
        tensor[at * elements.UNDIVIDED * 2] = number
    assert norm(tensor) == pytest.approx(float(torch.linalg.vector_norm(tensor)), rel=1e-12, nan_ok=True)
