"""Imports what a kernel imports until its first run, and what the first optimizer does. Runs no code of torch's."""

from __future__ import annotations

import gc
import importlib
from socket import socket

from tui_torch.probe.isolation.jupyter_internals import leave_out_debugger
from tui_torch.probe.zygote.app_watch import ending_with

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
    "tui_torch.probe.lesson.namespace",
    "tui_torch.probe.training.recorder",
    "tui_torch.probe.training.tensorboard",
)
_MORE = (
    "tui_torch.probe.errors.explain",
    "tui_torch.probe.inspector.answer",
    "tui_torch.probe.lesson.grading",
    "tui_torch.probe.lesson.plain_values",
    "tui_torch.probe.replay.line_recorder",
)


def preload(control: socket) -> None:
    """Import what each kernel needs. Ends the process should the app end meanwhile. No thread is left.

    Raises what a broken installation raises.
    """
    with ending_with(control):
        leave_out_debugger()
        _import(*_KERNEL, "torch", *_PROBE)
    _freeze()


def preload_more(control: socket) -> None:
    """Import what only some code needs, in the same way. What cannot be imported is left to who needs it."""
    from tui_torch.probe.isolation.torch_internals import import_compiler

    with ending_with(control):
        _import(*_MORE)
        import_compiler()
    _freeze()


def _import(*names: str) -> None:
    for name in names:
        importlib.import_module(name)


def _freeze() -> None:
    """Have collections pass over what is imported: they write to each object that they look at, which copies it."""
    gc.collect()
    gc.freeze()
