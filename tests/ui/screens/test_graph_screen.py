"""`g` on the lesson: the graph of the selected value over the whole screen."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.pilot import Pilot

from tests.courses import course_in
from tests.ui.conftest import until
from tests.ui.recorded import COURSE, RecordedKernel
from tui_torch.tutor.progress.progress import Progress
from tui_torch.tutor.tutor import Tutor
from tui_torch.ui.app import TutorApp
from tui_torch.ui.graph_view import GraphView
from tui_torch.ui.inspector.pane import TensorInspector
from tui_torch.ui.lesson.screen import LessonScreen
from tui_torch.ui.lesson.status_line import StatusLine
from tui_torch.ui.screens.graph import GraphScreen


@pytest.fixture
def app(tmp_path: Path) -> TutorApp:
    course = course_in(COURSE)
    kernel = RecordedKernel("three-scalars")
    tutor = Tutor(course, Progress.open(tmp_path / "progress.db"), kernel)  # type: ignore[arg-type]
    tutor.open(course.lesson("gradients"), "three-scalars")
    return TutorApp(tutor)


async def run_and_select(pilot: Pilot[None], name: str) -> None:
    await pilot.press("f5")
    await pilot.app.workers.wait_for_complete()
    await pilot.press("t")
    inspector = pilot.app.screen.query_one(TensorInspector)
    await until(pilot, lambda: inspector.selected is not None)
    while (before := inspector.selected.name) != name:
        await pilot.press("down")
        await until(pilot, lambda before=before: inspector.selected.name != before)


async def look(pilot: Pilot[None]) -> None:
    await pilot.press("g")
    await pilot.app.workers.wait_for_complete()
    await pilot.pause()


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_by_keys_alone_the_gradients_are_seen_at_the_leaves(app: TutorApp, size: tuple[int, int]) -> None:
    async with app.run_test(size=size) as pilot:
        await run_and_select(pilot, "y")
        await look(pilot)
        assert isinstance(app.screen, GraphScreen)
        strips = app.screen._compositor.render_strips()
        shown = "\n".join("".join(segment.text for segment in strip) for strip in strips)
        for text in ("Graph of y", "w = 4.0", "grad 3.0", "b = 5.0", "grad 1.0", "x = 3.0", "no gradient", "freed"):
            assert text in shown


@pytest.mark.parametrize("key", ["escape", "g", "q"])
async def test_any_of_its_keys_goes_back_to_the_tensors(app: TutorApp, key: str) -> None:
    async with app.run_test(size=(120, 40)) as pilot:
        await run_and_select(pilot, "y")
        await look(pilot)
        await pilot.press(key)
        assert isinstance(app.screen, LessonScreen)
        assert app.screen.query_one(TensorInspector).has_focus_within


async def test_the_arrow_keys_work_at_once(app: TutorApp) -> None:
    async with app.run_test(size=(120, 40)) as pilot:
        await run_and_select(pilot, "y")
        await look(pilot)
        await pilot.press("down")
        assert app.screen.query_one(GraphView).selected == 1


async def test_before_a_run_there_is_nothing_to_look_at(app: TutorApp) -> None:
    async with app.run_test(size=(120, 40)) as pilot:
        await look(pilot)
        assert isinstance(app.screen, LessonScreen)
        assert (
            app.screen.query_one(StatusLine).remark
            == "No code has run here yet: the graph is of a value that it makes."
        )
        await pilot.press("q")


async def test_while_it_runs_the_graph_waits(app: TutorApp) -> None:
    kernel = app.tutor.kernel
    assert isinstance(kernel, RecordedKernel)
    kernel.hold()
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("f5")
        await pilot.pause()
        await pilot.press("g")
        await pilot.pause()
        assert isinstance(app.screen, LessonScreen)
        assert app.screen.query_one(StatusLine).remark.startswith("It is running")
        kernel.release()
        await app.workers.wait_for_complete()


async def test_a_value_that_the_kernel_cannot_look_at_is_said(app: TutorApp) -> None:
    async with app.run_test(size=(120, 40)) as pilot:
        await run_and_select(pilot, "x")
        await look(pilot)
        assert isinstance(app.screen, LessonScreen)
        assert app.screen.query_one(StatusLine).remark == "The kernel cannot say how x was computed."
