"""What modules returned: its shape, and how active it was, learned from PyTorch's hook on every forward pass."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any
from weakref import ref

import torch
from torch.nn.modules.module import register_module_forward_hook

from tui_torch.probe.inspector.activations import (
    Activation,
    CalledFunction,
    FunctionsBetween,
    UnitAxes,
    activation_of,
)
from tui_torch.probe.isolation.time_budget import TimeBudget
from tui_torch.probe.isolation.torch_internals import registered
from tui_torch.probe.isolation.undisturbed import is_inspecting, unobserved
from tui_torch.probe.values.elements import Base
from tui_torch.protocol.shapes import shape_text

CALLS = 100
"""Calls of known modules after which the hook is removed, so that a training loop runs without it."""
AGAIN = 20
"""Calls that are watched now and then while the loop goes on; each costs 5 to 40 microseconds."""
INTERVAL = 1.0
"""Minimum seconds between two such times."""
SHARE = 0.004
"""The part of the run's time that reading what modules return may take. Each is read in the first pass of a run."""
MODULES = 2000
"""Maximum number of modules."""
PARTS = 4
"""Maximum number of parts of a result that are described."""

# Compiling, tracing and exporting warn of hooks, or put them into what they make.
_COMPILES = re.compile(r"\b(?:compile|jit|export|fx|dynamo|onnx|functorch|vmap|jvp|grad_and_value)\b")


@dataclass(frozen=True, slots=True)
class LastOutput:
    """What a module returned last, without the tensors themselves."""

    shape: str
    """`[15, 2]`"""
    activation: Activation | None = None
    """How active its units were in the last pass that was read; None of what is not read, such as a tuple."""
    function: CalledFunction | None = None
    """What computed what it was given, where no module did."""


OutputOf = Callable[[object], LastOutput | None]
"""Returns what is known of a module's last result."""


class OutputShapes:
    """What each module that is still alive returned last."""

    def __init__(self, clock: Callable[[], float] = time.perf_counter) -> None:
        self._clock = clock
        self._outputs: dict[int, tuple[ref[Any], LastOutput]] = {}
        self._handle: Any = None
        self._left = 0
        self._due = 0.0
        self._budget = TimeBudget(SHARE, clock=clock)
        self._begin_pass(reads=True)

    def _begin_pass(self, *, reads: bool) -> None:
        self._reads = reads
        """Whether it is read how active results are, and not only their shapes."""
        self._read: set[int] = set()
        """The ids of the modules that were read since it is watched."""
        self._axes = UnitAxes()
        self._functions = FunctionsBetween()

    def forget(self) -> None:
        """Drop everything: the namespace was reset."""
        self._outputs.clear()

    def arm(self, *codes: str) -> None:
        """Watch the forward passes to come, unless the code compiles, traces or exports a module."""
        if any(_COMPILES.search(code) for code in codes):
            self.disarm()
            return
        self._budget.begin()
        self._watch(CALLS, reads=True)

    def rearm(self) -> None:
        """Watch another pass, if this run is watched at all: a loop may have gone on to another model."""
        if self._handle is None and self._left == 0 and self._clock() >= self._due:
            self._due = self._clock() + INTERVAL
            self._watch(AGAIN, reads=self._budget.permits())

    def disarm(self) -> None:
        """Stop watching."""
        self._left = -1
        self._remove()

    def of(self, module: object) -> LastOutput | None:
        """What a module returned last; None when it was not called."""
        known = self._outputs.get(id(module))
        return known[1] if known is not None and known[0]() is module else None

    def _watch(self, calls: int, *, reads: bool) -> None:
        self._left = calls
        self._begin_pass(reads=reads)
        if self._handle is None:
            self._handle = register_module_forward_hook(self._returned)

    def _remove(self) -> None:
        if self._handle is not None:
            self._handle.remove()
            self._handle = None

    def _returned(self, module: Any, args: Any, output: Any) -> None:
        try:
            if torch.jit.is_tracing():  # type: ignore[reportPrivateImportUsage]
                return
            known = self.of(module)
            # A pass that is read is watched to its end: until a module returns that has returned in it before.
            if known is not None and (self._left > 1 or not self._reads or id(module) in self._read):
                self._left -= 1
                if self._left <= 0:
                    self._left = 0
                    self._remove()
            elif known is None and len(self._outputs) >= MODULES:
                return
            if (text := output_text(output)) is not None:
                found = LastOutput(text) if known is None else replace(known, shape=text)
                self._outputs[id(module)] = ref(module), self._with_activation(found, module, args, output)
        except Exception:  # an error of ours must not end the learner's forward pass
            pass

    def _with_activation(self, found: LastOutput, module: Any, args: Any, output: Any) -> LastOutput:
        """Read how active the result is, once in a pass of training."""
        if not self._reads or id(module) in self._read or is_inspecting():
            return found
        if not torch.is_grad_enabled() and found.activation is not None:
            return found
        with suppress(Exception), self._budget.spending(), unobserved():  # a dtype or a device lacks a kernel for it
            self._read.add(id(module))
            given, is_leaf = args[0] if args else None, not registered(module, "modules")
            function = self._functions.before(given, self._axes.of(_dimensions(given))) if is_leaf else None
            activation = activation_of(output, self._axes.after(module, _dimensions(output)))
            self._functions.returned(output)
            return LastOutput(found.shape, activation, function)
        return found


def _dimensions(value: Any) -> int:
    return Base.dim(value) if issubclass(type(value), torch.Tensor) else 0


def output_text(output: Any) -> str | None:
    """The shape of a result: `[15, 2]`; `([5, 2, 8], ([1, 2, 8], …))` of several tensors; None without a tensor."""
    cls = type(output)
    if issubclass(cls, torch.Tensor):
        if Base.is_nested.__get__(output):
            return "nested"
        return shape_text(Base.shape.__get__(output))
    if cls is tuple or cls is list:
        parts = [output_text(part) or "·" for part in output[:PARTS]]
        return f"({', '.join(parts)}{', …' if len(output) > PARTS else ''})"
    if cls is dict:
        named = [f"{key}: {output_text(part) or '·'}" for key, part in list(output.items())[:PARTS] if type(key) is str]
        return f"{{{', '.join(named)}}}"
    return None
