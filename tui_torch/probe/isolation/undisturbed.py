"""Reading the learner's values without a trace: no autograd history, no output, no random numbers drawn."""

from __future__ import annotations

import random
import sys
import warnings
from collections.abc import Iterator
from contextlib import (
    AbstractContextManager,
    ExitStack,
    contextmanager,
    nullcontext,
    redirect_stderr,
    redirect_stdout,
    suppress,
)
from io import TextIOBase

import torch

from tui_torch.probe.isolation import looking
from tui_torch.probe.isolation.torch_internals import (
    dispatch_mode_count,
    is_torch_function_enabled,
    set_grad_enabled,
    tracing_state,
    untraced,
    without_dispatch_modes,
)


class _Nowhere(TextIOBase):
    """A text stream that keeps nothing; a StringIO would grow with what a loop prints."""

    encoding = "utf-8"  # type: ignore[assignment]

    def writable(self) -> bool:
        return True

    def write(self, text: str, /) -> int:
        return len(text)


class _Unobserved:
    """A block of `unobserved()` while no dispatch mode is active. It is entered at each line of a recording."""

    __slots__ = ("_functions", "_was_enabled", "_was_noted")

    def __enter__(self) -> None:
        # First and last, since a mode for functions, such as that of `torch.set_default_device`, would see the switch.
        self._functions = torch.DisableTorchFunction()
        self._functions.__enter__()
        self._was_enabled = torch.is_grad_enabled()
        set_grad_enabled(False)
        note = looking.note
        self._was_noted = note[0]
        note[0] = 1

    def __exit__(self, *error: object) -> None:
        looking.note[0] = self._was_noted
        set_grad_enabled(self._was_enabled)
        self._functions.__exit__(None, None, None)


_WITHIN = nullcontext()


def unobserved() -> AbstractContextManager[None]:
    """A block in which PyTorch records no gradients and runs no code of a learner's tensor subclass or mode."""
    if dispatch_mode_count():
        return _without_modes()
    # Already within another such block, as for each value of a namespace.
    return _Unobserved() if torch.is_grad_enabled() or is_torch_function_enabled() else _WITHIN


def untraced_and_unobserved() -> AbstractContextManager[None]:
    """A block that is both; for what is entered at each line of a recording, where two take twice the time of one."""
    return unobserved() if tracing_state() is None else _untraced_and_unobserved()


@contextmanager
def _untraced_and_unobserved() -> Iterator[None]:
    with untraced(), unobserved():
        yield


@contextmanager
def _without_modes() -> Iterator[None]:
    with _Unobserved(), without_dispatch_modes():
        yield


@contextmanager
def output_discarded() -> Iterator[None]:
    """A block in which what Python code prints or warns of is discarded."""
    nowhere = _Nowhere()
    with redirect_stdout(nowhere), redirect_stderr(nowhere):
        yield


@contextmanager
def warnings_ignored() -> Iterator[None]:
    """A block in which warnings are ignored, and after which those of the learner's loop come once, as before."""
    # catch_warnings() would make Python forget which warnings it has shown, and those of a loop would come again.
    ignored = ("ignore", None, Warning, None, 0)
    warnings.filters.insert(0, ignored)  # type: ignore[attr-defined]
    filters = warnings.filters
    try:
        yield
    finally:
        with suppress(ValueError):  # code in the block set filters of its own
            filters.remove(ignored)  # type: ignore[attr-defined]


@contextmanager
def inspecting() -> Iterator[None]:
    """A block that runs code of the learner's for our own purposes, and is not recorded as part of the run."""
    global _depth
    _depth += 1
    was_noted = looking.note[0]
    looking.note[0] = 1
    try:
        yield
    finally:
        looking.note[0] = was_noted
        _depth -= 1


def is_inspecting() -> bool:
    """Whether code of the learner's is running for our own purposes, in `inspecting()`."""
    return _depth > 0


_depth = 0


@contextmanager
def random_state_kept() -> Iterator[None]:
    """A block after which the random generators of PyTorch (every device in use), NumPy and Python are as before it.

    Does nothing within another such block.
    """
    global _are_kept
    if _are_kept:
        yield
        return
    with ExitStack() as put_back:
        put_back.callback(_mark_as_put_back)  # first, since an interrupt may come at any line
        _are_kept = True
        put_back.callback(random.setstate, random.getstate())
        put_back.callback(torch.default_generator.set_state, torch.default_generator.get_state())
        if torch.cuda.is_initialized():
            put_back.callback(torch.cuda.set_rng_state_all, torch.cuda.get_rng_state_all())
        if torch.backends.mps.is_available():
            put_back.callback(torch.mps.set_rng_state, torch.mps.get_rng_state())
        if "numpy" in sys.modules:
            import numpy as np

            put_back.callback(np.random.set_state, np.random.get_state())
        yield


def _mark_as_put_back() -> None:
    global _are_kept
    _are_kept = False


_are_kept = False
