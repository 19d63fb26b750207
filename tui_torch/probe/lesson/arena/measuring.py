"""Timing a right answer in turns with a reference, and counting the bytes of the tensors that each has alive."""

from __future__ import annotations

import time
import weakref
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from typing import Any

import numpy as np
import torch

from tui_torch.probe.isolation.torch_internals import TorchDispatchMode
from tui_torch.probe.isolation.undisturbed import output_discarded, warnings_ignored
from tui_torch.probe.lesson.arena.drawn_inputs import copy_of
from tui_torch.probe.lesson.arena.reference import Reference
from tui_torch.probe.lesson.namespace import seed
from tui_torch.protocol.events import CheckResult
from tui_torch.protocol.grading.asked import FAST_ENOUGH, LITTLE_MEMORY, Measure
from tui_torch.protocol.grading.results import Measured

SECONDS = 0.4
"""How long the turns may take together."""
LEAST_TURNS, MOST_TURNS = 3, 200


def measured(measure: Measure, names: Mapping[str, Any], reference: Reference) -> Measured:
    """Time and memory of the answer and of the reference on the same inputs, without gradients.

    Raises whatever either raises.
    """
    with ExitStack() as quiet:
        quiet.enter_context(output_discarded())
        quiet.enter_context(warnings_ignored())
        quiet.enter_context(torch.no_grad())
        seed(0)
        inputs: dict[str, Any] = {}
        for name, expression in measure.inputs:
            inputs[name] = eval(expression, {"torch": torch, "np": np, **reference.names, **inputs})
        calls = (
            _caller(measure.call, {**names, **reference.hidden, **copy_of(inputs)}),
            _caller(measure.against, {"torch": torch, "np": np, **reference.names, **copy_of(inputs)}),
        )
        best = [_seconds(call) for call in calls]
        until = time.perf_counter() + SECONDS
        for turn in range(MOST_TURNS):
            if turn >= LEAST_TURNS and time.perf_counter() > until:
                break
            # In turns, so that what else the machine does meets both.
            for place, call in enumerate(calls):
                best[place] = min(best[place], _seconds(call))
        memory = [_peak(call) for call in calls]
    return Measured(measure.against.strip(), best[0], best[1], memory[0], memory[1])


def limit_results(measure: Measure, found: Measured) -> list[CheckResult]:
    """A result for each limit that the lesson declares."""
    results: list[CheckResult] = []
    if (most := measure.most_time) is not None:
        said = f"it takes {found.times:.3g} times as long as `{found.reference}`, expected at most {most:g} times"
        results.append(CheckResult(FAST_ENOUGH, found.times <= most, "" if found.times <= most else said))
    if (most := measure.most_memory) is not None and found.memory is not None:
        said = f"it takes {found.memory:.3g} times the memory of `{found.reference}`, expected at most {most:g} times"
        results.append(CheckResult(LITTLE_MEMORY, found.memory <= most, "" if found.memory <= most else said))
    return results


def _caller(expression: str, names: dict[str, Any]) -> Callable[[], Any]:
    code = compile(expression.strip(), "<measured>", "eval", dont_inherit=True)
    return lambda: eval(code, names)


def _seconds(call: Callable[[], Any]) -> float:
    began = time.perf_counter()
    made = call()
    if torch.cuda.is_initialized():
        torch.cuda.synchronize()
    took = time.perf_counter() - began
    del made
    return took


def _peak(call: Callable[[], Any]) -> int:
    """The most bytes of tensors that a call has alive at once, without those that were there before."""
    counting = _Counting()
    with counting:
        made = call()
    del made
    return counting.peak


class _Counting(TorchDispatchMode):
    """Counts the bytes of the storages that operations make, until no tensor holds them any more."""

    def __init__(self) -> None:
        super().__init__()
        self.peak = 0
        self._alive: dict[int, list[int]] = {}
        """[tensors, bytes] of each storage, by its address."""
        self._bytes = 0

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        given = {_address(value) for value in _tensors((args, kwargs or {}))}
        made = func(*args, **(kwargs or {}))
        for value in _tensors(made):
            address = _address(value)
            if address in self._alive:
                self._alive[address][0] += 1
            elif address in given or not address:
                continue
            else:
                size = value.untyped_storage().nbytes()
                self._alive[address] = [1, size]
                self._bytes += size
                self.peak = max(self.peak, self._bytes)
            weakref.finalize(value, self._forget, address)
        return made

    def _forget(self, address: int) -> None:
        entry = self._alive.get(address)
        if entry is None:
            return
        entry[0] -= 1
        if not entry[0]:
            self._bytes -= self._alive.pop(address)[1]


def _address(value: torch.Tensor) -> int:
    return value.untyped_storage().data_ptr()


def _tensors(value: Any) -> list[torch.Tensor]:
    match value:
        case torch.Tensor():
            return [value]
        case list() | tuple():
            return [tensor for item in value for tensor in _tensors(item)]
        case dict():
            return [tensor for item in value.values() for tensor in _tensors(item)]
        case _:
            return []
