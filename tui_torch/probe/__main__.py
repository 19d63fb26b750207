"""Starts the kernel: an ipykernel with the probe as an IPython extension.

`python -m tui_torch.probe -f CONNECTION_FILE` takes ipykernel's own arguments, and imports torch while the kernel
starts. `python -m tui_torch.probe --zygote DESCRIPTOR` imports everything first, and forks kernels as they are asked
for on a socket. The connection file may be written later: a byte on the standard input says that it is there.
"""

from __future__ import annotations

import contextlib
import gc
import os
import sys
import threading
from pathlib import Path
from typing import Any


def import_torch() -> None:
    """Import torch ahead of its first use. The extension, which imports it again, reports a failure."""
    with contextlib.suppress(Exception):
        import torch  # noqa: F401


def main() -> None:
    """Run the kernel until its parent ends it."""
    # Nothing that is imported is garbage, and looking through it takes an eighth of the time. The extension turns
    # collection on.
    gc.disable()
    if sys.argv[1] == "--zygote":
        _become_forked_kernel(int(sys.argv[2]))
        return
    threading.Thread(target=import_torch, name="import torch", daemon=True).start()
    # After that, since torch takes the longest.
    from tui_torch.probe.isolation.freed_memory import keep_freed_memory

    keep_freed_memory()
    run_kernel()


def run_kernel(**settings: Any) -> None:
    """Run ipykernel's app. `settings` are those of its `IPKernelApp`."""
    from ipykernel.kernelapp import IPKernelApp
    from traitlets.config import Config

    from tui_torch.probe.isolation.jupyter_internals import (
        gather_fork_output_in,
        keep_process_files_in,
        leave_out_debugger,
    )
    from tui_torch.probe.isolation.looking import keep_note_in
    from tui_torch.probe.program.environment import remember_environment

    remember_environment()
    leave_out_debugger()
    config = Config()
    config.IPKernelApp.update(settings)
    config.IPKernelApp.extensions = ["tui_torch.probe.ipython.extension"]
    # A learner's own torch.py or random.py in the current folder must not stand in for the real one.
    config.IPKernelApp.ignore_cwd = True
    # Its handler leaves out what is for ipykernel's authors. To word that takes 0.1 ms of each message.
    config.IPKernelApp.logging_config = {"loggers": {"IPKernelApp": {"level": "WARNING"}}}
    config.HistoryManager.enabled = False
    config.ZMQInteractiveShell.colors = "nocolor"
    config.ZMQInteractiveShell.xmode = "Minimal"
    if not os.read(0, 1):
        # The parent is gone. Python's own way to end may fail while torch is being imported.
        os._exit(0)
    app = IPKernelApp.instance(config=config)
    if sys.platform != "win32":
        folder = Path(sys.argv[sys.argv.index("-f") + 1]).parent
        gather_fork_output_in(folder)
        keep_note_in(folder)
        keep_process_files_in(folder)
    usual = os.umask(0o077)  # for the sockets, and not for the files that the learner's code makes
    app.initialize(sys.argv[1:])
    os.umask(usual)
    app.start()


def _become_forked_kernel(control: int) -> None:
    """Be a zygote, and in each of its forks a kernel."""
    from socket import socket

    from tui_torch.probe.zygote.app_watch import end_with
    from tui_torch.probe.zygote.forking import Forker
    from tui_torch.probe.zygote.preloading import preload

    link = socket(fileno=control)
    preload(link)
    app = Forker(link).serve()
    end_with(app)
    # ipykernel's own watch ends the kernel with its parent, which is the zygote; 1 is "none" there.
    run_kernel(parent_handle=1)


if __name__ == "__main__":
    main()
