"""Gradient norms of layers: which layers there are, what they are called, and that they are those of PyTorch."""

from __future__ import annotations

import math
import sys
from collections.abc import Iterator

import pytest
import torch
from torch import nn

from tests.unit.probe.training.recorded_run import Run
from tui_torch.probe.training.norms.gradient_norms import GradientNorms, LayerNorms
from tui_torch.probe.training.norms.layer_names import LAYERS as MOST
from tui_torch.probe.training.norms.layer_names import layer_names
from tui_torch.probe.training.parameter_groups import Holder, module_groups
from tui_torch.probe.training.series import LAYER_SERIES, SERIES, SeriesBook, SeriesBuffer
from tui_torch.protocol.events import LAYERS


@pytest.fixture
def run() -> Iterator[Run]:
    run = Run(by_layer=True)
    yield run
    run.recorder.uninstall()


def by_layer(run: Run) -> dict[str, list[tuple[int, float]]]:
    run.recorder.end()
    found: dict[str, list[tuple[int, float]]] = {}
    for event in run.events:
        for series in event.series:
            if series.kind == LAYERS:
                found.setdefault(series.name, []).extend(series.points)
    return found


def names_here(*parameters: torch.Tensor) -> list[str] | None:
    """The layers' names, of each once, as the caller would have them."""
    names = layer_names(parameters, sys._getframe(1))
    return None if names is None else list(dict.fromkeys(names))


class Block(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.attention = nn.Linear(2, 2)
        self.mlp = nn.Sequential(nn.Linear(2, 2), nn.ReLU(), nn.Linear(2, 2))


class Decoder(nn.Module):
    def __init__(self, blocks: int) -> None:
        super().__init__()
        self.embedding = nn.Embedding(3, 2)
        self.blocks = nn.ModuleList(Block() for _ in range(blocks))
        self.norm = nn.LayerNorm(2)
        self.scale = nn.Parameter(torch.ones(()))


def norm_of(module: nn.Module) -> float:
    return torch.cat([one.grad.flatten() for one in module.parameters() if one.grad is not None]).norm().item()


def test_each_layer_has_the_norm_of_its_gradients_at_the_steps_at_which_all_have_theirs(run: Run) -> None:
    model = nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Linear(4, 1))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    first: list[float] = []
    last: list[float] = []
    for _ in range(3):
        optimizer.zero_grad()
        model(torch.randn(5, 3)).square().mean().backward()
        first.append(norm_of(model[0]))
        last.append(norm_of(model[2]))
        optimizer.step()
        run.now += 1
    found = by_layer(run)
    assert list(found) == ["model[0]", "model[2]"]
    assert found["model[0]"] == [(step, pytest.approx(norm)) for step, norm in enumerate(first, 1)]
    assert found["model[2]"] == [(step, pytest.approx(norm)) for step, norm in enumerate(last, 1)]
    totals = run.series()["gradient norm"]
    assert totals == [(step, pytest.approx(math.hypot(first[step - 1], last[step - 1]))) for step in (1, 2, 3)]


def test_without_being_asked_for_there_are_none() -> None:
    run = Run()
    model = nn.Sequential(nn.Linear(3, 4), nn.Linear(4, 1))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    model(torch.randn(5, 3)).mean().backward()
    optimizer.step()
    assert by_layer(run) == {}
    run.recorder.uninstall()


def test_two_models_with_an_optimizer_each_have_layers_by_their_names(run: Run) -> None:
    g, d = (nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 2)) for _ in range(2))
    opt_g, opt_d = (torch.optim.SGD(model.parameters(), lr=0.1) for model in (g, d))
    for _ in range(2):
        d(torch.randn(4, 2)).mean().backward()
        opt_d.step()
        d(g(torch.randn(4, 2))).mean().backward()
        opt_g.step()
    assert sorted(by_layer(run)) == ["d[0]", "d[1]", "g[0]", "g[1]"]


def test_parameters_that_are_added_belong_to_layers_from_then_on(run: Run) -> None:
    model = nn.ModuleDict({"body": nn.Linear(2, 2), "neck": nn.Linear(2, 2), "head": nn.Linear(2, 1)})
    optimizer = torch.optim.SGD([*model["body"].parameters(), *model["neck"].parameters()], lr=0.1)
    for step in range(1, 5):
        if step == 3:
            optimizer.add_param_group({"params": list(model["head"].parameters())})
        model["head"](model["neck"](model["body"](torch.randn(4, 2)))).mean().backward()
        optimizer.step()
        run.now += 1
    found = {name: [step for step, _ in points] for name, points in by_layer(run).items()}
    assert found == {"model.body": [1, 2, 3, 4], "model.neck": [1, 2, 3, 4], "model.head": [3, 4]}


def test_a_layer_without_a_gradient_has_no_point_and_one_that_is_no_number_is_none(run: Run) -> None:
    model = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 2), nn.Linear(2, 2))
    model[1].requires_grad_(False)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    model[0].weight.register_hook(lambda gradient: gradient * math.nan)
    model(torch.randn(4, 2)).mean().backward()
    optimizer.step()
    found = by_layer(run)
    assert list(found) == ["model[0]", "model[2]"]
    assert math.isnan(found["model[0]"][0][1]) and math.isfinite(found["model[2]"][0][1])


def test_a_long_row_of_blocks_is_taken_together_so_that_its_first_and_its_last_are_told_apart() -> None:
    model = Decoder(12)
    assert names_here(*model.parameters()) == [
        "model",
        "model.embedding",
        "model.blocks[0:4]",
        "model.blocks[4:8]",
        "model.blocks[8:12]",
        "model.norm",
    ]


def test_a_loop_variable_that_holds_the_last_layer_gives_it_no_name() -> None:
    model = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 2))
    for layer in model:
        layer.bias.data.zero_()
    assert names_here(*model.parameters()) == ["model[0]", "model[1]"]


def test_models_that_a_trainer_holds_are_found_from_within_its_methods() -> None:
    class Trainer:
        def __init__(self) -> None:
            self.net = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 2))
            self.head = nn.Linear(2, 1)

        def step(self) -> list[str] | None:
            def closure() -> list[str] | None:
                return names_here(*self.net.parameters(), *self.head.parameters())

            return closure()

    assert Trainer().step() == ["net[0]", "net[1]", "head"]


def test_what_wraps_a_model_is_no_part_of_its_layers_names() -> None:
    parallel = nn.DataParallel(nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 2)))
    assert names_here(*parallel.parameters()) == ["parallel[0]", "parallel[1]"]


def test_tensors_without_a_module_go_by_their_own_names() -> None:
    w, b = torch.ones(2, requires_grad=True), torch.ones(1, requires_grad=True)
    assert names_here(w, b) == ["w", "b"]


def test_one_layer_alone_is_not_told_apart() -> None:
    only = nn.Linear(2, 2)
    assert names_here(*only.parameters()) is None


@pytest.mark.parametrize("count", [1, 2, 7, 8, 9, 16, 17, 100, 1000])
@pytest.mark.parametrize("parts", [("0",), ("0", "a"), ("a", "0"), ("a", "0", "b", "1")])
def test_there_are_few_groups_in_order_and_none_has_anothers_parameters(count: int, parts: Holder) -> None:
    holders = [tuple(str(at) if part == "0" else part for part in parts) for at in range(count)]
    groups = module_groups(holders, MOST)
    order = list(dict.fromkeys(groups))
    assert len(groups) == count and len(order) <= MOST
    assert groups == sorted(groups, key=order.index)
    if "0" in parts and parts[-1] == "0":
        assert len(order) > MOST // 2 or len(order) == count or order == [()] or count < MOST


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.float16, torch.bfloat16, torch.complex64])
def test_a_parameter_without_a_gradient_keeps_the_others_in_their_layers(dtype: torch.dtype) -> None:
    total = SeriesBuffer("gradient norm", "gradient norm")
    layers = LayerNorms(4, ["a", "b", "b", "b"])
    norms = GradientNorms([torch.tensor([3.0], dtype=dtype), None, *2 * [torch.tensor([4.0], dtype=dtype)]])
    norms.add_to(total, 1)
    layers.add(1, norms)
    assert total.values == [pytest.approx(math.sqrt(41.0))]
    book = SeriesBook()
    layers.put_into(book)
    (a, b) = book.take_apart().values()
    assert (a.name, a.points) == ("a", ((1, 3.0),))
    assert (b.name, b.points) == ("b", ((1, pytest.approx(math.sqrt(32.0))),))


def test_layers_take_no_room_from_other_series() -> None:
    book = SeriesBook()
    for at in range(LAYER_SERIES + 1):
        assert (book.series(LAYERS, f"layer {at}") is None) == (at == LAYER_SERIES)
    logged = [book.series("logged", f"number {at}") for at in range(SERIES)]
    assert [one is None for one in logged] == [False] * (SERIES - 1) + [True]  # a place is kept for the loss
    assert book.series("loss", "loss") is not None
