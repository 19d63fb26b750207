"""The list of problems leads to each, by words and by keys, and a problem is kept under a key of its own."""

from __future__ import annotations

from tests.ui.conftest import Build, shows, started, until
from tui_torch.course.library import lessons_folder
from tui_torch.ui.screens.arena import ArenaScreen


async def test_a_problem_is_found_by_its_tag_opened_and_left_for_the_list(build: Build) -> None:
    app = build()
    app.tutor.course.folder = lessons_folder()
    app.tutor.progress.mark_done("arena:stable-softmax", "solve")
    app.tutor.progress.record_time("arena:stable-softmax", "solve", 31e-6, 20e-6)
    async with started(app, (80, 24)) as pilot:
        app.open_arena()
        await until(pilot, lambda: isinstance(app.screen, ArenaScreen))
        await shows(pilot, "Easy", "Softmax that does not overflow", "1 of ")
        await pilot.press("slash", *"numerics solved")
        await shows(pilot, "Best: 31 us, 1.6 times the reference's")
        await pilot.press("enter")
        await until(pilot, lambda: app.tutor.kind == "problem")
        await shows(pilot, "Arena", "Softmax that does not overflow", "easy, about 10 minutes")
        assert (app.tutor.key, app.tutor.marks) == ("arena:stable-softmax", (True,))
        assert app.tutor.path == lessons_folder() / "arena" / "stable-softmax.yaml"
        assert app.tutor.progress.place() == ("arena:stable-softmax", "solve")
        await pilot.press("n")
        await until(pilot, lambda: isinstance(app.screen, ArenaScreen))
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is app.lesson_screen)
        app.tutor.open_playground()
        app.tutor.progress.remember_place("arena:stable-softmax", "solve")
        app.tutor.resume()
        assert app.tutor.kind == "problem"
