"""A kernel's process, from its beginning to its end, with the folder of its sockets, its log, and its guardian.

It is begun before anything that takes time to import, as `jupyter_client` does: it is spawned and imports torch, or a
zygote that has done so forks it. It learns of its connection file later.
"""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from socket import socket
from threading import Lock
from typing import IO

from tui_torch.kernel.descendants import descendants, has_started_none
from tui_torch.kernel.forked_process import ForkedProcess, StillbornError, ZygoteLostError
from tui_torch.kernel.guardian import Guardian
from tui_torch.kernel.runtime_folder import new_runtime_folder, sweep_runtime_folders
from tui_torch.kernel.zygote import Zygote, kernel_environment
from tui_torch.protocol.late_dataclass import dataclass


@dataclass(frozen=True, slots=True)
class _Asked:
    """A zygote that was asked for a process, and has not answered yet."""

    zygote: Zygote
    link: socket
    """It answers here."""
    stdin: IO[bytes]
    """The other end of the process's standard input."""

    def withdraw(self) -> None:
        """Want the process no more. Should it be forked yet, it is killed at once."""
        self.link.close()
        self.stdin.close()


class KernelProcess:
    """Runs `python -m tui_torch.probe`, whatever kernels are installed, as the leader of a process group.

    Raises OSError when it cannot be spawned, or when no folder takes its sockets.

    Args:
        zygote: Forks the process where it can; otherwise it is spawned.
    """

    def __init__(self, zygote: Zygote | None = None) -> None:
        self._place = new_runtime_folder()
        self.child: subprocess.Popen[bytes] | ForkedProcess | None = None
        """The process; None until `be_born()` where a zygote was asked for it."""
        self._asked: _Asked | None = None
        self._ending = Lock()
        self._has_ended = False
        self._is_alone = False
        """Whether it had started no other process when it was killed."""
        self._others: frozenset[int] = frozenset()
        """Its descendants outside its process group when it was killed."""
        self._guardian = Guardian(self.folder)
        try:
            self._asked = self._ask(zygote) if zygote is not None else None
            if self._asked is None:
                self.child = self._spawn()
        except BaseException:
            self._guardian.dismiss()
            self._place.remove()
            raise

    @property
    def pid(self) -> int | None:
        """Its process id; None until it is born, and when it is known to have ended."""
        return self.child.pid if self.child is not None and self.child.returncode is None else None

    @property
    def folder(self) -> Path:
        """Where its files and sockets are."""
        return self._place.path

    @property
    def notice(self) -> str | None:
        """Where its sockets are instead of in TMPDIR, and why, in a sentence; None where there is nothing to say."""
        return self._place.notice

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
        """The command that it is spawned by, or would be."""
        # -P: modules in the current folder do not come before the installed packages.
        return [sys.executable, "-P", "-m", "tui_torch.probe", "-f", str(self.connection_file)]

    async def be_born(self) -> None:
        """Wait until there is a process. It is spawned here if the zygote cannot fork it. Raises OSError."""
        # Not when it is begun, before which nothing should take time.
        sweep_runtime_folders()
        if self._asked is None:
            return
        await _readable(self._asked.link)
        asked, self._asked = self._asked, None
        try:
            self.child = ForkedProcess(asked.link, asked.stdin)
            self._guardian.guard(self.child.pid)
            asked.zygote.has_borne()
        except (StillbornError, ZygoteLostError) as error:
            asked.withdraw()
            if isinstance(error, StillbornError):
                asked.zygote.give_up()
            self.child = self._spawn()

    def begin(self) -> None:
        """Tell it that the connection file is written."""
        assert self.child is not None and self.child.stdin is not None
        # Where it has ended already, its watch says so.
        with suppress(OSError):
            self.child.stdin.write(b"\n")
            self.child.stdin.flush()
        self._hang_up()

    def kill(self) -> None:
        """Kill it, if it lives, and have what it started end, without waiting for the end."""
        if self.child is None or self.child.poll() is not None:
            return
        pid = self.child.pid
        if sys.platform != "win32" and has_started_none(pid):
            with suppress(OSError):
                os.killpg(pid, signal.SIGKILL)
            self._is_alone = True
            self.child.kill()  # a fork leads no group in its first moment
            return
        if sys.platform != "win32":
            self._others |= _outside(pid, descendants(pid) or frozenset())
        self.child.kill()
        # What removes shared memory once the others have ended heeds no such signal, or is in a group of its own.
        if sys.platform != "win32":
            with suppress(OSError):
                os.killpg(pid, signal.SIGTERM)

    def end(self) -> None:
        """Kill it, if it lives, and remove its files. Waits until both are gone.

        It may be called from several threads, and again: whoever is cancelled while it waits leaves a thread that ends
        it, and the next one may not close descriptors that have become others' since.
        """
        with self._ending:
            if not self._has_ended:
                self._has_ended = True
                self._end()

    def _end(self) -> None:
        if self._asked is not None:
            self._asked.withdraw()
            self._asked = None
        self.kill()
        if self.child is not None:
            self.child.wait()
            self._hang_up()
            if isinstance(self.child, ForkedProcess):
                self.child.forget()
        if self.child is None or self._is_alone:
            self._guardian.dismiss()
        else:
            self._guardian.clean_up(self._others)
        self._place.remove()

    def _hang_up(self) -> None:
        if self.child is not None and self.child.stdin is not None:
            with suppress(OSError):
                self.child.stdin.close()

    def _own_environment(self) -> dict[str, str]:
        return {
            # IPython's settings and history in the learner's home are for their other work.
            "IPYTHONDIR": str(self.folder / "ipython"),
            "PYDEVD_DISABLE_FILE_VALIDATION": "1",
            # ipykernel watches the process of this id, and ends with it.
            "JPY_PARENT_PID": str(os.getpid()),
        }

    def _open_log(self) -> IO[bytes]:
        self.log_file.touch(mode=0o600)
        return self.log_file.open("wb")

    def _ask(self, zygote: Zygote) -> _Asked | None:
        read, write = os.pipe()
        stdin = os.fdopen(write, "wb")
        with os.fdopen(read, "rb") as theirs, self._open_log() as log:
            link = zygote.ask(self.command, self._own_environment(), theirs.fileno(), log.fileno())
        if link is None:
            stdin.close()
            return None
        return _Asked(zygote, link, stdin)

    def _spawn(self) -> subprocess.Popen[bytes]:
        environment = kernel_environment() | self._own_environment()
        with self._open_log() as log:
            if sys.platform == "win32":
                # It needs handles there by which it is interrupted, and sees its parent's end.
                from jupyter_client.launcher import launch_kernel

                del environment["JPY_PARENT_PID"]
                return launch_kernel(self.command, stdin=subprocess.PIPE, stdout=log, stderr=log, env=environment)
            process = subprocess.Popen(
                self.command,
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                env=environment,
                # Interrupts reach all that the code started, and signals of the terminal reach none of it.
                start_new_session=True,
            )
        self._guardian.guard(process.pid)
        return process


def _outside(group: int, processes: frozenset[int]) -> frozenset[int]:
    """Those of the processes that are in another process group."""
    found: set[int] = set()
    for pid in processes:
        with suppress(OSError):
            if os.getpgid(pid) != group:
                found.add(pid)
    return frozenset(found)


async def _readable(link: socket) -> None:
    loop = asyncio.get_running_loop()
    answered = loop.create_future()
    loop.add_reader(link, lambda: answered.done() or answered.set_result(None))
    try:
        await answered
    finally:
        loop.remove_reader(link)
