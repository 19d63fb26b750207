"""A kernel's process, from its spawning to its end: with the folder of its sockets, its log, and its guardian.

It is spawned before anything that takes time to import, which `jupyter_client` does, and imports torch meanwhile. What
it is to be connected by is told later.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

from tui_torch.kernel.guardian import Guardian
from tui_torch.kernel.runtime_folder import new_runtime_folder, sweep_runtime_folders


class KernelProcess:
    """Runs `python -m tui_torch.probe`, whatever kernels are installed on the machine. It leads a process group.

    Raises OSError when it cannot be spawned.
    """

    def __init__(self) -> None:
        sweep_runtime_folders()
        self.folder = new_runtime_folder()
        try:
            self.popen = self._spawn()
        except BaseException:
            shutil.rmtree(self.folder, ignore_errors=True)
            raise
        self._guardian = Guardian(self.popen.pid, self.folder)

    @property
    def pid(self) -> int | None:
        """Its process id; None when it is known to have ended."""
        return self.popen.pid if self.popen.returncode is None else None

    @property
    def connection_file(self) -> Path:
        """What it reads once it is told to `begin()`."""
        return self.folder / "kernel.json"

    @property
    def log_file(self) -> Path:
        """What it says beside what its code prints."""
        return self.folder / "kernel.log"

    @property
    def command(self) -> list[str]:
        """What it was spawned by."""
        # -P: neither the current folder nor PYTHONPATH tricks of it come before the installed packages.
        return [sys.executable, "-P", "-m", "tui_torch.probe", "-f", str(self.connection_file)]

    def begin(self) -> None:
        """Tell it that the connection file is written."""
        assert self.popen.stdin is not None
        # Where it has died already, whoever watches it says so.
        with suppress(OSError):
            self.popen.stdin.write(b"\n")
            self.popen.stdin.flush()
        self._hang_up()

    def end(self) -> None:
        """Kill it, if it lives, and remove its files. Waits until both are gone."""
        if self.popen.poll() is None:
            if sys.platform == "win32":
                self.popen.kill()
            else:
                with suppress(OSError):
                    os.killpg(self.popen.pid, signal.SIGKILL)
            self.popen.wait()
        self._hang_up()
        self._guardian.dismiss()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _hang_up(self) -> None:
        if self.popen.stdin is not None:
            with suppress(OSError):
                self.popen.stdin.close()

    def _spawn(self) -> subprocess.Popen[bytes]:
        environment = {name: value for name, value in os.environ.items() if name != "PYTHONEXECUTABLE"}
        # IPython's own settings and history in the learner's home are for their other work.
        environment |= {"IPYTHONDIR": str(self.folder / "ipython"), "PYDEVD_DISABLE_FILE_VALIDATION": "1"}
        self.log_file.touch(mode=0o600)
        with self.log_file.open("wb") as log:
            if sys.platform == "win32":
                # There is more to it there: handles by which the kernel is interrupted, and sees its parent's end.
                from jupyter_client.launcher import launch_kernel

                return launch_kernel(self.command, stdin=subprocess.PIPE, stdout=log, stderr=log, env=environment)
            return subprocess.Popen(
                self.command,
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                # By this number ipykernel sees its parent's end.
                env=environment | {"JPY_PARENT_PID": str(os.getpid())},
                # An interrupt is for all that the code started, and nothing that the terminal sends is for them.
                start_new_session=True,
            )
