"""The screen of a command that runs: its output, keys that are passed on to it, leaving it, ending it."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.ui.conftest import seen, shows, started, until
from tests.ui.watching.watched import ends_by
from tui_torch.ui.watching.app import WatchApp
from tui_torch.watching.child import watched_environment
from tui_torch.watching.keeping.client import running_runs, runs_now
from tui_torch.watching.keeping.start import start_keeper
from tui_torch.watching.run_folders import RunFolder, begun

PROGRAM = r"""
import sys
sys.stdout.write("\x1b]0;a title\x07")
for n in range(1, 4):
    sys.stdout.write(f"\r {n}0%|###   | {n}/10 [00:01<00:0{9 - n}, 1.0it/s]")
sys.stdout.flush()
while True:
    try:
        line = input(" more? ")
    except KeyboardInterrupt:
        line = "an interrupt"
    print(f"\x1b[31mgot\x1b[0m {line!r}")
"""


@pytest.fixture(autouse=True)
def _nothing_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TUI_TORCH_HOME", str(tmp_path))
    yield
    for run in running_runs():
        command = run.command()
        assert command is not None
        os.killpg(command.pid, signal.SIGKILL)


async def test_a_command_is_followed_typed_to_left_and_ended() -> None:
    run = RunFolder.made()
    command = [sys.executable, "-c", PROGRAM]
    environment = watched_environment({"PATH": "/usr/bin:/bin", "TERM": "xterm"}, run.path)
    start_keeper(command, environment, run, begun(["python", "train.py"], 0))

    app = WatchApp(run)
    async with started(app, (100, 30)) as pilot:
        await shows(
            pilot, "30%|###   | 3/10 [00:01<00:06, 1.0it/s] more?", "running 0:00:", "No Python of it has trained"
        )
        screen = app.watch_screen
        await until(pilot, lambda: screen.is_live)
        assert screen.output.bar is not None
        assert screen.output.bar.left == "00:06"
        await pilot.press("i")
        await shows(pilot, "keys go to the program, ctrl+] gives them back", "Keys are yours again")
        await pilot.press("q", "l", "space", "z", "backspace", "é", "enter")
        await shows(pilot, "got 'ql é'")
        assert "\x1b" not in seen(app)
        await pilot.press("ctrl+right_square_bracket")
        await shows(pilot, "q Detach")
        await pilot.press("E")
        await shows(pilot, "End the training?")
        await pilot.press("n")
        await until(pilot, lambda: app.screen is screen)
        await ends_by(app, "q")
    assert runs_now(run)

    app = WatchApp(run)
    async with started(app, (100, 30)) as pilot:
        await shows(pilot, "got 'ql é'")
        await until(pilot, lambda: app.watch_screen.is_live)
        await shows(pilot, "Read values")
        assert seen(app).splitlines()[-1].split()[:5] == ["q", "Detach", "E", "End", "it"]
        for key in "Ey":
            app.simulate_key(key)  # in one read
        await shows(pilot, "got 'an interrupt'", "q Detach")
        await until(pilot, lambda: app.screen is app.watch_screen)
        await pilot.press("E")
        await shows(pilot, "It was interrupted and runs still.")
        await pilot.press("y")
        await shows(pilot, "ended by signal 15 after", "q Quit")
    assert not runs_now(run)
