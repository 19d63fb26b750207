"""The less usual half of a summary: gradients of gradients, odd optimizers and arrays, what cannot be read."""

from __future__ import annotations

from dataclasses import make_dataclass

import numpy as np
import pytest
import torch

from tui_torch.probe.values.elements import SHOWN
from tui_torch.probe.values.summary import FACTS, summarize
from tui_torch.protocol.events import Summary


def summary_of(value: object) -> Summary:
    summary = summarize("x", value)
    assert summary is not None
    return summary


@pytest.mark.parametrize("make", [torch.arange, np.arange], ids=["tensor", "array"])
def test_64_elements_are_shown_and_65_are_not(make) -> None:  # type: ignore[no-untyped-def]
    assert SHOWN == 64
    assert summary_of(make(64)).values == tuple(range(64))
    assert summary_of(make(65)).values is None


def test_the_elements_of_a_sparse_tensor_are_shown_up_to_64_with_their_zeros() -> None:
    sparse = torch.eye(2).to_sparse()
    assert summary_of(sparse).values == (1.0, 0.0, 0.0, 1.0)
    assert summary_of(torch.eye(8).to_sparse()).values == tuple(torch.eye(8).flatten().tolist())
    assert summary_of(torch.eye(9).to_sparse()).values is None


def test_the_gradient_of_a_gradient_is_not_part_of_a_summary() -> None:
    weight = torch.ones(2, requires_grad=True)
    weight.grad = torch.autograd.grad((weight**3).sum(), weight, create_graph=True)[0]
    weight.grad.retain_grad()
    weight.grad.sum().backward()
    assert weight.grad.grad is not None
    gradient = summary_of(weight).gradient
    assert gradient is not None
    assert (gradient.name, gradient.values, gradient.gradient) == ("x.grad", (9.0, 9.0), None)


def test_a_view_whose_grad_fn_pytorch_refuses_to_give_is_described_without_it() -> None:
    base = torch.zeros(2)
    with torch.no_grad():
        view = base.view(2)
    base.mul_(torch.ones(2, requires_grad=True))
    with pytest.raises(RuntimeError):
        view.grad_fn
    summary = summary_of(view)
    assert (summary.kind, summary.shape, summary.is_leaf, summary.grad_fn) == ("tensor", (2,), False, None)
    assert summary.values == (0.0, 0.0)


def test_an_operation_is_named_by_its_class() -> None:
    weight = torch.ones(2, requires_grad=True)
    assert summary_of(weight * 2).grad_fn == "MulBackward0"
    assert summary_of(weight.abs()).grad_fn == "AbsBackward0"
    assert summary_of(weight).grad_fn is None


def test_what_raises_while_it_is_read_is_described_by_its_error() -> None:
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.ones(1))], lr=0.1)
    del optimizer.param_groups[0]["params"]
    summary = summary_of(optimizer)
    assert (summary.kind, summary.type, summary.note) == ("value", "SGD", "cannot be read: 'params'")


def test_only_complex_numbers_have_a_note_on_magnitudes() -> None:
    for numbers in (np.array([3 + 4j]), torch.tensor([3 + 4j])):
        summary = summary_of(numbers)
        assert summary.note == "complex: the statistics are of the magnitudes"
        assert summary.statistics is not None and summary.statistics.maximum == 5.0
    for others in (np.array([1.0]), np.array([1]), np.array([True]), np.array(["z"]), torch.ones(1)):
        assert summary_of(others).note is None


def test_a_long_dtype_of_an_array_is_cut_to_60_characters() -> None:
    columns = np.dtype([(f"column_{number}", "f8") for number in range(10)])
    dtype = summary_of(np.zeros(1, columns)).dtype
    assert dtype is not None and len(dtype) == 60 and dtype.endswith("…")


def test_an_element_that_is_no_number_is_cut_to_40_characters() -> None:
    (text,) = summary_of(np.array(["x" * 100], dtype=object)).values or ()
    assert isinstance(text, str) and len(text) == 40 and text.endswith("…")


def groups(*rates: object, **settings: object) -> torch.optim.Optimizer:
    made = [{"params": [torch.nn.Parameter(torch.ones(2))], "lr": rate, **settings} for rate in rates]
    return torch.optim.SGD(made, lr=0.1)


def test_one_group_of_an_optimizer_has_no_number() -> None:
    assert dict(summary_of(groups(0.5)).facts)["lr"] == "0.5"
    assert {name.partition(" lr")[0] for name, _ in summary_of(groups(0.5, 0.1)).facts if " lr" in name} == {
        "group 1",
        "group 2",
    }


def test_the_learning_rates_of_all_groups_are_said_once_each() -> None:
    assert summary_of(groups(0.5)).text == "lr=0.5"
    assert summary_of(groups(0.5, 0.25, 0.5)).text == "lr=0.25, 0.5"
    assert summary_of(groups(1)).text == "lr=1"
    assert summary_of(groups(torch.tensor(0.25))).text == "lr=tensor(0.25)"
    assert summary_of(groups(1e-05)).text == "lr=1e-05"


def test_settings_that_are_off_or_have_no_name_are_left_out() -> None:
    facts = dict(summary_of(groups(0.5, nesterov=False, maximize=True, foreach=None)).facts)
    assert "maximize" in facts and not {"nesterov", "foreach", "params"} & facts.keys()
    optimizer = groups(0.5)
    optimizer.param_groups[0][7] = "seven"  # type: ignore[index]
    assert 7 not in dict(summary_of(optimizer).facts)


def test_an_optimizer_has_at_most_24_facts() -> None:
    assert len(summary_of(groups(*[0.1] * 10)).facts) == FACTS == 24


def test_the_fields_of_a_dataclass_with_tensors_are_cut_to_200_characters() -> None:
    fields = [(f"field_{number}", object) for number in range(40)]
    text = summary_of(make_dataclass("Batch", fields)(*[torch.ones(2)] * 40)).text
    assert len(text) == 200 and text.endswith("…")
    assert text.startswith("field_0=tensor([1., 1.]), field_1=tensor([1., 1.])")


def test_every_setting_of_a_group_is_a_fact_wherever_it_stands_in_the_alphabet() -> None:
    facts = dict(summary_of(torch.optim.SGD([torch.nn.Parameter(torch.ones(1))], lr=0.1, weight_decay=0.5)).facts)
    assert facts == {"lr": "0.1", "momentum": "0", "dampening": "0", "weight_decay": "0.5"}
