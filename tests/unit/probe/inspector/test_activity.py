"""Gradient norm and activation by layer: that they are those of PyTorch, and that reading them disturbs nothing."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Callable

import pytest
import torch
import torch.nn.functional as F  # noqa: N812
from torch import nn

from tui_torch.probe.inspector import activations
from tui_torch.probe.inspector.answer import look
from tui_torch.probe.inspector.output_shapes import AGAIN, OutputShapes
from tui_torch.protocol.orders import Request
from tui_torch.protocol.views import ActivityView, LayerActivity


class Functional(nn.Module):
    """Calls its activations as functions, as most modules of people's own do."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(1, 4, 3)
        self.fc1 = nn.Linear(4 * 3 * 3, 6)
        self.fc2 = nn.Linear(6, 2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = F.max_pool2d(F.relu(self.conv(x)), 2)
        return self.fc2(torch.relu(self.fc1(x.flatten(1))))


def watched(*forwards: Callable[[], object]) -> OutputShapes:
    shapes = OutputShapes()
    shapes.arm("")
    for forward in forwards:
        forward()
    shapes.disarm()
    return shapes


def rows(model: nn.Module, shapes: OutputShapes) -> tuple[LayerActivity, ...]:
    view = look(Request("activity", "model"), {"model": model}, shapes.of)
    assert isinstance(view, ActivityView) and view.note is None
    return view.layers


def test_each_layer_has_the_norm_of_its_gradients_and_the_mean_spread_and_zeros_of_its_result() -> None:
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(3, 5), nn.ReLU(), nn.Linear(5, 1))
    x = torch.randn(8, 3)
    shapes = watched(lambda: model(x).square().mean().backward())
    first, relu, last = rows(model, shapes)
    assert (first.name, first.type, relu.type, last.name) == ("[0]", "Linear", "ReLU", "[2]")
    result = model[:2](x)
    assert relu.mean == pytest.approx(result.mean().item())
    assert relu.spread == pytest.approx(result.std(correction=0).item())
    assert relu.zeros == pytest.approx((result == 0).float().mean().item(), abs=1e-6)
    gradients = torch.cat([one.grad.flatten() for one in model[2].parameters() if one.grad is not None])
    assert last.gradient == pytest.approx(gradients.norm().item()) and relu.gradient is None


def test_units_that_are_zero_for_every_example_are_dead() -> None:
    model = nn.Sequential(nn.Linear(3, 5), nn.ReLU())
    with torch.no_grad():
        model[0].bias.fill_(10.0)[1:3] = -1e3
    _, relu = rows(model, watched(lambda: model(torch.randn(8, 3))))
    assert (relu.dead, relu.units) == (2, 5)


def test_channels_that_are_zero_everywhere_are_dead() -> None:
    model = nn.Sequential(nn.Conv2d(1, 4, 3), nn.ReLU(), nn.Flatten(), nn.Linear(16, 3), nn.ReLU())
    with torch.no_grad():
        model[0].bias.fill_(10.0)[1] = -1e3
    conv, relu, _, linear, _ = rows(model, watched(lambda: model(torch.rand(2, 1, 4, 4))))
    assert (relu.dead, relu.units, conv.dead, linear.units) == (1, 4, 0, 3)


def test_tokens_have_their_features_last() -> None:
    model = nn.Sequential(nn.Embedding(7, 6), nn.Linear(6, 6), nn.ReLU())
    with torch.no_grad():
        model[1].bias.fill_(10.0)[4] = -1e3
    *_, relu = rows(model, watched(lambda: model(torch.randint(0, 7, (2, 5)))))
    assert (relu.dead, relu.units) == (1, 6)


def test_a_function_between_layers_has_a_row_of_its_own_before_the_layer_that_it_feeds() -> None:
    model = Functional()
    with torch.no_grad():
        model.conv.bias.fill_(10.0)[0] = -1e3
        model.fc1.bias.fill_(100.0)[:2] = -1e3
    found = rows(model, watched(lambda: model(torch.rand(5, 1, 8, 8))))
    told = [(row.name, row.type, row.dead, row.units) for row in found]
    assert told == [
        (".conv", "Conv2d", 0, 4),
        ("relu", "", 9, 36),
        (".fc1", "Linear", 0, 6),
        ("relu", "", 2, 6),
        (".fc2", "Linear", 0, 2),
    ]


def test_what_a_module_returned_is_not_told_a_second_time_as_a_function() -> None:
    model = nn.Sequential(nn.Conv2d(1, 2, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(18, 2))
    found = rows(model, watched(lambda: model(torch.rand(5, 1, 8, 8))))
    assert [row.type for row in found] == ["Conv2d", "ReLU", "MaxPool2d", "Flatten", "Linear"]


def test_before_a_call_that_is_said() -> None:
    model = nn.Linear(2, 1)
    view = look(Request("activity", "model"), {"model": model}, OutputShapes().of)
    assert isinstance(view, ActivityView)
    assert view.note == "none of its layers has been called in a run that is watched"
    assert [row.name for row in view.layers] == ["model"]


def test_what_is_no_module_has_none() -> None:
    view = look(Request("activity", "x"), {"x": torch.ones(2)}, OutputShapes().of)
    assert isinstance(view, ActivityView) and view.note == "a Tensor has no layers"


def test_a_pass_under_no_grad_does_not_take_the_place_of_one_that_trains() -> None:
    model = nn.Sequential(nn.Linear(2, 2), nn.ReLU())

    def validate() -> None:
        with torch.no_grad():
            model(torch.zeros(4, 2))

    shapes = watched(lambda: model(torch.ones(4, 2)), validate)
    assert rows(model, shapes)[0].mean == pytest.approx(model[0](torch.ones(4, 2)).mean().item())


def test_a_pass_is_read_to_its_end_however_many_layers_there_are() -> None:
    now = 0.0
    shapes = OutputShapes(lambda: now)
    model = nn.Sequential(*(nn.Linear(2, 2) for _ in range(3 * AGAIN)))
    shapes.arm("")
    for scale in range(1, 6):
        now += 2.0
        shapes.rearm()
        with torch.no_grad():
            model[-1].bias.fill_(100.0 * scale)
        model(torch.zeros(1, 2))
        model(torch.zeros(1, 2))
    shapes.disarm()
    assert rows(model, shapes)[-1].mean == pytest.approx(500.0, abs=10)


def test_of_a_large_result_some_examples_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(activations, "EXACT", 20)
    model = nn.Identity()
    shapes = watched(lambda: model(torch.arange(100.0).reshape(10, 10)))
    view = look(Request("activity", "model"), {"model": model}, shapes.of)
    assert isinstance(view, ActivityView) and view.sampled
    assert view.layers[0].mean == pytest.approx(torch.arange(100.0).reshape(10, 10)[::5].mean().item())


@pytest.mark.parametrize(
    "value",
    [
        torch.ones(3, dtype=torch.int64),
        torch.ones(3, dtype=torch.complex64),
        torch.ones(0, 3),
        torch.ones(3, 3, device="meta"),
        torch.ones(3, 3).to_sparse(),
        (torch.ones(3),),
        None,
    ],
    ids=repr,
)
def test_what_has_no_numbers_to_read_is_left_out(value: object) -> None:
    model = nn.Identity()
    view = look(Request("activity", "model"), {"model": model}, watched(lambda: model(value)).of)
    assert isinstance(view, ActivityView) and all(row.mean is None for row in view.layers)


@pytest.mark.parametrize("dtype", [torch.float64, torch.float16, torch.bfloat16])
def test_any_floating_point_dtype_is_read(dtype: torch.dtype) -> None:
    model = nn.Identity()
    (row,) = rows(model, watched(lambda: model(torch.tensor([[1.0, 0.0], [3.0, 0.0]], dtype=dtype))))
    assert (row.mean, row.zeros, row.dead) == (1.0, 0.5, 1)


def losses(*, watch: bool) -> list[float]:
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(4, 8), nn.Dropout(0.5), nn.BatchNorm1d(8), nn.ReLU(inplace=True), nn.Linear(8, 1))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    x = torch.randn(16, 4)
    shapes, found = OutputShapes(), []
    if watch:
        shapes.arm("")
    for _ in range(30):
        loss = model(x).square().mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        found.append(loss.item())
        if watch:
            shapes._due = 0.0
            shapes.rearm()
            look(Request("activity", "model"), {"model": model}, shapes.of)
    shapes.disarm()
    return found


def test_losses_are_bit_for_bit_those_of_a_run_that_nobody_reads() -> None:
    assert losses(watch=True) == losses(watch=False)


def test_no_result_is_kept_alive() -> None:
    model = nn.Sequential(nn.Linear(2, 2), nn.ReLU())
    kept: list[weakref.ref[torch.Tensor]] = []
    model[0].register_forward_hook(lambda module, given, result: kept.append(weakref.ref(result)))
    shapes = OutputShapes()
    gc.disable()
    try:
        shapes.arm("")
        model(torch.ones(3, 2))
        assert [one() for one in kept] == [None]
    finally:
        gc.enable()
        shapes.disarm()
