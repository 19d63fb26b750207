"""Cleans up after a tutor that was killed: its kernel, what the kernel started, and the folder of its sockets.

A killed process cleans up nothing, and code that never yields keeps the kernel from noticing that nobody is there any
more. So a shell of 1 MB waits for the end of a pipe that only the tutor holds: however the tutor ends, the pipe ends.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

_SCRIPT = """\
trap '' HUP INT QUIT TERM
while read -r _; do :; done
kill -s KILL -- "-$1" 2>/dev/null
rm -rf -- "$2"
"""


class Guardian:
    """Guards one kernel process, which leads a process group of its own, and its folder."""

    def __init__(self, pid: int, folder: Path) -> None:
        self._shell: subprocess.Popen[bytes] | None = None
        if sys.platform == "win32":  # the kernel itself watches its parent there
            return
        self._shell = subprocess.Popen(
            ["/bin/sh", "-c", _SCRIPT, "tui-torch-guardian", str(pid), str(folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd="/",
            # Whatever the terminal sends to the tutor is not meant for it.
            start_new_session=True,
        )

    def dismiss(self) -> None:
        """The kernel is ended in the proper way, and there is nothing left to guard."""
        shell, self._shell = self._shell, None
        if shell is not None:
            # Before the pipe is closed: by then the kernel's number may be another process's.
            shell.kill()
            shell.wait()
            assert shell.stdin is not None
            shell.stdin.close()
