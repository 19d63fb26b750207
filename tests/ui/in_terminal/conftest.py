"""Two apps for all tests of this folder: each test leaves the one that it sat at as the next expects it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.ui.in_terminal.desk import ALT_Z, Desk


@contextmanager
def _opened(home: Path, of_old: Path, size: tuple[int, int]) -> Iterator[Desk]:
    shutil.copytree(of_old, home, dirs_exist_ok=True)
    desk = Desk("gradients", size=size, environment={"TUI_TORCH_HOME": str(home), "TMUX": None})
    try:
        desk.wait_for("Three scalars", "ready")
        yield desk
    finally:
        desk.close()


@pytest.fixture(scope="session")
def _quiet_desk(home_of_old: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    home = tmp_path_factory.mktemp("quiet")
    (home / "config.toml").write_text("complete_as_you_type = false\n", "utf-8")
    with _opened(home, home_of_old, (100, 30)) as desk:
        desk.edit()
        desk.press(ALT_Z)
        desk.wait_until(lambda: "─Code" in desk.lines[1], "the editor over the whole screen")
        yield desk


@pytest.fixture
def editor(_quiet_desk: Desk) -> Iterator[Desk]:
    """An empty editor that fills the screen, of an app that completes nothing unasked."""
    _quiet_desk.write("")
    yield _quiet_desk


@pytest.fixture(scope="session")
def _usual_desk(home_of_old: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    with _opened(tmp_path_factory.mktemp("usual"), home_of_old, (120, 40)) as desk:
        desk.press("\x1b[15~")
        desk.wait_for("Ran in")
        yield desk


@pytest.fixture
def desk(_usual_desk: Desk) -> Iterator[Desk]:
    """The first step of a lesson, which has run, with the focus on its text."""
    desk = _usual_desk
    desk.go_to_text()
    yield desk
    if (desk.screen.columns, desk.screen.lines) != (120, 40):
        desk.resize(120, 40)
        desk.wait_until(lambda: "─ Tensors" in desk.lines[1], "two columns")
    desk.go_to_text()
