"""What code can leave behind that outlives its run, and how it is put back, each with words for it."""

from __future__ import annotations

import gc
import logging
import multiprocessing
import os
import signal
import sys
import threading
import time
from collections.abc import Callable

import torch

from tui_torch.probe.isolation.torch_internals import (
    hooks_on_everything,
    leave_saved_tensors_hooks,
    leave_transforms,
)

PutBack = Callable[[], list[str]]
"""Puts something back as it was at the beginning, and says what: nothing, where it was as before."""

_OF_LIBRARIES = ("torch", "tui_torch")
"""Packages whose hooks stay: they come and go with what is imported, and are not the learner's."""
_OF_COMPILER = ("strobelight", "c10d")
"""How the names of loggers begin that PyTorch's compiler makes."""
_SET_BY_IMPORTS = ("TORCHINDUCTOR_", "_TORCHINDUCTOR_", "TRITON_", "KMP_")
"""How the names of variables begin that PyTorch's compiler and scikit-learn set when they are imported."""


def lasting_state() -> list[PutBack]:
    """Functions that put back what is as it is now."""
    return [
        _hooks,
        _transforms,
        _distributed,
        _environment(),
        _loggers(),
        _start_method(),
        _interpreter(),
    ]


def _hooks() -> list[str]:
    said: list[str] = []
    for name, hooks in hooks_on_everything().items():
        for key in [key for key, hook in hooks.items() if not _is_of_a_library(hook)]:
            del hooks[key]
            said.append(f"hooks on every {'optimizer' if 'optimizer' in name else 'module'}")
    if leave_saved_tensors_hooks():
        said.append("`saved_tensors_hooks`")
    return list(dict.fromkeys(said))


def _is_of_a_library(hook: object) -> bool:
    module = getattr(hook, "__module__", None)
    return isinstance(module, str) and module.partition(".")[0] in _OF_LIBRARIES


def _transforms() -> list[str]:
    return ["`vmap` and `grad`"] if leave_transforms() else []


def _distributed() -> list[str]:
    if not (torch.distributed.is_available() and torch.distributed.is_initialized()):
        return []
    torch.distributed.destroy_process_group()
    return ["`torch.distributed`"]


def _environment() -> PutBack:
    before = dict(os.environ)

    def put_back() -> list[str]:
        now = dict(os.environ)
        changed = [
            name
            for name in before.keys() | now.keys()
            if before.get(name) != now.get(name) and not name.startswith(_SET_BY_IMPORTS)
        ]
        for name in changed:
            if name in before:
                os.environ[name] = before[name]
            else:
                del os.environ[name]
        if "TZ" in changed and hasattr(time, "tzset"):
            time.tzset()
        return [f"`os.environ[{name!r}]`" for name in sorted(changed)]

    return put_back


def _loggers() -> PutBack:
    before = {name: _state_of(logger) for name, logger in _all_loggers().items()}
    disabled = logging.root.manager.disable

    def put_back() -> list[str]:
        said: list[str] = []
        if logging.root.manager.disable != disabled:
            logging.disable(disabled)
            said.append("`logging.disable`")
        for name, logger in _all_loggers().items():
            wanted = before.get(name, _UNTOUCHED)
            if _state_of(logger) == wanted or _is_named_after_a_library(name):
                continue
            logger.handlers[:], level, logger.propagate, logger.disabled = wanted
            logger.setLevel(level)
            said.append(f"the logger `{name}`")
        return said

    return put_back


def _is_named_after_a_library(logger: str) -> bool:
    package = logger.partition(".")[0]
    return package in sys.modules or package.startswith(_OF_COMPILER)


_State = tuple[list[logging.Handler], int, bool, bool]
_UNTOUCHED: _State = ([], logging.NOTSET, True, False)


def _all_loggers() -> dict[str, logging.Logger]:
    made = logging.root.manager.loggerDict
    return {"root": logging.root} | {name: one for name, one in made.items() if isinstance(one, logging.Logger)}


def _state_of(logger: logging.Logger) -> _State:
    return list(logger.handlers), logger.level, logger.propagate, logger.disabled


def _start_method() -> PutBack:
    usual = multiprocessing.get_all_start_methods()[0]
    before = multiprocessing.get_start_method(allow_none=True)

    def put_back() -> list[str]:
        now = multiprocessing.get_start_method(allow_none=True)
        if now == before:
            return []
        multiprocessing.set_start_method(before, force=True)
        # A lock is enough for that, as tqdm makes one: it settles on the method that is usual anyway.
        return [] if now == usual and before is None else ["the start method of `multiprocessing`"]

    return put_back


def _interpreter() -> PutBack:
    path, hooks = list(sys.path), (sys.excepthook, threading.excepthook)
    handled = [number for number in (getattr(signal, name, None) for name in _SIGNALS) if number is not None]
    handlers = {number: signal.getsignal(number) for number in handled}

    def put_back() -> list[str]:
        said: list[str] = []
        if sys.path != path:
            sys.path[:] = path
            said.append("`sys.path`")
        if (sys.excepthook, threading.excepthook) != hooks:
            sys.excepthook, threading.excepthook = hooks
            said.append("`excepthook`")
        if not gc.isenabled():
            gc.enable()
            said.append("`gc`")
        for number, handler in handlers.items():
            now = signal.getsignal(number)
            # A DataLoader watches its workers by a handler of its own, and sets that once in a process.
            if now is not handler and not _is_of_a_library(now):
                signal.signal(number, handler)
                said.append(f"the handler of {signal.Signals(number).name}")
        if hasattr(signal, "setitimer"):
            signal.setitimer(signal.ITIMER_REAL, 0)
        return said

    return put_back


_SIGNALS = ("SIGALRM", "SIGUSR1", "SIGUSR2", "SIGTERM", "SIGHUP", "SIGCHLD")
