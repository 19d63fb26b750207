"""Expressions are evaluated to plain data."""

from __future__ import annotations

import json
import math
import warnings

import numpy as np
import pytest
import torch

from tui_torch.probe.lesson.plain_values import evaluations
from tui_torch.protocol import wire


def value_of(value: object) -> object:
    (evaluation,) = evaluations(["x"], {"x": value})
    assert evaluation.error is None
    json.dumps(wire.encode(evaluation))
    return evaluation.value


class Learners:
    def __repr__(self) -> str:
        return "<mine>"


class Problem:
    def __repr__(self) -> str:
        raise ValueError


LOOP: list[object] = []
LOOP.append(LOOP)


@pytest.mark.parametrize(
    ("value", "data"),
    [
        (torch.tensor(3.0), 3.0),
        (torch.tensor([[1, 2], [3, 4]]), [[1, 2], [3, 4]]),
        (torch.tensor([0.1, 0.2]), [0.1, 0.2]),
        (torch.zeros(2, 0), [[], []]),
        (torch.zeros(0, 2), []),
        (torch.tensor([True]), [True]),
        (torch.tensor(1j), "1j"),
        (torch.eye(2).to_sparse(), [[1.0, 0.0], [0.0, 1.0]]),
        (torch.nn.Parameter(torch.ones(1)), [1.0]),
        (torch.Size([2, 3]), [2, 3]),
        (np.array([[1.5]]), [[1.5]]),
        (np.float32(0.1), 0.1),
        ((1, [2.5, "a"], None), [1, [2.5, "a"], None]),
        (True, True),
        ("text", "text"),
        (None, None),
        ({"lr": 0.1}, "{'lr': 0.1}"),
        (torch.float32, "torch.float32"),
        (torch.device("cpu"), "device(type='cpu')"),
        (Learners(), "<mine>"),
        (Problem(), "<Problem>"),
        (2**5000, "an int of 5,001 bits"),
    ],
    ids=lambda value: str(type(value).__name__),
)
def test_a_value_becomes_plain_data(value: object, data: object) -> None:
    assert value_of(value) == data


def test_a_nested_tensor_becomes_a_list_for_each_part() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        nested = torch.nested.nested_tensor([torch.ones(1), torch.zeros(2)])
    assert value_of(nested) == [[1.0], [0.0, 0.0]]


def test_not_a_number_stays_one() -> None:
    (number,) = value_of(torch.tensor([math.nan]))  # type: ignore[misc]
    assert str(number) == "nan"


@pytest.mark.parametrize("value", [torch.zeros(10_001), np.zeros(10_001), list(range(10_001)), LOOP])
def test_what_is_too_large_or_endless_is_its_repr(value: object) -> None:
    data = value_of(value)
    assert isinstance(data, str) and len(data) <= 1000


def test_a_value_on_the_meta_device_is_its_repr() -> None:
    assert "meta" in str(value_of(torch.empty(2, device="meta")))


def test_an_expression_that_fails_says_why() -> None:
    (evaluation,) = evaluations(["w"], {})
    assert (evaluation.value, evaluation.error) == (None, "NameError: name 'w' is not defined")


def test_evaluating_leaves_no_trace(capsys: pytest.CaptureFixture[str]) -> None:
    torch.manual_seed(0)
    before = torch.get_rng_state()
    namespace: dict[str, object] = {"torch": torch, "w": torch.ones(1, requires_grad=True)}
    evaluations(["torch.rand(3)", "print(1)", "(y := 2)", "w * 2"], namespace)
    assert torch.equal(torch.get_rng_state(), before)
    assert capsys.readouterr().out == "" and list(namespace) == ["torch", "w"]
