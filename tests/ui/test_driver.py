"""The real app in a real (pseudo-)terminal, with a real kernel: what a person does, key by key."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import psutil

from tests.courses import course_in
from tests.terminal import CTRL_C, ESCAPE, F5, Open
from tui_torch.course.lesson import Exercise
from tui_torch.tutor.progress.progress import Progress


def test_a_learner_runs_an_example_passes_an_exercise_and_comes_back(open_terminal: Open) -> None:
    gradients = course_in().lesson("gradients")
    exercise = next(step for step in gradients.steps if isinstance(step, Exercise))

    terminal = open_terminal("gradients")
    terminal.wait_for("Three scalars", "ready")
    terminal.press(F5)
    terminal.wait_for("dy/dw: tensor(3.)", "grad 3.0", "Ran in")

    for _ in range(gradients.index(exercise.id)):
        terminal.press("n")
    assert exercise.title is not None
    terminal.wait_for(exercise.title)
    terminal.press(F5)
    terminal.wait_for("Not yet")

    terminal.edit()
    terminal.replace_code(exercise.starter, exercise.solution)
    terminal.press(F5)
    terminal.wait_for("Solved", *(f"✓ {check.name}" for check in exercise.checks))

    terminal.press(ESCAPE)
    terminal.wait_for("q Quit")
    terminal.press("q")
    assert terminal.wait_for_the_end() == 0

    tomorrow = open_terminal()
    tomorrow.wait_for(exercise.title, exercise.solution.splitlines()[-1])


def test_what_was_typed_survives_a_kill_and_no_kernel_does(open_terminal: Open, tmp_path: Path) -> None:
    terminal = open_terminal("gradients")
    terminal.wait_for("Three scalars", "ready")
    terminal.edit()
    terminal.press("# kept")
    terminal.wait_for("# kept")
    [kernel] = terminal.kernels
    with Progress.open(tmp_path / "progress.db") as progress:
        terminal.wait_until(lambda: "# kept" in (progress.draft("gradients", "three-scalars") or ""), "the draft saved")
    os.kill(terminal.child.pid, signal.SIGKILL)
    terminal.wait_for_the_end()
    assert psutil.wait_procs([kernel], timeout=5)[0] == [kernel]

    again = open_terminal()
    again.wait_for("# kept")


def test_a_loop_without_end_is_interrupted_and_what_it_made_is_there(open_terminal: Open) -> None:
    terminal = open_terminal("gradients")
    terminal.wait_for("Three scalars", "ready")
    terminal.edit()
    terminal.replace_code('print("dy/db:", b.grad)', "made_before = torch.ones(3)\nwhile True: pass\n")
    terminal.press(F5)
    terminal.wait_for("running")
    terminal.press(CTRL_C)
    terminal.wait_for("Interrupted", "made_before", "ready")
