"""The loop of a zygote: forks a kernel for each request, and tells the app how each of them ends."""

from __future__ import annotations

import json
import os
import select
import signal
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from socket import recv_fds, send_fds, socket

from tui_torch.probe.zygote.preloading import preload_more
from tui_torch.probe.zygote.rebirth import be_reborn
from tui_torch.protocol import wire
from tui_torch.protocol.processes.births import (
    ASKED,
    DESCRIPTORS,
    LARGEST_PACKET,
    Birth,
    Born,
    Ended,
    ImportMore,
    Stillborn,
)


@dataclass(frozen=True, slots=True)
class _Child:
    """A kernel, from its fork until the app wants to hear no more of it."""

    pid: int
    process: int
    """A descriptor of the process, readable once it has ended."""
    link: socket
    """The app hears of it here."""


class Forker:
    """Forks kernels as they are asked for on a socket. No thread may be alive when this serves."""

    def __init__(self, control: socket) -> None:
        self._control = control
        self._app = os.pidfd_open(os.getppid())
        self._poll = select.poll()
        self._poll.register(control, select.POLLIN)
        self._of_process: dict[int, _Child] = {}
        self._of_link: dict[int, _Child] = {}

    def serve(self) -> int:
        """Fork kernels until the app has gone and no kernel is left; the process ends then.

        Returns in a kernel, with a descriptor of the app's process: it is readable once that has ended.
        """
        while True:
            for descriptor, events in self._poll.poll():
                if (child := self._of_process.get(descriptor)) is not None:
                    self._report_end(child)
                elif (child := self._of_link.get(descriptor)) is not None:
                    self._end(child)
                elif descriptor == self._control.fileno() and self._answer(events):
                    return self._app
            if not self._is_asked and not self._of_link:
                os._exit(0)

    @property
    def _is_asked(self) -> bool:
        return self._control.fileno() >= 0

    def _answer(self, events: int) -> bool:
        """Take a request. Whether this is the kernel that was forked for it."""
        # Should the app have gone after it sent one, nobody wants the kernel.
        packet, descriptors = b"", list[int]()
        if not events & select.POLLHUP:
            packet, descriptors, _, _ = recv_fds(self._control, LARGEST_PACKET, DESCRIPTORS)
        if not packet:
            self._poll.unregister(self._control)
            self._control.close()
            return False
        match wire.decode_tagged(ASKED, json.loads(packet)):
            case Birth() as birth:
                return self._fork(birth, *descriptors)
            case ImportMore():
                with suppress(Exception):  # it fails again for whoever needs it
                    preload_more(self._control)
        return False

    def _fork(self, birth: Birth, stdin: int, log: int, folder: int, link: int) -> bool:
        """Fork a kernel. Whether this is it."""
        with socket(fileno=link) as linked:
            try:
                pid = os.fork()
            except OSError as error:
                _tell(linked, Stillborn(f"{error.strerror}"))
            else:
                if pid == 0:
                    self._close()
                    be_reborn(birth, stdin, log, folder)
                    return True
                self._welcome(pid, linked)
        for descriptor in (stdin, log, folder):
            os.close(descriptor)
        return False

    def _welcome(self, pid: int, link: socket) -> None:
        """Tell the app of a new child. It is killed should this process have threads, which a fork breaks."""
        child = _Child(pid, os.pidfd_open(pid), link.dup())
        self._of_process[child.process] = self._of_link[child.link.fileno()] = child
        self._poll.register(child.process, select.POLLIN)
        self._poll.register(child.link, select.POLLIN)  # nothing comes but its end
        threads = len(list(Path("/proc/self/task").iterdir()))
        if threads > 1:
            _tell(link, Stillborn(f"{threads} threads were alive"))
            self._end(child)
        else:
            _tell(link, Born(pid), child.process)

    def _report_end(self, child: _Child) -> None:
        """Tell how a child ended. It stays a zombie, so that its id and its group's are no other's."""
        self._poll.unregister(child.process)
        found = os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
        assert found is not None
        is_exit = found.si_code == os.CLD_EXITED
        _tell(child.link, Ended(found.si_status if is_exit else -found.si_status))

    def _end(self, child: _Child) -> None:
        """Kill a child, have what is left of its process group end, and forget it. Its guardian kills what stays."""
        os.kill(child.pid, signal.SIGKILL)
        with suppress(OSError):  # it has not become the leader of a group yet
            os.killpg(child.pid, signal.SIGTERM)
        os.waitpid(child.pid, 0)
        del self._of_process[child.process], self._of_link[child.link.fileno()]
        with suppress(KeyError):  # its end has been reported
            self._poll.unregister(child.process)
        self._poll.unregister(child.link)
        os.close(child.process)
        child.link.close()

    def _close(self) -> None:
        """Close what is the zygote's, in a child."""
        self._control.close()
        for child in self._of_link.values():
            os.close(child.process)
            child.link.close()


def _tell(link: socket, news: Born | Stillborn | Ended, *descriptors: int) -> None:
    # The app may have gone, or may want no kernel any more.
    with suppress(OSError):
        send_fds(link, [json.dumps(wire.encode_tagged(news)).encode()], descriptors)
