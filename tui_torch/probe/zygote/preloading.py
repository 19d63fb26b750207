"""Imports what a kernel imports until its first run, and what the first optimizer does. Runs no code of torch's."""

from __future__ import annotations

import gc
import importlib
from contextlib import suppress
from socket import socket
from threading import Thread

from tui_torch.probe.isolation.freed_memory import keep_freed_memory
from tui_torch.probe.isolation.jupyter_internals import leave_out_debugger
from tui_torch.probe.zygote.app_watch import ending_with, wait_for_end

_KERNEL = (
    "ipykernel.kernelapp",
    "ipykernel.ipkernel",
    # Those that IPython and ipykernel import when a kernel is made.
    "IPython.core.completerlib",
    "IPython.core.debugger",
    "IPython.core.oinspect",
    "IPython.extensions.storemagic",
    "faulthandler",
    "pdb",
    "tornado.platform.asyncio",
)
_PROBE = (
    "tui_torch.probe.ipython.extension",
    # Those that it imports when it is greeted, or has its first order.
    "tui_torch.probe.autograd.saved_tensors",
    "tui_torch.probe.coach.coach",
    "tui_torch.probe.inspector.live",
    "tui_torch.probe.inspector.namespace_diff",
    "tui_torch.probe.inspector.output_shapes",
    "tui_torch.probe.ipython.runs_apart",
    "tui_torch.probe.lesson.namespace",
    "tui_torch.probe.training.recorder",
    "tui_torch.probe.training.tensorboard",
    "tui_torch.probe.training_frames.frames",
)
_MORE = (
    "tui_torch.probe.errors.explain",
    "tui_torch.probe.inspector.answer",
    "tui_torch.probe.lesson.grading",
    "tui_torch.probe.lesson.plain_values",
    "tui_torch.probe.replay.line_recorder",
    "tui_torch.probe.training_frames.kept_locals",
)


def preload(control: socket) -> None:
    """Import what each kernel needs. Ends the process should the app end meanwhile. No thread is left.

    Raises what a broken installation raises.
    """
    with ending_with(control):
        # Beside each other, they are there in the time that torch alone takes.
        torch = Thread(target=_import_torch, name="import torch")
        torch.start()
        leave_out_debugger()
        _import(*_KERNEL)
        wait_for_end(torch)
        _import("torch", *_PROBE)
        keep_freed_memory()
    # A collection writes to each object that it looks at, which copies it in a child. It passes over these.
    gc.freeze()


def preload_more(control: socket) -> None:
    """Import what only some code needs, in the same way. What cannot be imported is left to who needs it."""
    from tui_torch.probe.isolation.torch_internals import import_compiler

    with ending_with(control):
        _import(*_MORE)
        import_compiler()
    gc.freeze()


def _import(*names: str) -> None:
    for name in names:
        importlib.import_module(name)


def _import_torch() -> None:
    # What goes wrong goes wrong again when it is imported once more.
    with suppress(Exception):
        importlib.import_module("torch")
