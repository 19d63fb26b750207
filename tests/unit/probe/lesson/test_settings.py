"""Settings that outlive a run are put back, and what nothing puts back is told."""

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
from collections.abc import Callable
from typing import Any

import pytest
import torch

from tui_torch.probe.lesson.settings import Settings


def changed(name: str) -> None:
    """Change a resource limit that may be changed back."""
    import resource

    number = getattr(resource, name)
    soft, hard = resource.getrlimit(number)
    lower = 1 << 40 if soft == resource.RLIM_INFINITY else max(soft // 2, 1)
    resource.setrlimit(number, (lower, hard))


def enter_dual_levels() -> None:
    torch.autograd.forward_ad.enter_dual_level()


ENTERED: list[Any] = []
"""Blocks that are never left. One that nobody holds is left at once."""


def disable_hooks() -> None:
    ENTERED.append(torch.autograd.graph.disable_saved_tensors_hooks("no"))
    ENTERED[-1].__enter__()


def hold_back_a_signal() -> None:
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGUSR2})


def one_digit() -> None:
    decimal.getcontext().prec = 1


class Trusted:
    """A class that code wants to load from a file."""


CHANGES: dict[str, Callable[[], Any]] = {
    "`sys.setswitchinterval`": lambda: sys.setswitchinterval(0.1),
    "`sys.set_int_max_str_digits`": lambda: sys.set_int_max_str_digits(5000),
    "`sys.setprofile`": lambda: sys.setprofile(lambda *_: None),
    "`threading.settrace`": lambda: threading.settrace(lambda *_: None),
    "`threading.setprofile`": lambda: threading.setprofile(lambda *_: None),
    "`threading.stack_size`": lambda: threading.stack_size(1 << 20),
    "`gc.set_threshold`": lambda: gc.set_threshold(7),
    "`gc.set_debug`": lambda: gc.set_debug(gc.DEBUG_UNCOLLECTABLE),
    "the locale": lambda: locale.setlocale(locale.LC_NUMERIC, "C.UTF-8" if _numeric() == "C" else "C"),
    "`decimal.getcontext().prec`": one_digit,
    "`socket.setdefaulttimeout`": lambda: socket.setdefaulttimeout(3),
    "`sys.argv`": lambda: sys.argv.append("--lr"),
    "`sys.dont_write_bytecode`": lambda: setattr(sys, "dont_write_bytecode", not sys.dont_write_bytecode),
    "`faulthandler`": lambda: (
        faulthandler.disable() if faulthandler.is_enabled() else faulthandler.enable(sys.__stderr__)
    ),
    "`tracemalloc`": tracemalloc.start,
    "`os.umask`": lambda: os.umask(0o123),
    "`os.sched_setaffinity`": lambda: os.sched_setaffinity(0, {min(os.sched_getaffinity(0))}),
    "which signals are held back": hold_back_a_signal,
    "`resource.RLIMIT_NOFILE`": lambda: changed("RLIMIT_NOFILE"),
    "`resource.RLIMIT_CORE`": lambda: changed("RLIMIT_CORE"),
    "`torch.set_flush_denormal`": lambda: torch.set_flush_denormal(True),
    "`torch.set_warn_always`": lambda: torch.set_warn_always(True),
    "`torch.autograd.forward_ad`": enter_dual_levels,
    "`disable_saved_tensors_hooks`": disable_hooks,
    "`torch.set_autocast_cache_enabled`": lambda: torch.set_autocast_cache_enabled(False),
    "`torch.set_autocast_dtype`": lambda: torch.set_autocast_dtype("cpu", torch.float16),
    "`torch.autograd.set_multithreading_enabled`": lambda: torch.autograd.set_multithreading_enabled(False),
    "`torch.backends.cuda.enable_flash_sdp`": lambda: torch.backends.cuda.enable_flash_sdp(False),
    "`torch.backends.cuda.enable_math_sdp`": lambda: torch.backends.cuda.enable_math_sdp(False),
    "`torch.backends.mha.set_fastpath_enabled`": lambda: torch.backends.mha.set_fastpath_enabled(False),
    "`torch.backends.opt_einsum.enabled`": lambda: setattr(
        torch.backends.opt_einsum, "enabled", not torch.backends.opt_einsum.enabled
    ),
    "`torch.utils.deterministic.fill_uninitialized_memory`": lambda: setattr(
        torch.utils.deterministic, "fill_uninitialized_memory", False
    ),
    "`torch.multiprocessing.set_sharing_strategy`": lambda: torch.multiprocessing.set_sharing_strategy("file_system"),
    "`torch.__future__.set_swap_module_params_on_conversion`": lambda: (
        torch.__future__.set_swap_module_params_on_conversion(True)
    ),
    "`torch.serialization.set_crc32_options`": lambda: torch.serialization.set_crc32_options(False),
    "`torch.serialization.add_safe_globals`": lambda: torch.serialization.add_safe_globals([Trusted]),
    "`torch.backends.mkldnn`": lambda: torch.backends.mkldnn.set_flags(False),
}
"""What changes each setting, by the words for it."""


def _numeric() -> str:
    return locale.setlocale(locale.LC_NUMERIC)


@pytest.mark.parametrize("words", CHANGES)
def test_a_setting_that_was_changed_is_put_back_and_said(words: str) -> None:
    settings = Settings()
    assert settings.put_back() == []
    try:
        CHANGES[words]()
    except OSError:
        pytest.skip("this system refuses the change")
    assert settings.put_back() == [words]
    assert settings.put_back() == []
    assert settings.beyond == []


def test_what_nothing_puts_back_is_told_and_not_said_to_be_put_back() -> None:
    settings = Settings()
    profiler = torch.autograd.profiler.profile()
    profiler.__enter__()
    try:
        assert settings.put_back() == []
        assert settings.beyond == ["whether a profiler runs"]
    finally:
        profiler.__exit__(None, None, None)
    assert settings.put_back() == []
    assert settings.beyond == []


def test_what_a_part_of_pytorch_trusts_of_its_own_once_it_is_imported_is_no_change() -> None:
    kept = torch.serialization.get_safe_globals()
    settings = Settings()
    try:
        torch.serialization.add_safe_globals([torch.nn.Bilinear])
        assert settings.put_back() == []
        torch.serialization.add_safe_globals([Trusted])
        assert settings.put_back() == ["`torch.serialization.add_safe_globals`"]
        assert torch.nn.Bilinear in torch.serialization.get_safe_globals()
    finally:
        torch.serialization.clear_safe_globals()
        torch.serialization.add_safe_globals(kept)
