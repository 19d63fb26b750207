"""Cleans up after a tutor that was killed: its kernel, what the kernel started, and the folder of its sockets.

A killed process cleans up nothing, and code that never yields keeps the kernel from noticing that its parent is gone.
So a shell of 1 MB waits for the end of a pipe that only the tutor holds: the pipe ends however the tutor does.
"""

from __future__ import annotations

import subprocess
import sys
from contextlib import suppress
from pathlib import Path

_SCRIPT = """\
trap '' HUP INT QUIT TERM
leader=
while read -r told; do leader=$told; done
[ -z "$leader" ] || kill -s KILL -- "-$leader" 2>/dev/null
rm -rf -- "$1"
"""


class Guardian:
    """Guards the folder of one kernel process, and the process, which leads a group of its own. POSIX only."""

    def __init__(self, folder: Path) -> None:
        self._shell: subprocess.Popen[bytes] | None = None
        if sys.platform == "win32":  # the kernel itself watches its parent there
            return
        self._shell = subprocess.Popen(
            ["/bin/sh", "-c", _SCRIPT, "tui-torch-guardian", str(folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd="/",
            # Signals that the terminal sends are for the tutor alone.
            start_new_session=True,
        )

    def guard(self, pid: int) -> None:
        """Tell it of the process, which is there by now."""
        if self._shell is not None and self._shell.stdin is not None:
            # Somebody may have killed it.
            with suppress(OSError):
                self._shell.stdin.write(f"{pid}\n".encode())
                self._shell.stdin.flush()

    def dismiss(self) -> None:
        """Stop guarding: the kernel has been ended in the proper way."""
        shell, self._shell = self._shell, None
        if shell is not None:
            # Before the pipe is closed: the kernel's process id may be another process's by then.
            shell.kill()
            shell.wait()
            assert shell.stdin is not None
            with suppress(OSError):
                shell.stdin.close()
