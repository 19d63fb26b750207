"""A kernel's process, from its spawning to its end, with the folder of its sockets, its log, and its guardian.

It is spawned before anything that takes time to import, as `jupyter_client` does, and imports torch meanwhile. It
learns of its connection file later.
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
    """Runs `python -m tui_torch.probe`, whatever kernels are installed, as the leader of a process group.

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
        """The file that it reads after `begin()`."""
        return self.folder / "kernel.json"

    @property
    def log_file(self) -> Path:
        """The file that its own messages go to, and not what the learner's code prints."""
        return self.folder / "kernel.log"

    @property
    def command(self) -> list[str]:
        """The command that it was spawned by."""
        # -P: modules in the current folder do not come before the installed packages.
        return [sys.executable, "-P", "-m", "tui_torch.probe", "-f", str(self.connection_file)]

    def begin(self) -> None:
        """Tell it that the connection file is written."""
        assert self.popen.stdin is not None
        # Where it has ended already, its watch says so.
        with suppress(OSError):
            self.popen.stdin.write(b"\n")
            self.popen.stdin.flush()
        self._hang_up()

    def kill(self) -> None:
        """Kill it and what it started, if it lives, without waiting for the end."""
        if self.popen.poll() is not None:
            return
        if sys.platform == "win32":
            self.popen.kill()
        else:
            with suppress(OSError):
                os.killpg(self.popen.pid, signal.SIGKILL)

    def end(self) -> None:
        """Kill it, if it lives, and remove its files. Waits until both are gone."""
        self.kill()
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
        # IPython's settings and history in the learner's home are for their other work.
        environment |= {"IPYTHONDIR": str(self.folder / "ipython"), "PYDEVD_DISABLE_FILE_VALIDATION": "1"}
        self.log_file.touch(mode=0o600)
        with self.log_file.open("wb") as log:
            if sys.platform == "win32":
                # It needs handles there by which it is interrupted, and sees its parent's end.
                from jupyter_client.launcher import launch_kernel

                return launch_kernel(self.command, stdin=subprocess.PIPE, stdout=log, stderr=log, env=environment)
            return subprocess.Popen(
                self.command,
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                # ipykernel watches the process of this id, and ends with it.
                env=environment | {"JPY_PARENT_PID": str(os.getpid())},
                # Interrupts reach all that the code started, and signals of the terminal reach none of it.
                start_new_session=True,
            )
