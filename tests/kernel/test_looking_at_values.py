"""A real kernel is asked about one value after a run, and answers as its dataclass."""

from __future__ import annotations

import asyncio

import pytest

from tui_torch.kernel.session import KernelSession
from tui_torch.protocol.events import Event, Inspected, Output, Summary
from tui_torch.protocol.orders import Portion, Request, Run, Side
from tui_torch.protocol.views import (
    ANSWERS,
    DistributionView,
    ItemsView,
    LayersView,
    MemoryView,
    PictureView,
    ValuesView,
    View,
)

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.xdist_group("kernel")]

CODE = """
import numpy as np, torch
a = np.arange(6.0).reshape(2, 3)
t = torch.from_numpy(a)
w = torch.randn(200, 100, requires_grad=True)
(w * w).sum().backward()
held = {"w": w, "list": [t]}
model = torch.nn.Sequential(torch.nn.Linear(100, 3), torch.nn.ReLU())
for _ in range(1000):
    out = model(w)
"""


async def run(kernel: KernelSession, code: str, *standing: Portion) -> list[Event]:
    return [event async for event in kernel.run(Run(code, standing=standing))]


def summaries(events: list[Event]) -> dict[str, Summary]:
    inspection = next(event.inspection for event in events if isinstance(event, Inspected))
    return {summary.name: summary for summary in inspection.variables}


async def look(kernel: KernelSession, request: Request) -> View:
    view = await kernel.look(request)
    assert view is not None and view.request == request
    return view


async def test_every_side_of_a_value_is_answered(kernel: KernelSession) -> None:
    await run(kernel, CODE)

    values = await look(kernel, Request("values", "w", row=150, column=90))
    picture = await look(kernel, Request("picture", "w", height=10, width=20))
    distribution = await look(kernel, Request("distribution", "held['w']"))
    memory = await look(kernel, Request("memory", "t"))
    items = await look(kernel, Request("items", "held"))

    assert isinstance(values, ValuesView) and (values.row, values.column) == (136, 68) and values.gradient is not None
    assert isinstance(picture, PictureView) and (len(picture.rows), len(picture.rows[0])) == (10, 40)
    assert isinstance(distribution, DistributionView) and distribution.seen == 20_000
    assert isinstance(memory, MemoryView) and {sharer.name for sharer in memory.sharers} == {"a", "held['list'][0]"}
    assert isinstance(items, ItemsView) and [item.kind for item in items.items] == ["tensor", "container"]


async def test_a_module_says_what_its_layers_returned_in_the_run(kernel: KernelSession) -> None:
    await run(kernel, CODE)

    view = await look(kernel, Request("layers", "model"))

    assert isinstance(view, LayersView)
    assert [layer.output for layer in view.layers] == ["[200, 3]", "[200, 3]", "[200, 3]"]


async def test_looking_leaves_the_values_and_the_random_state_as_they_were(kernel: KernelSession) -> None:
    hooks = "len(torch.nn.modules.module._global_forward_hooks)"
    told = f"w._version, w.grad._version, torch.get_rng_state().sum().item(), {hooks}"
    await run(kernel, CODE)
    before = await kernel.look(Request("values", f"torch.tensor([{told}])"))

    for side in ANSWERS:
        for name in ("a", "t", "w", "held", "model"):
            await look(kernel, Request(side, name))

    after = await kernel.look(Request("values", f"torch.tensor([{told}])"))
    assert isinstance(before, ValuesView) and isinstance(after, ValuesView)
    assert before.window == after.window and before.window[0][-1] == 0


async def test_names_on_one_storage_say_each_other(kernel: KernelSession) -> None:
    told = summaries(await run(kernel, CODE))

    assert (told["a"].shares, told["t"].shares, told["w"].shares) == (("t",), ("a",), ())


async def test_who_looks_during_a_run_is_answered_after_it(kernel: KernelSession) -> None:
    events: list[Event] = []
    looking: asyncio.Task[View | None] | None = None
    async for event in kernel.run(Run("import torch\nx = torch.ones(3)\nprint('on')\nx += 1")):
        events.append(event)
        if isinstance(event, Output) and looking is None:
            looking = asyncio.create_task(kernel.look(Request("values", "x")))
    assert looking is not None

    view = await looking

    assert isinstance(view, ValuesView) and view.window == ((2.0, 2.0, 2.0),)


async def test_a_change_through_one_name_is_told_of_every_name_on_its_memory(kernel: KernelSession) -> None:
    joined = "import numpy as np, torch\na = np.zeros(3)\nt = torch.from_numpy(a)\nu = t[:2]\nother = torch.zeros(3)"
    for code in ("a[0] = 7", "t[0] = 7", "u[0] = 7", "t.data[0] = 7"):
        found = summaries(await run(kernel, code, Portion("setup", joined)))
        assert {name: (found[name].change, found[name].shares) for name in ("a", "t", "u")} == {
            "a": ("changed in place", ("t", "u")),
            "t": ("changed in place", ("a", "u")),
            "u": ("changed in place", ("a", "t")),
        }
        assert (found["other"].change, found["other"].shares) == ("same", ())


@pytest.mark.parametrize("side", ["values", "memory", "distribution", "graph"])
async def test_a_layers_parameter_is_looked_at_by_the_path_through_the_tree(kernel: KernelSession, side: Side) -> None:
    await run(kernel, "import torch\nmodel = torch.nn.Sequential(torch.nn.Linear(2, 1))")
    view = await look(kernel, Request(side, "model[0].weight"))
    assert getattr(view, "note", None) is None


async def test_a_layers_parameter_is_no_sharer_of_itself(kernel: KernelSession) -> None:
    await run(kernel, "import torch\nmodel = torch.nn.Sequential(torch.nn.Linear(2, 1))\nw = model[0].weight")
    views = [await look(kernel, Request("memory", name)) for name in ("model[0].weight", "w")]
    found = [[sharer.name for sharer in view.sharers] for view in views if isinstance(view, MemoryView)]
    assert found == [["w"], ["model[0].weight"]]


async def test_an_image_is_looked_at_as_its_channels_and_as_a_heatmap_of_each(kernel: KernelSession) -> None:
    await run(kernel, "import torch\nimage = torch.rand(3, 8, 8)")
    readings = (None, "strip", "heatmap")
    views = [await look(kernel, Request("picture", "image", reading=reading)) for reading in readings]
    assert [(view.reading, view.counts) for view in views if isinstance(view, PictureView)] == [
        ("image", ()),
        ("strip", ()),
        ("heatmap", (3,)),
    ]
