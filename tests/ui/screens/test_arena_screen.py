"""The list of problems leads to each, by words and by keys, and a problem is kept under a key of its own."""

from __future__ import annotations

import time

from tests.ui.conftest import Build, editor_of, lines, seen, shows, started, until
from tui_torch.course.library import lessons_folder
from tui_torch.tutor.config import Config, load_config
from tui_torch.tutor.progress.reviews import Tried
from tui_torch.ui.screens.arena.screen import ArenaScreen
from tui_torch.ui.screens.practice import PracticeScreen


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


async def test_a_problem_has_one_row_with_its_runs_and_best_time_and_whole_tags(build: Build) -> None:
    app = build()
    app.tutor.course.folder = lessons_folder()
    for _ in range(12):
        app.tutor.progress.record_attempt("arena:linear-backward-by-hand", "solve", "x", "exercise", "failed")
    app.tutor.progress.record_time("arena:linear-backward-by-hand", "solve", 131e-6, 20e-6)
    problems = app.tutor.course.arena.problems()
    tags = {tag for problem in problems for tag in problem.tags}
    for size in ((80, 24), (120, 40)):
        async with started(app if size == (80, 24) else build(), size) as pilot:
            front = pilot.app
            assert isinstance(front, type(app))
            front.tutor.course.folder = lessons_folder()
            front.open_arena()
            await until(pilot, lambda front=front: isinstance(front.screen, ArenaScreen))
            await pilot.press("slash", *"linear")
            await shows(pilot, "The backward pass of a linear layer ", " 15 min  12 runs  131 us")
            await pilot.press("escape", "end")
            last = [problem for problem in problems if problem.difficulty == "hard"]
            await shows(pilot, last[-1].title)
            rows = [line for line in lines(front) if " min " in line and line.strip("│ ")[:1] in "■◪□"]
            assert len(rows) >= 12
            for row in rows:
                said = row.strip("│ ").partition(" min ")[2].strip()
                named = said.removeprefix("12 runs").strip().removeprefix("131 us").strip()
                assert set(filter(None, named.split(", "))) <= tags


async def test_the_grid_has_a_mark_for_each_problem_and_tells_what_was_done_of_the_one_under_the_cursor(
    build: Build,
) -> None:
    app = build(config=Config(streak=True))
    app.tutor.course.folder = lessons_folder()
    progress, key = app.tutor.progress, ("arena:stable-softmax", "solve")
    progress.mark_done(*key)
    progress.record_attempt(*key, "x", "exercise", "passed")
    progress.record_time(*key, 31e-6, 20e-6)
    progress.record_attempt("arena:viterbi", "solve", "x", "exercise", "not passed")
    async with started(app, (80, 24)) as pilot:
        app.open_arena()
        await until(pilot, lambda: isinstance(app.screen, ArenaScreen))
        await pilot.press("g")
        count = len(app.tutor.course.arena.ids)
        await shows(pilot, "easy", "medium", "hard", f"1 of {count} solved, 1 day in a row", "g List")
        grid = [line for line in lines(app) if " of " in line and "solved" not in line]
        assert sum(line.count(mark) for line in grid for mark in "■◪□") == count
        assert [sum(line.count(mark) for line in grid) for mark in "■◪"] == [1, 1]
        await pilot.press("slash", *"softmax that", "enter")
        await until(pilot, lambda: app.tutor.kind == "problem")
        app.open_arena()
        await until(pilot, lambda: isinstance(app.screen, ArenaScreen))
        await pilot.press("g")
        await shows(pilot, "Softmax that does not overflow  easy, about 10 minutes")
        await shows(pilot, "stable-softmax. 1 run. Best: 31 us, 1.6 times the reference's")
        await pilot.press("right")
        await shows(pilot, "Cross-entropy from scores  easy")
        await pilot.press("down")
        await until(pilot, lambda: "Cross-entropy from scores  easy" not in seen(app))
        below = next(name for name in app.tutor.course.arena.ids if any(name in line.split() for line in lines(app)))
        await pilot.press("g", "enter")
        await until(pilot, lambda: app.tutor.lesson.id == below)


async def test_the_streak_is_shown_once_it_is_asked_for_and_in_the_arena_alone(build: Build) -> None:
    app = build()
    app.tutor.course.folder = lessons_folder()
    app.tutor.progress.answer("gradients", "dy-dx", 0, True)
    async with started(app, (80, 24)) as pilot:
        app.open_arena()
        await until(pilot, lambda: isinstance(app.screen, ArenaScreen))
        await shows(pilot, "0 of ")
        assert "in a row" not in "\n".join(lines(app))
        await pilot.press("escape")
        commands = {command.title: command for command in app.get_system_commands(app.screen)}
        await until(pilot, lambda: app.screen is app.lesson_screen)
        commands["Streak: show it"].callback()
        assert load_config().streak
        assert "Streak: hide it" in {command.title for command in app.get_system_commands(app.screen)}
        app.open_arena()
        await shows(pilot, "1 day in a row")


async def test_a_solved_problem_is_asked_in_a_round_from_its_empty_starter(build: Build) -> None:
    app = build()
    app.tutor.course.folder = lessons_folder()
    key = ("arena:stable-softmax", "solve")
    app.tutor.progress.mark_done(*key)
    app.tutor.progress.save_draft(*key, "mine", known=None, kind="exercise")
    app.tutor.progress.record_review(*key, Tried(int(time.time()) - 9 * 86_400, right=True))
    async with started(app, (80, 24)) as pilot:
        app.open_practice()
        await shows(pilot, "Due now", "Softmax that does not overflow", "1 due, 0 fading, 0 known")
        await shows(pilot, "A problem of the arena, asked once: still known", "about 10 minutes")
        await pilot.press("enter")
        await shows(
            pilot, "Practise", "From the arena: easy, about 10 minutes: softmax, numerics.", "1 problem, about 10"
        )
        assert editor_of(app).text == app.tutor.original != "mine"
        await pilot.press("n")
        await until(pilot, lambda: isinstance(app.screen, PracticeScreen))
        await shows(pilot, "Practise: the round is over, 0 of 1 solved")
