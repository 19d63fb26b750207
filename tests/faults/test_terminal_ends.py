"""The terminal is resized, closed, stopped and resumed, the app killed at any moment: nothing of the work is lost."""

from __future__ import annotations

import os
import random
import shutil
import signal
import sqlite3
import time
from contextlib import closing
from pathlib import Path

import psutil
import pytest

from tests.courses import course_in
from tests.nursery import Nursery
from tests.terminal import APP, BACKSPACE, CTRL_Z, ESCAPE, F5, F7, Open, Terminal
from tui_torch.course.lesson import Exercise
from tui_torch.tutor.progress.progress import Progress

WITHIN = 5.0
"""Seconds that the app, and what it started, may take to go, as promised."""

LESSON, STEP = "gradients", "three-scalars"

SHELL = ("/bin/bash", "--norc", "--noprofile", "-i")


def gone(*pids: int) -> bool:
    return not any(psutil.pid_exists(pid) and psutil.Process(pid).status() != "zombie" for pid in pids)


def app_in(terminal: Terminal) -> int:
    """The app's process where a shell started it, through another."""
    [launcher] = psutil.Process(terminal.child.pid).children()
    [app] = launcher.children()
    return app.pid


@pytest.mark.parametrize("end", ["closed", signal.SIGTERM, signal.SIGHUP])
def test_a_closed_terminal_ends_the_app_with_everything_saved(
    open_terminal: Open, tmp_path: Path, end: str | signal.Signals
) -> None:
    terminal = open_terminal(LESSON)
    terminal.wait_for("Three scalars", "ready")
    left = [terminal.child.pid, *(kernel.pid for kernel in terminal.kernels)]
    assert len(left) == 2
    terminal.edit()
    terminal.press("# kept")
    terminal.wait_for("# kept")
    if isinstance(end, signal.Signals):
        os.kill(terminal.child.pid, end)
    else:
        terminal.hang_up()
    deadline = time.monotonic() + WITHIN
    while not gone(*left):
        assert time.monotonic() < deadline, "something is left of the app"
        time.sleep(0.02)
    with Progress.open(tmp_path / "progress.db") as progress:
        assert (progress.draft(LESSON, STEP) or "").startswith("# kept")


def test_a_terminal_that_takes_nothing_more_does_not_keep_the_app_from_ending(
    open_terminal: Open, tmp_path: Path
) -> None:
    terminal = open_terminal(LESSON)
    terminal.wait_for("Three scalars", "ready")
    terminal.edit()
    terminal.press("# kept")
    terminal.wait_for("# kept")
    with Progress.open(tmp_path / "progress.db") as progress:
        terminal.wait_until(lambda: progress.draft(LESSON, STEP), "the draft saved")
    # From here on nobody reads what the app writes, and it has much to write.
    for _ in range(40):
        terminal.press("\x1b[6~\x1b[5~")
        terminal.child.setwinsize(random.randint(20, 60), random.randint(60, 160))
        time.sleep(0.01)
    os.kill(terminal.child.pid, signal.SIGTERM)
    deadline = time.monotonic() + WITHIN
    while not gone(terminal.child.pid):
        assert time.monotonic() < deadline, "the app hangs with its terminal"
        time.sleep(0.02)


def test_ctrl_z_goes_back_to_the_shell_and_fg_brings_everything_back(open_terminal: Open) -> None:
    terminal = open_terminal(program=SHELL)
    terminal.press("stty -echo; PS1='at the shell$ '\r")
    terminal.wait_for("at the shell")
    terminal.press(f"bash -c '{' '.join(APP)} {LESSON}; echo by{{}}e'\r")
    terminal.wait_for("Three scalars", "ready")
    app = psutil.Process(app_in(terminal))
    before = terminal.text

    for _ in range(2):
        terminal.press(CTRL_Z)
        terminal.wait_until(lambda: app.status() == psutil.STATUS_STOPPED, "the app stopped")
        terminal.press("echo still $((6 * 7))\r")
        terminal.wait_for("still 42", "at the shell")
        assert not terminal.screen.mode & {1000 << 5, 1003 << 5, 1006 << 5}, "the mouse still reports to the app"
        terminal.press("clear; fg\r")
        terminal.wait_until(lambda: terminal.text == before, "the screen as it was")

    terminal.edit()
    terminal.press("# typed later")
    terminal.wait_for("# typed later")
    terminal.press(CTRL_Z)
    terminal.wait_until(lambda: "# typed later" not in terminal.text, "the typing undone")
    assert app.status() != psutil.STATUS_STOPPED
    terminal.press(ESCAPE)
    terminal.wait_for("q Quit")
    terminal.press("q")
    terminal.wait_until(lambda: gone(app.pid), "the end of the app")
    terminal.wait_for("by{}e", "at the shell")


def test_ctrl_z_stops_nothing_where_no_shell_could_bring_it_back(open_terminal: Open) -> None:
    terminal = open_terminal(LESSON)
    terminal.wait_for("Three scalars", "ready")
    terminal.press(CTRL_Z)
    terminal.wait_for("No shell started tui-torch")


def test_the_app_goes_on_and_can_end_after_it_was_stopped_from_outside(open_terminal: Open) -> None:
    terminal = open_terminal(LESSON)
    terminal.wait_for("Three scalars", "ready")
    app = psutil.Process(terminal.child.pid)
    for _ in range(2):
        app.suspend()
        terminal.wait_until(lambda: app.status() == psutil.STATUS_STOPPED, "the app stopped")
        app.resume()
    terminal.press("n")
    terminal.wait_for("Your answer")
    terminal.press("q")
    assert terminal.wait_for_the_end() == 0


@pytest.mark.parametrize("count", [60, pytest.param(250, marks=pytest.mark.slow)])
def test_the_app_draws_right_after_a_storm_of_sizes(open_terminal: Open, count: int) -> None:
    terminal = open_terminal(LESSON)
    terminal.wait_for("Three scalars", "ready")
    terminal.press(F5)
    terminal.wait_for("Ran in", "ready", "F5 Run")
    before = terminal.text
    chance = random.Random(7)
    sizes = [(1, 1), (2, 1), (1, 2), (300, 1), (1, 100), (400, 200)]
    sizes += [(chance.randint(1, 200), chance.randint(1, 60)) for _ in range(count)]
    chance.shuffle(sizes)
    begun = time.monotonic()
    for number, (columns, lines) in enumerate(sizes, 1):
        # A hundred a second.
        terminal.child.setwinsize(lines, columns)
        while (ahead := begun + number / 100 - time.monotonic()) > 0:
            terminal.look(ahead)
    terminal.resize(1, 1)
    terminal.resize(120, 40)
    terminal.wait_until(lambda: terminal.text == before, f"the screen as it was:\n{before}\n")
    terminal.press("n")
    terminal.wait_for("Your answer")


# kill -9


class Lives:
    """Apps in one home, one after the other, each killed at a random moment of what a person does there."""

    def __init__(self, home: Path, chance: random.Random, nursery: Nursery) -> None:
        self.home = home
        self._environment = {"TUI_TORCH_HOME": str(home), **nursery.environment}
        self.chance = chance

    def live(self, what: str) -> None:
        with Progress.open(self.home / "progress.db") as progress:
            # The code of the lives before may be anything.
            progress.reset(LESSON)
            progress.save_draft(LESSON, EXERCISE.id, "as it was", known=None, kind="example")
            progress.remember_place(LESSON, EXERCISE.id)
        terminal = Terminal(environment=self._environment)
        try:
            terminal.wait_for(TITLE, "as it was")
            {"typing": self._type, "running": self._run, "grading": self._grade}[what](terminal)
        finally:
            terminal.close()

    def _type(self, terminal: Terminal) -> None:
        terminal.edit()
        self._empty(terminal)
        typed: list[tuple[float, str]] = []
        until = time.monotonic() + self.chance.uniform(0.1, 3.0)
        while time.monotonic() < until:
            typed.append((time.monotonic(), self.chance.choice("abcdefgh123 ")))
            terminal.press(typed[-1][1])
            terminal.look(self.chance.uniform(0.0, 0.06))
        killed = self._kill(terminal)
        draft = self._draft()
        assert "".join(letter for _, letter in typed).startswith(draft)
        safe = [letter for at, letter in typed if at < killed - 1.0]
        assert len(draft) >= len(safe), f"of {len(typed)} keys {len(draft)} are left, and {len(safe)} were safe"

    def _run(self, terminal: Terminal) -> None:
        code = "import time\nprint('begun')\nfor _ in range(10**9): print(time.time())"
        self._write(terminal, code)
        terminal.press(F5)
        self._watch(terminal, self.chance.uniform(0.0, 2.0))
        self._kill(terminal)
        assert self._draft() == code

    def _grade(self, terminal: Terminal) -> None:
        self._write(terminal, EXERCISE.solution)
        terminal.wait_for("ready")
        terminal.press(F5)
        self._watch(terminal, self.chance.uniform(0.0, 0.6))
        self._kill(terminal)
        assert self._draft() == EXERCISE.solution
        if "Solved: " in terminal.text:
            with Progress.open(self.home / "progress.db") as progress:
                assert EXERCISE.id in progress.done(LESSON)
                assert progress.attempts(LESSON, EXERCISE.id)[-1].outcome == "passed"

    def _empty(self, terminal: Terminal) -> None:
        terminal.press(f"{F7}{BACKSPACE}")
        terminal.wait_until(lambda: self._draft() == "", "an empty editor")

    def _write(self, terminal: Terminal, code: str) -> None:
        terminal.edit()
        self._empty(terminal)
        terminal.paste(code)
        terminal.wait_until(lambda: self._draft() == code, "the code in the editor")

    def _watch(self, terminal: Terminal, seconds: float) -> None:
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            terminal.look(min(left, 0.02))

    def _kill(self, terminal: Terminal) -> float:
        """Kill the app, and see that all it started goes, and that the database is whole; says when it was killed."""
        left = [terminal.child.pid, *(kernel.pid for kernel in terminal.kernels)]
        killed = time.monotonic()
        os.kill(terminal.child.pid, signal.SIGKILL)
        while not gone(*left):
            assert time.monotonic() < killed + WITHIN, "a kernel is left"
            time.sleep(0.01)
        with closing(sqlite3.connect(self.home / "progress.db")) as database:
            assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        with Progress.open(self.home / "progress.db") as progress:
            assert progress.notice is None
        return killed

    def _draft(self) -> str:
        with Progress.open(self.home / "progress.db") as progress:
            return progress.draft(LESSON, EXERCISE.id) or ""


EXERCISE = next(step for step in course_in().lesson(LESSON).steps if isinstance(step, Exercise))
TITLE = EXERCISE.title or ""


@pytest.mark.parametrize("lives", [1, pytest.param(67, marks=pytest.mark.slow)])
@pytest.mark.parametrize("what", ["typing", "running", "grading"])
def test_an_app_killed_at_any_moment_loses_a_second_of_typing_at_most(
    tmp_path: Path, home_of_old: Path, nursery: Nursery, what: str, lives: int
) -> None:
    shutil.copytree(home_of_old, tmp_path, dirs_exist_ok=True)
    home = Lives(tmp_path, random.Random(os.environ.get("PYTEST_XDIST_TESTRUNUID")), nursery)
    for _ in range(lives):
        home.live(what)


# Two windows


def test_two_windows_keep_what_was_done_in_either(open_terminal: Open, tmp_path: Path) -> None:
    first, second = open_terminal(LESSON), open_terminal("tensor-creation")
    first.wait_for("Three scalars", "ready")
    second.wait_for("1 ", "ready")
    with Progress.open(tmp_path / "progress.db") as progress:
        first.edit()
        second.edit()
        for number in range(40):
            for terminal, letter in ((first, "a"), (second, "b")):
                terminal.press(letter if number % 10 else "\r")
                terminal.look(0.01)
        [other] = [step.id for step in course_in().lesson("tensor-creation").steps][:1]

        first.wait_until(lambda: (progress.draft(LESSON, STEP) or "").count("a" * 9) == 4, "the first's typing saved")
        second.wait_until(
            lambda: (progress.draft("tensor-creation", other) or "").count("b" * 9) == 4, "the second's typing saved"
        )
        for terminal in (first, second):
            terminal.press(ESCAPE)
            terminal.wait_for("q Quit")
        # The same step in both: what was solved in one is solved.
        first.press("n2")
        first.wait_until(lambda: progress.answers(LESSON, "ask-for-dx"), "an answer")
        for terminal in (first, second):
            terminal.press("q")
            assert terminal.wait_for_the_end() == 0
        assert (progress.draft(LESSON, STEP) or "").count("a" * 9) == 4
        assert progress.notice is None
    for terminal in (first, second):
        assert "saved" not in terminal.text


def test_two_windows_on_the_same_step_keep_what_either_typed_ran_and_solved(
    open_terminal: Open, tmp_path: Path
) -> None:
    step = (LESSON, EXERCISE.id)
    with Progress.open(tmp_path / "progress.db") as progress:
        progress.remember_place(*step)
        windows = first, second = open_terminal(), open_terminal()
        for window in windows:
            window.wait_for(TITLE, "ready")
            window.edit()

        def kept() -> set[str]:
            """Every text of the learner's that is in the file: the draft, and what was set aside or ran."""
            return {progress.draft(*step) or "", *(attempt.code for attempt in progress.attempts(*step))}

        def tried() -> dict[str, str]:
            attempts = progress.attempts(*step)
            return {attempt.code: attempt.outcome for attempt in attempts if attempt.outcome != "set aside"}

        # At once, and then one after the other.
        for _ in range(20):
            for window, letter in ((first, "a"), (second, "b")):
                window.press(letter)
                window.look(0.01)
        for window, letter in ((first, "a"), (second, "b")):
            typed = letter * 20
            window.wait_until(lambda typed=typed: any(typed in code for code in kept()), "all letters saved")
        for window, mark in ((first, "# the first's\r"), (second, "# the second's\r")):
            window.press(mark)
            window.wait_for(mark.strip())
            window.wait_until(lambda mark=mark: f"{mark.strip()}\n" in (progress.draft(*step) or ""), "the draft saved")
        first.look()
        assert "# the first's" in first.text and "# the second's" not in first.text
        assert any("# the first's" in code for code in kept()), "what the first typed is gone"

        # What is solved in one stays so, whatever the other runs.
        solution = EXERCISE.solution
        for window, code in ((first, solution), (second, "w = None  # the second's try")):
            window.press(f"{F7}{BACKSPACE}")
            window.wait_until(lambda window=window: "# the " not in window.text, "an empty editor")
            window.paste(code)
            window.wait_until(lambda code=code: progress.draft(*step) == code, "the code saved")
        for window in windows:
            window.press(F5)
        first.wait_for("Solved: ")
        second.wait_until(lambda: "ready" in second.text and "running" not in second.text, "the end of the run")
        second.wait_until(lambda: len(tried()) == 2, "both attempts")
        assert tried() == {solution: "passed", "w = None  # the second's try": "not passed"}
        assert progress.done(LESSON) == {EXERCISE.id}
        for window in windows:
            window.press(ESCAPE)
            window.wait_for("q Quit")
            window.press("q")
            assert window.wait_for_the_end() == 0
            assert "Traceback" not in window.text and "locked" not in window.text
        assert progress.done(LESSON) == {EXERCISE.id}
        assert kept() >= {solution, "w = None  # the second's try"}
        assert progress.notice is None
