"""Exercises in one's own editor, with a real kernel: what is said of a saved file, and what is kept of it."""

from __future__ import annotations

import asyncio
import io
from pathlib import Path

import pytest
from rich.console import Console

from tui_torch.console.exercises.chosen import exercises_of
from tui_torch.console.exercises.once import grade_once
from tui_torch.console.exercises.text import text_of, write_missing
from tui_torch.console.exercises.typed import TypedCommands
from tui_torch.console.exercises.watching import ExerciseWatch
from tui_torch.course.library import lessons_folder
from tui_torch.course.loader import open_course
from tui_torch.kernel.session import KernelSession, KernelState
from tui_torch.tutor.exercise_files.exercise import ChosenExercise
from tui_torch.tutor.exercise_files.grading import FileGrader
from tui_torch.tutor.progress.progress import Progress
from tui_torch.tutor.tutor import Tutor

pytestmark = pytest.mark.xdist_group("kernel")

in_the_kernels_loop = pytest.mark.asyncio(loop_scope="module")

LESSON = "matrix-multiplication"


class Typed(TypedCommands):
    """Commands as if they had been typed."""

    def __init__(self) -> None:
        self.waiting: list[str] = []

    def take(self) -> list[str]:
        taken, self.waiting = self.waiting, []
        return taken


def solved(one: ChosenExercise) -> str:
    return text_of(one.lesson, one.step).replace(one.step.starter, one.step.solution)


@in_the_kernels_loop
async def test_a_saved_file_is_graded_and_counts_as_in_the_app(kernel: KernelSession, tmp_path: Path) -> None:
    course = open_course(lessons_folder())
    found = exercises_of(course, LESSON, tmp_path / "mine")
    write_missing(found, lambda _: None)
    printed, typed, idle = io.StringIO(), Typed(), asyncio.Event()
    console = Console(file=printed, width=100)
    with Progress.open(tmp_path / "progress.db") as progress:
        progress.save_draft(LESSON, found[0].step.id, "of_the_app = 1\n", known=None, kind="exercise")
        grader = FileGrader(Tutor(course, progress, kernel))
        watch = ExerciseWatch(found, tmp_path / "mine", grader, console, typed, ascii_only=True, interval=0.01)
        following = asyncio.create_task(watch.follow(idle.set))

        async def come(event: asyncio.Event) -> None:
            coming = asyncio.create_task(event.wait())
            await asyncio.wait({coming, following}, return_when=asyncio.FIRST_COMPLETED)
            assert not following.done()

        async def said(text: str | None = None, *commands: str, file: int = 0) -> str:
            """What is printed once a file was saved with that text, and commands were typed."""
            await come(idle)
            before = len(printed.getvalue())
            if text is not None:
                found[file].file.write_text(text, "utf-8")
            typed.waiting += commands
            for _ in range(2):  # the look at the files that goes on may have begun before
                idle.clear()
                await come(idle)
            return printed.getvalue()[before:]

        await come(idle)
        assert found[0].name in printed.getvalue()

        wrong = await said(text_of(found[0].lesson, found[0].step).replace("bills = None", "bills = orders @ prices"))
        assert "mat1 and mat2 shapes cannot be multiplied" in wrong
        assert "line 27" in wrong
        assert "orders @ prices.t()" in wrong
        assert "Turn the prices" in wrong  # what the lesson says of this mistake
        assert found[0].step.hints[0][:20] in await said(None, "h")

        runs = asyncio.Event()
        kernel.on_state = lambda state: runs.set() if state is KernelState.RUNNING else None
        found[0].file.write_text("while True:\n    pass\n", "utf-8")
        await come(runs)
        right = await said(solved(found[0]))  # which ends the code that would not end
        assert "Right: 1 of 3 pass." in right
        assert found[1].name in right

        assert "Not yet." in await said(text_of(found[2].lesson, found[2].step) + "x = 1\n", file=2)
        assert progress.done(LESSON) == {found[0].step.id}
        draft = progress.draft(LESSON, found[0].step.id)
        assert draft is not None
        assert draft.strip() == found[0].step.solution.strip()
        outcomes = [attempt.outcome for attempt in progress.attempts(LESSON, found[0].step.id)]
        assert outcomes == ["failed", "interrupted", "passed", "set aside"]
        assert progress.hints_shown(LESSON, found[0].step.id) == 1
        wrong_again = await said(text_of(found[0].lesson, found[0].step) + "x = 2\n")
        assert "Not yet." in wrong_again
        assert progress.draft(LESSON, found[0].step.id) == draft  # what passed is not replaced by what fails
        assert found[1].name in await said(None, "n")
        assert "? keys" in await said(None, "?")
        typed.waiting.append("q")
        await following
        kernel.on_state = None

        again = ExerciseWatch(found, tmp_path / "mine", grader, console, typed, ascii_only=True, interval=0.01)
        typed.waiting.append("q")
        before = len(printed.getvalue())
        await again.follow()
        assert found[0].name in printed.getvalue()[before:]  # done, and failing as it is now
        states = [grader.state_of(one, one.read()) for one in found]
        assert states == ["fails", "to do", "fails"]
        assert grader.state_of(found[0], text_of(found[0].lesson, found[0].step, draft)) == "passes"


@in_the_kernels_loop
async def test_all_files_pass_once_only_if_each_does(kernel: KernelSession, tmp_path: Path) -> None:
    course = open_course(lessons_folder())
    found = exercises_of(course, LESSON, tmp_path / "mine")
    write_missing(found, lambda _: None)
    printed = io.StringIO()
    console = Console(file=printed, width=100)
    with Progress.open(tmp_path / "progress.db") as progress:
        grader = FileGrader(Tutor(course, progress, kernel))
        found[0].file.write_text(solved(found[0]), "utf-8")
        found[2].file.write_text("input()\n", "utf-8")
        assert not await grade_once(found, grader, console, 60, ascii_only=True)
        lines = printed.getvalue().splitlines()
        assert lines[:3] == [f"+ {found[0].name}", f"x {found[1].name}: not begun", f"x {found[2].name}"]
        assert "EOFError" in printed.getvalue()
        assert lines[-1] == "1 of 3 pass."

        found[1].file.write_text("while True: pass\n", "utf-8")
        assert not await grade_once(found[1:2], grader, console, 0.5, ascii_only=True)
        assert "stopped after 0.5 s" in printed.getvalue()
        for one in found:
            one.file.write_text(solved(one), "utf-8")
        assert await grade_once(found, grader, console, 60, ascii_only=True)
