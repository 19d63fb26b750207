"""The app with a course whose lessons are read as they are asked for, one of which cannot be read."""

from __future__ import annotations

import gc
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import cast

import pytest

from tests.ui.conftest import shows, started, until
from tests.ui.recorded import COURSE, RecordedKernel
from tui_torch.course.lesson import Lesson
from tui_torch.course.loader import AT_HAND, open_course
from tui_torch.kernel.session import KernelSession, KernelState
from tui_torch.tutor.progress.progress import Progress
from tui_torch.tutor.progress.reviews import Tried
from tui_torch.tutor.tutor import Tutor
from tui_torch.ui.app import TutorApp
from tui_torch.ui.lesson.step_view import UNREADABLE

WIDE = (120, 40)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(COURSE, tmp_path / "course"))


@pytest.fixture
def app(tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[TutorApp]:
    monkeypatch.setenv("TUI_TORCH_HOME", str(tmp_path))
    kernel = cast("KernelSession", RecordedKernel("three-scalars", KernelState.READY))
    with Progress.open(tmp_path / "progress.db") as progress:
        yield TutorApp(Tutor(open_course(folder), progress, kernel))


def spoil(folder: Path) -> None:
    (folder / "regression" / "fit-a-plane.yaml").write_text("schema: one\n", encoding="utf-8")


async def test_one_lesson_is_read_before_the_first_frame_and_the_others_after_it(app: TutorApp) -> None:
    course = app.tutor.course
    assert [lesson.id for lesson in course.at_hand] == ["gradients"]
    async with started(app, WIDE) as pilot:
        await shows(pilot, "Three scalars")
        await until(pilot, lambda: [lesson.id for lesson in course.at_hand] == ["gradients", "fit-a-plane"])


async def test_a_lesson_that_cannot_be_read_is_missing_from_the_list_and_the_list_says_why(
    app: TutorApp, folder: Path
) -> None:
    spoil(folder)
    async with app.run_test(size=WIDE, notifications=True) as pilot:
        await pilot.press("l")
        await shows(pilot, "Playground", "Not in this list:", "fit-a-plane.yaml:1:")


async def test_going_on_to_a_lesson_that_cannot_be_read_says_so_and_stays(app: TutorApp, folder: Path) -> None:
    spoil(folder)
    last = app.tutor.lesson.steps[-1]
    app.tutor.open(app.tutor.lesson, last.id)
    async with started(app, WIDE) as pilot:
        await pilot.press("n")
        await until(pilot, lambda: app.lesson_screen.panes.status.remark == UNREADABLE)
        assert app.tutor.step is last
        for step in app.tutor.lesson.steps:
            app.tutor.progress.mark_done(app.tutor.key, step.id)
        await pilot.press("n")
        await shows(pilot, "Finished: ", "The next lesson cannot be read: tui-torch check says why.")


async def test_however_many_lessons_there_are_few_of_them_are_held(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TUI_TORCH_HOME", str(tmp_path))
    text = (COURSE / "basics" / "gradients.yaml").read_text("utf-8")
    names = [f"held-{number}" for number in range(3 * AT_HAND)]
    (tmp_path / "only").mkdir()
    for name in names:
        (tmp_path / "only" / f"{name}.yaml").write_text(text.replace("id: gradients\n", f"id: {name}\n", 1), "utf-8")
    track = f"[{{id: only, title: The only track, lessons: [{', '.join(names)}]}}]"
    (tmp_path / "course.yaml").write_text(f"schema: 1\ntitle: A course\ntracks: {track}\n", "utf-8")

    def held() -> int:
        gc.collect()
        return sum(isinstance(one, Lesson) and one.id.startswith("held-") for one in gc.get_objects())

    kernel = cast("KernelSession", RecordedKernel("three-scalars", KernelState.READY))
    with Progress.open(tmp_path / "progress.db") as progress:
        for name in names:
            progress.record_review(name, "a-square", Tried(0, right=False))
        app = TutorApp(Tutor(open_course(tmp_path), progress, kernel))
        async with started(app, WIDE) as pilot:
            await pilot.press("l")
            await shows(pilot, f"0 of {3 * len(names)} steps done")
            assert held() <= AT_HAND + 1, "and the one that is on show"
            await pilot.press("q", "ctrl+p", *"gradients")
            await shows(pilot, "Lesson: Gradients")
            assert held() <= AT_HAND + 1
            await pilot.press("escape", "l", "end", "up", "up", "enter")
            await shows(pilot, "Due now")
            await pilot.press("enter")
            await until(pilot, lambda: app.tutor.kind == "practice")
            assert held() <= AT_HAND + 1
            await pilot.press("l", "home", "down", "enter")
            await until(pilot, lambda: app.tutor.lesson.id == names[1])
