"""What it takes to see how a large loss was computed: a ResNet-50, and 10,000 operations of a recurrent network.

The first picture is from the request until its rows are drawn, with what the kernel does and what crosses between.
Beside it is the processor time of both processes.
"""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import Iterator
from pathlib import Path

import psutil

from tests.benchmarks.figure import Figure, Sample, is_linear, milliseconds
from tests.benchmarks.kernels import ready_kernel
from tui_torch.drawing.graphs.box_rows import BoxDrawing
from tui_torch.kernel.session import KernelSession
from tui_torch.protocol.autograd_graph import Graph
from tui_torch.protocol.orders import Request, Run
from tui_torch.protocol.views import AutogradGraphView
from tui_torch.ui.graph_view import rows_for

BUDGET = 0.060
"""Seconds until the first picture of a ResNet-50."""
SCREENS = ((80, 24), (120, 40))
AROUND = (2, 3)
"""Columns and rows of a screen that the graph's pane does not get: its border, and the keys."""
STEPS = (200, 2_000)
"""Steps of the recurrent networks, of five operations each."""
TIMES = 11

NETS = (Path(__file__).parents[1] / "unit/probe/autograd/nets.py").read_text("utf-8")
RESNET = f"""\
{NETS}
model = ResNet50()
images, targets = torch.randn(2, 3, 64, 64), torch.randint(0, 1000, (2,))
loss = F.cross_entropy(model(images), targets)
loss.backward()
"""
RNN = f"{NETS}\nloss, names = rnn_by_hand(STEPS)\n"


def measure() -> Iterator[Figure]:
    yield from asyncio.run(_measure())


async def _measure() -> list[Figure]:
    figures: list[Figure] = []
    async with ready_kernel() as kernel:
        await _run(kernel, RESNET)
        for screen in SCREENS:
            figures.extend(await _resnet(kernel, screen))
        figures.append(await _rnn(kernel))
    return figures


async def _resnet(kernel: KernelSession, screen: tuple[int, int]) -> list[Figure]:
    width, height = screen[0] - AROUND[0], screen[1] - AROUND[1]
    seconds: list[float] = []
    before = _processor_time(kernel)
    drawings: list[BoxDrawing] = []
    for _ in range(TIMES):
        begun = time.perf_counter()
        drawings.append(BoxDrawing(await _look(kernel, rows_for(height)), width, rows_for(height) + 1))
        drawings[-1].rows(0)
        seconds.append(time.perf_counter() - begun)
    drawing = drawings[-1]
    graph = drawing.graph
    sample = Sample.of(seconds)
    processor = milliseconds((_processor_time(kernel) - before) / TIMES)
    left_out = graph.count - sum(box.nodes for box in graph.boxes) + graph.omitted
    size = f"{drawing.width} × {drawing.height}"
    name = f"ResNet-50, {screen[0]} × {screen[1]}"
    fits = drawing.width <= width and drawing.height <= rows_for(height) + 1
    first = milliseconds(sample.median)
    return [
        Figure(
            f"{name}: first picture",
            str(sample),
            f"processor time {processor}",
            first,
            f"≤ {milliseconds(BUDGET)}",
            sample.median <= BUDGET,
        ),
        Figure(f"{name}: characters", size, f"{len(graph.boxes)} boxes", size, "one screen", fits),
        Figure(f"{name}: nodes left out", str(left_out), f"of {graph.count}", str(left_out), "0", left_out == 0),
    ]


async def _rnn(kernel: KernelSession) -> Figure:
    samples: list[Sample] = []
    processor: list[float] = []
    counts: list[int] = []
    for steps in STEPS:
        await _run(kernel, RNN.replace("STEPS", str(steps)))
        seconds: list[float] = []
        computed: list[float] = []
        graph = await _look(kernel, rows_for(SCREENS[0][1] - AROUND[1]))
        for _ in range(TIMES):
            begun, before = time.perf_counter(), _processor_time(kernel)
            graph = await _look(kernel, rows_for(SCREENS[0][1] - AROUND[1]))
            seconds.append(time.perf_counter() - begun)
            computed.append(_processor_time(kernel) - before)
        samples.append(Sample.of(seconds))
        processor.append(statistics.median(computed))
        counts.append(graph.count)
        assert sum(box.nodes for box in graph.boxes) == graph.count
    few, many = samples
    kept = is_linear((counts[0], counts[1]), (processor[0], processor[1]))
    ratio = f"{processor[1] / processor[0]:.1f} × in processor time"
    against = f"{counts[0]:,}: {few}"
    return Figure(f"{counts[1]:,} nodes", str(many), against, ratio, f"linear ({counts[1] / counts[0]:.1f} ×)", kept)


def _processor_time(kernel: KernelSession) -> float:
    """Seconds that the kernel's process and this one have computed."""
    kernels = psutil.Process(kernel.pid).cpu_times()
    return kernels.user + kernels.system + time.process_time()


async def _run(kernel: KernelSession, code: str) -> None:
    async for _ in kernel.run(Run(code)):
        pass


async def _look(kernel: KernelSession, rows: int) -> Graph:
    view = await kernel.look(Request("graph", "loss", height=rows))
    assert isinstance(view, AutogradGraphView)
    return view.graph
