"""Each sentence on a derivative is true: read as a formula, it gives what the installed autograd gives.

The formulas in `readings_of_arithmetic` and `readings_of_layers` are the sentences in another notation, and nothing
else. What a sentence says may depend on the installed PyTorch; one that no formula reads makes its test fail.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

import pytest
import torch
import torch.nn.functional as F  # noqa: N812 - as everybody calls it
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor
from torch.testing import assert_close

from tests.spread import one_in_five
from tests.unit.probe.autograd import readings_of_arithmetic, readings_of_layers  # noqa: F401 - they are registered
from tests.unit.probe.autograd.derivative_cases import CASES, TARGETS, TWO, WEIGHTS, ZEROS_AND_ONES, tensor
from tests.unit.probe.autograd.sentence_readings import ORDINARY, SAYS_NOTHING, Called, Case, read
from tui_torch.probe.autograd.derivatives import FORMULAS, sentence_of, sentence_of_node
from tui_torch.probe.autograd.saved_tensors import saved_by
from tui_torch.probe.isolation.undisturbed import unobserved


def drawn(raw: bytes, shape: Sequence[int], numbers: Sequence[float]) -> Tensor:
    count = math.prod(shape)
    return tensor(*(numbers[byte % len(numbers)] for byte in raw[:count])).reshape(shape)


def said_of(result: Tensor) -> str:
    with unobserved():
        found = sentence_of_node(result.grad_fn, saved_by(result.grad_fn))
    assert found is not None
    return found


@pytest.mark.parametrize("name", one_in_five(list(CASES), 1))
@settings(max_examples=25, deadline=None)
@given(raw=st.binary(min_size=160, max_size=160))
def test_what_is_said_of_an_operation_is_what_autograd_does(name: str, raw: bytes) -> None:
    case = CASES[name]
    inputs, at = [], 0
    for shape in case.shapes:
        inputs.append(drawn(raw[at:], shape, case.numbers).requires_grad_())
        at += math.prod(shape)
    result = case.run(*inputs)
    g = drawn(raw[::-1], result.shape, ORDINARY).to(result.dtype)
    said = said_of(result)
    reading, groups = read(said)
    with torch.no_grad():
        claimed = reading(Called(case, tuple(x.detach() for x in inputs), g, result.detach()), *groups)
    rough = 1e-4 if "slope of gelu" in said else 1e-8  # that slope is measured
    for one, found in zip(claimed, torch.autograd.grad(result, inputs, g), strict=True):
        expected = torch.where(one == SAYS_NOTHING, found.to(one.dtype), one)
        assert_close(found.to(one.dtype), expected, rtol=rough, atol=rough * 1e-3, equal_nan=True)


ELSEWHERE = {"CudnnBatchNorm", "ReshapeAlias", "AccumulateGrad", "MaxPool3DWithIndices", "AvgPool3D"}
"""Formulas of operations of GPUs and of other releases, of leaves, and those that say what another says."""


def test_every_formula_is_held_against_autograd() -> None:
    tried = set()
    for case in CASES.values():
        inputs = [drawn(bytes(range(160)), shape, case.numbers).requires_grad_() for shape in case.shapes]
        name = type(case.run(*inputs).grad_fn).__name__
        tried |= {name, re.sub(r"Backward\d+$", "", name)}
    assert set(FORMULAS) - tried == ELSEWHERE


COMPLEX: dict[str, Case] = {
    "a * b": Case(torch.mul, TWO),
    "a / b": Case(torch.div, TWO),
    "exp": Case(torch.exp),
    "log": Case(torch.log),
    "sin": Case(torch.sin),
    "tanh": Case(torch.tanh),
    "abs": Case(torch.abs),
    "matmul": Case(torch.mm, ((2, 3), (3, 2))),
}


@pytest.mark.parametrize("name", COMPLEX)
@settings(max_examples=25, deadline=None)
@given(raw=st.binary(min_size=40, max_size=40))
def test_what_is_said_of_complex_numbers_is_what_autograd_does(name: str, raw: bytes) -> None:
    case = COMPLEX[name]
    inputs = [
        torch.complex(
            drawn(raw[9 * at :], shape, ORDINARY), drawn(raw[9 * at + 5 :][::-1], shape, ORDINARY)
        ).requires_grad_()
        for at, shape in enumerate(case.shapes)
    ]
    result = case.run(*inputs)
    g = drawn(raw, result.shape, ORDINARY).to(result.dtype)
    reading, groups = read(said_of(result))
    with torch.no_grad():
        claimed = reading(Called(case, tuple(x.detach() for x in inputs), g, result.detach()), *groups)
    for one, found in zip(claimed, torch.autograd.grad(result, inputs, g), strict=True):
        assert_close(found, one)


def test_a_real_factor_of_a_complex_product_gets_the_real_part() -> None:
    a, b = tensor(2.0, -1.0).requires_grad_(), torch.tensor([1 + 2j, 3j], dtype=torch.complex128, requires_grad=True)
    result = a * b
    g = torch.tensor([1 - 1j, 2 + 1j], dtype=torch.complex128)
    reading, groups = read(said_of(result))
    assert groups[1] is not None
    claimed = reading(Called(Case(torch.mul), (a.detach(), b.detach()), g, result.detach()), *groups)
    for one, found in zip(claimed, torch.autograd.grad(result, (a, b), g), strict=True):
        assert_close(found, one)


@pytest.mark.parametrize("name", FORMULAS)
def test_of_an_operation_of_which_nothing_is_known_a_whole_sentence_is_said(name: str) -> None:
    said = sentence_of(name if "Backward" in name else f"{name}Backward0", {})
    assert said is not None
    assert re.fullmatch(r"[A-Z0-9ax].*\.", said)
    assert "None" not in said


def test_after_backward_what_was_weighted_is_still_said_to_be() -> None:
    x = tensor(0.5, 2, -1, 3, 1, 0).requires_grad_()
    loss = F.binary_cross_entropy_with_logits(x, ZEROS_AND_ONES, WEIGHTS, pos_weight=WEIGHTS)
    before = said_of(loss)
    loss.backward()
    assert said_of(loss) == before
    assert "pos_weight" in before and "times its weight" in before


def test_after_backward_the_samples_that_count_are_left_open() -> None:
    x = drawn(bytes(range(9)), (3, 3), ORDINARY).requires_grad_()
    loss = F.nll_loss(x, TARGETS)
    assert said_of(loss).endswith("divided by the number of samples.")
    loss.backward()
    assert said_of(loss).endswith(
        "divided by the number of samples that are not ignored. A sample whose target is -100 is ignored: it gets 0."
    )
