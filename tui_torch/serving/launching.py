"""Starts the app of a learner: with a home of its own, in the terminal that a browser is."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from tui_torch.serving.learners import ServedLearner
from tui_torch.serving.pty_process import PtyProcess
from tui_torch.tutor.served import SERVED

APP = (sys.executable, "-P", "-m", "tui_torch", "launch")
"""Without the current folder among those that are imported from: it has the learner's files."""

_OF_ANOTHER_TERMINAL = (
    *("TMUX", "STY", "TERM_PROGRAM", "TERM_PROGRAM_VERSION", "COLUMNS", "LINES", "DISPLAY", "WAYLAND_DISPLAY"),
    *("KITTY_WINDOW_ID", "WT_SESSION", "VTE_VERSION", "NO_COLOR", "TEXTUAL_DRIVER"),
)
"""What the terminal says of itself that the server was started from."""


class AppLauncher:
    """Starts apps.

    Args:
        memory: Bytes that each learner's code may use; None for the usual.
        command: What to start.
    """

    def __init__(self, memory: int | None = None, command: Sequence[str] = APP) -> None:
        self._memory = memory
        self._command = command

    async def start(self, learner: ServedLearner, size: tuple[int, int]) -> PtyProcess:
        """Start the app of a learner in a terminal of so many columns and rows. Raises OSError when it cannot."""
        folder = learner.home if learner.name else Path.cwd()
        environment = environment_of(learner, self._memory, os.environ)
        return await PtyProcess.start(self._command, environment, folder, size)


def environment_of(learner: ServedLearner, memory: int | None, ours: Mapping[str, str]) -> dict[str, str]:
    """The environment of a learner's app, given our own."""
    environment = {name: value for name, value in ours.items() if name not in _OF_ANOTHER_TERMINAL}
    environment |= {"TERM": "xterm-256color", "COLORTERM": "truecolor", SERVED: str(memory or 0)}
    if "UTF-8" not in ours.get("LC_ALL", ours.get("LC_CTYPE", ours.get("LANG", ""))).upper().replace("UTF8", "UTF-8"):
        environment["LC_ALL"] = "C.UTF-8"
    if learner.name:
        environment["TUI_TORCH_HOME"] = str(learner.home)
    return environment
