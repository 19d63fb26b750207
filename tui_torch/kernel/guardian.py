"""Cleans up after a kernel: what is left of what its code started, and, after a tutor that was killed, all there was.

A killed process cleans up nothing, and code that never yields keeps the kernel from noticing that its parent is gone.
So a shell of 1 MB waits for the end of a pipe that only the tutor holds: the pipe ends however the tutor does.

What the code started is in the kernel's process group, unless it began a session of its own. It is found by the name of
the kernel's folder then: in its environment, or among the files that are mapped into its memory, which a fork has too.
"""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

_SCRIPT = """\
marked() { grep -lsF -- "$1/" /proc/[0-9]*/environ /proc/[0-9]*/maps | cut -d / -f 3 | sort -u; }
is_manager() { read -r name < "/proc/$1/comm" && [ "$name" = torch_shm_manag ]; }
trap '' HUP INT QUIT TERM
leader= is_dead= others=
while read -r what pid; do
    case $what in
        leader) leader=$pid ;;
        dead) is_dead=yes ;;
        other) others="$others $pid" ;;
    esac
done
exec 2>/dev/null
[ -z "$leader" ] || [ -n "$is_dead" ] || kill -s KILL -- "$leader"
targets="${leader:+-$leader} $others $(marked "$1")"
for pid in $targets; do is_manager "$pid" || kill -s TERM -- "$pid"; done
# Python's resource tracker, which heeds no such signal, and PyTorch's manager remove shared memory when the others have
# ended: the one at once, if it has started by then, which takes a busy machine a second; the other after two seconds.
tenths=0
while [ "$tenths" -lt 30 ]; do
    is_left=
    for pid in $targets; do
        kill -s 0 -- "$pid" || continue
        is_left=yes
        [ "$tenths" -lt 20 ] || is_manager "$pid" || kill -s KILL -- "$pid"
    done
    [ -n "$is_left" ] || break
    sleep 0.1
    tenths=$((tenths + 1))
done
for pid in $targets $(marked "$1"); do kill -s KILL -- "$pid"; done
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
        self._tell(f"leader {pid}\n")

    def clean_up(self, others: Iterable[int]) -> None:
        """Have it end what is left of the process's group, and its other descendants. The process itself has ended.

        It does so by itself, in four seconds at most.
        """
        shell, self._shell = self._shell, None
        if shell is not None:
            self._tell("".join(["dead\n", *(f"other {pid}\n" for pid in others)]), shell)
            _close_pipe(shell)
            threading.Thread(target=shell.wait, daemon=True).start()

    def dismiss(self) -> None:
        """Stop guarding: the kernel has been ended in the proper way, and its code has started nothing."""
        shell, self._shell = self._shell, None
        if shell is not None:
            # Before the pipe is closed: the kernel's process id may be another process's by then.
            shell.kill()
            shell.wait()
            _close_pipe(shell)

    def _tell(self, what: str, shell: subprocess.Popen[bytes] | None = None) -> None:
        shell = shell or self._shell
        if shell is not None and shell.stdin is not None:
            # Somebody may have killed it.
            with suppress(OSError):
                shell.stdin.write(what.encode())
                shell.stdin.flush()


def _close_pipe(shell: subprocess.Popen[bytes]) -> None:
    assert shell.stdin is not None
    with suppress(OSError):
        shell.stdin.close()
