"""Draws the README's picture: `python -m tests.ui.picture` runs a real step in the real app and exports its screen."""

from __future__ import annotations

import asyncio
import os
import re
import tempfile
from pathlib import Path

from tests.courses import course_in
from tui_torch.kernel.session import KernelSession, KernelState
from tui_torch.tutor.progress.progress import Progress
from tui_torch.tutor.tutor import Tutor
from tui_torch.ui.app import TutorApp

PICTURE = Path(__file__).parent.parent.parent / ".github" / "tui-torch.svg"
LESSON, STEP = "linear-regression", "fit"
SIZE = (120, 40)


async def draw() -> str:
    """The screen after the regression's fit, as SVG."""
    kernel = KernelSession()
    await kernel.start()
    await kernel.ready()
    with tempfile.TemporaryDirectory() as home, Progress.open(Path(home) / "progress.db") as progress:
        os.environ["TUI_TORCH_HOME"] = home
        course = course_in()
        tutor = Tutor(course, progress, kernel)
        lesson = course.lesson(LESSON)
        for step in lesson.steps[: lesson.index(STEP)]:
            progress.mark_done(LESSON, step.id)
        tutor.open(lesson, STEP)
        app = TutorApp(tutor)
        async with app.run_test(size=SIZE) as pilot:
            await pilot.press("f5")
            await pilot.pause()
            while kernel.state is not KernelState.READY or STEP not in tutor.done:
                await pilot.pause(0.05)
            await pilot.pause()
            picture = app.export_screenshot(title="tui-torch launch")
    await kernel.close()
    return picture


def standing_alone(picture: str) -> str:
    """The picture without the web fonts that it would fetch, and with its spaces kept."""
    picture = re.sub(r"@font-face \{.*?\}\s*", "", picture, flags=re.DOTALL)
    picture = picture.replace("font-family: Fira Code", "font-family: ui-monospace, Menlo, Consolas")
    return picture.replace("<text ", '<text xml:space="preserve" ')


if __name__ == "__main__":
    PICTURE.parent.mkdir(exist_ok=True)
    PICTURE.write_text(standing_alone(asyncio.run(draw())), "utf-8")
