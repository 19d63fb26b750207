"""The namespace that a lesson's steps share, and the global state around it: reset, seeded, prepared for a step."""

from __future__ import annotations

import ast
import asyncio
import builtins
import inspect
import linecache
import os
import random
import signal
import sys
import time
import warnings
from collections.abc import Callable, Coroutine, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any

import numpy as np
import torch

from tui_torch.probe.errors.failure import describe
from tui_torch.probe.isolation.devices import has_gpu
from tui_torch.probe.isolation.jupyter_internals import reopener
from tui_torch.probe.isolation.original_names import OriginalNames, Values
from tui_torch.probe.isolation.torch_internals import leave_modes, print_options, restore_print_options
from tui_torch.probe.isolation.undisturbed import output_discarded
from tui_torch.probe.lesson.lasting_state import PutBack, lasting_state
from tui_torch.probe.lesson.registries import registries
from tui_torch.probe.lesson.settings import Settings
from tui_torch.protocol.events import Failed
from tui_torch.protocol.orders import Portion

MOST_TIMED = 1000
"""Maximum number of portions of which it is known how long they take."""

# IPython itself puts these in and takes them out around every cell.
_IPYTHON_BUILTINS = frozenset({"_", "display", "exit", "get_ipython", "getpass", "input", "quit"})


def seed(number: int) -> None:
    """Seed PyTorch (every device), NumPy and Python."""
    if has_gpu() or torch.cuda.is_initialized():
        torch.manual_seed(number)
    else:
        # It is what `torch.manual_seed` ends with. Before that, it formats the call stack for each kind of device that
        # might be used later: 0.5 ms, and a step is seeded once for each portion and for each check.
        torch.default_generator.manual_seed(number)
    random.seed(number)
    # numpy.random seeds itself when it is first used, so it is seeded even if the learner has not imported it.
    np.random.seed(number % 2**32)


class Namespace:
    """A shell's namespace: what it held at the beginning, and the way back to it."""

    def __init__(self, shell_ns: dict[str, Any]) -> None:
        self._names = shell_ns
        self._baseline = dict(shell_ns)
        self._restore_builtins = _builtins_restorer()
        self._restore = _global_state()
        self._originals: OriginalNames | None = None
        self._lasting: list[PutBack] = []
        self._settings: Settings | None = None
        self._put_back: list[str] = []
        """What was put back since the last reset."""
        self._said: set[str] = set()
        self.seconds: dict[Portion, float] = {}
        """The processor time that each portion took when it was last replayed."""

    @property
    def beyond(self) -> tuple[str, ...]:
        """Words for what code has left otherwise than it was, and nothing in this process puts back.

        It is as of the last reset.
        """
        return () if self._settings is None else tuple(self._settings.beyond)

    seed = staticmethod(seed)

    def reset(self) -> tuple[str, ...]:
        """Restore the names of the beginning, and the global state of Python, NumPy and PyTorch.

        Names that were bound since are removed, and the random generators are seeded with 0. Returns words for what
        would have changed what later code does, `random.seed` or the logger `train`, the first time that it did.
        """
        self.mend()
        outputs = self._baseline.get("_oh")
        if type(outputs) is dict:  # IPython's cache of results keeps tensors alive that have no name any more
            outputs.clear()
        for name in [name for name in self._names if name not in self._baseline]:
            del self._names[name]
        self._names.update(self._baseline)
        for restore in self._restore:
            try:
                restore()
            except Exception:  # a folder was removed, or this build of PyTorch refuses an option
                continue
        if self._originals is None:
            # Before any code has run, and after the probe has wrapped what it listens to.
            self._originals = OriginalNames()
            self._settings = Settings()
            self._lasting = [
                self._originals.remove_added,
                self._settings.put_back,
                *lasting_state(),
                *registries(_IPYTHON_BUILTINS),
            ]
        for restore in self._lasting:
            with suppress(Exception):  # code can make anything of it, a class whose attributes cannot be set among it
                self._put_back += restore()
        put_back, self._put_back = self._put_back, []
        seed(0)
        # A lesson's own setup may change something for every step of it.
        news = [words for words in put_back if words not in self._said]
        self._said.update(news)
        return tuple(news)

    def mend(self) -> None:
        """Put back what everything in the process needs: built-ins, and the public names of Python and PyTorch."""
        # First: without its built-ins, nothing below works.
        self._put_back += [f"`builtins.{name}`" for name in self._restore_builtins()]
        if self._originals is not None:
            with suppress(Exception):
                self._put_back += self._originals.put_back()

    async def replay(self, portions: Sequence[Portion]) -> Failed | None:
        """Run what a step stands on, each portion seeded and with its output discarded.

        Returns the first failure that was not allowed for, with its step. KeyboardInterrupt passes, and CancelledError,
        which is the same where something is awaited.
        """
        for portion in portions:
            began = time.process_time()
            failed = await self._run(portion.step, portion.code)
            self._keep_time(portion, time.process_time() - began)
            if failed is not None and not portion.may_raise:
                return replace(failed, in_step=portion.step)
        return None

    def _keep_time(self, portion: Portion, seconds: float) -> None:
        if len(self.seconds) >= MOST_TIMED:
            self.seconds.clear()
        self.seconds[portion] = seconds

    async def _run(self, step: str, code: str) -> Failed | None:
        filename = f"<step {step}>"
        # So that inspect.getsource(), and with it torch.jit.script, finds the source of what is defined here.
        linecache.cache[filename] = (len(code), None, code.splitlines(keepends=True), filename)
        seed(0)
        try:
            with output_discarded():
                # As IPython runs a cell: what it awaits goes on in the kernel's own loop.
                compiled = compile(code, filename, "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT, dont_inherit=True)
                if compiled.co_flags & inspect.CO_COROUTINE:
                    await _interruptible(eval(compiled, self._names))
                else:
                    exec(compiled, self._names)
        except (KeyboardInterrupt, asyncio.CancelledError):
            raise
        except BaseException as error:
            return describe(error, filename, code)
        finally:
            # Otherwise Python would not show a warning of the learner's that came here too.
            self._names.pop("__warningregistry__", None)
        return None


def _builtins_restorer() -> Callable[[], list[str]]:
    shown = {name: value for name, value in vars(builtins).items() if name not in _IPYTHON_BUILTINS}
    now = builtins.__dict__

    def restore() -> list[str]:
        # It calls no built-in function.
        changed = [name for name, value in shown.items() if now.get(name) is not value]
        now.update(shown)
        return changed

    return restore


async def _interruptible(awaited: Coroutine[Any, Any, None]) -> None:
    """Await code that a SIGINT cancels. KeyboardInterrupt would be raised in the kernel's loop, and end the kernel."""
    loop, task = asyncio.get_running_loop(), asyncio.ensure_future(awaited)
    before = signal.signal(signal.SIGINT, lambda *_: loop.call_soon_threadsafe(task.cancel))
    try:
        await task
    finally:
        signal.signal(signal.SIGINT, before)


def _global_state() -> list[Callable[[], object]]:
    """Functions that restore the global state as it is now."""
    return [
        *_python_state(),
        *_numpy_state(),
        *_torch_state(),
    ]


def _python_state() -> list[Callable[[], object]]:
    streams = sys.stdout, sys.stderr, sys.stdin
    reopen = [reopener(stream) for stream in streams]
    modules = Values({name: module for name, module in sys.modules.items() if name != "__main__"})
    filters, show = list(warnings.filters), warnings.showwarning
    folder, depth = os.getcwd(), sys.getrecursionlimit()  # noqa: PTH109

    def restore_streams() -> None:
        sys.stdout, sys.stderr, sys.stdin = streams
        for reopen_stream in reopen:
            reopen_stream()

    def restore_modules() -> None:
        # Imported again, torch would register its operators again, and fail; `None` stands for what is not to be found.
        if not modules.have_changed(sys.modules):
            return
        for name, module in modules.items():
            if sys.modules.get(name) is not module:
                sys.modules[name] = module

    def restore_warnings() -> None:
        warnings.resetwarnings()
        warnings.filters[:] = filters  # type: ignore[index]
        warnings.showwarning = show

    return [
        restore_streams,
        restore_modules,
        restore_warnings,
        lambda: os.chdir(folder),
        lambda: sys.setrecursionlimit(depth),
    ]


def _numpy_state() -> list[Callable[[], object]]:
    errors, options = np.geterr(), np.get_printoptions()
    options.pop("override_repr", None)
    return [lambda: np.seterr(**errors), lambda: np.set_printoptions(**options)]


def _torch_state() -> list[Callable[[], object]]:
    dtype, threads = torch.get_default_dtype(), torch.get_num_threads()
    deterministic = torch.are_deterministic_algorithms_enabled()
    warn_only = torch.is_deterministic_algorithms_warn_only_enabled()
    precision = torch.get_float32_matmul_precision()
    printing = print_options()

    def restore_threads() -> None:
        if torch.get_num_threads() != threads:  # setting it, even to the same number, restarts the pool
            torch.set_num_threads(threads)

    def restore_determinism() -> None:
        now = torch.are_deterministic_algorithms_enabled(), torch.is_deterministic_algorithms_warn_only_enabled()
        if now != (deterministic, warn_only):  # the call imports PyTorch's compiler, for a second
            torch.use_deterministic_algorithms(deterministic, warn_only=warn_only)

    def restore_autocast() -> None:
        for device in ("cpu", "cuda"):
            torch.set_autocast_enabled(device, False)

    return [
        # Unset, rather than set to the CPU: a default device costs a little at every call of PyTorch.
        lambda: torch.set_default_device(None),
        leave_modes,
        lambda: torch.set_default_dtype(dtype),
        lambda: torch.set_grad_enabled(True),
        restore_determinism,
        lambda: torch.set_anomaly_enabled(False, check_nan=True),
        restore_threads,
        restore_autocast,
        lambda: torch.set_float32_matmul_precision(precision),
        lambda: restore_print_options(printing),
    ]
