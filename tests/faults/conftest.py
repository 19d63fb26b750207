"""Terminals for the app that is to survive what happens in them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from tests.terminal import Terminal
from tests.terminal import home_of_old as home_of_old
from tests.terminal import open_terminal as open_terminal
from tui_torch.protocol.records.lines import RUN_FOLDER


@pytest.fixture
def terminals(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Terminal]]:
    """For the terminals of one test, in a home of its own. At its end they are closed, and what was watched is killed.

    Also the ranks of a `torchrun`, each of which leads a session.
    """
    monkeypatch.setenv("TUI_TORCH_HOME", str(tmp_path / "home"))
    opened: list[Terminal] = []
    yield opened
    for terminal in opened:
        terminal.close()
    for process in psutil.process_iter(["environ"]):
        with suppress(psutil.Error):
            if str(tmp_path) in (process.info["environ"] or {}).get(RUN_FOLDER, ""):
                process.kill()
