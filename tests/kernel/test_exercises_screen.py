"""The screen beside one's own editor, with a real kernel and real files: what it shows as they are saved."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.ui.conftest import lines, seen, shows, until
from tui_torch.console.exercises.chosen import exercises_of
from tui_torch.console.exercises.text import text_of, write_missing
from tui_torch.course.library import lessons_folder
from tui_torch.course.loader import open_course
from tui_torch.kernel.session import KernelSession, KernelState
from tui_torch.tutor.exercise_files.exercise import ChosenExercise
from tui_torch.tutor.exercise_files.grading import FileGrader
from tui_torch.tutor.progress.progress import Progress
from tui_torch.tutor.tutor import Tutor
from tui_torch.ui.exercises.app import ExercisesApp

pytestmark = pytest.mark.xdist_group("kernel")

in_the_kernels_loop = pytest.mark.asyncio(loop_scope="module")

LESSON = "matrix-multiplication"
SIZES = ((60, 40), (80, 24), (120, 40))
EDITOR = """\
#!/bin/sh
sed -i 's/^bills = None/bills = orders @ prices/' "$1"
exit 3
"""


def solved(one: ChosenExercise) -> str:
    return text_of(one.lesson, one.step).replace(one.step.starter, one.step.solution)


@in_the_kernels_loop
async def test_a_file_is_graded_on_the_screen_as_it_is_saved_and_never_written(
    kernel: KernelSession, tmp_path: Path
) -> None:
    found = exercises_of(course := open_course(lessons_folder()), LESSON, tmp_path / "mine")
    write_missing(found, lambda _: None)
    first, second, third = found
    with Progress.open(tmp_path / "progress.db") as progress:
        app = ExercisesApp(found, Path("mine"), FileGrader(Tutor(course, progress, kernel)), interval=0.02)
        async with app.run_test(size=SIZES[1]) as pilot:
            await shows(pilot, first.name, "Saving mine/06-matrix", first.step.named_checks[0], "1/3 ◉○○")

            wrong = text_of(first.lesson, first.step).replace("bills = None", "bills = orders @ prices")
            first.file.write_text(wrong, "utf-8")
            await shows(
                pilot, f"✗ {first.name}", "mat1 and mat2 shapes cannot be multiplied", "Not yet. h gives a hint."
            )
            await pilot.press("h")
            await shows(pilot, "Hint 1.", first.step.hints[0][:20])

            # Code that does not end: by its file, which is saved again.
            first.file.write_text("while True:\n    pass\n", "utf-8")
            await until(pilot, lambda: kernel.state is KernelState.RUNNING and app.exercises_screen.runs)
            await pilot.press("n")  # what runs stays on show
            first.file.write_text(solved(first), "utf-8")
            await shows(pilot, f"✓ {first.name}", "Right: 1 of 3 pass. ] goes to the next to do.", "1/3 ◉○○")

            await pilot.press("right_square_bracket")
            await shows(pilot, "2/3 ●◉○", "Apples and oranges")
            third.file.write_text("name = input('who? ')\n", "utf-8")
            await shows(pilot, "3/3 ●○◉", "who? ", "The code waits for a line")
            await pilot.press(*"q n", "enter")
            await shows(pilot, "who? q n", f"✗ {third.name}", "Not yet.")

            third.file.write_text("while True: pass\n", "utf-8")
            await until(pilot, lambda: app.exercises_screen.runs)
            await until(pilot, lambda: kernel.state is KernelState.RUNNING)
            await pilot.press("ctrl+c")
            await shows(pilot, "Stopped.")

            second.file.unlink()
            await pilot.press("p", "f5")
            await shows(pilot, "2/3 ●◉○", "it is not there")
            await pilot.press("s")
            await shows(pilot, "Show the solution?")
            await pilot.press("y")
            await until(pilot, lambda: "The solution" in app.exercises_screen.text.markdown)
            assert not second.file.exists()
            assert first.file.read_text("utf-8") == solved(first)

            second.file.write_text(solved(second), "utf-8")
            third.file.write_text(solved(third), "utf-8")
            await shows(pilot, "All 3 exercises pass.", "●")
            await pilot.press("q")
        assert progress.done(LESSON) == {one.step.id for one in found}
        kernel.on_state = None


@in_the_kernels_loop
async def test_the_first_that_fails_is_in_sight_in_every_size_with_what_was_expected(
    kernel: KernelSession, tmp_path: Path
) -> None:
    found = exercises_of(course := open_course(lessons_folder()), "arena", tmp_path / "mine")[:12]
    write_missing(found, lambda _: None)
    with Progress.open(tmp_path / "progress.db") as progress:
        for one in found[:8]:
            one.file.write_text(solved(one), "utf-8")
            progress.record_attempt(f"arena:{one.lesson.id}", one.step.id, one.step.solution, "exercise", "passed")
        app = ExercisesApp(found, Path("mine"), FileGrader(Tutor(course, progress, kernel)), interval=0.02)
        async with app.run_test(size=SIZES[0]) as pilot:
            at = found[8]
            await shows(pilot, f"○ {at.name}", "9/12")
            at.file.write_text(text_of(at.lesson, at.step), "utf-8")
            await shows(pilot, f"✗ {at.name}", "Not yet.")
            for size in SIZES:
                await pilot.resize_terminal(*size)
                await shows(pilot, f"✗ {at.name}", "expected", "yours", "≠")
                assert max(map(len, lines(app))) <= size[0]
            assert seen(app).count("│ ✓ arena/") == 8
        kernel.on_state = None


def test_a_file_opens_in_ones_own_editor_and_how_that_ended_is_told(tmp_path: Path) -> None:
    from tui_torch.ui.lesson.editing.own_editor import opened_in

    editor, file = tmp_path / "editor", tmp_path / "a.py"
    editor.write_text(EDITOR, "utf-8")
    editor.chmod(0o700)
    file.write_text("bills = None\n", "utf-8")
    assert opened_in((str(editor),), file) == f"{editor} ended with exit code 3."
    assert file.read_text("utf-8") == "bills = orders @ prices\n"
    assert (
        opened_in((str(tmp_path / "none"),), file)
        == f"{tmp_path / 'none'} cannot be opened: No such file or directory."
    )
