"""How a program ends: with the exit code that `python FILE` would have, once its threads and processes are done."""

from __future__ import annotations

import multiprocessing
import os
import sys
import threading
import traceback
from collections.abc import Callable, Set
from contextlib import suppress
from dataclasses import dataclass

from tui_torch.probe.isolation.jupyter_internals import wait_for_text_of_others

INTERRUPTED = 130
"""The exit code of a program that ctrl+c ends, as shells count."""


@dataclass(frozen=True, slots=True)
class ProgramEnd:
    """The end of a program."""

    code: int
    error: BaseException | None = None
    """What escaped from it, with a traceback of its own frames; None for SystemExit, and where nothing did."""


def ended_by(run: Callable[[], object], at_exit: Callable[[], object]) -> ProgramEnd:
    """Run a program to its end.

    What is left of it when `run` returns in another process, a fork, ends there.

    Args:
        run: Runs its code.
        at_exit: Calls what it has asked to be called at its end.
    """
    process, threads = os.getpid(), frozenset(threading.enumerate())
    try:
        end = _after(run)
        _wait_for_threads(threads)
        at_exit()
        if os.getpid() == process:
            _wait_for_processes()
            for stream in (sys.stdout, sys.stderr):
                wait_for_text_of_others(stream)
    except KeyboardInterrupt as error:
        end = ProgramEnd(INTERRUPTED, error)
    if os.getpid() != process:
        _exit_from_fork(end)
    return end


def _after(run: Callable[[], object]) -> ProgramEnd:
    try:
        run()
    except SystemExit as error:
        return ProgramEnd(_exit_code(error.code))
    except KeyboardInterrupt as error:
        return ProgramEnd(INTERRUPTED, _of_its_own_frames(error))
    except BaseException as error:
        error = _of_its_own_frames(error)
        if sys.excepthook is not sys.__excepthook__:
            with suppress(Exception):
                sys.excepthook(type(error), error, error.__traceback__)
        return ProgramEnd(1, error)
    return ProgramEnd(0)


def _exit_code(given: object) -> int:
    """The exit code for what `sys.exit()` was given; anything but a number is said on stderr, as Python does."""
    if given is None:
        return 0
    if isinstance(given, int):
        return int(given) & 0xFF
    with suppress(Exception):
        print(given, file=sys.stderr)  # noqa: T201
    return 1


def _of_its_own_frames(error: BaseException) -> BaseException:
    """The exception without the frames that called the program."""
    found = error.__traceback__
    while found is not None and found.tb_frame.f_globals.get("__name__", "").startswith("tui_torch.probe.program"):
        found = found.tb_next
    return error.with_traceback(found)


def _wait_for_threads(before: Set[threading.Thread]) -> None:
    # A thread may start others.
    while left := [
        one
        for one in threading.enumerate()
        if one not in before and not one.daemon and one is not threading.current_thread()
    ]:
        for thread in left:
            thread.join()


def _wait_for_processes() -> None:
    for process in multiprocessing.active_children():
        if not process.daemon:
            process.join()


def _exit_from_fork(end: ProgramEnd) -> None:
    with suppress(BaseException):
        if end.error is not None:
            traceback.print_exception(end.error)
        sys.stdout.flush()
        sys.stderr.flush()
    os._exit(end.code)
