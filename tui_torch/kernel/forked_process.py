"""A kernel's process that a zygote forked, as `subprocess.Popen` would show it. Linux only."""

from __future__ import annotations

import json
import os
import select
import signal
import socket
from contextlib import suppress
from subprocess import TimeoutExpired
from typing import IO

from tui_torch.protocol import wire
from tui_torch.protocol.processes.births import ANSWERED, Born, Ended, Stillborn

REPORT_SECONDS = 1.0
"""Seconds that the zygote gets to say how a process has ended, and to forget it."""

UNKNOWN_END = 0x7FFF_FFFF
"""The return code of a process that ended after its zygote: nobody can ask for the true one."""

_PACKET = 4096


class StillbornError(Exception):
    """The zygote could not fork. The message is the reason."""


class ZygoteLostError(Exception):
    """The zygote ended before it forked."""


class ForkedProcess:
    """One process. Its parent is the zygote, which says on `link` how it ends, and kills it once the link is closed.

    Raises StillbornError or ZygoteLostError when there will be no process.

    Args:
        link: The socket that the zygote has the other end of. It has answered.
        stdin: A pipe to the process's standard input.
    """

    stdout = stderr = None

    def __init__(self, link: socket.socket, stdin: IO[bytes]) -> None:
        self.stdin = stdin
        self.returncode: int | None = None
        self._link = link
        packet, descriptors = _received(link, 1)
        match packet:
            case Born(pid):
                self.pid = pid
                self._descriptor = descriptors[0]
            case Stillborn(reason):
                raise StillbornError(reason)
            case _:
                raise ZygoteLostError

    def poll(self) -> int | None:
        """The return code; None while it runs."""
        if self.returncode is None and self._has_ended(0):
            self._link.settimeout(REPORT_SECONDS)
            packet, _ = _received(self._link, 0)
            self.returncode = packet.return_code if isinstance(packet, Ended) else UNKNOWN_END
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Wait until it has ended; the return code. Raises TimeoutExpired after `timeout` seconds."""
        if self.returncode is None and not self._has_ended(timeout):
            raise TimeoutExpired("a forked kernel", timeout or 0.0)
        code = self.poll()
        assert code is not None
        return code

    def send_signal(self, number: int) -> None:
        """Send a signal, unless it has ended."""
        if self.returncode is None:
            with suppress(ProcessLookupError):
                signal.pidfd_send_signal(self._descriptor, number)

    def terminate(self) -> None:
        """Ask it to end."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """End it."""
        self.send_signal(signal.SIGKILL)

    def forget(self) -> None:
        """Hear no more of it. The zygote kills it, has its group end, and forgets it; then its id is free."""
        with suppress(OSError):
            self._link.shutdown(socket.SHUT_WR)
            self._link.settimeout(REPORT_SECONDS)
            while self._link.recv(_PACKET):  # how it ended, perhaps
                pass
        self._link.close()
        os.close(self._descriptor)

    def _has_ended(self, timeout: float | None) -> bool:
        poll = select.poll()
        poll.register(self._descriptor, select.POLLIN)
        return bool(poll.poll(None if timeout is None else timeout * 1000))


def _received(link: socket.socket, descriptors: int) -> tuple[Born | Stillborn | Ended | None, list[int]]:
    """The next packet of a zygote; None when it is gone, or does not speak in time."""
    with suppress(OSError):
        packet, found, _, _ = socket.recv_fds(link, _PACKET, descriptors)
        if packet:
            return wire.decode_tagged(ANSWERED, json.loads(packet)), found
    return None, []
