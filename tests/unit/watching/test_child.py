"""Running a command as a shell would: its exit code, its signals, its environment."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from tui_torch.watching.child import SITE, CannotRunError, Child, watched_environment


def wait(*command: str) -> int:
    return Child(command, os.environ).wait(lambda: None, 60.0)


@pytest.mark.parametrize(
    ("script", "code"),
    [
        ("exit 0", 0),
        ("exit 3", 3),
        ("kill -TERM $$", 143),
        ("kill -KILL $$", 137),
        ("kill -PIPE $$", 141),  # Python ignores it for itself, and not for others
        ("trap 'exit 7' TERM; kill -TERM $PPID; while :; do :; done", 7),
        ("trap 'exit 8' INT; kill -INT $PPID; while :; do :; done", 8),
        ("kill -USR1 $PPID; while :; do :; done", 128 + signal.SIGUSR1),
        ("kill -INT $PPID; exec cat /dev/zero >/dev/null", 130),
    ],
)
def test_the_exit_code_is_that_of_the_command_and_signals_are_passed_on(script: str, code: int) -> None:
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGCHLD)}
    assert wait("sh", "-c", script) == code
    assert before == {number: signal.getsignal(number) for number in before}


def test_a_ctrl_c_reaches_every_process_of_the_command() -> None:
    # A shell waits for what it runs, whatever its trap: the inner one has to be ended, too.
    inner = f"kill -INT {os.getpid()}; exec cat /dev/zero >/dev/null"
    assert wait("sh", "-c", f"trap 'exit 9' INT; sh -c '{inner}'") == 9


def test_the_command_has_a_process_group_of_its_own(tmp_path: Path) -> None:
    said = tmp_path / "said"
    assert wait("sh", "-c", f"ps -o pgid= -p $$ >{said}; echo $$ >>{said}") == 0
    group, pid = said.read_text().split()
    assert group == pid


def test_what_cannot_be_run_is_said_with_a_shells_exit_code(tmp_path: Path) -> None:
    (tmp_path / "data").touch()
    for command, code in (("no-such-command", 127), (str(tmp_path / "data"), 126), (str(tmp_path), 126)):
        with pytest.raises(CannotRunError) as refused:
            Child([command], os.environ)
        assert refused.value.exit_code == code
        assert command in str(refused.value)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (None, str(SITE)),
        ("", str(SITE)),
        ("/a::/b", f"{SITE}:/a::/b"),
        (f"{SITE}:/a", f"{SITE}:/a"),
        (":", f"{SITE}::"),
    ],
)
def test_the_environment_gains_a_folder_and_a_variable_and_keeps_the_rest(before: str | None, after: str) -> None:
    environment = {"HOME": "/home/me"} | ({} if before is None else {"PYTHONPATH": before})
    watched = watched_environment(environment, Path("/run"))
    assert watched == {"HOME": "/home/me", "PYTHONPATH": after, "TUI_TORCH_RUN": "/run"}
