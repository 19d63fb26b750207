"""The nursery's process: imports what a zygote imports, and forks a zygote for each one that an app starts.

An app's own `python -m tui_torch.probe --zygote …` connects, hands over what it was started with, and waits: it stands
for the fork, which ends when it is killed, and whose exit code it has. See `tests/nursery/__init__.py`.
"""

from __future__ import annotations

import gc
import json
import os
import select
import signal
import sys
import traceback
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from socket import recv_fds, socket, socketpair
from types import ModuleType
from typing import Any, NoReturn

from tui_torch.probe.__main__ import run_kernel
from tui_torch.probe.zygote.app_watch import end_with
from tui_torch.probe.zygote.forking import Forker
from tui_torch.probe.zygote.preloading import preload, preload_more

LONELY = 120_000
"""Milliseconds for which it waits for whoever starts it to connect."""


@dataclass(frozen=True)
class Fork:
    """A zygote, and the connection of the process that stands for it."""

    pid: int
    process: int
    link: socket


class Nursery:
    """Forks zygotes until no test process is connected any more.

    Args:
        listener: Where test processes and zygotes connect.
    """

    def __init__(self, listener: socket) -> None:
        self._listener = listener
        self._poll = select.poll()
        self._poll.register(listener, select.POLLIN)
        self._links: dict[int, socket] = {}
        """All connections."""
        self._owners: set[int] = set()
        """Those of test processes."""
        self._of_process: dict[int, Fork] = {}
        self._of_link: dict[int, Fork] = {}

    def serve(self) -> int:
        """Fork zygotes; the process ends with the last test process. Returns in a kernel of one of them, as a
        `Forker` does."""
        while True:
            events = self._poll.poll(None if self._owners else LONELY)
            for descriptor, _ in events:
                if descriptor == self._listener.fileno():
                    self._welcome()
                elif (fork := self._of_process.get(descriptor)) is not None:
                    self._report(fork)
                elif descriptor in self._links and (app := self._hear(descriptor)) is not None:
                    return app
            if not self._owners and (self._is_known or not events):
                for fork in self._of_process.values():
                    os.kill(fork.pid, signal.SIGKILL)
                os._exit(0)

    _is_known = False
    """Whether a test process has connected."""

    def _welcome(self) -> None:
        link, _ = self._listener.accept()
        self._links[link.fileno()] = link
        self._poll.register(link, select.POLLIN)

    def _hear(self, descriptor: int) -> int | None:
        """Take what comes on a connection. The app's descriptor, if this is a kernel of what was forked for it."""
        link = self._links[descriptor]
        packet, descriptors, _, _ = recv_fds(link, 1 << 20, 5)
        if packet == b"a test process":
            self._is_known = True
            self._owners.add(descriptor)
        elif packet:
            return self._fork(link, json.loads(packet), descriptors)
        else:  # it has ended
            self._owners.discard(descriptor)
            if (fork := self._of_link.get(descriptor)) is not None:
                os.kill(fork.pid, signal.SIGKILL)
            else:
                self._forget(link)
        return None

    def _fork(self, link: socket, asked: dict[str, Any], descriptors: list[int]) -> int | None:
        pid = os.fork()
        if pid == 0:
            self._close()
            if "code" in asked:
                _python(asked, *descriptors)
            return _zygote(asked, *descriptors)
        for descriptor in descriptors:
            os.close(descriptor)
        fork = Fork(pid, os.pidfd_open(pid), link)
        self._of_process[fork.process] = self._of_link[link.fileno()] = fork
        self._poll.register(fork.process, select.POLLIN)
        return None

    def _report(self, fork: Fork) -> None:
        """Tell the process that stands for a zygote how that has ended."""
        _, status = os.waitpid(fork.pid, 0)
        self._poll.unregister(fork.process)
        os.close(fork.process)
        del self._of_process[fork.process], self._of_link[fork.link.fileno()]
        with suppress(OSError):  # it was killed
            fork.link.send(str(os.waitstatus_to_exitcode(status) & 0xFF).encode())
        self._forget(fork.link)

    def _forget(self, link: socket) -> None:
        self._poll.unregister(link)
        del self._links[link.fileno()]
        link.close()

    def _close(self) -> None:
        """Close what is the nursery's, in a fork."""
        self._listener.close()
        for link in self._links.values():
            link.close()
        for fork in self._of_process.values():
            os.close(fork.process)


def _begin(asked: dict[str, Any], stdin: int, stdout: int, stderr: int, folder: int) -> None:
    """Have what the process that stands for this one was started with."""
    os.setsid()
    for number, descriptor in enumerate((stdin, stdout, stderr)):
        os.dup2(descriptor, number)
        os.close(descriptor)
    os.fchdir(folder)
    os.close(folder)
    os.environ.clear()
    os.environ.update(asked["environment"])


def _python(asked: dict[str, Any], *descriptors: int) -> NoReturn:
    """Be a Python that runs code, and end as it does."""
    _begin(asked, *descriptors)
    gc.enable()
    main = sys.modules["__main__"] = ModuleType("__main__")
    exit_code = 0
    try:
        exec(compile(asked["code"], "<string>", "exec"), vars(main))
    except BaseException:
        traceback.print_exc()
        exit_code = 1
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(exit_code)


def _zygote(asked: dict[str, Any], stdin: int, stdout: int, stderr: int, control: int, folder: int) -> int:
    """Be a zygote as if this process had been started for it. Returns in a kernel."""
    _begin(asked, stdin, stdout, stderr, folder)
    sys.argv[:] = sys.orig_argv[:] = asked["command"]
    own, os.getppid = os.getppid, lambda: asked["app"]
    forker = Forker(socket(fileno=control))
    os.getppid = own
    return forker.serve()


def main() -> int:
    """Serve on the listening socket whose descriptor is the first argument: whoever connects meanwhile has to wait.

    Returns in a kernel, with the descriptor of the app's process. The kernel runs in no function of these: they would
    be among those that the learner's code is called in.
    """
    if os.fork():
        os._exit(0)
    gc.disable()
    sys.path.remove(str(Path(__file__).parent / "site"))  # which a zygote does not have by itself
    with socket(fileno=int(sys.argv[1])) as listener:
        control, _end = socketpair()
        preload(control)
        preload_more(control)
        return Nursery(listener).serve()


if __name__ == "__main__":
    end_with(main())
    run_kernel(parent_handle=1)
