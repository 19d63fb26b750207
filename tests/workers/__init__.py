"""The test processes of a run, forked from one that has imported what most of them import.

pytest-xdist starts each as a Python of its own. To import PyTorch, its compiler and the app took four seconds of a core
in every one of them, before the first test. Where Linux forks, the command that pytest-xdist starts hands over its
standard streams to the process here, which forks, and stands for the fork: it ends when that ends, with its exit code,
and that ends when it is killed. All else is as ever, and is done in the fork: pytest's own start, and the collection of
tests from modules that are imported by then (`collected.py`).
"""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from socket import AF_UNIX, SOCK_SEQPACKET, socket

import pytest

HERE = Path(__file__).parent
STAND_IN = HERE / "stand_in.py"

IMPORTED = (
    "torch",
    "torch._dynamo",  # by the first optimizer
    "ipykernel.kernelapp",
    "tui_torch.cli",
    "tui_torch.console.run",
    "tui_torch.course.format.schema",
    "tui_torch.probe.ipython.extension",
    "tui_torch.ui.app",
)
"""Nothing of pytest and its plugins: they rewrite what they import. They come with the tests."""


class ForkedWorkers:
    """A plugin of the process that deals out the tests.

    Args:
        config: Its configuration, which says how many test processes there are.
        imported: What is imported before they are forked.
        arguments: What pytest was started with, if the modules of its tests are imported, too.
    """

    def __init__(
        self, config: pytest.Config, imported: Sequence[str] = IMPORTED, arguments: Sequence[str] | None = None
    ) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="tt-workers-")
        address = Path(self._folder.name) / "socket"
        with socket(AF_UNIX, SOCK_SEQPACKET) as listener:
            listener.bind(str(address))
            listener.listen(64)
            number = listener.fileno()
            given = json.dumps([imported, None if arguments is None else [str(one) for one in arguments]])
            command = [sys.executable, str(HERE / "server.py"), str(number), json.dumps(sys.path), given]
            # It ends when its standard input does, with this process.
            self._server = subprocess.Popen(command, stdin=subprocess.PIPE, pass_fds=[number])
        python = shlex.join([sys.executable, "-S", "-E", str(STAND_IN), str(address)])
        config.option.tx = [f"popen//python={python}" if one == "popen" else one for one in config.option.tx]

    @pytest.hookimpl(trylast=True)
    def pytest_unconfigure(self) -> None:
        """Want no more of them."""
        assert self._server.stdin is not None
        self._server.stdin.close()
        self._server.wait()
        self._folder.cleanup()


def can_fork_workers(config: pytest.Config) -> bool:
    """Whether this process deals out tests to several others of this machine, and they can be forked."""
    return (
        sys.platform == "linux"
        and hasattr(os, "pidfd_open")
        and not hasattr(config, "workerinput")
        and len(config.getoption("tx") or []) > 1
        and not config.getoption("collectonly")
    )
