"""What the operations of an autograd graph have saved for their backward: read from the graph while it is there, and
kept in numbers for the small graphs that a `backward()` is about to free."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any
from weakref import ReferenceType, ref

import torch
from torch.autograd.function import BackwardCFunction

from tui_torch.probe.isolation.torch_internals import (
    has_unpack_hook,
    next_sequence_number,
    saved_names,
    saved_value,
    sequence_number,
    version_of,
)
from tui_torch.probe.isolation.undisturbed import unobserved
from tui_torch.probe.values.elements import Base
from tui_torch.probe.values.short_repr import class_name

NODES = 64
"""A graph of more operations is not kept."""
FIRST = 3
"""Of a run's `backward()` calls, so many are kept whatever that costs; of the others, the last ones that are cheap."""
LATEST = 4
SHARE = 0.0003
"""Beyond the first calls, keeping graphs takes at most this part of the run's time: 0.03 %."""

_FREED = "second time"
_MODIFIED = "modified by an inplace operation"


@dataclass(frozen=True, slots=True)
class SavedTensor:
    """One tensor that an operation saved. It is not kept alive."""

    number: float | None
    """The element, when there is only one and it could be read without waiting for a device."""
    tensor: ReferenceType[torch.Tensor]
    version: int | None
    """Which state of the tensor was saved; PyTorch counts changes in place."""
    producer: int | None
    """The sequence number of the operation that computed it; None for one that was not computed."""


@dataclass(slots=True)
class Savings:
    """What one operation saved, by autograd's names."""

    type: str
    tensors: dict[str, SavedTensor] = field(default_factory=dict)
    plain: dict[str, float | str | None] = field(default_factory=dict)
    freed: bool = False
    modified: bool = False
    """Whether a saved tensor was changed in place since: `backward()` refuses to use it."""

    def numbers(self) -> dict[str, float | str | None]:
        """What a derivative is computed from: numbers and texts."""
        return self.plain | {name: saved.number for name, saved in self.tensors.items()}


def inputs(node: Any) -> tuple[tuple[Any, int], ...]:
    """The operations that a node's inputs come from, each with the number of its result."""
    # Nothing of the learner's own: in the class of an autograd.Function's node, PyTorch's attribute comes first.
    return node.next_functions


def savings(node: Any, *, wait: bool = True) -> Savings:
    """What a node saved. `wait`: read numbers from other devices too. Call it inside `unobserved()`."""
    found = Savings(class_name(node))
    if issubclass(type(node), BackwardCFunction):
        _read_own(node, found, wait)
        return found
    for name, is_tensor in saved_names(type(node)):
        try:
            if is_tensor and has_unpack_hook(node, name):
                continue
            value = saved_value(node, name)
            if not is_tensor:
                if value is None or type(value) in (bool, int, float, str):
                    found.plain[name] = value
            elif issubclass(type(value), tuple):
                for at, one in enumerate(value):
                    _keep(found, f"{name}[{at}]", one, wait)
            else:
                _keep(found, name, value, wait)
        except RuntimeError as error:
            _explain(error, found)
    return found


def _read_own(node: Any, found: Savings, wait: bool) -> None:
    """What the learner's own `torch.autograd.Function` saved."""
    try:
        if not has_unpack_hook(node, "tensors"):
            for at, value in enumerate(node.saved_tensors or ()):
                _keep(found, str(at), value, wait)
    except RuntimeError as error:
        _explain(error, found)


def _explain(error: RuntimeError, found: Savings) -> None:
    text = str(error)
    found.freed |= _FREED in text
    found.modified |= _MODIFIED in text


def _keep(found: Savings, name: str, value: Any, wait: bool) -> None:
    if not issubclass(type(value), torch.Tensor):
        return
    number: float | None = None
    if Base.numel(value) == 1 and not Base.is_meta.__get__(value) and (wait or Base.is_cpu.__get__(value)):
        with suppress(Exception):  # a subclass, or a layout, without an element to give
            item = Base.item(value)
            number = None if isinstance(item, complex) else float(item)
    origin = Base.grad_fn.__get__(value)
    found.tensors[name] = SavedTensor(
        number, ref(value), version_of(value), None if origin is None else sequence_number(origin)
    )


def operations(root: Any) -> Iterator[Any]:
    """The nodes of a graph, leaves included, those nearest the root first, each once."""
    met = {root}
    waiting = deque([root])
    while waiting:
        node = waiting.popleft()
        yield node
        for parent, _ in inputs(node):
            if parent is not None and parent not in met:
                met.add(parent)
                waiting.append(parent)


class GraphMemory:
    """The numbers of graphs that `backward()` has freed. Holds no tensor and no graph alive.

    `remember()` is called in the learner's loop, before each `backward()`: it stays within FIRST graphs of at most
    NODES nodes, and SHARE of the time. While there is no time for it, it is not called.
    """

    def __init__(
        self,
        clock: Callable[[], float] = time.perf_counter,
        *,
        callers: list[Callable[[torch.Tensor], None]] | None = None,
        last_backward: Callable[[], int] = lambda: -1,
    ) -> None:
        """`callers`: those to be called before each `backward()`, which it joins and leaves. `last_backward` tells the
        sequence number that the next operation had when the last `backward()` began, known to `remember()` or not."""
        self._clock = clock
        self._callers: list[Callable[[torch.Tensor], None]] = [] if callers is None else callers
        self._last_backward = last_backward
        self.forget()

    def forget(self) -> None:
        """Start over: the namespace is about to be emptied."""
        self._backward_at = -1
        self._first: list[dict[int, Savings]] = []
        self._latest: deque[dict[int, Savings]] = deque(maxlen=LATEST)
        self.begin()

    def begin(self) -> None:
        """A run begins: its first graphs are kept beside those from before."""
        self._first = self._first[-FIRST:]
        self._room = FIRST
        self._spent = 0.0
        self._since = self._clock()
        self._join()

    def resume(self) -> None:
        """In the midst of a run: go on remembering, if there is time again."""
        if self._has_time(self._clock()):
            self._join()

    def _join(self) -> None:
        if self.remember not in self._callers:
            self._callers.append(self.remember)

    def _leave(self) -> None:
        if self.remember in self._callers:
            self._callers.remove(self.remember)

    def _has_time(self, now: float) -> bool:
        return self._room > 0 or self._spent <= SHARE * (now - self._since)

    def remember(self, value: torch.Tensor) -> None:
        """Keep the numbers of a value's graph, if there is time. Raises nothing but KeyboardInterrupt."""
        self._backward_at = next_sequence_number()
        now = self._clock()
        if not self._has_time(now):
            self._leave()
            return
        first = self._room > 0
        if first:
            self._room -= 1
        with suppress(Exception):  # a graph that cannot be read is drawn without numbers
            if kept := _numbers(value):
                (self._first if first else self._latest).append(kept)
        self._spent += self._clock() - now

    def recall(self, node: Any) -> Savings | None:
        """What a node had saved before it was freed; None when that was not kept."""
        number = sequence_number(node)
        for kept in (*self._latest, *self._first):
            found = kept.get(number)
            if found is not None and found.type == class_name(node) and not found.freed:
                return found
        return None

    def is_newer_than_backward(self, node: Any) -> bool:
        """Whether an operation was computed after the last `Tensor.backward()` had begun."""
        return sequence_number(node) >= max(self._backward_at, self._last_backward())


def _numbers(value: torch.Tensor) -> dict[int, Savings] | None:
    """What every operation of a small graph saved, by its sequence number."""
    kept: dict[int, Savings] = {}
    with unobserved():
        root = Base.grad_fn.__get__(value)
        if root is None:
            return None
        for count, node in enumerate(operations(root)):
            if count == NODES:
                return None
            if class_name(node) != "AccumulateGrad":
                kept[sequence_number(node)] = savings(node, wait=False)
    return kept
