"""On the lesson screen: what a page of the inspector wants is asked of the kernel, and its answer is shown."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from textual.pilot import Pilot

from tests.courses import course_in
from tests.ui.recorded import COURSE, RecordedKernel
from tui_torch.tutor.progress.progress import Progress
from tui_torch.tutor.tutor import Tutor
from tui_torch.ui.app import TutorApp
from tui_torch.ui.inspector.pane import TensorInspector


@pytest.fixture
def kernel() -> RecordedKernel:
    return RecordedKernel("the-loop")


@pytest.fixture
def app(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kernel: RecordedKernel) -> Iterator[TutorApp]:
    monkeypatch.setenv("TUI_TORCH_HOME", str(tmp_path))
    course = course_in(COURSE)
    progress = Progress.open(tmp_path / "progress.sqlite3")
    tutor = Tutor(course, progress, kernel)  # type: ignore[arg-type]
    tutor.open(course.lesson("fit-a-plane"), "the-loop")
    yield TutorApp(tutor)
    progress.close()


def screen(app: TutorApp) -> str:
    strips = app.screen._compositor.render_strips()
    return "\n".join("".join(segment.text for segment in strip).rstrip() for strip in strips)


async def press(pilot: Pilot[None], *keys: str) -> str:
    """What the screen says after these keys, and after every look that they brought about."""
    for key in keys:
        await pilot.press(key)
        await pilot.app.workers.wait_for_complete()
        await pilot.pause()
    assert isinstance(pilot.app, TutorApp)
    return screen(pilot.app)


@pytest.mark.parametrize(
    ("size", "key", "said"),
    [((80, 24), "2", "2×3"), ((120, 40), "3", "median"), ((80, 24), "4", "No other name is in this storage.")],
)
async def test_a_page_of_the_inspector_is_answered_by_the_kernel(
    app: TutorApp, size: tuple[int, int], key: str, said: str
) -> None:
    async with app.run_test(size=size) as pilot:
        assert said in await press(pilot, "f5", "t", key)


async def test_the_tree_of_a_module_comes_from_the_kernel(app: TutorApp) -> None:
    async with app.run_test(size=(120, 40)) as pilot:
        text = await press(pilot, "f5", "t", "slash", *"linear", "enter")
        assert "model Linear" in text and "[5, 2]" in text


async def test_letters_in_the_filter_are_text_and_esc_leaves_it_before_the_pane(app: TutorApp) -> None:
    async with app.run_test(size=(120, 40)) as pilot:
        await press(pilot, "f5", "t", "slash", "n", "q")
        inspector = app.screen.query_one(TensorInspector)
        assert "/nq" in str(inspector.border_title)
        await press(pilot, "escape")
        assert inspector.has_focus_within and inspector.border_title == "Tensors"
        await press(pilot, "escape")
        assert not inspector.has_focus_within


async def test_esc_comes_back_from_a_value_to_the_rows_and_then_to_the_lesson(app: TutorApp) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, "f5", "t", "enter", "escape")
        inspector = app.screen.query_one(TensorInspector)
        assert inspector.has_focus_within
        await press(pilot, "escape")
        assert not inspector.has_focus_within


async def test_a_value_that_the_kernel_says_nothing_of_is_shown_as_its_summary(app: TutorApp) -> None:
    async with app.run_test(size=(120, 40)) as pilot:
        await press(pilot, "f5", "t", "end")
        kernel = app.tutor.kernel
        assert isinstance(kernel, RecordedKernel)
        asked = len(kernel.looks)
        await press(pilot, "home", "3")
        assert len(kernel.looks) > asked
        assert "─ model.weight ─" in screen(app)
