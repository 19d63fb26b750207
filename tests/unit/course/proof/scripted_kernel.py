"""A kernel that answers each run with the events a test has written, and keeps the orders that it was given."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import cast

from tui_torch.kernel.session import KernelSession
from tui_torch.protocol.events import CheckResult, Event, Finished, Graded
from tui_torch.protocol.orders import Run

OK = Finished("ok", 0.5)
STOPPED = Finished("interrupted", 1.0, "It was stopped.")
"""The end of a run that ends once somebody interrupts it."""


class ScriptedKernel:
    def __init__(self, answer: Callable[[Run], list[Event]]) -> None:
        self.runs: list[Run] = []
        self.answers: list[str] = []
        """What it was told to give to `input()`."""
        self.interrupted = asyncio.Event()
        self._answer = answer

    async def run(self, run: Run) -> AsyncIterator[Event]:
        self.runs.append(run)
        self.interrupted.clear()
        for event in self._answer(run):
            if event is STOPPED:
                await self.interrupted.wait()
            yield event

    def answer(self, text: str) -> None:
        self.answers.append(text)

    async def interrupt(self) -> None:
        self.interrupted.set()


def kernel(answer: Callable[[Run], list[Event]]) -> KernelSession:
    return cast("KernelSession", ScriptedKernel(answer))


def graded(**passed: bool) -> Graded:
    """Checks by their names; one that fails says `no`."""
    return Graded(tuple(CheckResult(name, is_passed, "" if is_passed else "no") for name, is_passed in passed.items()))
