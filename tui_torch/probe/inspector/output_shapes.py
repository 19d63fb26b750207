"""The shapes of what modules returned, learned from PyTorch's hook on every forward pass."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from typing import Any
from weakref import ref

import torch
from torch.nn.modules.module import register_module_forward_hook

from tui_torch.probe.values.elements import Base
from tui_torch.protocol.shapes import shape_text

CALLS = 100
"""Calls of known modules after which the hook is removed, so that a training loop runs without it."""
AGAIN = 20
"""Calls that are watched now and then while the loop goes on; each costs 5 to 40 microseconds."""
INTERVAL = 1.0
"""Minimum seconds between two such times."""
MODULES = 2000
"""Maximum number of modules."""
PARTS = 4
"""Maximum number of parts of a result that are described."""

# Compiling, tracing and exporting warn of hooks, or put them into what they make.
_COMPILES = re.compile(r"\b(?:compile|jit|export|fx|dynamo|onnx|functorch|vmap|jvp|grad_and_value)\b")


class OutputShapes:
    """The shape of what each module that is still alive returned last."""

    def __init__(self, clock: Callable[[], float] = time.perf_counter) -> None:
        self._clock = clock
        self._shapes: dict[int, tuple[ref[Any], str]] = {}
        self._handle: Any = None
        self._left = 0
        self._due = 0.0

    def forget(self) -> None:
        """Drop every shape: the namespace was reset."""
        self._shapes.clear()

    def arm(self, *codes: str) -> None:
        """Watch the forward passes to come, unless the code compiles, traces or exports a module."""
        if any(_COMPILES.search(code) for code in codes):
            self.disarm()
            return
        self._watch(CALLS)

    def rearm(self) -> None:
        """Watch some more calls, if this run is watched at all: a loop may have gone on to another model."""
        if self._handle is None and self._left == 0 and self._clock() >= self._due:
            self._due = self._clock() + INTERVAL
            self._watch(AGAIN)

    def disarm(self) -> None:
        """Stop watching."""
        self._left = -1
        self._remove()

    def of(self, module: object) -> str | None:
        """The shape of what a module returned last: `[15, 2]`; None when it was not called."""
        known = self._shapes.get(id(module))
        return known[1] if known is not None and known[0]() is module else None

    def _watch(self, calls: int) -> None:
        self._left = calls
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
            known = id(module) in self._shapes
            if known:
                self._left -= 1
                if self._left <= 0:
                    self._left = 0
                    self._remove()
            elif len(self._shapes) >= MODULES:
                return
            if (text := output_text(output)) is not None:
                self._shapes[id(module)] = (ref(module), text)
        except Exception:  # an error of ours must not end the learner's forward pass
            pass


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
