"""Nobody else gets at the learner's kernel: what there is of files and sockets while code with workers runs."""

from __future__ import annotations

import asyncio
import os
import stat
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import psutil
import pytest

from tests.processes import command_of, listens, lives
from tests.ui.conftest import until
from tui_torch.course.library import lessons_folder
from tui_torch.course.loader import open_course
from tui_torch.kernel.session import KernelSession, KernelState
from tui_torch.kernel.zygote import Zygote
from tui_torch.tutor.progress.progress import Progress
from tui_torch.tutor.tutor import Tutor
from tui_torch.ui.app import TutorApp

pytestmark = [
    pytest.mark.xdist_group("faults"),
    pytest.mark.skipif(sys.platform == "win32", reason="there the kernel is reached by TCP, on this machine only"),
]

WORKING = """\
import torch
from torch.utils.data import DataLoader, TensorDataset
loader = DataLoader(TensorDataset(torch.arange(6)), num_workers=2, persistent_workers=True)
batches = iter(loader)
print(next(batches))
input("working")
"""
"""Waits with its workers there."""


@pytest.fixture
async def app(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, zygote: Zygote) -> AsyncIterator[TutorApp]:
    monkeypatch.setenv("TUI_TORCH_HOME", str(tmp_path / "home"))
    # As generous as a user's setting gets.
    before = os.umask(0)
    kernel = KernelSession(zygote=zygote)
    try:
        await kernel.start()
        await kernel.ready()
        with Progress.open(tmp_path / "home" / "progress.db") as progress:
            yield TutorApp(Tutor(open_course(lessons_folder()), progress, kernel))
        await kernel.close()
    finally:
        os.umask(before)


def modes(folder: Path) -> dict[str, int]:
    """Of everything in a folder, what those who are not its owner may do with it."""
    found = [folder, *folder.rglob("*")]
    return {str(path.relative_to(folder)): stat.S_IMODE(path.lstat().st_mode) & 0o077 for path in found}


async def test_while_code_with_workers_runs_nothing_listens_and_no_file_is_open_to_others(
    app: TutorApp, tmp_path: Path
) -> None:
    kernel = app.tutor.kernel
    async with app.run_test(size=(120, 40)) as pilot:
        app.lesson_screen.panes.editor.put(WORKING)
        await pilot.press("f5")
        await until(pilot, lambda: app.lesson_screen.query("OutputPane Input") and kernel.state is KernelState.RUNNING)
        assert kernel.pid is not None and kernel.folder is not None
        process = psutil.Process(kernel.pid)
        await until(pilot, lambda: len(process.children()) >= 2)

        # The app, its guardian, the kernel, and the workers.
        every = [one for app in (psutil.Process(), process) for one in (app, *app.children(recursive=True))]
        for running in every:
            assert not await asyncio.to_thread(listens, running), command_of(running)
        assert all(lives(one) for one in (process, *process.children()[:2]))
        assert kernel.folder.stat().st_mode & 0o777 == 0o700
        assert stat.S_IMODE((kernel.folder / "kernel.json").stat().st_mode) == 0o600
        sockets = [path for path in kernel.folder.iterdir() if path.is_socket()]
        assert len(sockets) >= 5
        # IPython's own files say nothing of the learner's, and are behind the folder's mode like the rest.
        open_to_others = {name for name, mode in modes(kernel.folder).items() if mode}
        assert not {name for name in open_to_others if not name.startswith("ipython/")}
        assert not {name: mode for name, mode in modes(tmp_path / "home").items() if mode}
        await pilot.press("escape")
        await kernel.interrupt()
