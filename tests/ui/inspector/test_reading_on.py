"""What there was no time to read when a run was over is read then, in the real app with a real kernel."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.courses import course_in
from tests.ui.conftest import until
from tui_torch.kernel.session import KernelSession, KernelState
from tui_torch.kernel.zygote import Zygote
from tui_torch.protocol.events import Inspected
from tui_torch.protocol.inspection_updates import is_complete
from tui_torch.protocol.orders import Run
from tui_torch.tutor.progress.progress import Progress
from tui_torch.tutor.tutor import Tutor
from tui_torch.ui.app import TutorApp

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.xdist_group("kernel")]

MUCH = """\
import torch

for at in range(60):
    globals()[f"t{at}"] = torch.full((1_000_000,), at, dtype=torch.uint8)
"""
"""More than can be read in the 20 ms of an inspection."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def kernel(zygote: Zygote) -> AsyncIterator[KernelSession]:
    session = KernelSession(zygote=zygote)
    await session.start()
    await session.ready()
    yield session
    await session.close()


@pytest.fixture
def app(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kernel: KernelSession) -> Iterator[TutorApp]:
    monkeypatch.setenv("TUI_TORCH_HOME", str(tmp_path))
    with Progress.open(tmp_path / "progress.db") as progress:
        tutor = Tutor(course_in(), progress, kernel)
        tutor.open_playground()
        tutor.save(MUCH)
        yield TutorApp(tutor)


async def test_the_kernel_reads_on_until_nothing_is_left(kernel: KernelSession) -> None:
    events = [event async for event in kernel.run(Run(MUCH))]
    (inspection,) = (event.inspection for event in events if isinstance(event, Inspected))
    assert not is_complete(inspection)
    while (more := await kernel.read_on()) is not None:
        inspection = more
    assert is_complete(inspection)
    assert [s.statistics.mean for s in inspection.variables if s.statistics and s.name == "t59"] == [59.0]
    # A run after it says of what it made anew what is true of it, though it is told by what was read on.
    events = [event async for event in kernel.run(Run("t59 = 3"))]
    (inspection,) = (event.inspection for event in events if isinstance(event, Inspected))
    assert [(s.name, s.text) for s in inspection.variables] == [("t59", "3")]
    assert await kernel.read_on() is None


async def test_the_app_shows_all_of_it_without_another_key(app: TutorApp) -> None:
    async with app.run_test(size=(120, 40)) as pilot:
        inspector = app.lesson_screen.panes.inspector
        await pilot.press("f5")
        await until(pilot, lambda: len(inspector.inspection.variables) >= 60 and is_complete(inspector.inspection))
        selected = inspector.selected
        assert selected is not None
        assert selected.statistics is not None
        assert app.tutor.kernel.state is KernelState.READY
