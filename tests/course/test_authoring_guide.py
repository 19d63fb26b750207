"""What `lessons/README.md` teaches is so."""

from __future__ import annotations

import re
from pathlib import Path

import click
import pytest

from tui_torch.cli import commands
from tui_torch.course.library import lessons_folder
from tui_torch.course.loader import load_lesson
from tui_torch.course.proof.fit import CODE, PAGE
from tui_torch.course.proof.verify import verify
from tui_torch.kernel.session import KernelSession

GUIDE = (lessons_folder() / "README.md").read_text("utf-8")


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.xdist_group("course")
async def test_its_lesson_does_what_it_says(kernel: KernelSession, tmp_path: Path) -> None:
    found = re.search(r"```yaml\n(.*?)```", GUIDE, re.DOTALL)
    assert found is not None
    path = tmp_path / "rectified.yaml"
    path.write_text(found[1], "utf-8")
    lesson = load_lesson(path)
    assert [step.kind for step in lesson.steps] == ["example", "quiz", "exercise"]
    assert await verify(kernel, lesson, path) == ()


def test_it_names_commands_that_there_are_and_the_widths_that_check_proves() -> None:
    assert set(re.findall(r"tui-torch (\w+)", GUIDE)) <= set(commands.list_commands(click.Context(commands)))
    assert f"beyond {CODE} cells, tables beyond {PAGE}" in GUIDE
