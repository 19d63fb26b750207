"""A terminal that a killed program left without lines: a question has its answer, and afterwards it has lines again."""

from __future__ import annotations

import os
import signal
import sys
import termios
import tty
from collections.abc import Callable

import pytest

from tui_torch.line_mode import read_in_lines


def in_terminal(leave: Callable[[int], object], act: Callable[[], None]) -> tuple[int, list[object]]:
    """Fork into a terminal of its own that was left so, and act there.

    Returns:
        The exit code, and the modes of the terminal afterwards.
    """
    terminal, its = os.openpty()
    leave(its)
    pid = os.fork()
    if pid == 0:
        signal.alarm(30)  # rather than for ever
        os.login_tty(its)
        sys.stdin = open(0, closefd=False)  # noqa: SIM115
        try:
            act()
        finally:
            os._exit(9)
    if os.read(terminal, 1) == b"?":
        os.write(terminal, b"y\r")
    _, status = os.waitpid(pid, 0)
    modes = termios.tcgetattr(its)
    os.close(its)
    os.close(terminal)
    return os.waitstatus_to_exitcode(status), modes


def ask() -> None:
    read_in_lines()
    os.write(1, b"?")
    os._exit(0 if sys.stdin.readline() == "y\n" else 1)


def look() -> None:
    read_in_lines()
    os.write(1, b".")
    os._exit(0)


def test_a_question_in_a_raw_terminal_has_its_answer_by_enter() -> None:
    code, modes = in_terminal(tty.setraw, ask)
    assert code == 0
    assert isinstance(modes[3], int) and modes[3] & termios.ICANON and modes[3] & termios.ECHO


@pytest.mark.parametrize("flag", [termios.ECHO, termios.ISIG])
def test_a_terminal_that_gives_lines_stays_as_it_is(flag: int) -> None:
    """As while a password is asked for."""

    def without(its: int) -> None:
        modes = termios.tcgetattr(its)
        modes[3] &= ~flag
        termios.tcsetattr(its, termios.TCSANOW, modes)

    code, modes = in_terminal(without, look)
    assert code == 0
    assert isinstance(modes[3], int) and not modes[3] & flag


def test_where_there_is_no_terminal_nothing_happens(monkeypatch: pytest.MonkeyPatch) -> None:
    with open(os.devnull) as nowhere:  # noqa: PTH123
        monkeypatch.setattr(sys, "stdin", nowhere)
        read_in_lines()
