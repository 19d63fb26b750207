"""Code that would take a program down, in the real app: what the learner sees, and that the app goes on as before."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.nursery import Nursery
from tests.terminal import BACKSPACE, CTRL_C, ESCAPE, F5, F7, Terminal
from tui_torch.tutor.progress.progress import Progress

pytestmark = pytest.mark.xdist_group("terminal faults")

LESSON, STEP, QUIZ = "gradients", "three-scalars", "ask-for-dx"


@dataclass(frozen=True)
class Fault:
    code: str
    said: str
    """What is on the screen at the end: in the status line, or below what the code printed."""
    endless: bool = False


DIED = "your code is as you left it"

FAULTS = {
    "os._exit": Fault("import os\nos._exit(3)", "ended the kernel process (exit code 3)"),
    "a segmentation fault": Fault("import ctypes\nctypes.string_at(0)", "ended the kernel process (SIGSEGV)"),
    "sys.exit": Fault("import sys\nsys.exit('bye')", "SystemExit: bye"),
    "a closed stdout": Fault("import sys\nsys.stdout.close()\nprint('x')", "I/O operation on closed file"),
    "more memory than there is": Fault("big = torch.empty(10**14)", "needs 372,529.0 GiB of memory"),
    "an endless loop": Fault("print('on its way')\nwhile True: pass", "Interrupted.", endless=True),
    "a swallowed interrupt": Fault(
        "print('on its way')\nwhile True:\n    try:\n        while True: pass\n    except BaseException: pass",
        "Interrupted.",
        endless=True,
    ),
}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory, home_of_old: Path) -> Path:
    return Path(shutil.copytree(home_of_old, tmp_path_factory.mktemp("home") / "home"))


@pytest.fixture(scope="module")
def terminal(home: Path, nursery: Nursery) -> Iterator[Terminal]:
    """One app for all the faults: each has to leave it fit for the next. A quiz has been answered before."""
    with Progress.open(home / "progress.db") as progress:
        progress.mark_done(LESSON, QUIZ)
    terminal = Terminal(LESSON, environment={"TUI_TORCH_HOME": str(home), **nursery.environment})
    terminal.wait_for("Three scalars", "ready")
    yield terminal
    terminal.close()


def write(terminal: Terminal, home: Path, code: str) -> None:
    """Have some code in the editor, and nothing else, and leave the editor."""
    with Progress.open(home / "progress.db") as progress:
        terminal.edit()
        terminal.press(f"{F7}{BACKSPACE}")
        terminal.wait_until(lambda: progress.draft(LESSON, STEP) == "", "an empty editor")
        terminal.paste(code)
        terminal.wait_until(lambda: progress.draft(LESSON, STEP) == code, "the code in the editor")
    terminal.press(ESCAPE)
    terminal.wait_for("q Quit")


@pytest.mark.parametrize("name", FAULTS)
def test_the_app_says_what_happened_and_goes_on(terminal: Terminal, home: Path, name: str) -> None:
    fault = FAULTS[name]
    write(terminal, home, fault.code)
    terminal.press(F5)
    if fault.endless:
        # Before the code begins, the namespace is prepared, and an interrupt would have nothing to fight with.
        terminal.wait_until(lambda: terminal.text.count("on its way") == 2, "what the code prints")
        terminal.press(CTRL_C)
    terminal.wait_for(fault.said, "ready")
    assert "Traceback" not in terminal.text
    assert fault.code.splitlines()[-1] in terminal.text
    with Progress.open(home / "progress.db") as progress:
        assert progress.draft(LESSON, STEP) == fault.code
        assert progress.attempts(LESSON, STEP)[-1].code == fault.code
        assert QUIZ in progress.done(LESSON)

    write(terminal, home, "print(6 * 7)")
    terminal.press(F5)
    terminal.wait_for("42", "Ran in", "ready")


def test_code_that_takes_too_much_memory_is_stopped_and_the_app_goes_on(tmp_path: Path, nursery: Nursery) -> None:
    (tmp_path / "config.toml").write_text("memory = 1.0\n")
    terminal = Terminal(LESSON, environment={"TUI_TORCH_HOME": str(tmp_path), **nursery.environment})
    try:
        terminal.wait_for("Three scalars", "ready")
        write(terminal, tmp_path, "kept = []\nwhile True: kept.append(torch.ones(2_500_000))")
        terminal.press(F5)
        terminal.wait_for("GB of memory", DIED, "ready")
        write(terminal, tmp_path, "print(6 * 7)")
        terminal.press(F5)
        terminal.wait_for("42", "Ran in")
    finally:
        terminal.close()
