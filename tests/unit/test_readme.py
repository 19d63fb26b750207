"""What the README says is so."""

from __future__ import annotations

import re
from pathlib import Path

import click

from tui_torch.cli import commands
from tui_torch.course.loader import load_lesson

ROOT = Path(__file__).parent.parent.parent
README = (ROOT / "README.md").read_text("utf-8")


def test_its_lesson_loads(tmp_path: Path) -> None:
    found = re.search(r"```yaml\n(.*?)```", README, re.DOTALL)
    assert found is not None
    path = tmp_path / "double.yaml"
    path.write_text(found[1], "utf-8")
    assert load_lesson(path).id == "double"
    assert found[1].count("\n") <= 10


def test_its_table_names_every_command() -> None:
    assert set(re.findall(r"`tui-torch (\w+)", README)) == set(commands.list_commands(click.Context(commands)))


def test_its_picture_is_there() -> None:
    for picture in re.findall(r"!\[[^]]*\]\(([^)]+)\)", README):
        assert (ROOT / picture).read_text("utf-8").startswith("<svg")


def test_its_links_lead_to_files() -> None:
    for target in re.findall(r"(?<!!)\[[^]]*\]\(([^)]+)\)", README):
        assert (ROOT / target).is_file()
