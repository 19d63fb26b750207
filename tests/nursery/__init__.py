"""Zygotes for the apps that tests open in terminals, forked from one process that has imported PyTorch already.

To import it takes the zygote of an app two seconds of a core, and the first optimizer half of that again. A test of
what is on the screen waits for them, and shows nothing of them. So the test processes of a run share a nursery: where
`Nursery.environment` is set, the process that an app starts as its zygote is a fork from there. All else is as ever:
the zygote forks the app's kernels, and ends with it. Tests of how zygotes begin and end have no nursery. The zygote of
a test process itself, which all of its tests share, is forked there, too (`NurserysZygote`).
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from socket import AF_UNIX, SOCK_SEQPACKET, send_fds, socket
from tempfile import TemporaryFile

import pytest

from tui_torch.kernel.zygote import Zygote, can_fork_kernels, kernel_environment

HERE = Path(__file__).parent

COMMAND = (sys.executable, "-P", str(HERE / "command.py"))
"""`tui-torch`, whose kernels are forked by the nursery where its environment is set."""


class Nursery:
    """The nursery of a run, which ends with the last test process that has one of these.

    Args:
        folder: A folder that all test processes of the run know, and nobody else may read.
    """

    def __init__(self, folder: Path) -> None:
        self.environment: dict[str, str] = {}
        """What an app's environment needs to have; nothing where zygotes cannot be."""
        self._link = socket(AF_UNIX, SOCK_SEQPACKET)
        if can_fork_kernels():
            self._connect(folder / "nursery")

    def _connect(self, address: Path) -> None:
        path = os.pathsep.join(filter(None, [str(HERE / "site"), os.environ.get("PYTHONPATH", "")]))
        environment = {"PYTHONPATH": path, "TUI_TORCH_NURSERY": str(address)}
        own = address.with_name(f"{address.name}-{os.getpid()}")
        # Where the path is too long for a socket, or the nursery has just ended with all others, zygotes import what
        # they need by themselves.
        with socket(AF_UNIX, SOCK_SEQPACKET) as listener, suppress(OSError):
            listener.bind(str(own))
            listener.listen(64)
            with suppress(FileExistsError):  # another test process has been faster
                os.link(own, address)
                self._start(listener, environment)
            self._link.connect(str(address))
            self._link.send(b"a test process")
            self.environment = environment

    def _start(self, listener: socket, environment: dict[str, str]) -> None:
        # It becomes nobody's child, and the command ends: no test takes it, or what it forks, for its own.
        subprocess.run(
            [sys.executable, "-P", str(HERE / "server.py"), str(listener.fileno())],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=os.environ | environment,
            pass_fds=[listener.fileno()],
            start_new_session=True,
            check=True,
        )

    def python(self, code: str) -> subprocess.CompletedProcess[str]:
        """Run code as `python -c` does, in a process that has imported PyTorch and its compiler; the recorder is not
        installed there. It exits with 1 whatever was raised."""
        if not self.environment:
            return subprocess.run([sys.executable, "-P", "-c", code], capture_output=True, text=True, check=False)
        with (
            Path(os.devnull).open() as nothing,
            TemporaryFile("w+") as stdout,
            TemporaryFile("w+") as stderr,
            socket(AF_UNIX, SOCK_SEQPACKET) as link,
        ):
            link.connect(self.environment["TUI_TORCH_NURSERY"])
            folder = os.open(".", os.O_PATH)
            asked = json.dumps({"environment": dict(os.environ), "code": code}).encode()
            send_fds(link, [asked], [nothing.fileno(), stdout.fileno(), stderr.fileno(), folder])
            os.close(folder)
            exit_code = int(link.recv(8) or b"1")
            for stream in (stdout, stderr):
                stream.seek(0)
            return subprocess.CompletedProcess(code, exit_code, stdout.read(), stderr.read())

    def close(self) -> None:
        """Want it no more."""
        self._link.close()


class NurserysZygote(Zygote):
    """A zygote that the nursery forks. No process and no variable below it tells of the nursery.

    Args:
        nursery: The nursery; where it can fork none, this is a zygote as any other.
    """

    def __init__(self, nursery: Nursery) -> None:
        super().__init__()
        self._nursery = nursery

    def _start(self) -> bool:
        with pytest.MonkeyPatch.context() as patch:
            if self._nursery.environment:
                patch.setenv("TUI_TORCH_NURSERY", self._nursery.environment["TUI_TORCH_NURSERY"])
                patch.setenv("TUI_TORCH_NURSERY_HIDDEN", "1")
                path = os.environ.get("PYTHONPATH")
                patch.setenv("PYTHONPATH", os.pathsep.join([str(HERE / "site"), *([path] if path else [])]))
            has_started = super()._start()
        if has_started:
            self._environment = kernel_environment()
        return has_started
