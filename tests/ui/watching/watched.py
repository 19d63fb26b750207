"""Runs that are kept, made by the writer that trainings have: the same each time."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Iterator, Sequence
from dataclasses import replace

from tests.ui.charted import series
from tests.ui.conftest import PATIENCE
from tests.unit.probe.watch.records import BEGUN
from tui_torch.probe.watch.record_writer import RecordWriter
from tui_torch.protocol.events import LAYERS, Failed, Frame, SeriesPoints, TrainingProgress
from tui_torch.protocol.records.lines import RECORD_VERSION, WatchedCommand
from tui_torch.ui.watching.app import WatchApp
from tui_torch.watching.run_folders import RunFolder, runs_folder

STEPS, EPOCHS = 300, 10
BEGAN = 1_000_000.0
LAYERS_OF = {"model.embed": 0.02, "model.blocks[0:4]": 3.0, "model.blocks[4:8]": 12.5, "model.head": 28.0}
"""By the name of a layer, its part in the gradient norm."""


def curves(rate: float, *, breaks_at: int | None = None) -> tuple[SeriesPoints, ...]:
    """A loss that falls at a rate, its gradient norm, its learning rate, and validation after each epoch."""
    losses = [
        (3 * math.exp(-rate * step) + 0.1) * (1 + 0.2 * math.sin(step * 12.9898) * math.cos(step * 4.1414))
        for step in range(STEPS)
    ]
    if breaks_at is not None:
        losses[breaks_at:] = [math.nan] * (STEPS - breaks_at)
    length = STEPS // EPOCHS
    validation = tuple((epoch * length, 3 * math.exp(-rate * epoch * length) + 0.2) for epoch in range(1, EPOCHS + 1))
    return (
        series("loss", "loss", *losses),
        series("gradient norm", "gradient norm", *(30 / step for step in range(1, STEPS + 1))),
        series("lr", "learning rate", *([0.05] * (STEPS // 2) + [0.005] * (STEPS // 2))),
        SeriesPoints("val_loss", "validation", validation),
        *(series(name, LAYERS, *(share / step for step in range(1, STEPS + 1))) for name, share in LAYERS_OF.items()),
    )


def kept(
    name: str,
    rate: float = 0.02,
    *,
    lr: str = "0.05",
    ranks: Sequence[int | None] = (None,),
    exit_code: int | None = 0,
    breaks_at: int | None = None,
    failed: Failed | None = None,
    pid: int = 2**22 + 1,
) -> RunFolder:
    """A run that has trained; over, if it has an exit code."""
    folder = RunFolder(runs_folder() / name)
    folder.path.mkdir(parents=True)
    arguments = ("--epochs", str(EPOCHS), "--lr", lr)
    ended = BEGAN + 754 if exit_code is not None else None
    command = ("python", "train.py", *arguments)
    folder.write_command(WatchedCommand(RECORD_VERSION, command, "/home/me", BEGAN, pid, "here", ended, exit_code))
    for rank in ranks:
        begun = replace(BEGUN, arguments=arguments, began=BEGAN, pid=77 + (rank or 0), rank=rank, world_size=len(ranks))
        seconds = [0.0]
        writer = RecordWriter(begun, folder.path, clock=lambda seconds=seconds: seconds[0])
        for step, found in _progress(rate, breaks_at):
            seconds[0] = step * (0.008 + 0.001 * (rank or 0))  # a step of rank 1 takes longer
            writer.add_progress(found)
        if failed is not None and rank in (None, 1):
            writer.add_failure(failed)
        writer.end()
    return folder


def _progress(rate: float, breaks_at: int | None) -> Iterator[tuple[int, TrainingProgress]]:
    """What the recorder tells of, ten steps at a time."""
    whole = curves(rate, breaks_at=breaks_at)
    length = STEPS // EPOCHS
    for last in range(10, STEPS + 1, 10):
        now = tuple(
            SeriesPoints(one.name, one.kind, tuple(point for point in one.points if last - 10 < point[0] <= last))
            for one in whole
        )
        starts = tuple(step for step in range(1, STEPS + 1, length) if last - 10 < step <= last)
        epoch = (last - 1) // length + 1
        yield last, TrainingProgress(last, tuple(one for one in now if one.points), epoch, starts, 0.05, last, 125.0)


ERROR = Failed(
    "RuntimeError",
    "mat1 and mat2 shapes cannot be multiplied (32x784 and 100x10)",
    (
        Frame(41, "<module>", "train(model, loader)", "/home/me/train.py"),
        Frame(23, "train", "loss = loss_fn(model(x), y)", "/home/me/train.py"),
        Frame(12, "forward", "return self.head(x.flatten(1))", "/home/me/net.py"),
    ),
)


async def ends_by(app: WatchApp, key: str) -> None:
    """Press a key that ends the app. The pilot's own keys wait until the app rests, which it does no more."""
    app.simulate_key(key)
    async with asyncio.timeout(PATIENCE):
        while app.is_running:  # noqa: ASYNC110 - nobody tells of it
            await asyncio.sleep(0)
