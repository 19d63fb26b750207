"""A module's parameters and structure are what PyTorch says of them, cut where they are long."""

from __future__ import annotations

import gc
import math
import weakref
from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import nn

from tui_torch.probe.isolation.undisturbed import unobserved
from tui_torch.probe.values import elements
from tui_torch.probe.values.module_tree import (
    KnownNorms,
    module_text,
    norm,
    norm_in_blocks,
    parameter_summary,
    parameters,
)
from tui_torch.probe.values.summary import summarize
from tui_torch.protocol.events import Summary


def summary_of(module: nn.Module) -> Summary:
    summary = summarize("model", module)
    assert summary is not None
    return summary


class Tied(nn.Module):
    """A parameter and a module under two names each, a module inside itself, and names with nothing behind them."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(2))
        self.again = self.weight
        self.layer = nn.Linear(2, 1)
        self.other = nn.Sequential(self.layer, nn.Linear(1, 1))
        self.register_parameter("nothing", None)
        self.register_module("no_layer", None)
        self._modules["itself"] = self


def test_parameters_are_those_of_named_parameters_in_their_order() -> None:
    model = Tied()
    found = [(name, id(parameter)) for name, parameter in parameters(model)]
    assert found == [(name, id(parameter)) for name, parameter in model.named_parameters()]
    assert [name for name, _ in found] == [
        "weight",
        "layer.weight",
        "layer.bias",
        "other.1.weight",
        "other.1.bias",
    ]


def relus(count: int) -> nn.Sequential:
    return nn.Sequential(*[nn.ReLU() for _ in range(count)])


@pytest.mark.parametrize(
    ("room", "text"),
    [
        # "ReLU(), " takes 8 characters; a child is begun while there is any room.
        (0, "Sequential(…)"),
        (1, "Sequential(ReLU(), …)"),
        (8, "Sequential(ReLU(), …)"),
        (9, "Sequential(ReLU(), ReLU(), …)"),
        (16, "Sequential(ReLU(), ReLU(), …)"),
        (17, "Sequential(ReLU(), ReLU(), ReLU(), …)"),
        (100, "Sequential(ReLU(), ReLU(), ReLU(), ReLU(), ReLU(), ReLU())"),
    ],
)
def test_a_modules_text_ends_where_its_room_does(room: int, text: str) -> None:
    assert module_text(relus(6), room) == text


def test_each_child_takes_its_own_part_of_the_room() -> None:
    children = nn.Sequential(nn.ReLU(), nn.Linear(2, 1), nn.ReLU(), nn.ReLU())
    text = "Sequential(ReLU(), Linear(in_features=2, out_features=1, bias=True), …)"
    assert module_text(children, 30) == text


def test_a_modules_text_goes_four_levels_down() -> None:
    model: nn.Module = nn.ReLU()
    for _ in range(4):
        model = nn.Sequential(model)
    assert module_text(model, 200) == "Sequential(Sequential(Sequential(Sequential(ReLU()))))"
    assert module_text(nn.Sequential(model), 200) == "Sequential(Sequential(Sequential(Sequential(Sequential(…)))))"


def test_names_are_given_to_children_that_are_not_numbered() -> None:
    model = nn.Sequential(nn.ReLU())
    model.add_module("last", nn.Tanh())
    model.register_module("nothing", None)
    assert module_text(model, 200) == "Sequential(ReLU(), last=Tanh(), nothing=None)"


class Own(nn.Linear):
    asked = 0

    def extra_repr(self) -> str:
        Own.asked += 1
        return "asked"


def test_settings_are_those_of_pytorchs_own_modules_alone() -> None:
    class Linear(Own):
        """One that says that it is PyTorch's."""

    Linear.__module__ = "torch.nn.modules.linear"
    changed = nn.Linear(2, 1)
    del changed.in_features
    assert module_text(nn.Linear(2, 1), 200) == "Linear(in_features=2, out_features=1, bias=True)"
    assert [module_text(module, 200) for module in (Own(2, 1), Linear(2, 1), changed)] == [
        "Own()",
        "Linear()",
        "Linear()",
    ]
    assert Own.asked == 0, "a learner's extra_repr() is the learner's code"


@pytest.mark.parametrize(
    ("tensor", "expected"),
    [
        (torch.tensor([3.0, 4.0]), 5.0),
        (torch.tensor([3, 4]), 5.0),
        (torch.tensor([3 + 4j, 12.0]), 13.0),
        (torch.tensor([True, True, True, True]), 2.0),
        (torch.tensor([3.0, -4.0], dtype=torch.float16), 5.0),
        (torch.full((4,), 1e30), 2e30),
        (torch.zeros(0), 0.0),
        (torch.zeros(0, dtype=torch.int64), 0.0),
        (torch.ones(2, device="meta"), None),
    ],
    ids=str,
)
def test_a_norm_is_the_euclidean_one_of_any_dtype(tensor: torch.Tensor, expected: float | None) -> None:
    assert norm(tensor) == (None if expected is None else pytest.approx(expected, rel=1e-6))


def test_a_norm_is_exact_up_to_a_million_elements_and_estimated_beyond() -> None:
    one_in_a_million = torch.zeros(elements.EXACT)
    one_in_a_million[-1] = 3.0
    assert norm(one_in_a_million) == 3.0
    many = torch.from_numpy(np.random.default_rng(0).normal(size=2_000_000))
    estimated, exact = norm(many), many.norm().item()
    assert estimated is not None
    assert estimated == pytest.approx(exact, rel=0.02) and estimated != exact


def test_norms_are_left_out_without_statistics() -> None:
    weight = nn.Parameter(torch.ones(4))
    weight.sum().backward()
    told = parameter_summary("weight", weight, statistics=False)
    assert (told.shape, told.trainable, told.norm, told.gradient_norm) == ((4,), True, None, None)
    told = parameter_summary("weight", weight, statistics=True)
    assert (told.norm, told.gradient_norm) == (2.0, 2.0)


def test_a_parameter_without_a_gradient_has_no_norm_of_it() -> None:
    told = parameter_summary("weight", nn.Parameter(torch.ones(4)), statistics=True)
    assert (told.norm, told.gradient_norm) == (2.0, None)


def test_a_module_has_the_dtype_and_device_of_its_first_parameter() -> None:
    summary = summary_of(nn.Sequential(nn.Linear(2, 2, dtype=torch.float64), nn.Linear(2, 1, device="meta")))
    assert (summary.dtype, summary.device) == ("float64", "cpu")
    empty = summary_of(nn.ReLU())
    assert (empty.dtype, empty.device, empty.requires_grad, empty.numel) == (None, None, False, 0)


def test_only_a_module_with_a_huge_parameter_says_that_norms_are_estimated() -> None:
    assert summary_of(nn.Linear(1000, 1000)).note is None
    huge = nn.ParameterList([torch.zeros(elements.EXACT + 1)])
    assert summary_of(huge).note == "norms of more than 1,000,000 elements are estimated from a sample"
    unread = summarize("model", huge, statistics=False)
    assert unread is not None and unread.note is None


def test_a_module_requires_gradients_when_any_parameter_does() -> None:
    model = nn.Linear(2, 1)
    model.weight.requires_grad_(False)
    assert summary_of(model).requires_grad
    model.bias.requires_grad_(False)
    assert not summary_of(model).requires_grad


def test_an_infinite_weight_makes_the_norm_infinite() -> None:
    assert norm(torch.tensor([1.0, math.inf])) == math.inf


@pytest.mark.parametrize("scale", [1.0, 1e-30, 1e25, 0.0])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bfloat16])
@pytest.mark.parametrize("shape", [(3,), (70_000,), (300, 400), (0,)])
def test_a_norm_in_blocks_is_the_norm(shape: tuple[int, ...], dtype: torch.dtype, scale: float) -> None:
    tensor = (torch.randn(shape, dtype=torch.float64) * scale).to(dtype)
    wanted = float(torch.linalg.vector_norm(tensor.double()))
    assert norm_in_blocks(tensor) == pytest.approx(wanted, rel=1e-5, abs=0)


def test_a_norm_in_blocks_of_what_has_gaps_or_infinities_is_the_norm() -> None:
    tensor = torch.randn(300, 400)
    assert norm_in_blocks(tensor.T) == norm(tensor.T)
    tensor[1, 2] = math.inf
    assert norm_in_blocks(tensor) == math.inf
    assert norm_in_blocks(torch.empty(3, device="meta")) is None


CHANGES: dict[str, Callable[[torch.Tensor], object]] = {
    "in place": lambda tensor: tensor.mul_(2),
    "one element": lambda tensor: tensor.view(-1)[12_345].fill_(1e9),
    "past the version": lambda tensor: tensor.data.mul_(2),
    "other memory": lambda tensor: setattr(tensor, "data", torch.full((1_200, 1_000), 3.0)),
    "another shape": lambda tensor: setattr(tensor, "data", tensor.data.view(-1)[: elements.EXACT + 1] * 3),
    "another dtype": lambda tensor: setattr(tensor, "data", tensor.data.view(torch.int32)),
    "transposed": lambda tensor: setattr(tensor, "data", tensor.data.T * 2),
    "freed": lambda tensor: tensor.untyped_storage().resize_(0),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_known_norm_is_the_norm_after_any_change(change: str) -> None:
    tensor = torch.randn(1_200, 1_000)
    known = KnownNorms()
    with unobserved():
        assert known.norm_of(tensor) == norm(tensor)
        CHANGES[change](tensor)
        assert known.norm_of(tensor) == norm(tensor)


def test_a_large_tensor_that_holds_still_is_not_read_again_and_another_one_is(monkeypatch: pytest.MonkeyPatch) -> None:
    tensor, small = torch.randn(elements.EXACT + 1), torch.ones(4)
    known = KnownNorms()
    with unobserved():
        found = known.norm_of(tensor)
        monkeypatch.setattr("tui_torch.probe.values.module_tree.norm", lambda tensor: -1.0)
        assert known.norm_of(tensor) == found
        assert known.norm_of(tensor.detach()) == -1.0
        assert known.norm_of(small) == -1.0


def test_known_norms_keep_no_tensor_alive_and_nothing_of_one_that_is_gone() -> None:
    known = KnownNorms()
    tensor = torch.randn(elements.EXACT + 1)
    with unobserved():
        known.norm_of(tensor)
    watch = weakref.ref(tensor)
    del tensor
    gc.collect()
    assert watch() is None
    assert known._known == {}


@pytest.mark.parametrize(
    "make",
    [
        lambda: torch.eye(3).to_sparse(),
        lambda: torch.zeros(2_000, 1_000, device="meta"),
        lambda: torch.nested.nested_tensor([torch.ones(2), torch.ones(3)]),
    ],
)
def test_what_has_no_memory_of_its_own_has_the_norm_that_it_had(make: Callable[[], torch.Tensor]) -> None:
    tensor = make()
    with unobserved():
        assert KnownNorms().norm_of(tensor) == norm(tensor)
