"""What the operations of an autograd graph have saved for `backward()`.

It is read while the graph exists; of a small graph that `backward()` is about to free, the numbers are kept.
"""

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
from tui_torch.probe.source.call_sites import CallSite
from tui_torch.probe.values.elements import Base
from tui_torch.probe.values.short_repr import class_name

NODES = 64
"""Maximum number of operations of a graph that is kept."""
FIRST = 3
"""Number of a run's `backward()` calls whose graphs are kept whatever that costs."""
LATEST = 4
"""Number of later graphs that are kept: the latest ones for which there was time."""
SHARE = 0.0003
"""Maximum share of the run's time that keeping the later graphs takes: 0.03 %."""

_FREED = "second time"
"""Words of PyTorch's message that an operation's saved tensors have been freed."""
_MODIFIED = "modified by an inplace operation"
"""Words of PyTorch's message that a saved tensor has been changed in place."""


@dataclass(frozen=True, slots=True)
class SavedTensor:
    """One tensor that an operation saved, without keeping it alive."""

    number: float | None
    """The element of a tensor of one element; None for other tensors, and if reading it would wait for a device."""
    tensor: ReferenceType[torch.Tensor]
    version: int | None
    """PyTorch's count of changes in place when the tensor was saved; None for an inference tensor."""
    producer: int | None
    """The sequence number of the operation that computed it; None for a leaf and for what needs no gradient."""


@dataclass(slots=True)
class SavedTensors:
    """What one operation saved for its `backward()`, by autograd's names."""

    type: str
    tensors: dict[str, SavedTensor] = field(default_factory=dict)
    plain: dict[str, float | str | tuple[int, ...] | None] = field(default_factory=dict)
    """Numbers, texts and sizes, such as `alpha` of an addition."""
    unread: set[str] = field(default_factory=set)
    """Names of tensors that were saved and cannot be read: freed, changed in place, or behind the learner's hook."""
    freed: bool = False
    """Whether `backward()` has freed what it saved."""
    modified: bool = False
    """Whether a saved tensor has been changed in place: `backward()` refuses to use it."""

    def numbers(self) -> dict[str, float | str | tuple[int, ...] | None]:
        """Return what a derivative is computed from: numbers, texts and sizes, and tensors of one element as numbers.

        None is a tensor whose number is not known, or a number that was not given.
        """
        known = {name: saved.number for name, saved in self.tensors.items()}
        return self.plain | dict.fromkeys(self.unread) | known


def inputs(node: Any) -> tuple[tuple[Any, int], ...]:
    """Return the operations that a node's inputs come from, each with the number of its result; None for a constant.

    Runs none of the learner's code: in the class of an `autograd.Function`'s node, PyTorch's attribute comes first.
    """
    return node.next_functions


def saved_by(node: Any, *, wait: bool = True) -> SavedTensors:
    """Return what a node saved. Call it inside `unobserved()`.

    Args:
        node: A node of the graph that is not a leaf.
        wait: Read numbers from other devices too, which waits for them.
    """
    found = SavedTensors(class_name(node))
    if issubclass(type(node), BackwardCFunction):
        _read_own(node, found, wait)
        return found
    for name, is_tensor in saved_names(type(node)):
        try:
            if is_tensor and has_unpack_hook(node, name):
                found.unread.add(name)
                continue
            value = saved_value(node, name)
            if not is_tensor:
                if value is None or type(value) in (bool, int, float, str, tuple):
                    # PyTorch gives an `ignore_index` of -100 without its sign.
                    found.plain[name] = value - (1 << 64) if type(value) is int and value >= 1 << 63 else value
            elif issubclass(type(value), tuple):
                for at, one in enumerate(value):
                    _keep(found, f"{name}[{at}]", one, wait)
            else:
                _keep(found, name, value, wait)
        except RuntimeError as error:
            found.unread.add(name)
            _note_state(error, found)
    return found


def _read_own(node: Any, found: SavedTensors, wait: bool) -> None:
    """Read what the learner's own `torch.autograd.Function` saved."""
    try:
        if not has_unpack_hook(node, "tensors"):
            for at, value in enumerate(node.saved_tensors or ()):
                _keep(found, str(at), value, wait)
    except RuntimeError as error:
        _note_state(error, found)


def _note_state(error: RuntimeError, found: SavedTensors) -> None:
    text = str(error)
    found.freed |= _FREED in text
    found.modified |= _MODIFIED in text


def _keep(found: SavedTensors, name: str, value: Any, wait: bool) -> None:
    if not issubclass(type(value), torch.Tensor):
        return
    number: float | None = None
    if Base.numel(value) == 1 and not Base.is_meta.__get__(value) and (wait or Base.is_cpu.__get__(value)):
        with suppress(Exception):  # a subclass or a layout that has no element to read
            item = Base.item(value)
            number = None if isinstance(item, complex) else float(item)
    origin = Base.grad_fn.__get__(value)
    found.tensors[name] = SavedTensor(
        number, ref(value), version_of(value), None if origin is None else sequence_number(origin)
    )


def operations(root: Any) -> Iterator[Any]:
    """Yield the nodes of a graph, leaves included, each once; those nearest the root come first."""
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
    """Keeps the numbers of graphs that `backward()` frees, and no tensor or graph alive.

    `remember()` runs in the learner's loop, before each `backward()`. It keeps FIRST graphs of at most NODES nodes, and
    later ones within SHARE of the run's time; while it has no time, it takes itself off the list of callers.
    """

    def __init__(
        self,
        clock: Callable[[], float] = time.perf_counter,
        *,
        callers: list[Callable[[torch.Tensor, CallSite | None], None]] | None = None,
        last_backward: Callable[[], int] = lambda: -1,
    ) -> None:
        """Start with no graph kept.

        Args:
            clock: The time in seconds.
            callers: The functions called before each `backward()`, a list that `remember()` joins and leaves.
            last_backward: Returns the sequence number that the next operation had when the last `backward()` began,
                also when `remember()` was not called for it.
        """
        self._clock = clock
        self._callers: list[Callable[[torch.Tensor, CallSite | None], None]] = [] if callers is None else callers
        self._last_backward = last_backward
        self.forget()

    def forget(self) -> None:
        """Drop every graph, before the namespace is emptied."""
        self._backward_at = -1
        self._first: list[dict[int, SavedTensors]] = []
        self._latest: deque[dict[int, SavedTensors]] = deque(maxlen=LATEST)
        self.begin()

    def begin(self) -> None:
        """Begin a run: its first graphs are kept beside those of the run before."""
        self._first = self._first[-FIRST:]
        self._first_left = FIRST
        self._spent = 0.0
        self._began = self._clock()
        self._join()

    def resume(self) -> None:
        """Join the callers again during a run, if there is time again."""
        if self._has_time(self._clock()):
            self._join()

    def _join(self) -> None:
        if self.remember not in self._callers:
            self._callers.append(self.remember)

    def _leave(self) -> None:
        if self.remember in self._callers:
            self._callers.remove(self.remember)

    def _has_time(self, now: float) -> bool:
        return self._first_left > 0 or self._spent <= SHARE * (now - self._began)

    def remember(self, value: torch.Tensor, site: CallSite | None = None) -> None:
        """Keep the numbers of a value's graph, if there is time. Only KeyboardInterrupt escapes."""
        self._backward_at = next_sequence_number()
        now = self._clock()
        if not self._has_time(now):
            self._leave()
            return
        first = self._first_left > 0
        if first:
            self._first_left -= 1
        with suppress(Exception):  # a graph that cannot be read is drawn without numbers
            if kept := _numbers(value):
                (self._first if first else self._latest).append(kept)
        self._spent += self._clock() - now

    def recall(self, node: Any) -> SavedTensors | None:
        """Return what a node had saved before it was freed; None if that was not kept."""
        number = sequence_number(node)
        for kept in (*self._latest, *self._first):
            found = kept.get(number)
            if found is not None and found.type == class_name(node) and not found.freed:
                return found
        return None

    def is_newer_than_backward(self, node: Any) -> bool:
        """Return whether an operation was computed after the last `Tensor.backward()` had begun."""
        return sequence_number(node) >= max(self._backward_at, self._last_backward())


def _numbers(value: torch.Tensor) -> dict[int, SavedTensors] | None:
    """Return what every operation saved, by its sequence number; None for a graph of more than NODES operations."""
    kept: dict[int, SavedTensors] = {}
    with unobserved():
        root = Base.grad_fn.__get__(value)
        if root is None:
            return None
        for count, node in enumerate(operations(root)):
            if count == NODES:
                return None
            if class_name(node) != "AccumulateGrad":
                kept[sequence_number(node)] = saved_by(node, wait=False)
    return kept
