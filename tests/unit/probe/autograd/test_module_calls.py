"""Which call of which module computed an operation, told from the graph and the parameters alone."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
import torch.nn.functional as F  # noqa: N812 - as everybody calls it
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn
from torch.utils.checkpoint import checkpoint

from tests.unit.probe.autograd.nets import (
    GPT,
    Adder,
    FunctionalBlock,
    Repeated,
    ResNet50,
    Unrolled,
    mlp,
    resnet_loss,
    rnn_by_hand,
)
from tui_torch.probe.autograd.layer_operations import stem
from tui_torch.probe.autograd.models_in_reach import models_in_reach
from tui_torch.probe.autograd.module_calls import Call, module_calls, stretches
from tui_torch.probe.autograd.skeleton import Skeleton, read_skeleton
from tui_torch.probe.isolation.undisturbed import unobserved


def parsed(loss: torch.Tensor, **namespace: object) -> tuple[Skeleton, Call]:
    with unobserved():
        skeleton = read_skeleton(loss.grad_fn)
        return skeleton, module_calls(skeleton, models_in_reach(namespace, skeleton.leaves))


def children(call: Call) -> list[str]:
    """The children of a call, as `model.layer1` or `cell #2`."""
    return [".".join(child.path) + (f" #{child.number}" if child.number else "") for child in call.children]


def inside(skeleton: Skeleton, call: Call) -> list[str]:
    """What a call consists of: its children by their last name, and its own operations."""
    return [
        stem(skeleton.types[part]) if isinstance(part, int) else part.path[-1]
        for part in stretches(call, call.first, call.last)
    ]


def find(root: Call, name: str) -> Call:
    waiting = [root]
    while waiting:
        call = waiting.pop(0)
        if ".".join(call.path) == name:
            return call
        waiting.extend(call.children)
    raise AssertionError(f"no call of {name}")


def resnet() -> tuple[Skeleton, Call]:
    model = ResNet50(8)
    return parsed(resnet_loss(model), model=model)


def test_a_resnet_is_one_call_and_the_loss_is_outside() -> None:
    skeleton, root = resnet()
    assert inside(skeleton, root) == ["model", "LogSoftmax", "NllLoss"]


def test_the_layers_of_a_resnet_are_those_of_its_forward() -> None:
    skeleton, root = resnet()
    layers = ["conv1", "bn1", "relu", "maxpool", "layer1", "layer2", "layer3", "layer4", "avgpool", "View", "fc"]
    assert inside(skeleton, find(root, "model")) == layers
    assert [len(find(root, f"model.layer{stage}").children) for stage in (1, 2, 3, 4)] == [3, 4, 6, 3]


@pytest.mark.parametrize("block", ["layer1.1", "layer1.2", "layer4.2"])
def test_the_sum_of_a_residual_block_and_the_relu_behind_it_are_in_the_block(block: str) -> None:
    skeleton, root = resnet()
    branch = ["conv1", "bn1", "relu", "conv2", "bn2", "relu", "conv3", "bn3"]
    assert inside(skeleton, find(root, f"model.{block}")) == [*branch, "Add", "relu"]


def test_a_block_that_calls_functions_has_its_sum_and_its_relu_too() -> None:
    net = nn.Sequential(nn.Conv2d(3, 4, 1), FunctionalBlock(4), FunctionalBlock(4), nn.Flatten(), nn.Linear(16, 2))
    skeleton, root = parsed(net(torch.randn(2, 3, 2, 2)).mean(), net=net)
    assert inside(skeleton, find(root, "net")) == ["0", "1", "2", "3", "4"]
    assert inside(skeleton, find(root, "net.2")) == ["conv1", "Relu", "conv2", "Add", "Relu"]


def test_a_skip_around_a_sequential_belongs_to_whoever_adds_it() -> None:
    net = Adder()
    x = torch.randn(3, 4, requires_grad=True)
    skeleton, root = parsed(net(x).mean(), net=net)
    assert inside(skeleton, find(root, "net")) == ["body", "Add", "out"]


def test_the_blocks_of_a_gpt_are_attention_and_mlp_each_behind_a_norm_and_a_sum() -> None:
    model = GPT()
    tokens = torch.randint(0, 50, (2, 8))
    skeleton, root = parsed(F.cross_entropy(model(tokens).flatten(0, 1), tokens.flatten()), model=model)
    assert inside(skeleton, find(root, "model")) == ["wte", "wpe", "Add", "h", "ln_f", "lm_head"]
    for block in ("0", "1"):
        assert inside(skeleton, find(root, f"model.h.{block}")) == ["ln_1", "attn", "Add", "ln_2", "mlp", "Add"]
    assert inside(skeleton, find(root, "model.h.0.mlp")) == ["0", "1", "2", "3"]


def test_a_tied_weight_is_used_by_the_embedding_and_by_the_last_layer() -> None:
    model = GPT(blocks=1)
    tokens = torch.randint(0, 50, (2, 8))
    skeleton, root = parsed(model(tokens).mean(), model=model)
    assert stem(skeleton.types[find(root, "model.wte").first]) == "Embedding"
    assert "Mm" in inside(skeleton, find(root, "model.lm_head"))


def test_a_gan_calls_its_discriminator_twice() -> None:
    generator, discriminator, loss = mlp(2, 8, 4), mlp(4, 8, 1), nn.BCEWithLogitsLoss()
    real = loss(discriminator(torch.randn(5, 4)), torch.ones(5, 1))
    fake = loss(discriminator(generator(torch.randn(5, 2))), torch.zeros(5, 1))
    _, root = parsed(real + fake, G=generator, D=discriminator, bce=loss)
    assert children(root) == ["D #1", "bce #1", "G", "D #2", "bce #2"]


def test_a_discriminator_that_is_called_twice_in_a_row_is_two_calls() -> None:
    net = mlp(4, 8, 1)
    loss = net(torch.randn(5, 4)).mean() + net(torch.randn(5, 4)).mean()
    _, root = parsed(loss, D=net)
    assert children(root) == ["D #1", "D #2"]


def test_an_unrolled_cell_is_called_for_each_step() -> None:
    net = Unrolled()
    skeleton, root = parsed(net(torch.randn(4, 2, 3)).mean(), net=net)
    assert children(find(root, "net")) == ["net.cell #1", "net.cell #2", "net.cell #3", "net.cell #4", "net.fc"]
    assert inside(skeleton, find(root, "net.cell")) == ["ih", "hh", "Add", "Tanh"]


def test_a_layer_that_is_applied_to_its_own_result_is_called_again_and_not_its_owner() -> None:
    net = Repeated(3)
    _, root = parsed(net(torch.randn(2, 4)).mean(), net=net)
    assert children(root) == ["net"]
    assert children(find(root, "net")) == ["net.layer #1", "net.layer #2", "net.layer #3"]


def test_a_penalty_on_the_parameters_is_no_call_of_their_modules() -> None:
    net = mlp(4, 4, 1)
    penalty = sum(parameter.pow(2).sum() for parameter in net.parameters())
    _, root = parsed(net(torch.randn(3, 4)).mean() + penalty, net=net)
    assert children(root) == ["net"]


@pytest.mark.filterwarnings("ignore:TF32 acceleration")
def test_an_lstm_is_one_call_however_long_its_input() -> None:
    net = nn.LSTM(3, 4)
    with torch.backends.mkldnn.flags(enabled=False):
        out, _ = net(torch.randn(6, 2, 3))
    skeleton, root = parsed(out.mean(), net=net)
    assert skeleton.count > 50
    assert children(root) == ["net"]


def test_a_linear_on_three_dimensions_includes_what_reshapes_for_it() -> None:
    net = nn.Sequential(nn.Linear(4, 4), nn.Linear(4, 2, bias=False))
    skeleton, root = parsed(net(torch.randn(2, 3, 4, requires_grad=True)).mean(), net=net)
    assert inside(skeleton, find(root, "net")) == ["0", "1"]
    assert len(inside(skeleton, find(root, "net.1"))) == 4


def test_a_checkpointed_part_is_as_without_a_checkpoint() -> None:
    net = mlp(4, 4, 4, 1)
    x = torch.randn(2, 4)
    skeleton, root = parsed(net[3:](checkpoint(net[:3], x, use_reentrant=False)).mean(), net=net)  # type: ignore[operator]
    assert inside(skeleton, find(root, "net")) == ["0", "1", "2", "3", "4"]


def test_a_reentrant_checkpoint_hides_its_part() -> None:
    net = mlp(4, 4, 4, 1)
    x = torch.randn(2, 4, requires_grad=True)
    skeleton, root = parsed(net[3:](checkpoint(net[:3], x, use_reentrant=True)).mean(), net=net)  # type: ignore[operator]
    assert inside(skeleton, root) == ["CheckpointFunction", "net", "Mean"]


class Trainer:
    """Holds a model as learners do."""

    def __init__(self, net: nn.Module) -> None:
        self.net = net


@pytest.mark.parametrize(
    ("hold", "name"),
    [
        (lambda net: {"nets": [net]}, "nets[0]"),
        (lambda net: {"nets": {"a": net}}, "nets['a']"),
        (
            lambda net: {"trainer": type("Trainer", (), {"__init__": lambda self: setattr(self, "net", net)})()},
            "trainer.net",
        ),
        (lambda net: {"run": lambda x: net(x)}, "Sequential"),
    ],
)
def test_a_model_is_found_wherever_it_is_held(hold: Callable[[nn.Module], dict[str, object]], name: str) -> None:
    net = mlp(4, 4, 1)
    _, root = parsed(net(torch.randn(2, 4)).mean(), **hold(net))
    assert children(root) == [name]


def test_a_model_within_another_goes_by_the_outer_ones_name() -> None:
    model = ResNet50(8)
    _, root = parsed(resnet_loss(model), stem=model.layer1, model=model)
    assert children(root) == ["model"]


def test_a_model_that_is_gone_leaves_its_operations() -> None:
    def loss() -> torch.Tensor:
        return mlp(4, 4, 1)(torch.randn(2, 4)).mean()

    skeleton, root = parsed(loss())
    assert children(root) == []
    assert skeleton.count == 6


def test_without_a_module_there_is_no_call() -> None:
    loss, names = rnn_by_hand(5)
    _, root = parsed(loss, **names)
    assert root.children == []


def test_operations_of_several_threads_come_after_what_they_were_computed_from() -> None:
    from concurrent.futures import ThreadPoolExecutor

    w = torch.randn(3, requires_grad=True)
    y = w
    for _ in range(4):
        with ThreadPoolExecutor(1) as pool:
            y = pool.submit(lambda y=y: (y * 2).exp()).result()
    with unobserved():
        skeleton = read_skeleton(y.grad_fn)
    assert [stem(kind) for kind in skeleton.types] == ["Mul", "Exp"] * 4
    assert all(source < number for number, sources in enumerate(skeleton.sources) for source in sources if source < 8)


class Tree(nn.Module):
    """A module of a random structure."""

    def __init__(self, parts: list[object], skips: bool) -> None:
        super().__init__()
        self.parts = nn.ModuleList(
            nn.Linear(3, 3) if part == "linear" else nn.ReLU() if part == "relu" else Tree(part[0], part[1])  # type: ignore[index]
            for part in parts
        )
        self.skips = skips

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = x
        for part in self.parts:
            y = part(y)
        return y + x if self.skips else torch.tanh(y)


PARTS = st.recursive(
    st.sampled_from(["linear", "relu"]),
    lambda parts: st.tuples(st.lists(parts, min_size=1, max_size=4), st.booleans()),
    max_leaves=12,
)


@settings(max_examples=60, deadline=None)
@given(st.lists(PARTS, min_size=1, max_size=4), st.booleans(), st.integers(1, 3))
def test_the_calls_of_any_model_are_one_within_the_other_and_side_by_side(
    parts: list[object], skips: bool, times: int
) -> None:
    net = Tree(parts, skips)
    x = torch.randn(2, 3, requires_grad=True)
    for _ in range(times):
        x = net(x)
    skeleton, root = parsed(x.mean(), net=net)
    waiting = [root]
    while waiting:
        call = waiting.pop()
        at = call.first
        for child in call.children:
            assert at <= child.first < child.last <= call.last
            assert child.path[: len(call.path)] == call.path
            assert len(child.path) == len(call.path) + 1
            at = child.last
        waiting += call.children
    for number, sources in enumerate(skeleton.sources):
        for leaf in (skeleton.leaves[source - skeleton.count] for source in sources if source >= skeleton.count):
            owner = next((name for name, parameter in net.named_parameters() if parameter is leaf), None)
            if owner is not None:
                assert ("net", *owner.split(".")[:-1]) in paths_around(root, number)


def paths_around(root: Call, number: int) -> list[tuple[str, ...]]:
    """The paths of all calls that an operation is within."""
    found, call = list[tuple[str, ...]](), root
    while (inner := next((child for child in call.children if child.first <= number < child.last), None)) is not None:
        found.append(inner.path)
        call = inner
    return found
