"""The app around a program in a file of a test's own, with one real kernel for a module's tests."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from textual.pilot import Pilot

from tests.ui.conftest import until
from tui_torch.kernel.session import KernelSession
from tui_torch.kernel.zygote import Zygote
from tui_torch.programs.calls import call_of
from tui_torch.programs.reading import read_program
from tui_torch.tutor.own_program.opened import OpenedProgram
from tui_torch.tutor.progress.progress import Progress
from tui_torch.ui.lesson import drafts
from tui_torch.ui.program.app import ProgramApp

WIDE, NARROW = (120, 40), (80, 24)

Opens = Callable[..., AbstractAsyncContextManager[Pilot[None]]]
"""Opens a file in the app, and gives its pilot."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def kernel(zygote: Zygote) -> AsyncIterator[KernelSession]:
    zygote.import_more()
    session = KernelSession(zygote=zygote)
    await session.start()
    await session.ready()
    yield session
    await session.close()


@pytest.fixture
def opens(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kernel: KernelSession) -> Iterator[Opens]:
    monkeypatch.setenv("TUI_TORCH_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(drafts, "SAVE_AFTER", 0.01)
    monkeypatch.setattr("tui_torch.ui.lesson.keys.run_screen.TIDY_AFTER", 3600.0)

    @asynccontextmanager
    async def opened(path: Path, *arguments: str, size: tuple[int, int] = WIDE) -> AsyncIterator[Pilot[None]]:
        with Progress.open(tmp_path / "home" / "progress.db") as progress:
            program = OpenedProgram(
                read_program(path), call_of(path, arguments, path.parent), progress, kernel, agreed=True
            )
            app = ProgramApp(program)
            async with app.run_test(size=size) as pilot:
                await pilot.pause()
                yield pilot

    yield opened


def app_of(pilot: Pilot[None]) -> ProgramApp:
    app = pilot.app
    assert isinstance(app, ProgramApp)
    return app


def notebook_file(path: Path, *cells: dict[str, Any]) -> Path:
    """Write a notebook with cells, each with what it has besides the usual."""
    whole: list[dict[str, Any]] = []
    for at, cell in enumerate(cells):
        kept: dict[str, Any] = {} if "cell_type" in cell else {"outputs": [], "execution_count": None}
        whole.append({"id": f"c{at}", "cell_type": "code", "metadata": {}, **kept, **cell})
    document = {"cells": whole, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    path.write_text(json.dumps(document, indent=1), "utf-8")
    return path


async def ran(pilot: Pilot[None], *keys: str) -> str:
    """Press keys that run something, wait until that is over, and return what the output says."""
    screen = app_of(pilot).program_screen
    await pilot.press(*keys)
    await until(pilot, lambda: screen.run.in_progress is None and not screen.run.in_sequence)
    await pilot.pause()
    return screen.panes.output.plain()
