"""The process that the test processes are forked from; see `tests/workers/__init__.py`."""

from __future__ import annotations

import gc
import importlib
import json
import os
import select
import signal
import sys
from contextlib import suppress
from pathlib import Path
from socket import recv_fds, socket
from types import ModuleType


class Server:
    """Forks a test process for each that connects, until its standard input ends and all of them have ended."""

    def __init__(self, listener: socket) -> None:
        self._listener = listener
        self._links: dict[int, tuple[int, socket]] = {}
        """The process and the connection of each, by a descriptor of the process."""
        self._poll = select.poll()
        for descriptor in (0, listener.fileno()):
            self._poll.register(descriptor, select.POLLIN)

    def serve(self) -> str:
        """Returns in a test process, with the code that it was started with."""
        wanted = True
        while wanted or self._links:
            for descriptor, _ in self._poll.poll():
                if descriptor == 0:
                    wanted = False
                    self._poll.unregister(0)
                elif descriptor == self._listener.fileno():
                    if (code := self._fork()) is not None:
                        return code
                elif descriptor in self._links:
                    self._report(descriptor)
                else:
                    self._end(descriptor)
        os._exit(0)

    def _fork(self) -> str | None:
        link, _ = self._listener.accept()
        link.send(b"welcome")
        code, descriptors, _, _ = recv_fds(link, 4096, 3)
        if not descriptors:  # it was killed just then
            link.close()
            return None
        stdin, stdout, environment = descriptors
        pid = os.fork()
        if pid == 0:
            self._listener.close()
            link.close()
            for descriptor, (_, other) in self._links.items():
                os.close(descriptor)
                other.close()
            os.dup2(stdin, 0)
            os.dup2(stdout, 1)
            os.environ.clear()
            os.environ.update(json.loads(os.pread(environment, os.fstat(environment).st_size, 0)))
        for descriptor in descriptors:
            os.close(descriptor)
        if pid == 0:
            return code.decode()
        process = os.pidfd_open(pid)
        self._links[process] = pid, link
        self._poll.register(process, select.POLLIN)
        self._poll.register(link, select.POLLIN)  # nothing comes but its end
        return None

    def _report(self, process: int) -> None:
        """Tell the one who stands for a test process how that has ended."""
        pid, link = self._links.pop(process)
        _, status = os.waitpid(pid, 0)
        with suppress(OSError, KeyError):  # it was killed
            self._poll.unregister(link)
            link.send(str(os.waitstatus_to_exitcode(status) & 0xFF).encode())
        self._poll.unregister(process)
        os.close(process)
        link.close()

    def _end(self, descriptor: int) -> None:
        """Kill a test process: the one who stands for it was killed."""
        self._poll.unregister(descriptor)
        for pid, link in self._links.values():
            if link.fileno() == descriptor:
                os.kill(pid, signal.SIGKILL)


def main(listening: int, imported: list[str], arguments: list[str] | None) -> None:
    """Import, and serve on a socket: whoever connects meanwhile has to wait.

    Args:
        listening: The socket.
        imported: Modules.
        arguments: What pytest was started with; None if no tests are imported.
    """
    gc.disable()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the test processes hear it, too
    with socket(fileno=listening) as listener:
        compiling = None if arguments is None else collected().compile_ahead()
        for name in imported:
            importlib.import_module(name)
        if arguments is not None and compiling is not None:
            os.waitpid(compiling, 0)
            collected().import_tests(arguments)
        if len(list(Path("/proc/self/task").iterdir())) > 1:
            sys.exit("workers: what is imported has started a thread")
        gc.freeze()
        code = Server(listener).serve()
    signal.signal(signal.SIGINT, signal.default_int_handler)
    gc.enable()
    sys.argv[:] = ["-c"]
    main = sys.modules["__main__"] = ModuleType("__main__")
    exec(code, vars(main))


def collected() -> ModuleType:
    """The module for tests that are imported; where `tests` is found is known by now."""
    return importlib.import_module("tests.workers.collected")


if __name__ == "__main__":
    sys.path[:] = json.loads(sys.argv[2])  # as in the process that deals out the tests
    main(int(sys.argv[1]), *json.loads(sys.argv[3]))
