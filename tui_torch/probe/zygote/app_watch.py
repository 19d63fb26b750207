"""Ends a process with the app: the zygote while it imports, and a kernel, whose parent is the zygote."""

from __future__ import annotations

import os
import select
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from socket import socket


def end_with(app: int) -> None:
    """End this process when the one of the descriptor ends. It is a kernel's last resort: others end it sooner."""
    poll = select.poll()
    poll.register(app, select.POLLIN)

    def watch() -> None:
        poll.poll()
        os._exit(1)

    # ipykernel starts such a thread where the app is the parent. Unnamed, it has the same share in the numbers that the
    # learner's threads get as names.
    threading.Thread(target=watch, daemon=True).start()


@contextmanager
def ending_with(control: socket) -> Iterator[None]:
    """End this process should the other end of the socket be closed meanwhile. Leaves no thread."""
    done, say_done = os.pipe()
    poll = select.poll()
    poll.register(control, 0)  # its end is told unasked
    poll.register(done, select.POLLIN)

    def watch() -> None:
        if control.fileno() in dict(poll.poll()):
            os._exit(0)

    thread = threading.Thread(target=watch, name="watch the app", daemon=True)
    thread.start()
    try:
        yield
    finally:
        os.close(say_done)
        wait_for_end(thread)
        os.close(done)


def wait_for_end(thread: threading.Thread) -> None:
    """Wait until the process has a thread no more: one that is joined has left Python, but perhaps not the process."""
    thread.join()
    while Path(f"/proc/self/task/{thread.native_id}").exists():
        time.sleep(0.001)
