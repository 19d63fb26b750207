"""What the boxes of a large graph say: of a ResNet-50, a GPT, a GAN, a recurrent network."""

from __future__ import annotations

import math

import pytest
import torch
import torch.nn.functional as F  # noqa: N812 - as everybody calls it
from hypothesis import example, given, settings
from hypothesis import strategies as st
from torch import nn

from tests.unit.probe.autograd.nets import GPT, ResNet50, Unrolled, mlp, rnn_by_hand
from tests.unit.probe.autograd.test_module_calls import PARTS, Tree
from tui_torch.probe.autograd.graph import graph_of
from tui_torch.probe.autograd.saved_tensors import GraphMemory
from tui_torch.protocol import wire
from tui_torch.protocol.autograd_graph import FEWEST_ROWS, Graph, GraphBox


def outline(names: dict[str, object], place: tuple[int, ...] = (), rows: int = 15, expression: str = "loss") -> Graph:
    found = graph_of(expression, names, GraphMemory(), place=place, rows=rows)
    assert found.note is None
    assert wire.decode(Graph, wire.encode(found)) == found
    return found


def resnet(*, backward: bool = False) -> dict[str, object]:
    model = ResNet50(8)
    images, targets = torch.randn(2, 3, 32, 32), torch.randint(0, 10, (2,))
    loss = F.cross_entropy(model(images), targets)
    if backward:
        loss.backward()
    return {"model": model, "images": images, "targets": targets, "loss": loss}


def named(graph: Graph, name: str) -> GraphBox:
    (box,) = [box for box in graph.boxes if box.name == name]
    return box


def names(graph: Graph) -> list[str]:
    return [box.name for box in graph.boxes]


def counted(graph: Graph) -> int:
    return sum(box.nodes for box in graph.boxes)


def ways(graph: Graph) -> list[tuple[str, str]]:
    return [(graph.boxes[edge.start].name, graph.boxes[edge.end].name) for edge in graph.box_edges]


LAYERS = ["fc", "view", "avgpool", "layer4", "layer3", "layer2", "layer1", "maxpool", "relu", "bn1", "conv1"]


def test_a_resnet_50_fits_the_rows_of_a_small_terminal_and_nothing_is_left_out() -> None:
    graph = outline(resnet())
    assert names(graph) == ["nll loss", "targets", "log softmax", *LAYERS, "images"]
    assert (graph.omitted, counted(graph)) == (0, graph.count)
    assert graph.count == 341


def test_with_more_rows_the_next_level_of_modules_is_open() -> None:
    graph = outline(resnet(), rows=30)
    assert names(graph)[6:22] == [
        *("layer4.2", "layer4.1", "layer4.0"),
        *("layer3.5", "layer3.4", "layer3.3", "layer3.2", "layer3.1", "layer3.0"),
        *("layer2.3", "layer2.2", "layer2.1", "layer2.0"),
        *("layer1.2", "layer1.1", "layer1.0"),
    ]
    assert counted(graph) == graph.count


def test_an_input_has_no_row_of_its_own_where_that_would_close_a_level() -> None:
    graph = outline(resnet(), rows=13)
    assert names(graph) == ["nll loss", "log softmax", *LAYERS]
    assert counted(graph) == graph.count


def test_a_box_says_what_module_it_is_and_how_much_is_in_it() -> None:
    names_ = resnet()
    box = named(outline(names_), "layer1")
    model = names_["model"]
    assert isinstance(model, ResNet50)
    assert (box.kind, box.type, box.expression) == ("module", "Sequential", "model.layer1")
    assert (box.tensors, box.parameters) == (30, sum(p.numel() for p in model.layer1.parameters()))
    assert (box.nodes, box.skips, box.shape) == (62, 3, (2, 32, 8, 8))
    assert box.operations[:2] == (("convolution", 10), ("batch norm", 10))
    assert named(outline(names_), "conv1").about == (
        "Conv2d(3, 8, kernel_size=(7, 7), stride=(2, 2), padding=(3, 3), bias=False)"
    )


def test_before_backward_a_box_has_no_gradient_and_afterwards_the_norm_over_its_parameters() -> None:
    assert named(outline(resnet()), "layer1").gradient_norm is None
    names_ = resnet(backward=True)
    model = names_["model"]
    assert isinstance(model, ResNet50)
    norms = [float(p.grad.norm()) for p in model.layer1.parameters() if p.grad is not None]
    box = named(outline(names_), "layer1")
    assert box.gradient_norm == pytest.approx(math.sqrt(sum(norm**2 for norm in norms)), rel=1e-5)
    assert box.without_gradient == 0


def test_parameters_that_backward_has_not_reached_are_counted() -> None:
    names_ = resnet(backward=True)
    model = names_["model"]
    assert isinstance(model, ResNet50)
    model.fc.bias.grad = None
    assert named(outline(names_), "fc").without_gradient == 1


def test_after_backward_the_graph_says_that_it_was_freed() -> None:
    assert outline(resnet()).freed is None
    assert (outline(resnet(backward=True)).freed or "").startswith("Freed by")


def test_an_opened_block_shows_its_skip_around_its_layers() -> None:
    names_ = resnet()
    block = named(outline(names_, rows=30), "layer1.1")
    graph = outline(names_, block.place)
    assert names(graph) == [
        *("layer1.2", "relu", "add", "bn3", "conv3", "relu", "bn2", "conv2", "relu", "bn1", "conv1", "layer1.0"),
    ]
    skips = [edge for edge in graph.box_edges if edge.is_skip]
    assert [(graph.boxes[edge.start].name, graph.boxes[edge.end].name) for edge in skips] == [("add", "layer1.0")]
    assert (graph.boxes[0].kind, graph.boxes[-1].kind) == ("to", "from")
    assert (graph.place, counted(graph)) == (block.place, block.nodes)


def test_a_skip_with_layers_of_its_own_counts_as_one() -> None:
    names_ = resnet()
    graph = outline(names_, named(outline(names_, rows=30), "layer1.0").place, rows=30)
    assert named(graph, "add").skips == 1
    assert ("add", "bn3") in ways(graph)
    assert ("add", "downsample.1") in ways(graph)


def test_a_box_of_one_layer_is_given_node_by_node() -> None:
    names_ = resnet()
    graph = outline(names_, named(outline(names_), "conv1").place)
    assert graph.boxes == ()
    assert [(node.kind, node.label) for node in graph.nodes] == [
        ("operation", "convolution"),
        ("leaf", "leaf"),
        ("input", "input"),
    ]
    assert graph.nodes[1].name == "model.conv1.weight"


def test_what_a_layer_is_computed_from_is_outside() -> None:
    names_ = resnet()
    graph = outline(names_, named(outline(names_), "fc").place)
    assert [(node.kind, node.label) for node in graph.nodes if node.kind == "outside"] == [("outside", "view")]


@pytest.mark.parametrize("place", [(5,), (3, 3), (-1, 4), (0, 100_000), (1, 2, 3), (0, 178)])
def test_a_box_that_is_not_there_is_the_whole_graph(place: tuple[int, ...]) -> None:
    graph = outline(resnet(), place)
    assert (graph.place, counted(graph)) == ((), 341)


def test_a_tied_weight_is_a_box_that_both_layers_lead_to() -> None:
    model = GPT()
    tokens = torch.randint(0, 50, (2, 8))
    graph = outline({"model": model, "loss": F.cross_entropy(model(tokens).flatten(0, 1), tokens.flatten())})
    assert ("lm_head", "wte.weight") in ways(graph)
    assert ("wte", "wte.weight") in ways(graph)
    assert named(graph, "wte.weight").kind == "parameters"


def test_a_gpts_block_has_two_skips() -> None:
    model = GPT()
    tokens = torch.randint(0, 50, (2, 8))
    names_ = {"model": model, "loss": model(tokens).mean()}
    graph = outline(names_, named(outline(names_), "h.0").place)
    assert names(graph) == ["h.1", "add", "mlp", "ln_2", "add", "attn", "ln_1", "add"]
    assert [(edge.start, edge.end) for edge in graph.box_edges if edge.is_skip] == [(1, 4), (4, 7)]


def test_attention_fits_although_most_of_its_operations_only_reshape() -> None:
    model = GPT()
    names_ = {"model": model, "loss": model(torch.randint(0, 50, (2, 8))).mean()}
    block = outline(names_, named(outline(names_), "h.0").place)
    graph = outline(names_, named(block, "attn").place)
    for name in ("c_attn", "batched matmul …", "divide", "masked fill", "softmax", "dropout", "c_proj"):
        assert name in names(graph)


def test_weights_that_two_calls_share_are_a_box_of_their_own() -> None:
    generator, discriminator, bce = mlp(2, 8, 4), mlp(4, 8, 1), nn.BCEWithLogitsLoss()
    real, z = torch.randn(5, 4), torch.randn(5, 2)
    loss = bce(discriminator(real), torch.ones(5, 1)) + bce(discriminator(generator(z)), torch.zeros(5, 1))
    graph = outline({"G": generator, "D": discriminator, "bce": bce, "real": real, "z": z, "loss": loss}, rows=20)
    calls = [(box.name, box.call) for box in graph.boxes if box.kind == "module" and box.call]
    assert [call for call in calls if call[0] != "bce"] == [
        ("D.2", 2),
        ("D.1", 2),
        ("D.0", 2),
        ("D.2", 1),
        ("D.1", 1),
        ("D.0", 1),
    ]
    shared = [(box.name, box.nodes) for box in graph.boxes if box.kind == "parameters"]
    assert shared == [("D.2", 2), ("D.0", 2)]


def test_the_steps_of_a_long_recurrent_network_are_one_group_and_open_in_tens() -> None:
    net = Unrolled()
    names_ = {"net": net, "loss": net(torch.randn(100, 2, 3)).mean()}
    graph = outline(names_)
    group = named(graph, "cell #1 … #100")
    assert (group.kind, group.repeats, group.type) == ("group", 100, "Cell")
    inside = outline(names_, group.place)
    assert [box.repeats for box in inside.boxes if box.kind == "group"] == [10] * 10
    assert counted(inside) == group.nodes


def test_steps_without_a_module_are_a_group_too() -> None:
    loss, names_ = rnn_by_hand(300)
    graph = outline(names_ | {"loss": loss})
    assert [(box.name, box.repeats) for box in graph.boxes] == [("sum", 1), ("matmul, add, tanh", 300), ("x", 1)]
    assert counted(graph) == graph.count == 5 * 300 + 1 + 4


def test_a_model_that_no_name_reaches_goes_by_its_class_and_has_no_expression() -> None:
    def run() -> tuple[torch.Tensor, object]:
        model = ResNet50(8)
        return F.cross_entropy(model(torch.randn(2, 3, 32, 32)), torch.tensor([1, 2])), lambda: model

    loss, step = run()
    graph = outline({"loss": loss, "step": step})
    assert named(graph, "layer1").expression is None
    assert names(graph) == ["nll loss", "log softmax", *LAYERS]


def test_two_models_in_one_loss_have_their_names() -> None:
    encoder, decoder = mlp(4, 8, 2), mlp(2, 8, 4)
    x = torch.randn(3, 4)
    graph = outline({"encoder": encoder, "decoder": decoder, "x": x, "loss": F.mse_loss(decoder(encoder(x)), x)})
    assert names(graph) == ["mse loss", *(f"{name}.{at}" for name in ("decoder", "encoder") for at in (2, 1, 0)), "x"]


def test_a_compiled_model_is_one_operation_and_its_parameters_are_by_module() -> None:
    net = mlp(4, 8, 8, 8, 1)
    compiled = torch.compile(net, backend="aot_eager")
    graph = outline({"net": compiled, "loss": compiled(torch.randn(3, 4)).mean()})
    assert counted(graph) == graph.count
    assert any("compiled function" in dict(box.operations) for box in graph.boxes)


def test_looking_at_boxes_leaves_no_trace() -> None:
    names_ = resnet()
    state = torch.get_rng_state()
    outline(names_)
    assert torch.equal(torch.get_rng_state(), state)
    loss, model = names_["loss"], names_["model"]
    assert isinstance(loss, torch.Tensor)
    assert isinstance(model, ResNet50)
    assert all(parameter.grad is None for parameter in model.parameters())
    loss.backward()


@settings(max_examples=40, deadline=None)
@given(st.lists(PARTS, min_size=1, max_size=5), st.booleans(), st.integers(1, 3), st.integers(2, 30))
@example(["relu", "linear", (["linear", (["linear", "relu"], False)], True)], True, 3, 2)
def test_of_any_model_every_node_is_in_one_box_and_opening_goes_on_to_the_end(
    parts: list[object], skips: bool, times: int, rows: int
) -> None:
    net = Tree(parts, skips)
    x = start = torch.randn(2, 3, requires_grad=True)
    for _ in range(times):
        x = net(x)
    names_ = {"net": net, "x": start, "loss": x.mean()}
    whole = outline(names_, rows=rows)
    waiting = [whole] if whole.boxes else []
    opened = 0
    while waiting and opened < 60:
        graph = waiting.pop()
        assert len(graph.boxes) <= max(rows, FEWEST_ROWS)
        assert all(edge.start < edge.end for edge in graph.box_edges)
        for box in graph.boxes:
            if box.place:
                inside = outline(names_, box.place, rows)
                opened += 1
                assert inside.place == box.place
                if inside.boxes:
                    # Leaves that are also used outside are not counted inside.
                    assert counted(inside) == box.nodes
                    waiting.append(inside)
                else:
                    assert inside.nodes
    if whole.boxes:
        assert counted(whole) == whole.count
