"""Every page of the course, with hints and solution asked for, at the sizes that lessons are written for."""

from __future__ import annotations

from pathlib import Path

import pytest
from rich.cells import cell_len
from textual.widget import Widget
from textual.widgets import Label

from tests.courses import course_in
from tests.spread import in_full_only, marks
from tests.ui.conftest import until
from tests.ui.recorded import RecordedKernel
from tui_torch.tutor.progress.progress import Progress
from tui_torch.tutor.tutor import Tutor
from tui_torch.ui.app import TutorApp
from tui_torch.ui.lesson.text import LessonText

COURSE = course_in()


IDS = [lesson.id for lesson in COURSE.lessons]
PAGES = [
    pytest.param(name, size, id=f"{name}-{size[0]}x{size[1]}", marks=marks(name, in_full_only(IDS, part, parts=12)))
    for part, size in [(0, (80, 24)), (6, (120, 40))]
    for name in IDS
]
"""In the suite a sixth of the lessons, at one of the sizes: that code fits in 80 columns is found by `check`, too."""


@pytest.mark.parametrize(("lesson_id", "size"), PAGES)
async def test_no_page_of_a_lesson_is_cut_or_scrolls_within_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lesson_id: str, size: tuple[int, int]
) -> None:
    monkeypatch.setenv("TUI_TORCH_HOME", str(tmp_path))
    with Progress.open(tmp_path / "progress.db") as progress:
        tutor = Tutor(COURSE, progress, RecordedKernel("three-scalars"))  # type: ignore[arg-type]
        tutor.open(COURSE.lesson(lesson_id))
        app = TutorApp(tutor)
        async with app.run_test(size=size) as pilot:
            await until(pilot, lambda: bool(app.lesson_screen.query(LessonText)))
            screen, cut = app.lesson_screen, list[str]()
            for at, step in enumerate(tutor.lesson.steps):
                while tutor.next_hint() is not None:
                    pass
                screen.step_view.shows_solution = tutor.solution() is not None
                page = screen.query_one(LessonText)
                await page.show(screen.step_view.page())
                await pilot.pause()
                fences = [part for part in page.query("MarkdownFence") if _cells(part) > part.size.width]
                inside = [part for part in page.query("MarkdownFence, MarkdownTable, Prose") if part.max_scroll_y]
                cut += [f"{step.id}: {part}" for part in (*fences, *inside)]
                cut += [step.id] if page.max_scroll_x else []
                assert tutor.move(1) == (at < len(tutor.lesson.steps) - 1)
            assert cut == []


def _cells(fence: Widget) -> int:
    """How wide the code in a fence is drawn, its padding included."""
    code = fence.query_one("#code-content", Label)
    return max(cell_len(line) for line in str(code.render()).splitlines()) + code.styles.padding.width
