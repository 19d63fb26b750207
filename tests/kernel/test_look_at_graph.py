"""A real kernel: the autograd graph of what a run left."""

from __future__ import annotations

from pathlib import Path

import pytest

from tui_torch.kernel.session import KernelSession
from tui_torch.protocol.autograd_graph import Graph
from tui_torch.protocol.orders import Portion, Request, Run
from tui_torch.protocol.views import AutogradGraphView

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.xdist_group("kernel")]

LINE = """\
import torch
x = torch.tensor(3.)
w = torch.tensor(4., requires_grad=True)
b = torch.tensor(5., requires_grad=True)
y = w * x + b
"""


async def graph_side(kernel: KernelSession, expression: str) -> Graph | None:
    found = await kernel.look(Request("graph", expression))
    return found.graph if isinstance(found, AutogradGraphView) else None


async def graph(kernel: KernelSession, code: str, expression: str, **order: object) -> Graph:
    outcomes = [event async for event in kernel.run(Run(code, **order))]  # type: ignore[arg-type]
    assert outcomes[-1].outcome == "ok"  # type: ignore[union-attr]
    found = await graph_side(kernel, expression)
    assert found is not None
    return found


def gradients(found: Graph) -> dict[str | None, object]:
    return {node.name: node.gradient for node in found.nodes if node.kind != "operation"}


async def test_before_backward_the_graph_is_whole(kernel: KernelSession) -> None:
    found = await graph(kernel, LINE, "y")
    assert found.freed is None
    assert gradients(found) == {"w": None, "b": None, "x": None}


async def test_after_backward_it_is_freed_and_its_numbers_are_still_told(kernel: KernelSession) -> None:
    found = await graph(kernel, LINE + "y.backward()", "y")
    assert found.freed is not None
    assert gradients(found) == {"w": (3.0,), "b": (1.0,), "x": None}
    assert [(edge.factor, edge.factor_name) for edge in found.edges] == [
        (1.0, None),
        (1.0, None),
        (3.0, "x"),
        (None, None),
    ]


async def test_what_a_run_stands_on_has_its_numbers_too(kernel: KernelSession) -> None:
    found = await graph(kernel, "pass", "y", standing=(Portion("before", LINE + "y.backward()"),))
    assert next(node for node in found.nodes if node.name == "w").arriving == 3.0


async def test_the_run_before_is_forgotten(kernel: KernelSession) -> None:
    await graph(kernel, LINE + "y.backward()", "y")
    assert (await graph(kernel, "z = 1", "y")).note == "NameError: name 'y' is not defined"


async def test_looking_twice_finds_the_same(kernel: KernelSession) -> None:
    first = await graph(kernel, LINE, "y")
    assert await graph_side(kernel, "y") == first


NETS = (Path(__file__).parents[1] / "unit/probe/autograd/nets.py").read_text("utf-8")
RESNET = f"""\
{NETS}
model = ResNet50(8)
loss = F.cross_entropy(model(torch.randn(2, 3, 32, 32)), torch.tensor([1, 2]))
loss.backward()
"""


async def test_a_large_loss_comes_in_as_many_boxes_as_fit_and_none_of_its_nodes_is_left_out(
    kernel: KernelSession,
) -> None:
    assert [event async for event in kernel.run(Run(RESNET))][-1].outcome == "ok"  # type: ignore[union-attr]
    for rows, names in ((15, {"layer1", "fc"}), (31, {"layer1.0", "layer4.2"})):
        found = await kernel.look(Request("graph", "loss", height=rows))
        assert isinstance(found, AutogradGraphView)
        boxes = found.graph.boxes
        assert len(boxes) <= rows
        assert names <= {box.name for box in boxes}
        assert sum(box.nodes for box in boxes) == found.graph.count == 339
        assert all(box.gradient_norm is not None for box in boxes if box.tensors)


async def test_a_box_is_opened_by_its_place(kernel: KernelSession) -> None:
    [event async for event in kernel.run(Run(RESNET))]
    whole = await kernel.look(Request("graph", "loss", height=15))
    assert isinstance(whole, AutogradGraphView)
    box = next(box for box in whole.graph.boxes if box.name == "layer1")
    inside = await kernel.look(Request("graph", "loss", box.place, height=15))
    assert isinstance(inside, AutogradGraphView)
    assert [found.name for found in inside.graph.boxes] == ["layer2", "2", "1", "0", "maxpool"]
    assert sum(found.nodes for found in inside.graph.boxes) == box.nodes


async def test_looking_into_boxes_twice_finds_the_same(kernel: KernelSession) -> None:
    first = await graph(kernel, RESNET, "loss")
    assert first.boxes
    assert await graph_side(kernel, "loss") == first
