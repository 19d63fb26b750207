"""A kernel that answers each run with the events a test has written, and keeps the orders that it was given."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import cast

from tui_torch.kernel.session import KernelSession
from tui_torch.protocol.events import CheckResult, Event, Finished, Graded
from tui_torch.protocol.orders import Run

OK = Finished("ok", 0.5)


class ScriptedKernel:
    def __init__(self, answer: Callable[[Run], list[Event]]) -> None:
        self.runs: list[Run] = []
        self._answer = answer

    async def run(self, run: Run) -> AsyncIterator[Event]:
        self.runs.append(run)
        for event in self._answer(run):
            yield event


def kernel(answer: Callable[[Run], list[Event]]) -> KernelSession:
    return cast("KernelSession", ScriptedKernel(answer))


def graded(**passed: bool) -> Graded:
    """Checks by their names; one that fails says `no`."""
    return Graded(tuple(CheckResult(name, is_passed, "" if is_passed else "no") for name, is_passed in passed.items()))
