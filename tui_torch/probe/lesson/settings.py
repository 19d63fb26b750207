"""Settings of Python, the system and PyTorch that outlive a run: what they were, and the way back if there is one."""

from __future__ import annotations

import decimal
import faulthandler
import gc
import locale
import os
import signal
import socket
import sys
import threading
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from operator import attrgetter
from typing import Any

import torch

from tui_torch.probe.isolation import torch_internals

_LEAST = 5e-324
"""The least number that is not 0, which is 0 to a processor that flushes such numbers."""
_LIMITS = ("RLIMIT_AS", "RLIMIT_CORE", "RLIMIT_CPU", "RLIMIT_DATA", "RLIMIT_FSIZE", "RLIMIT_NOFILE", "RLIMIT_STACK")


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting: how it is read, and how it is written."""

    words: str
    """As one writes it, in backticks, or a few words."""
    read: Callable[[], object]
    """Gives its value, which can be compared."""
    write: Callable[[Any], object] | None = None
    """Gives it the value that was read; None where nothing does that."""


class Settings:
    """The settings as they are when this is made."""

    def __init__(self) -> None:
        self._before: list[tuple[Setting, object]] = []
        self.beyond: list[str] = []
        """Words for those that are otherwise, and that nothing changes back in this process."""
        for setting in _settings():
            with suppress(Exception):  # this system, or this build of PyTorch, has no such setting
                self._before.append((setting, setting.read()))

    def put_back(self) -> list[str]:
        """Set each as it was. Words for those that were otherwise and are as they were again."""
        said: list[str] = []
        beyond: list[str] = []
        for setting, before in self._before:
            if _is(setting, before):
                continue
            with suppress(Exception):  # what was given up cannot always be had back
                if setting.write is not None:
                    setting.write(before)
            (said if _is(setting, before) else beyond).append(setting.words)
        self.beyond = list(dict.fromkeys(beyond))
        return list(dict.fromkeys(said))


def _is(setting: Setting, value: object) -> bool:
    try:
        return setting.read() == value
    except Exception:  # the names by which it is read are the learner's now
        return False


def _settings() -> Iterator[Setting]:
    yield from _of_python()
    yield from _of_system()
    yield from _of_torch()


def _of_python() -> Iterator[Setting]:
    yield Setting("`sys.setswitchinterval`", sys.getswitchinterval, sys.setswitchinterval)
    yield Setting("`sys.set_int_max_str_digits`", sys.get_int_max_str_digits, sys.set_int_max_str_digits)
    yield Setting("`sys.settrace`", sys.gettrace, sys.settrace)
    yield Setting("`sys.setprofile`", sys.getprofile, sys.setprofile)
    yield Setting("`threading.settrace`", threading.gettrace, threading.settrace)  # type: ignore[arg-type]
    yield Setting("`threading.setprofile`", threading.getprofile, threading.setprofile)  # type: ignore[arg-type]
    yield Setting("`threading.stack_size`", threading.stack_size, threading.stack_size)
    yield Setting("`gc.set_threshold`", gc.get_threshold, lambda to: gc.set_threshold(*to))
    yield Setting("`gc.set_debug`", gc.get_debug, gc.set_debug)
    yield Setting("the locale", lambda: locale.setlocale(locale.LC_ALL), lambda to: locale.setlocale(locale.LC_ALL, to))
    yield Setting("`decimal.getcontext().prec`", lambda: decimal.getcontext().prec, _set_precision)
    yield Setting("`socket.setdefaulttimeout`", socket.getdefaulttimeout, socket.setdefaulttimeout)
    yield Setting("`sys.argv`", lambda: list(sys.argv), lambda to: setattr(sys, "argv", list(to)))
    yield Setting(
        "`sys.dont_write_bytecode`",
        lambda: sys.dont_write_bytecode,
        lambda to: setattr(sys, "dont_write_bytecode", to),
    )
    yield Setting("`faulthandler`", faulthandler.is_enabled, _enable_faulthandler)
    yield Setting("`tracemalloc`", tracemalloc.is_tracing, lambda to: None if to else tracemalloc.stop())


def _set_precision(digits: int) -> None:
    decimal.getcontext().prec = digits


def _enable_faulthandler(to: bool) -> None:
    (faulthandler.enable if to else faulthandler.disable)()


def _of_system() -> Iterator[Setting]:
    yield Setting("`os.umask`", _umask, os.umask)
    if sys.platform == "win32":
        return
    import resource

    yield Setting("which signals are held back", _held_back, lambda to: signal.pthread_sigmask(signal.SIG_SETMASK, to))
    yield Setting("`os.nice`", lambda: os.getpriority(os.PRIO_PROCESS, 0), _set_priority)
    for name in _LIMITS:
        if (number := getattr(resource, name, None)) is not None:
            yield _limit(name, number)
    if hasattr(os, "sched_setaffinity"):
        yield Setting("`os.sched_setaffinity`", lambda: os.sched_getaffinity(0), lambda to: os.sched_setaffinity(0, to))
    yield Setting("the user that it runs as", lambda: (os.getuid(), os.geteuid(), os.getgid(), os.getegid()))


def _limit(name: str, number: int) -> Setting:
    import resource

    return Setting(f"`resource.{name}`", lambda: resource.getrlimit(number), lambda to: resource.setrlimit(number, to))


def _umask() -> int:
    mask = os.umask(0o077)
    os.umask(mask)
    return mask


def _held_back() -> set[int]:
    return signal.pthread_sigmask(signal.SIG_BLOCK, ())


def _set_priority(to: int) -> None:
    os.setpriority(os.PRIO_PROCESS, 0, to)


def _of_torch() -> Iterator[Setting]:
    yield Setting("`torch.set_num_interop_threads`", torch.get_num_interop_threads)
    yield Setting("whether a profiler runs", torch_internals.is_profiler_running)
    yield Setting("`torch.set_flush_denormal`", lambda: _LEAST * 1.0 == 0.0, torch.set_flush_denormal)
    yield Setting("`torch.set_warn_always`", torch.is_warn_always_enabled, torch.set_warn_always)
    yield Setting("`torch.autograd.forward_ad`", torch_internals.dual_level, torch_internals.leave_dual_levels)
    yield Setting(
        "`disable_saved_tensors_hooks`",
        torch_internals.are_saved_tensors_hooks_allowed,
        lambda to: torch_internals.allow_saved_tensors_hooks(),
    )
    yield Setting(
        "`torch.set_autocast_cache_enabled`", torch.is_autocast_cache_enabled, torch.set_autocast_cache_enabled
    )
    yield Setting(
        "`torch.set_autocast_dtype`",
        lambda: torch.get_autocast_dtype("cpu"),
        lambda to: torch.set_autocast_dtype("cpu", to),
    )
    yield Setting(
        "`torch.autograd.set_multithreading_enabled`",
        torch_internals.is_multithreading_enabled,
        lambda to: torch.autograd.set_multithreading_enabled(to),
    )
    backends = torch.backends
    for kind in ("flash", "mem_efficient", "math"):
        yield _of_attention(kind)
    yield Setting(
        "`torch.backends.mha.set_fastpath_enabled`",
        lambda: backends.mha.get_fastpath_enabled(),
        lambda to: backends.mha.set_fastpath_enabled(to),
    )
    yield _attribute("backends.quantized.engine")
    yield _attribute("backends.opt_einsum.enabled")
    yield _attribute("backends.opt_einsum.strategy")
    yield _attribute("utils.deterministic.fill_uninitialized_memory")
    yield from _of_saving()
    for option in ("swap_module_params_on_conversion", "overwrite_module_params_on_conversion"):
        yield _of_functions(torch.__future__, "torch.__future__", option)
    yield _of_functions(torch.multiprocessing, "torch.multiprocessing", "sharing_strategy")
    yield Setting("`torch.backends.mkldnn`", torch_internals.is_mkldnn_enabled, torch_internals.enable_mkldnn)


def _of_attention(kind: str) -> Setting:
    cuda = torch.backends.cuda
    return Setting(
        f"`torch.backends.cuda.enable_{kind}_sdp`",
        lambda: getattr(cuda, f"{kind}_sdp_enabled")(),
        lambda to: getattr(cuda, f"enable_{kind}_sdp")(to),
    )


def _of_saving() -> Iterator[Setting]:
    saving, words = torch.serialization, "torch.serialization"
    for option in ("default_load_endianness", "default_mmap_options", "crc32_options"):
        yield _of_functions(saving, words, option)

    def trusted(by_torch: bool) -> set[Any]:
        return {one for one in saving.get_safe_globals() if by_torch is _is_of_torch(one)}

    def trust(classes: Any) -> None:
        own = trusted(by_torch=True)
        saving.clear_safe_globals()
        saving.add_safe_globals([*own, *classes])

    # PyTorch adds its own when one of its parts is imported, which the learner's code need not know.
    yield Setting("`torch.serialization.add_safe_globals`", lambda: trusted(by_torch=False), trust)


def _is_of_torch(trusted: Any) -> bool:
    """Whether a class or a function, or a pair of one and a name, is PyTorch's."""
    of = trusted[0] if isinstance(trusted, tuple) else trusted
    return str(getattr(of, "__module__", "")).partition(".")[0] == "torch"


def _of_functions(owner: Any, words: str, name: str) -> Setting:
    """Read by a function `get_…`, and written by a function `set_…`."""
    return Setting(
        f"`{words}.set_{name}`", lambda: getattr(owner, f"get_{name}")(), lambda to: getattr(owner, f"set_{name}")(to)
    )


def _attribute(path: str) -> Setting:
    """An attribute of one of PyTorch's modules."""
    owner, _, name = path.rpartition(".")
    owner_of = attrgetter(owner)
    return Setting(
        f"`torch.{path}`", lambda: getattr(owner_of(torch), name), lambda to: setattr(owner_of(torch), name, to)
    )
