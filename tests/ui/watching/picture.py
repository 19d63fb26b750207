"""Draws the README's picture of a watched training: `python -m tests.ui.watching.picture` runs two and looks at one."""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
from pathlib import Path

from tests.ui.picture import FOLDER, standing_alone
from tui_torch.ui.watching.app import WatchApp
from tui_torch.watching.child import watched_environment
from tui_torch.watching.keeping.client import runs_now
from tui_torch.watching.keeping.start import start_keeper
from tui_torch.watching.run_folders import RunFolder, begun

FILE = "watch.svg"
SIZE = (120, 40)
EPOCHS = 12
PROGRAM = """\
import argparse
import sys
import time
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

parser = argparse.ArgumentParser()
parser.add_argument("--epochs", type=int)
parser.add_argument("--lr", type=float)
args = parser.parse_args()

torch.manual_seed(0)
torch.set_num_threads(1)
x = torch.randn(1280, 20)
y = (x[:, :1] * x[:, 1:2] + x[:, 2:3] + 0.3 * torch.randn(1280, 1))
train = DataLoader(TensorDataset(x[:1024], y[:1024]), batch_size=32, shuffle=True)
val = DataLoader(TensorDataset(x[1024:], y[1024:]), batch_size=64)
model = nn.Sequential(nn.Linear(20, 64), nn.ReLU(), nn.Linear(64, 1))
opt = torch.optim.Adam(model.parameters(), lr=args.lr)
loss_fn = nn.MSELoss()
for epoch in range(1, args.epochs + 1):
    began = time.monotonic()
    for number, (xb, yb) in enumerate(train, 1):
        loss = loss_fn(model(xb), yb)
        opt.zero_grad()
        loss.backward()
        opt.step()
        time.sleep(0.01)
        speed = number / (time.monotonic() - began)
        bar = "█" * (24 * number // len(train))
        left = (len(train) - number) / speed
        told = f"{number}/{len(train)}, {speed:.0f} steps/s, {left:.1f} s left "
        sys.stderr.write(f"\\repoch {epoch:2} \\x1b[32m{bar:24}\\x1b[0m {told}")
    with torch.no_grad():
        total = 0.0
        for xb, yb in val:
            val_loss = loss_fn(model(xb), yb)
            total += val_loss.item()
    print(f"\\repoch {epoch:2} validation {total / len(val):.4f}\\x1b[K", flush=True)
"""


def start(program: Path, *arguments: str) -> RunFolder:
    run = RunFolder.made()
    called = begun(["python", program.name, *arguments], 0)
    command = [sys.executable, str(program), *arguments]
    start_keeper(command, watched_environment(os.environ, run.path), run, called)
    return run


async def draw(folder: Path) -> str:
    """The screen as SVG, with two thirds of the training done."""
    program = folder / "train.py"
    program.write_text(PROGRAM, "utf-8")
    before = start(program, "--epochs", str(EPOCHS), "--lr", "0.0005")
    while runs_now(before):  # noqa: ASYNC110 - a picture has time
        await asyncio.sleep(0.5)
    app = WatchApp(start(program, "--epochs", str(EPOCHS), "--lr", "0.005"), overlaid=[before.name])
    async with app.run_test(size=SIZE) as pilot:
        while f"{2 * EPOCHS // 3} of {EPOCHS}" not in app.watch_screen.figures.plain:
            await pilot.pause(0.1)
        await pilot.pause(0.6)
        return app.export_screenshot(title="tui-torch watch")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as home:
        os.environ |= {"TUI_TORCH_HOME": home, "TERM": "xterm-256color", "COLORTERM": "truecolor"}
        (FOLDER / FILE).write_text(standing_alone(asyncio.run(draw(Path(home)))), "utf-8")
