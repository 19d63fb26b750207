"""Runs that stand on the same portions: these are replayed once, in this process, and each run has a fork of it."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from tui_torch.probe.ipython.fork import Fork
from tui_torch.probe.isolation.fork_safety import ForkSafety
from tui_torch.probe.isolation.torch_internals import import_compiler
from tui_torch.probe.lesson.namespace import Namespace
from tui_torch.protocol.orders import Order, Portion

WORTH = 0.03
"""Seconds of processor time of a replay from which a fork takes less: it copies the pages that it touches of 300 MB."""
MOST_REFUSALS = 2
"""Number of times that a portion may leave a trace before it is replayed for each run: its first run also imports."""

_SAVES = re.compile(r"save")
"""What code says that writes files by C++, of which Python has no audit event."""
_NEEDS_THE_KERNEL = re.compile(r"\b(await|async)\b|\b(input|getpass|breakpoint|set_trace)\s*\(")
"""What code says that is run by the kernel's event loop, which waits while a fork runs, or asks by its socket."""


class RunsApart:
    """Keeps this process at what the last run stood on, and the fork that runs.

    Args:
        shell: IPython's shell.
        namespace: The shell's namespace.
        follow: Called in a fork with each order.
    """

    def __init__(self, shell: Any, namespace: Namespace, follow: Callable[[Order], None]) -> None:
        self._shell = shell
        self._streams = sys.stdout, sys.stderr
        self._namespace = namespace
        self._follow = follow
        self._safety = ForkSafety()
        self._fork: Fork | None = None
        self._is_prepared = False
        """Whether the next run is to have a fork."""
        self._ended: set[int] = set()
        """The process ids of forks that were released and not yet waited for."""
        self._standing: tuple[Portion, ...] | None = None
        """What this process has replayed, if nothing else has run in it since."""
        self._refusals: dict[Portion, int] = {}

    async def prepare(self, standing: tuple[Portion, ...], code: str, reset: Callable[[], None]) -> bool:
        """Make the namespace hold what a run stands on, as the fork for it will. False where it has to run here.

        The namespace holds anything then.

        Args:
            standing: What the run stands on.
            code: What it runs.
            reset: Brings the namespace back to its beginning.
        """
        self._end_fork()
        self._is_prepared = False
        known, self._standing = self._standing, None
        if _NEEDS_THE_KERNEL.search(code) or not self._is_worth_it(standing):
            return False
        _import_ahead()
        if not self._safety.has_only_its_own_threads:
            return False
        if known is None or standing[: len(known)] != known:
            reset()
            known = ()
        new = standing[len(known) :]
        with self._safety.watched():
            failure = await self._namespace.replay(new)
        if failure is not None or not self._safety.left_no_trace:
            self._refusals.update({portion: self._refusals.get(portion, 0) + 1 for portion in new[-1:]})
            return False
        self._standing = standing
        self._is_prepared = True
        return True

    def run(self, code: str, begin: Callable[[], None]) -> bool:
        """Have a fork run the code that was prepared for. False where it has to run here, `begin` having been called.

        Args:
            code: What to run.
            begin: Called before it, in the process that runs it.
        """
        if not self._is_prepared:
            return False
        self._is_prepared = False
        try:
            fork = Fork(self._shell, self._streams, begin, self._follow)
        except OSError:
            self._standing = None
            begin()
            return False
        fork.run(code)  # an exception from there has ended it
        self._fork = fork
        return True

    def follow(self, order: Order, message: Any) -> bool:
        """Have the fork follow an order that came by a message. False where there is no fork."""
        if self._fork is None:
            return False
        fork, self._fork = self._fork, None
        fork.follow(order, message)
        self._fork = fork
        return True

    def forget(self) -> None:
        """Let the fork of the last run end, and this process be used for anything."""
        self._standing = None
        self._is_prepared = False
        self._end_fork()

    def _end_fork(self) -> None:
        if self._fork is not None:
            self._ended.add(self._fork.release())
            self._fork = None
        for pid in list(self._ended):
            with suppress(ChildProcessError):
                if os.waitpid(pid, os.WNOHANG)[0] == 0:
                    continue
            self._ended.discard(pid)

    def _is_worth_it(self, standing: tuple[Portion, ...]) -> bool:
        if any(self._refusals.get(portion, 0) >= MOST_REFUSALS or _SAVES.search(portion.code) for portion in standing):
            return False
        if any(_NEEDS_THE_KERNEL.search(portion.code) for portion in standing):
            return False
        return sum(self._namespace.seconds.get(portion, 0.0) for portion in standing) >= WORTH


def _import_ahead() -> None:
    """Import what a fork would import otherwise, each by itself."""
    import tui_torch.probe.errors.explain
    import tui_torch.probe.lesson.grading
    import tui_torch.probe.lesson.plain_values  # noqa: F401

    import_compiler()
