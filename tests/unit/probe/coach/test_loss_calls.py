"""Which line a loss is taken to come from: the nearest before its `backward()`, in the same function."""

from __future__ import annotations

import ast
from textwrap import dedent
from types import SimpleNamespace
from typing import Any

import pytest
import torch

from tui_torch.probe.coach.loss_calls import loss_call
from tui_torch.probe.source.lines import Source

CODE = dedent("""\
    def fit(model):
        loss = F.mse_loss(model(x), y)
        loss.backward()
        aux = F.mse_loss(model(x), z)
        aux.backward()

    first = F.mse_loss(a, b)
    second = F.mse_loss(c, d)
    second.backward()
    third = F.mse_loss(e, f)
    """)


def found(line: int, code: str = CODE, **names: Any) -> str | None:
    record: Any = SimpleNamespace(line=line)
    call = loss_call(names, Source(code), record, ("mse_loss",), ("MSELoss",))
    return None if call is None else ast.unparse(call)


@pytest.mark.parametrize(
    ("line", "call"),
    [
        (3, "F.mse_loss(model(x), y)"),
        (5, "F.mse_loss(model(x), z)"),
        (9, "F.mse_loss(c, d)"),
        (10, "F.mse_loss(e, f)"),
    ],
)
def test_a_loss_comes_from_the_nearest_call_before_it_in_its_function(line: int, call: str) -> None:
    assert found(line) == call


def test_without_a_call_before_it_the_last_of_all_is_taken() -> None:
    assert (
        found(1, "loss.backward()\ndef f():\n    one = mse_loss(a, b)\n    two = mse_loss(c, d)\n") == "mse_loss(c, d)"
    )


@pytest.mark.parametrize(
    ("call", "names"),
    [
        ("mse_loss(a, b)", {}),
        ("F.mse_loss(a, b)", {}),
        ("criterion(a, b)", {"criterion": torch.nn.MSELoss()}),
        ("loss_of(a, b)", {"loss_of": torch.nn.functional.mse_loss}),
        ("self.criterion(a, b)", {"self": SimpleNamespace(criterion=torch.nn.MSELoss())}),
    ],
)
def test_a_loss_is_known_by_its_function_its_class_or_the_attribute_that_holds_it(
    call: str, names: dict[str, Any]
) -> None:
    assert found(2, f"loss = {call}\nloss.backward()\n", **names) == call


@pytest.mark.parametrize(
    ("call", "names"),
    [
        ("mse_loss(a)", {}),
        ("l1_loss(a, b)", {}),
        ("criterion(a, b)", {"criterion": torch.nn.L1Loss()}),
        ("criterion(a, b)", {}),
        ("other.criterion(a, b)", {"self": SimpleNamespace(criterion=torch.nn.MSELoss())}),
        ("criterion(a, b)", {"self": SimpleNamespace(criterion=torch.nn.MSELoss())}),
    ],
)
def test_another_call_is_no_such_loss(call: str, names: dict[str, Any]) -> None:
    assert found(2, f"loss = {call}\nloss.backward()\n", **names) is None
