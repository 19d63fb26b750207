"""A training that `tui-torch watch` runs in a terminal goes on, whatever becomes of the terminals that look at it."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

from tests.terminal import PATIENCE, Terminal
from tui_torch.watching.kept_runs import kept_runs

WATCH = (sys.executable, "-P", "-m", "tui_torch", "watch")
LEAVE = "\x1d"
PARTS, STEPS = 4, 50
TRAINS = f"""
import sys, torch
w = torch.ones(3, requires_grad=True)
for part in range({PARTS}):
    for step in range({STEPS}):
        loss = (w**2).sum()
        loss.backward()
        w = (w - 0.25 * w.grad).detach().requires_grad_()
    input(f"part {{part}} done")
sys.exit(3)
"""


def test_the_exit_code_is_the_programs_on_the_screen_and_nothing_is_kept_of_what_has_not_trained(
    terminals: list[Terminal],
) -> None:
    terminals.append(Terminal("sh", "-c", "echo began; exit 4", program=WATCH))
    terminals[-1].wait_for("began", "exit code 4")
    terminals[-1].press("q")
    assert terminals[-1].wait_for_the_end() == 4
    assert not kept_runs()


def test_in_the_background_of_a_shell_it_writes_its_lines_and_stops_nothing(terminals: list[Terminal]) -> None:
    shell = ("sh", "-c", 'set -m; "$@" & wait $!; echo ended with $?', "sh")
    terminals.append(Terminal("sh", "-c", "echo began; exit 4", program=(*shell, *WATCH)))
    terminals[-1].wait_for("began", "exit code 4", "ended with 4")


def test_the_curve_is_whole_after_leaving_a_hang_up_and_a_kill_and_all_who_are_joined_see_the_end(
    tmp_path: Path, terminals: list[Terminal]
) -> None:
    (tmp_path / "train.py").write_text(TRAINS)

    def opened(*arguments: str) -> Terminal:
        terminals.append(Terminal(*arguments, program=WATCH))
        return terminals[-1]

    started = opened("--plain", sys.executable, str(tmp_path / "train.py"))
    started.wait_for("ctrl+] leaves it", "part 0 done")
    started.press(LEAVE)
    assert started.wait_for_the_end() == 0

    hung_up = opened("--plain", "--attach")
    hung_up.wait_for("part 0 done")
    hung_up.press("\r")
    hung_up.wait_for("part 1 done")
    hung_up.hang_up()
    hung_up.child.wait()

    killed = opened("--plain", "--attach")
    killed.wait_for("part 1 done")
    killed.press("\r")
    killed.wait_for("part 2 done")
    killed.child.kill(signal.SIGKILL)
    killed.child.wait()

    first = opened("--plain", "--attach", "latest")
    first.wait_for("part 2 done")
    pipes = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    second = subprocess.Popen((*WATCH, "--attach", "--json"), text=True, **pipes)  # type: ignore[call-overload]
    assert second.stderr is not None
    assert json.loads(second.stderr.readline())["event"] == "joined"
    first.press("\r")
    first.wait_for("part 3 done")
    first.press("\r")
    assert first.wait_for_the_end() == 3
    output, events = second.communicate(timeout=PATIENCE)
    assert second.returncode == 3
    assert [f"part {part} done" in output for part in range(PARTS)] == [True] * PARTS
    assert json.loads(events.splitlines()[-1])["code"] == 3

    (run,) = kept_runs()
    assert run.state == "failed" and run.command is not None and run.command.exit_code == 3
    (record,) = run.records
    assert record.ended is not None
    losses = record.series["loss", "loss"].points()
    assert [step for step, _ in losses] == list(range(1, PARTS * STEPS + 1))
    # Each step halves the weights, which are exact; so is each loss, until it is too small for a number.
    assert [value for _, value in losses[:20]] == [3 / 4**step for step in range(20)]
