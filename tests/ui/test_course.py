"""The course as a learner plays it: every lesson in the real app, with a real kernel, by keys."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio
from textual.pilot import Pilot

from tests.courses import course_in, that_train
from tests.spread import in_full_only, marks
from tests.ui.conftest import shows, until
from tui_torch.course.lesson import Example, Exercise, Quiz
from tui_torch.kernel.session import KernelSession, KernelState
from tui_torch.kernel.zygote import Zygote
from tui_torch.tutor.progress.progress import Progress
from tui_torch.tutor.tutor import Tutor
from tui_torch.ui.app import TutorApp
from tui_torch.ui.lesson.screen import LessonScreen
from tui_torch.ui.lesson.status_line import StatusLine
from tui_torch.ui.screens.confirm import ConfirmScreen

COURSE = course_in()


# Each run begins with an empty namespace, so that lessons can share a kernel.
pytestmark = pytest.mark.asyncio(loop_scope="module")

IDS = [lesson.id for lesson in COURSE.lessons]
FULL = in_full_only(IDS, 0, besides={"dataset-dataloader", "numpy-interop", *that_train()})
LESSONS = [pytest.param(name, marks=[pytest.mark.xdist_group("lessons by keys"), *marks(name, FULL)]) for name in IDS]


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
        yield TutorApp(Tutor(COURSE, progress, kernel))


async def play(pilot: Pilot[None], app: TutorApp) -> None:
    """Do what the current step is there for."""
    screen = app.lesson_screen
    step = app.tutor.step

    async def done() -> None:
        await until(
            pilot,
            lambda: (
                screen.run.in_progress is None
                and app.tutor.kernel.state is KernelState.READY
                and step.id in app.tutor.done
            ),
        )

    match step:
        case Example():
            await pilot.press("f5")
        case Quiz():
            right = next(number for number, at in enumerate(app.tutor.choice_order, 1) if step.choices[at].correct)
            await pilot.press(str(right))
        case Exercise():
            await pilot.press("s")
            await until(pilot, lambda: isinstance(app.screen, ConfirmScreen))
            await pilot.press("y")
            await until(pilot, lambda: isinstance(app.screen, LessonScreen))
            await until(pilot, lambda: "again puts it into" in screen.query_one(StatusLine).note)
            await pilot.press("s", "f5")
    await done()


@pytest.mark.parametrize("lesson_id", LESSONS)
async def test_a_lesson_is_played_from_its_first_step_to_its_last_by_keys(app: TutorApp, lesson_id: str) -> None:
    lesson = COURSE.lesson(lesson_id)
    app.tutor.open(lesson)
    async with app.run_test(size=(120, 40)) as pilot:
        await shows(pilot, lesson.title[:20])
        for step in lesson.steps:
            assert app.tutor.step is step
            await play(pilot, app)
            if step is not lesson.steps[-1]:
                await pilot.press("n")
                await until(pilot, lambda step=step: app.tutor.step is not step)
        assert all(app.tutor.marks)
