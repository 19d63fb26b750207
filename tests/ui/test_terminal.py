"""The real app in a real (pseudo-)terminal, with a real kernel: what a person does, key by key."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pexpect
import psutil
import pyte
import pytest

from tui_torch.course.library import lessons_folder
from tui_torch.course.loader import load_course
from tui_torch.course.schema import Exercise
from tui_torch.tutor.progress import Progress

PATIENCE = 60.0
"""Seconds until something that should come is given up; far more than it takes, for machines under load."""

F5, F7 = "\x1b[15~", "\x1b[18~"


class Terminal:
    """A terminal of 120 columns and 40 lines in which tui-torch runs."""

    def __init__(self, *arguments: str) -> None:
        self.screen = pyte.Screen(120, 40)
        self._stream = pyte.Stream(self.screen)
        environment = os.environ | {"TERM": "xterm-256color", "LANG": "C.UTF-8", "COLORTERM": "truecolor"}
        # pytest-xdist sets them in its workers, and they would count for more than the terminal's own size.
        for name in ("COLUMNS", "LINES"):
            environment.pop(name, None)
        self.child = pexpect.spawn(
            sys.executable,
            ["-m", "tui_torch", *arguments],
            dimensions=(40, 120),
            env=environment,  # type: ignore[arg-type]
            encoding="utf-8",
            timeout=PATIENCE,
        )

    @property
    def text(self) -> str:
        return "\n".join(self.screen.display)

    def press(self, keys: str) -> None:
        self.child.send(keys)

    def edit(self) -> None:
        self.press("e")
        self.wait_for("Leave the editor")

    def replace_code(self, old: str, new: str) -> None:
        """Select all and delete it; and then, seeing that it is gone, paste the new code."""
        self.press(f"{F7}\x7f")
        last = old.splitlines()[-1]
        self.wait_until(lambda: last not in self.text, f"{last!r} gone from the screen")
        self.child.send(f"\x1b[200~{new}\x1b[201~")

    def wait_for(self, *words: str) -> None:
        self.wait_until(lambda: all(word in self.text for word in words), f"{words} on the screen")

    def wait_for_the_end(self) -> int | None:
        self.wait_until(lambda: not self.child.isalive(), "the end of the program")
        return self.child.exitstatus

    def wait_until(self, holds: Callable[[], bool], what: str) -> None:
        deadline = time.monotonic() + PATIENCE
        while not holds():
            assert time.monotonic() < deadline, f"waited in vain for {what}; the screen was:\n{self.text}"
            try:
                self._stream.feed(self.child.read_nonblocking(65_536, timeout=0.05))
            except pexpect.TIMEOUT:
                continue
            except pexpect.EOF:
                self.child.wait()

    @property
    def kernels(self) -> list[psutil.Process]:
        return [
            process for process in psutil.Process(self.child.pid).children() if "tui_torch.probe" in process.cmdline()
        ]


@pytest.fixture
def open_terminal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Terminal]]:
    monkeypatch.setenv("TUI_TORCH_HOME", str(tmp_path))
    opened: list[Terminal] = []

    def launch(*arguments: str) -> Terminal:
        opened.append(Terminal("launch", *arguments))
        return opened[-1]

    yield launch
    for terminal in opened:
        terminal.child.close(force=True)


def test_a_learner_runs_an_example_passes_an_exercise_and_comes_back(open_terminal: Callable[..., Terminal]) -> None:
    gradients = load_course(lessons_folder()).lesson("gradients")
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

    terminal.press("\x1b")
    terminal.wait_for("q Quit")
    terminal.press("q")
    assert terminal.wait_for_the_end() == 0

    tomorrow = open_terminal()
    tomorrow.wait_for(exercise.title, exercise.solution.splitlines()[-1])


def test_what_was_typed_survives_a_kill_and_no_kernel_does(
    open_terminal: Callable[..., Terminal], tmp_path: Path
) -> None:
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


def test_a_loop_without_end_is_interrupted_and_what_it_made_is_there(open_terminal: Callable[..., Terminal]) -> None:
    terminal = open_terminal("gradients")
    terminal.wait_for("Three scalars", "ready")
    terminal.edit()
    terminal.replace_code('print("dy/db:", b.grad)', "made_before = torch.ones(3)\nwhile True: pass\n")
    terminal.press(F5)
    terminal.wait_for("running")
    terminal.press("\x03")
    terminal.wait_for("Interrupted", "made_before", "ready")
