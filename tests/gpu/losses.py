"""Losses of a loop on the device: what reading them costs it, that they are right, and those of mixed precision."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from tests.benchmarks.figure import Figure, ratio_of
from tests.benchmarks.kernels import ready_kernel
from tui_torch.kernel.session import KernelSession
from tui_torch.protocol.events import Failed, Output, TrainingProgress
from tui_torch.protocol.orders import Run

BUDGET = 1.02
"""How much longer a step on a GPU may take for being recorded."""
ROUNDS, STEPS = {"cuda": 5, "cpu": 1}, {"cuda": 1500, "cpu": 50}
NEEDS = "needs CUDA"

LOOP = """
import json, time, torch, warnings
torch.manual_seed(0)
device, steps = "{device}", {steps}
width = 2048 if device == "cuda" else 128
layers = [layer for _ in range(3) for layer in (torch.nn.Linear(width, width), torch.nn.Tanh())]
model = torch.nn.Sequential(*layers).to(device)
x, y = torch.randn(width, width, device=device), torch.randn(width, width, device=device)
optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
kept = []

def train(steps):
    for step in range(steps):
        optimizer.zero_grad()
        loss = torch.nn.functional.mse_loss(model(x), y)
        loss.backward()
        optimizer.step()
        kept.append(loss.detach())
"""
TIMED = """
train(steps // 10)
if device == "cuda":
    first, last = torch.cuda.Event(enable_timing=True), torch.cuda.Event(enable_timing=True)
    torch.cuda.synchronize()
    first.record()
started, worked = time.perf_counter(), time.process_time()
train(steps)
if device == "cuda":
    last.record()
    torch.cuda.synchronize()
wall = time.perf_counter() - started
on_device = first.elapsed_time(last) / 1000 if device == "cuda" else time.process_time() - worked
print(json.dumps([wall / steps, on_device / steps, torch.stack(kept).tolist()]))
"""
WAITS = """
train(10)
torch.cuda.set_sync_debug_mode("warn")
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    train(steps)
torch.cuda.set_sync_debug_mode("default")
print(json.dumps(sum("synchronizing" in str(warning.message) for warning in caught)))
"""
MIXED = """
import json, torch
torch.manual_seed(0)
device = "{device}"
model, x, y = torch.nn.Linear(64, 1).to(device), torch.randn(256, 64).to(device), torch.randn(256, 1).to(device)
optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
scaler = torch.amp.GradScaler(device)
kept = []
for step in range(50):
    optimizer.zero_grad()
    with torch.autocast(device, dtype=torch.float16 if device == "cuda" else torch.bfloat16):
        loss = torch.nn.functional.mse_loss(model(x), y)
    scaler.scale(loss).backward()
    scaler.step(optimizer)
    scaler.update()
    kept.append(loss.item())
print(json.dumps(kept))
"""
CAPTURED = """
import json, torch
x, w = torch.ones(8, device="cuda"), torch.ones(8, device="cuda", requires_grad=True)
def step():
    loss = (w * x).square().sum()
    loss.backward()
    return loss
aside = torch.cuda.Stream()
aside.wait_stream(torch.cuda.current_stream())
with torch.cuda.stream(aside):
    for _ in range(3):
        w.grad = None
        step()
torch.cuda.current_stream().wait_stream(aside)
w.grad = None
graph = torch.cuda.CUDAGraph()
with torch.cuda.graph(graph):
    loss = step()
x.fill_(2)
graph.replay()
print(json.dumps(loss.item()))
"""


@dataclass(frozen=True, slots=True)
class RecordedLosses:
    """A run in the kernel: what it printed as JSON, and its losses by their steps."""

    printed: Any
    losses: dict[str, list[tuple[int, float]]]


def measure(device: str) -> Iterator[Figure]:
    yield from asyncio.run(_measure(device))


async def _measure(device: str) -> list[Figure]:
    code = LOOP.format(device=device, steps=STEPS[device])
    async with ready_kernel() as kernel:
        pairs = [(await _alone(code + TIMED), await _recorded(kernel, code + TIMED)) for _ in range(ROUNDS[device])]
        figures = [_cost(device, pairs), _rightness(pairs)]
        if device == "cuda":
            waits = (await _recorded(kernel, code + WAITS)).printed
            told = f"{waits} in {STEPS[device]} steps"
            figures.append(Figure("waits of a recorded loop for its GPU", told, "", told, "none", waits == 0))
            captured = (await _recorded(kernel, CAPTURED)).printed
            figures.append(
                Figure("a CUDA graph captured while recorded", f"loss {captured}", "", "", "loss 32.0", captured == 32)
            )
        else:
            figures.append(Figure("waits of a recorded loop for its GPU", NEEDS))
            figures.append(Figure("a CUDA graph captured while recorded", NEEDS))
        mixed = await _recorded(kernel, MIXED.format(device=device))
    is_right = mixed.losses.get("loss") == list(enumerate(mixed.printed, 1))
    told = f"{len(mixed.printed)} steps, first {mixed.printed[0]:.4f}"
    return [*figures, Figure("losses of mixed precision, unscaled", told, "", "", "those that it prints", is_right)]


def _cost(device: str, pairs: list[tuple[Any, RecordedLosses]]) -> Figure:
    wall, on_device = (
        ratio_of([ours.printed[at] for _, ours in pairs], [theirs[at] for theirs, _ in pairs]) for at in (0, 1)
    )
    clock = "by CUDA's events" if device == "cuda" else "in time of the processor"
    ours, theirs = (f"{seconds * 1e6:.0f} µs" for seconds in (pairs[0][1].printed[0], pairs[0][0][0]))
    result = f"{wall:.3f} × (and {on_device:.3f} × {clock})"
    if device != "cuda":  # a CPU has the number at once; what that costs is measured by tests.benchmarks
        return Figure("a step that is recorded", ours, f"bare: {theirs}", result)
    budget, kept = f"≤ {BUDGET} ×, both", max(wall, on_device) <= BUDGET
    return Figure("a step that is recorded", ours, f"bare: {theirs}", result, budget, kept)


def _rightness(pairs: list[tuple[Any, RecordedLosses]]) -> Figure:
    run = pairs[0][1]
    expected = run.printed[2]
    [points] = run.losses.values()
    right = all(expected[step - 1] == value for step, value in points) and points[-1][0] == len(expected)
    return Figure("losses that are recorded", f"{len(points)} points", "", "", "those of the loop", right)


async def _alone(code: str) -> Any:
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", code, stdout=asyncio.subprocess.PIPE)
    output, _ = await process.communicate()
    return json.loads(output)


async def _recorded(kernel: KernelSession, code: str) -> RecordedLosses:
    printed = ""
    losses: dict[str, list[tuple[int, float]]] = {}
    async for event in kernel.run(Run(code)):
        match event:
            case Failed():
                raise RuntimeError(event.message)
            case Output(text, "stdout"):
                printed += text
            case TrainingProgress():
                for series in event.series:
                    if series.kind == "loss":
                        losses.setdefault(series.name, []).extend(series.points)
            case _:
                pass
    return RecordedLosses(json.loads(printed), losses)
