"""Runs recorded from a real kernel, played back into the app: what the app shows is then the same each time.

`python -m tests.ui.recorded` records them again, from the lessons in `course/`; with names, only those.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncGenerator, Callable
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

from tests.courses import course_in
from tui_torch.course.lesson import Exercise
from tui_torch.course.step_run import run_of
from tui_torch.kernel.session import KernelSession, KernelState
from tui_torch.protocol import events, wire
from tui_torch.protocol.autograd_graph import Graph
from tui_torch.protocol.events import Event, Finished, InputRequested, Inspected, Traced
from tui_torch.protocol.orders import NotebookCall, ProgramCall, Question, Request, Run
from tui_torch.protocol.trace_chunks import TraceChunk, join, split
from tui_torch.protocol.views import ANSWERS, AutogradGraphView, View

FOLDER = Path(__file__).parent / "recordings"
COURSE = Path(__file__).parent / "course"
"""A small course of the tests' own, so that a lesson may change without them."""

LOOKED = {
    "the-loop": [
        *(Request(side, "x") for side in ("picture", "distribution", "memory")),
        *(Request(side, "model.weight") for side in ("picture", "distribution", "memory")),
        Request("layers", "model"),
    ],
    "three-scalars": [Request("memory", "w"), Request("code", "w")],
    "shared-memory": [Request("memory", "flipped")],
    "pictures": [
        *(Request("picture", "images", height=height, width=width) for height, width in ((28, 77), (52, 53))),
        *(Request("picture", "channels", height=height, width=width) for height, width in ((28, 77), (54, 53))),
    ],
}
"""What is looked at after a recorded run."""

SHARED = """\
import numpy as np

a = np.arange(6.0).reshape(2, 3)
t = torch.from_numpy(a)
flipped = t.t()
a[0, 0] = 7
"""

BEFORE = """\
x = torch.tensor(3.)
w = torch.tensor(4., requires_grad=True)
b = torch.tensor(5., requires_grad=True)

y = w * x + b
"""

FIT = """\
import torch
from torch import nn

x = torch.randn(15, 3)
y = x @ torch.tensor([[1., 2.], [0., 1.], [3., -1.]]) + 0.1 * torch.randn(15, 2)
model = nn.Linear(3, 2)
opt = torch.optim.SGD(model.parameters(), lr=0.05)

def fit(epochs):
    for epoch in range(epochs):
        pred = model(x)
        loss = nn.functional.mse_loss(pred, y)
        opt.zero_grad()
        loss.backward()
        opt.step()
        print(f"epoch {epoch + 1}, loss {loss.item():.4f}")

fit(20)
"""

TOO_LARGE = """\
import torch
from torch import nn

x = torch.tensor([[99., 72., 52.], [104., 123., 63.], [61., 99., 45.]])
y = torch.tensor([[77., 70.], [110., 125.], [82., 100.]])
model = nn.Linear(3, 2)
opt = torch.optim.SGD(model.parameters(), lr=1e-2)

for epoch in range(30):
    loss = nn.functional.mse_loss(model(x), y)
    opt.zero_grad()
    loss.backward()
    opt.step()
print(loss)
"""

BY_HEART = """\
import torch
from torch import nn
import torch.nn.functional as F
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(0)
x = torch.randn(240, 20)
y = (x[:, 0] + x[:, 1] + 1.5 * torch.randn(240) > 0).long()
train_loader = DataLoader(TensorDataset(x[:80], y[:80]), batch_size=16, shuffle=True)
val_loader = DataLoader(TensorDataset(x[80:], y[80:]), batch_size=40)

model = nn.Sequential(nn.Linear(20, 64), nn.ReLU(), nn.Linear(64, 2))
loss_fn = nn.CrossEntropyLoss()
opt = torch.optim.Adam(model.parameters(), lr=3e-3)

for epoch in range(40):
    model.train()
    for xb, yb in train_loader:
        loss = loss_fn(model(xb), yb)
        opt.zero_grad()
        loss.backward()
        opt.step()
    model.eval()
    total = 0
    with torch.no_grad():
        for xb, yb in val_loader:
            val_loss = loss_fn(model(xb), yb)
            total += val_loss.item()
"""

_NETS = (Path(__file__).parents[1] / "unit/probe/autograd/nets.py").read_text("utf-8")

RESNET = f"""\
{_NETS.partition("class FunctionalBlock")[0]}
model = ResNet50(8)
images, targets = torch.randn(8, 3, 32, 32), torch.randint(0, 10, (8,))
loss = F.cross_entropy(model(images), targets)
loss.backward()
"""

BAR = """\
import sys

for epoch in range(1, 5):
    sys.stderr.write(f"\\r{epoch}/4 {'█' * epoch}")
    print(f"epoch {epoch}, loss {1 / epoch:.4f}")
sys.stderr.write("\\n");
"""

FIGURE = """\
from PIL import Image, ImageDraw

figure = Image.new("RGB", (320, 240), "white")
pen = ImageDraw.Draw(figure)
pen.line([(40, 15), (40, 210), (305, 210)], fill="black", width=3)
losses = [0.9 / (1 + step) for step in range(20)]
points = [(45 + 13 * step, 205 - 200 * loss) for step, loss in enumerate(losses)]
pen.line(points, fill="#1f77b4", width=5)
for x, y in points[::3]:
    pen.ellipse([x - 6, y - 6, x + 6, y + 6], fill="#ff7f0e")
print("the loss of 20 steps")
display(figure)
"""

PICTURES = """\
import torch
from torch import nn

y, x = torch.meshgrid(torch.linspace(-1, 1, 28), torch.linspace(-1, 1, 28), indexing="ij")

def stroke(turn, bend, width):
    across = x * torch.cos(turn) + y * torch.sin(turn) - bend * (y ** 2 - 0.3)
    along = y * torch.cos(turn) - x * torch.sin(turn)
    return (2 - across.abs() / width).clamp(0, 1) * (along.abs() < 0.75)

turns, bends = torch.linspace(0, 2.9, 64), torch.linspace(-0.6, 0.6, 64)
images = torch.stack([stroke(turn, bend, 0.08) for turn, bend in zip(turns, bends)])[:, None]
channels = nn.Conv2d(1, 12, 5)(images[:1]).relu()[0]
print(images.shape, channels.shape)
"""

RECORDED = {
    "pictures": ("gradients", "three-scalars", PICTURES),
    "a-resnet": ("gradients", "three-scalars", RESNET),
    "three-scalars": ("gradients", "three-scalars", None),
    "the-loop": ("fit-a-plane", "the-loop", None),
    "a-square-starter": ("gradients", "a-square", None),
    "a-square-solved": ("gradients", "a-square", "solution"),
    "an-error": ("gradients", "three-scalars", "def f(x):\n    return x @ x\n\nf(torch.ones(2, 3))\n"),
    "a-note": ("fit-a-plane", "the-loop", TOO_LARGE),
    "a-validation": ("fit-a-plane", "the-loop", BY_HEART),
    "a-figure": ("gradients", "three-scalars", FIGURE),
    "a-bar": ("gradients", "three-scalars", BAR),
    "an-input": ("gradients", "three-scalars", "name = input('Your name? ')\nprint('hello', name)\n"),
    "dy-dx": ("gradients", "dy-dx", None),
    "before-backward": ("gradients", "three-scalars", BEFORE),
    "shared-memory": ("gradients", "three-scalars", SHARED),
    "a-fit-traced": ("fit-a-plane", "the-loop", FIT),
    "three-scalars-traced": ("gradients", "three-scalars", None),
    "the-loop-traced": ("fit-a-plane", "the-loop", None),
    "an-error-traced": ("gradients", "three-scalars", "def f(x):\n    return x @ x\n\nf(torch.ones(2, 3))\n"),
}
"""The name of a recording: its lesson, its step, and the code (None: what the step begins with). A run that is called
traced was recorded line by line."""

PROGRAM = """\
import torch
from torch import nn

def train(steps):
    torch.manual_seed(0)
    x = torch.linspace(-1, 1, 64)[:, None]
    y = torch.tanh(3 * x) + 0.1 * torch.randn_like(x)
    model = nn.Sequential(nn.Linear(1, 16), nn.Tanh(), nn.Linear(16, 1))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.2)
    for step in range(steps):
        loss = nn.functional.mse_loss(model(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    print(f"loss {loss.item():.4f} after {steps} steps")

if __name__ == "__main__":
    train(120)
"""
CELLS = (
    "import torch\n\nx = torch.linspace(-1, 1, 64)[:, None]\ny = 2 * x + 1",
    "w = torch.zeros(1, 1, requires_grad=True)\nb = torch.zeros(1, requires_grad=True)",
    """\
for step in range(60):
    loss = ((x @ w + b - y) ** 2).mean()
    loss.backward()
    with torch.no_grad():
        for p in (w, b):
            p -= 0.2 * p.grad
            p.grad = None
print(w.item(), b.item())""",
)
PROGRAMS = {
    "a-program": (Run(PROGRAM, program=ProgramCall("/tmp/train.py", ("train.py",), "/tmp")),),
    "cells": tuple(Run(code, notebook=NotebookCall("/tmp", at + 1, at > 0)) for at, code in enumerate(CELLS)),
}
"""What of one's own is recorded: runs, one after the other. The second is in `cells-2`."""

LOOKS = {
    "graph-y": ("three-scalars", Request("graph", "y")),
    "graph-y-before": ("before-backward", Request("graph", "y")),
    "graph-loss": ("the-loop", Request("graph", "loss")),
    "graph-resnet": ("a-resnet", Request("graph", "loss", height=15)),
    "graph-resnet-tall": ("a-resnet", Request("graph", "loss", height=31)),
    "graph-resnet-layer1": ("a-resnet", Request("graph", "loss", (4, 36), height=15)),
    "graph-resnet-block": ("a-resnet", Request("graph", "loss", (16, 26), height=15)),
    "graph-resnet-conv": ("a-resnet", Request("graph", "loss", (16, 17), height=15)),
}
"""The graphs that were looked at: after which recorded run, and how they were asked for."""


@cache
def looked_at(name: str) -> Graph:
    """A recorded graph."""
    payload = json.loads((FOLDER / f"{name}.json").read_text("utf-8"))
    return wire.decode(Graph, payload)


def recording(name: str) -> list[Event]:
    """The events of a recorded run, in order."""
    return list(_recorded(name))


@cache
def _recorded(name: str) -> tuple[Event, ...]:
    lines = (FOLDER / f"{name}.jsonl").read_text("utf-8").splitlines()
    return tuple(_event(line["event"], line["data"]) for line in map(json.loads, lines))


def _event(name: str, data: Any) -> Event:
    if name == "Traced":  # in the pieces that it is sent in, which are compressed
        return Traced(join(wire.decode(TraceChunk, piece) for piece in data))
    return wire.decode(getattr(events, name), data)


def _line(event: Event) -> str:
    data = split(event.trace) if isinstance(event, Traced) else event
    return json.dumps({"event": type(event).__name__, "data": wire.encode(data)}, ensure_ascii=False)


def _place(request: Any) -> Any:
    """What is looked at; how large the picture of it is to be depends on the screen."""
    return {key: value for key, value in _named(request).items() if key not in ("height", "width")}


def _named(request: Any) -> Any:
    """A request without an index that is that of the first anyway."""
    return {key: value for key, value in request.items() if key != "index" or any(value)}


class RecordedKernel:
    """Stands where the kernel stands and says what a real one said, as soon as it is asked.

    `hold()` stops it where the code would still be running: before the inspection that ends a run. What a real one does
    in its own time, such as getting ready after a restart, a test makes it do with `enter()`.
    """

    def __init__(self, name: str, state: KernelState = KernelState.READY) -> None:
        self.name = name
        self.events = recording(name)
        self.state = state
        self.problem: str | None = None
        self.notice: str | None = None
        self.end_reason: str | None = None
        self.on_state: Callable[[KernelState], None] | None = None
        self.runs: list[Run] = []
        self.answers: list[str] = []
        self.watched: tuple[str, ...] = ()
        """What was last asked to be told while a loop runs."""
        self.restarts: list[str] = []
        """The reason of each restart that was asked for."""
        views = FOLDER / f"views-{name}.json"
        self.views: list[Any] = json.loads(views.read_text("utf-8")) if views.exists() else []
        """What it answered to whoever looked at a value after the run."""
        self.looks: list[Any] = []
        """What it was asked."""
        self._ended = ""
        """Why the run in progress ends as interrupted; empty while it need not."""
        self._go_on = asyncio.Event()
        self._go_on.set()
        self._answered = asyncio.Event()

    async def connect(self) -> None:
        pass

    async def run(self, run: Run) -> AsyncGenerator[Event, None]:
        self.runs.append(run)
        self._ended = ""
        self.enter(KernelState.RUNNING)
        for event in self.events:
            if isinstance(event, Traced) and not run.trace:
                continue
            if isinstance(event, Inspected | Finished):
                await self._go_on.wait()
            if self._ended:
                break
            yield event
            if isinstance(event, InputRequested):
                self._answered.clear()
                await self._answered.wait()
        if self._ended:
            yield Finished("interrupted", 1.0, self._ended)
        if self.state in (KernelState.RUNNING, KernelState.INTERRUPTING):
            self.enter(KernelState.READY)

    def watch(self, names: tuple[str, ...], *, locals_too: bool = False, pages: tuple[Request, ...] = ()) -> None:
        self.watched = names

    def answer(self, text: str) -> None:
        self.answers.append(text)
        self._answered.set()

    async def ask(self, question: Question, answer: type[object]) -> None:
        """No answer: the editor knows what the code says."""

    async def look(self, request: Request) -> View | None:
        """What the recorded kernel answered to this; None when it was not asked."""
        if request.side == "graph":
            place = (request.expression, request.index)
            looks = {
                look.height: name
                for name, (after, look) in LOOKS.items()
                if after == self.name and (look.expression, look.index) == place
            }
            # That with the most boxes that has no more than fit, else that with the fewest.
            fitting = [height for height in looks if height <= request.height]
            look = looks.get(max(fitting, default=min(looks, default=0)))
            return None if look is None else AutogradGraphView(request, looked_at(look))
        asked = wire.encode(request)
        self.looks.append(asked)
        of_this = [view for view in self.views if _place(view["request"]) == _place(asked)]
        # How many pictures there are on a page depends on the room for them: those at 80x24 and at 120x40 are recorded.
        view = next((view for view in of_this if view["request"] == _named(asked)), next(iter(of_this), None))
        return None if view is None else wire.decode(ANSWERS[request.side], view | {"request": asked})

    async def interrupt(self) -> None:
        if self.state is KernelState.RUNNING:
            self.enter(KernelState.INTERRUPTING)
            self._end("Interrupted. What the code had made until then is still there.")

    async def restart(self, reason: str) -> None:
        self.restarts.append(reason)
        self.enter(KernelState.RESTARTING)
        self._end(reason)

    def hold(self) -> None:
        self._go_on.clear()

    def release(self) -> None:
        self._go_on.set()

    def enter(self, state: KernelState) -> None:
        if state is not self.state:
            self.state = state
            if self.on_state is not None:
                self.on_state(state)

    def _end(self, reason: str) -> None:
        self._ended = reason
        self._go_on.set()
        self._answered.set()


async def _record_run(kernel: KernelSession, name: str, run: Run) -> None:
    lines: list[str] = []
    async for event in kernel.run(run):
        if isinstance(event, InputRequested):
            kernel.answer("Ada")
        said = Finished(event.outcome, 0.042, event.reason) if isinstance(event, Finished) else event
        lines.append(_line(said))
    (FOLDER / f"{name}.jsonl").write_text("\n".join(lines) + "\n", "utf-8")


async def _record(names: list[str]) -> None:
    course = course_in(COURSE)
    kernel = KernelSession()
    await kernel.start()
    await kernel.ready()
    FOLDER.mkdir(exist_ok=True)
    for name in [name for name in names if name in PROGRAMS]:
        for number, run in enumerate(PROGRAMS[name], start=1):
            await _record_run(kernel, name if number == 1 else f"{name}-{number}", run)
    for name in [name for name in names if name in RECORDED]:
        lesson_id, step_id, code = RECORDED[name]
        lesson = course.lesson(lesson_id)
        step = lesson.step(step_id)
        if isinstance(step, Exercise):
            text = step.solution if code == "solution" else step.starter
        else:
            text = code or step.code or ""
        await _record_run(kernel, name, replace(run_of(lesson, step, text), trace=name.endswith("-traced")))
        for look, (after, request) in LOOKS.items():
            if after == name:
                side = await kernel.look(request)
                assert isinstance(side, AutogradGraphView)
                found = wire.encode(side.graph)
                (FOLDER / f"{look}.json").write_text(json.dumps(found, ensure_ascii=False, indent=1) + "\n", "utf-8")
        views = [await kernel.look(request) for request in LOOKED.get(name, [])]
        if views:
            (FOLDER / f"views-{name}.json").write_text(json.dumps(wire.encode(views), ensure_ascii=False), "utf-8")
    await kernel.close()


if __name__ == "__main__":
    asyncio.run(_record(sys.argv[1:] or list(RECORDED)))
