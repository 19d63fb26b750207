"""The process that apps in terminals are forked from; see `tests/nursery/apps.py`."""

from __future__ import annotations

import ctypes
import fcntl
import gc
import importlib
import json
import os
import runpy
import signal
import sys
import termios
from pathlib import Path
from socket import recv_fds, socket
from typing import Any

MODULE = "tui_torch"
IMPORTED = (
    "concurrent.futures.thread",
    "psutil",
    "textual.drivers.headless_driver",
    "textual.pilot",
    "tree_sitter_python",
    "tui_torch.cli",
    "tui_torch.console.chosen_lesson",
    "tui_torch.console.encoding",
    "tui_torch.console.training.command_line",
    "tui_torch.kernel.jupyter",
    "tui_torch.kernel.memory_limit",
    "tui_torch.quick_start",
    "tui_torch.ui.app",
    "tui_torch.ui.driver",
    "tui_torch.ui.inspector.detail",
    "tui_torch.ui.lesson.editing.at_cursor",
    "tui_torch.ui.lesson.editing.finding",
)
"""What an app has imported once it shows a lesson that has run."""
CLONE_PARENT = 0x8000
"""The fork's parent is that of who forks."""
SYS_CLONE = {"x86_64": 56, "aarch64": 220}


def fork() -> int:
    """As `os.fork`, but that the process is the child of this one's parent. Only for processes with one thread."""
    python = ctypes.pythonapi
    python.PyOS_BeforeFork()
    # Not by `ctypes.CDLL`, which would let go of the interpreter meanwhile.
    pid = ctypes.PyDLL(None).syscall(SYS_CLONE[os.uname().machine], CLONE_PARENT | signal.SIGCHLD, 0, 0, 0, 0)
    if pid == 0:
        python.PyOS_AfterFork_Child()
    else:
        python.PyOS_AfterFork_Parent()
    return pid


def begin(asked: dict[str, Any], terminal: int) -> None:
    """Be in a terminal, as if Python had been started there with a command."""
    os.setsid()
    fcntl.ioctl(terminal, termios.TIOCSCTTY, 0)
    for number in range(3):
        os.dup2(terminal, number)
    os.close(terminal)
    os.chdir(asked["folder"])
    os.environ.clear()
    os.environ.update(asked["environment"])
    command = asked["command"]
    if "-P" in command[:2]:
        del sys.path[0]
    else:
        sys.path[0] = asked["folder"]
    sys.orig_argv[:] = command
    sys.argv[1:] = command[command.index(MODULE) + 1 :]
    signal.signal(signal.SIGINT, signal.default_int_handler)
    gc.enable()


def serve(link: socket) -> None:
    """Fork apps, until nobody is connected any more. Returns in an app."""
    while True:
        packet, descriptors, _, _ = recv_fds(link, 1 << 20, 1)
        if not packet:
            os._exit(0)
        if (pid := fork()) == 0:
            link.close()
            begin(json.loads(packet), *descriptors)
            return
        link.send(str(pid).encode())
        os.close(descriptors[0])


def main() -> None:
    """Import, and serve; whoever asks meanwhile has to wait."""
    gc.disable()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    sys.path[0] = str(Path.cwd())
    from tui_torch.kernel.openssl import asyncio_without_tls
    from tui_torch.ui.widget_classes import make_them_faster

    asyncio_without_tls()
    make_them_faster()
    for name in IMPORTED:
        importlib.import_module(name)
    if len(list(Path("/proc/self/task").iterdir())) > 1:
        sys.exit("apps: what is imported has started a thread")
    gc.freeze()
    with socket(fileno=int(sys.argv[1])) as link:
        serve(link)


if __name__ == "__main__":
    main()
    runpy.run_module(MODULE, run_name="__main__", alter_sys=True)
