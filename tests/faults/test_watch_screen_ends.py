"""The screen of `tui-torch watch` is left, killed and come back to in real terminals: the command never notices."""

from __future__ import annotations

import signal
import sys
from pathlib import Path

from tests.terminal import CTRL_Z, Terminal
from tui_torch.watching.keeping.client import running_runs

WATCH = (sys.executable, "-P", "-m", "tui_torch", "watch")
CONTINUES = ("sh", "-c", 'set -m; "$@"; fg; exit $?', "sh")
"""A shell that continues at once what is stopped."""
ALTERNATE_SCREEN = b"\x1b[?1049h"
STOP_TYPING = "\x1d"
PROGRAM = r"""
import sys
sys.stdout.write("\x1b]0;a title\x07\x1b[?25l\x1b[6n")
count = 0
while True:
    count += 1
    line = input(f"line {count}? ")
    if line == "end":
        sys.exit(3)
"""


def test_a_screen_that_is_killed_left_and_come_back_to_ends_with_the_exit_code_of_the_command(
    tmp_path: Path, terminals: list[Terminal]
) -> None:
    (tmp_path / "asks.py").write_text(PROGRAM)

    def opened(*arguments: str, program: tuple[str, ...] = WATCH) -> Terminal:
        terminals.append(Terminal(*arguments, program=program, size=(100, 30)))
        return terminals[-1]

    killed = opened(sys.executable, str(tmp_path / "asks.py"))
    killed.wait_for("line 1?", "Detach")
    killed.press("iabc\r")
    killed.wait_for("line 1? abc", "line 2?", "ctrl+] gives them back")
    killed.child.kill(signal.SIGKILL)
    killed.wait_for_the_end()
    assert len(running_runs()) == 1

    left = opened("--attach", program=(*CONTINUES, *WATCH))
    left.wait_for("1 of 1 running")
    left.press("\r")
    left.wait_for("line 1? abc", "line 2?", "Detach")
    left.press(CTRL_Z)
    left.wait_until(lambda: left.written.count(ALTERNATE_SCREEN) == 2, "the screen again")
    assert len(running_runs()) == 1
    left.press("q")
    assert left.wait_for_the_end() == 0
    assert b"goes on; `tui-torch watch --attach" in left.written

    (run,) = running_runs()
    ended = opened("--attach", run.name)
    ended.wait_for("line 2?", "Detach")
    ended.press("iend\r")
    ended.wait_for("exit code 3 after", "Quit")
    ended.press("q")
    assert ended.wait_for_the_end() == 3
    assert running_runs() == []
    for terminal in terminals:
        assert b"a title" not in terminal.written
        assert b"\x1b[6n" not in terminal.written
