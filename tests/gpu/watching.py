"""A training that `tui-torch watch` runs on the device: its layers, its memory, and that nothing makes it wait."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.benchmarks.figure import Figure

STEPS = 400
NEEDS = "needs CUDA"
WATCH = (sys.executable, "-P", "-m", "tui_torch", "watch", "--to", os.devnull)
PROGRAM = """
import json, sys, torch, warnings
torch.manual_seed(0)
device, steps = sys.argv[1], int(sys.argv[2])
width = 512 if device == "cuda" else 32
model = torch.nn.Sequential(torch.nn.Linear(width, width), torch.nn.Tanh(), torch.nn.Linear(width, 1)).to(device)
x, y = torch.randn(width, width, device=device), torch.randn(width, 1, device=device)
optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
first = []

def train(steps):
    for step in range(steps):
        optimizer.zero_grad()
        loss = torch.nn.functional.mse_loss(model(x), y)
        loss.backward()
        if not first:
            for layer in model[::2]:
                first.append(torch.cat([p.grad.flatten() for p in layer.parameters()]).norm().item())
        optimizer.step()

train(10)
waits = []
if device == "cuda":
    torch.cuda.set_sync_debug_mode("warn")
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        train(steps)
    torch.cuda.set_sync_debug_mode("default")
    waits = [str(one.message) for one in caught if "synchronizing" in str(one.message)]
else:
    train(steps)
    assert not torch.cuda.is_initialized()
peak = torch.cuda.max_memory_allocated() if device == "cuda" else None
print(json.dumps([first, peak, len(waits)]))
"""


def measure(device: str) -> Iterator[Figure]:
    with tempfile.TemporaryDirectory() as home:
        (first, peak, waits), process = _watched(device, Path(home))
    layers: dict[str, list[list[float]]] = process["gradient_norms_by_layer"]
    seen = [points[0] for points in layers.values()]
    told = [value for step, value in seen if step == 1]
    close = len(told) == 2 and all(
        abs(ours - theirs) <= 1e-3 * theirs for ours, theirs in zip(told, first, strict=True)
    )
    yield Figure(
        "gradient norms of a watched training's layers", f"{told}", f"PyTorch: {first}", budget="the same", kept=close
    )
    of_gpu: dict[str, int] | None = process["gpu_memory"]
    if device == "cpu":
        yield Figure("a GPU's memory, on the CPU", f"{of_gpu}", budget="none is told", kept=of_gpu is None)
        yield Figure("a GPU's memory, and waiting for it", NEEDS)
        return
    is_right = of_gpu is not None and of_gpu["peak"] == peak and 0 < of_gpu["allocated"] <= peak < of_gpu["total"]
    yield Figure("a GPU's memory", f"{of_gpu}", f"PyTorch: at most {peak}", budget="the same", kept=is_right)
    waited = f"{waits} waits in {STEPS} steps"
    yield Figure("a watched training waits for its GPU", waited, budget="0", kept=waits == 0)


def _watched(device: str, home: Path) -> tuple[Any, dict[str, Any]]:
    """What the program printed, and what is kept of it."""
    program = home / "train.py"
    program.write_text(PROGRAM)
    environment = {**os.environ, "TUI_TORCH_HOME": str(home)}
    command = (*WATCH, sys.executable, str(program), device, str(STEPS))
    printed = subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout
    listed = (*WATCH[:-3], "runs", "--json")
    kept = subprocess.run(listed, env=environment, check=True, capture_output=True, text=True).stdout
    return json.loads(printed), json.loads(kept)[0]["processes"][0]
