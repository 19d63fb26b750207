"""Draws the README's pictures: `python -m tests.ui.picture` runs real steps in the real app and exports its screen."""

from __future__ import annotations

import asyncio
import os
import re
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from tests.courses import course_in
from tests.ui.conftest import seen
from tui_torch.kernel.session import KernelSession, KernelState
from tui_torch.tutor.progress.progress import Progress
from tui_torch.tutor.tutor import Tutor
from tui_torch.ui.app import TutorApp

FOLDER = Path(__file__).parent.parent.parent / ".github"
SIZE = (120, 40)


@dataclass(frozen=True)
class Shot:
    """What a picture shows: the screen after a step ran, and after some keys."""

    lesson: str
    step: str
    code: str | None = None
    """What is in the editor; None for what the step begins with."""
    keys: tuple[str, ...] = ()
    """Pressed once the code has run."""
    shown: str = ""
    """What is on the screen then."""


RESIDUAL = """\
import torch
from torch import nn
import torch.nn.functional as F

class Block(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.up = nn.Linear(width, 2 * width)
        self.down = nn.Linear(2 * width, width)

    def forward(self, x):
        return x + self.down(F.relu(self.up(x)))

model = nn.Sequential(nn.Linear(4, 8), Block(8), Block(8), nn.Linear(8, 3))
x, y = torch.randn(20, 4), torch.randint(0, 3, (20,))
loss = F.cross_entropy(model(x), y)
loss.backward()
"""

SHOTS = {
    "tui-torch.svg": Shot("linear-regression", "fit"),
    "graph.svg": Shot(
        "linear-regression", "fit", RESIDUAL, ("t", "slash", *"loss", "enter", "g", *["down"] * 4), "skip from"
    ),
}
"""The pictures, by their file in `.github`."""


async def draw(shot: Shot) -> str:
    """The screen as SVG."""
    kernel = KernelSession()
    await kernel.start()
    await kernel.ready()
    with tempfile.TemporaryDirectory() as home, Progress.open(Path(home) / "progress.db") as progress:
        os.environ |= {"TUI_TORCH_HOME": home, "TERM": "xterm-256color", "COLORTERM": "truecolor"}
        course = course_in()
        tutor = Tutor(course, progress, kernel)
        lesson = course.lesson(shot.lesson)
        for step in lesson.steps[: lesson.index(shot.step)]:
            progress.mark_done(shot.lesson, step.id)
        tutor.open(lesson, shot.step)
        if shot.code is not None:
            tutor.save(shot.code)
        app = TutorApp(tutor)
        async with app.run_test(size=SIZE) as pilot:
            await pilot.press("f5")
            await pilot.pause()
            while kernel.state is not KernelState.READY or "Ran in" not in seen(app):
                await pilot.pause(0.05)
            for key in shot.keys:
                await pilot.press(key)
                await pilot.pause(0.1)
            while shot.shown not in seen(app):
                await pilot.pause(0.05)
            await pilot.pause(0.2)
            picture = app.export_screenshot(title="tui-torch launch")
    await kernel.close()
    return picture


def standing_alone(picture: str) -> str:
    """The picture without the web fonts that it would fetch, and with its spaces kept."""
    picture = re.sub(r"@font-face \{.*?\}\s*", "", picture, flags=re.DOTALL)
    picture = picture.replace("font-family: Fira Code", "font-family: ui-monospace, Menlo, Consolas")
    return picture.replace("<text ", '<text xml:space="preserve" ')


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for name in sys.argv[1:] or SHOTS:
        (FOLDER / name).write_text(standing_alone(asyncio.run(draw(SHOTS[name]))), "utf-8")
