"""Which function computed a loss, by what functions returned on the way to it."""

from __future__ import annotations

import sysconfig
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from itertools import islice
from types import CodeType, FrameType, FunctionType
from typing import Any
from weakref import ReferenceType, ref

import torch
from torch.nn import functional

from tui_torch.probe.autograd.saved_tensors import inputs
from tui_torch.probe.isolation.torch_internals import sequence_number
from tui_torch.probe.source.call_sites import is_outside
from tui_torch.probe.source.frame_locals import local_names
from tui_torch.probe.values.elements import Base

RESULTS = 8
"""Maximum number of results of one function that are looked through for its loss."""
NODES = 64
"""Maximum number of operations between a loss and what the function returned."""
CALLS = 4000
"""Maximum number of calls that are noted of one step."""
_ELSEWHERE = frozenset({"cross_entropy", "binary_cross_entropy", "binary_cross_entropy_with_logits", "kl_div"})
"""PyTorch's functions that compute a loss, and whose names do not end with `_loss`."""
_ARITHMETIC = frozenset(
    f"{name}Backward{number}"
    for name in ("Mean", "Sum", "Mul", "Div", "Add", "Sub", "Neg", "Stack", "ToCopy", "Squeeze", "View", "Unbind")
    for number in range(3)
)
"""What stands between what a function returned and the loss: several are added, weighted or averaged."""

_PYTHON = sysconfig.get_path("stdlib")

Place = tuple[object, ...]
"""Where in the results of a function its loss is: (), (1,), ("loss",)."""


@dataclass(frozen=True, slots=True)
class TensorMemory:
    """Where the elements of a tensor are, without keeping them."""

    storage: ReferenceType[torch.UntypedStorage]
    device: torch.device
    first: int
    """Address of the first element."""
    end: int
    """Address behind the last one."""

    def is_that_of(self, other: TensorMemory) -> bool:
        """Whether the same elements are in both, and still there."""
        storage = self.storage()
        return storage is not None and storage is other.storage() and (self.first, self.end) == (other.first, other.end)


Data = Mapping[tuple[object, ...], TensorMemory]
"""The memory of tensors by the name of their parameter, and their place in what it was given."""


@dataclass(frozen=True, slots=True)
class LossFunction:
    """A function that computes a loss."""

    code: CodeType
    place: Place
    reduction: object
    """`mean`, `sum` or `none`, as it was called for the training; None if it has no such parameter."""


@dataclass(frozen=True, slots=True)
class LossCall:
    """One call of a function that returned something with a gradient."""

    function: LossFunction
    has_data: bool
    """Whether it was given a tensor that needs no gradient: the targets, or a whole batch."""


@cache
def pytorchs_losses() -> frozenset[CodeType]:
    """The codes of PyTorch's functions that compute a loss."""
    found = (
        value
        for name, value in vars(functional).items()
        if isinstance(value, FunctionType) and (name.endswith("_loss") or name in _ELSEWHERE)
    )
    return frozenset(value.__code__ for value in found)


def may_be_a_loss(code: CodeType) -> bool:
    """Return whether a function may compute a loss: one of PyTorch's that do, or one of a program or of a package."""
    if code in pytorchs_losses():
        return True
    file = code.co_filename
    is_pythons = file.startswith(("<frozen", _PYTHON)) and "site-packages" not in file
    return is_outside(code) and not is_pythons


class CallsOfOneStep:
    """The calls between two `backward()` that returned something with a gradient. Keeps no graph alive."""

    def __init__(self) -> None:
        self._calls: dict[int, list[LossCall]] = {}
        """By the sequence number of the operation that made the result; in the order of their returns."""
        self._count = 0

    def heard(self, frame: FrameType, value: object) -> None:
        """Note what a function returned."""
        code = frame.f_code
        if self._count >= CALLS or not may_be_a_loss(code):
            return
        for place, result in results(value):
            node = Base.grad_fn.__get__(result)
            if node is not None and (Base.numel(result) == 1 or code in pytorchs_losses()):
                given = arguments(frame)
                if any(one is result for one in given.values()):  # it only hands on what it was given
                    continue
                self._count += 1
                function = LossFunction(code, place, given.get("reduction"))
                self._calls.setdefault(sequence_number(node), []).append(LossCall(function, bool(data_of(given))))

    def of(self, loss: torch.Tensor) -> list[LossCall]:
        """Return the calls that computed a loss.

        That is the innermost function that returned it; or else those whose results were added up to it.
        """
        root = Base.grad_fn.__get__(loss)
        if root is None:
            return []
        found: list[LossCall] = []
        met, waiting = {root}, [root]
        while waiting and len(met) < NODES:
            node = waiting.pop(0)
            calls = self._calls.get(sequence_number(node), []) if type(node).__name__ != "AccumulateGrad" else []
            if calls:
                found.append(calls[0])
            elif type(node).__name__ in _ARITHMETIC:
                parents = [parent for parent, _ in inputs(node) if parent is not None and parent not in met]
                met.update(parents)
                waiting.extend(parents)
        return found


def results(value: object) -> Iterator[tuple[Place, torch.Tensor]]:
    """Yield the tensors among the results of a function, with their places."""
    cls = type(value)
    if issubclass(cls, torch.Tensor):
        yield (), value  # type: ignore[misc]
    elif cls is tuple or cls is list:
        for at, one in enumerate(islice(value, RESULTS)):  # type: ignore[call-overload]
            if issubclass(type(one), torch.Tensor):
                yield (at,), one  # type: ignore[misc]
    elif cls is dict:
        for key, one in islice(value.items(), RESULTS):  # type: ignore[attr-defined]
            if issubclass(type(one), torch.Tensor) and type(key) is str:
                yield (key,), one


def result_at(value: object, place: Place) -> torch.Tensor | None:
    """Return the tensor at a place among the results of a function; None if there is none.

    A function that returns a loss alone may also return it first, with what it was computed of.
    """
    found = next((one for at, one in results(value) if at == place), None)
    if found is None and place == ():
        found = next((one for at, one in results(value) if at == (0,) and Base.numel(one) == 1), None)
    return found


def arguments(frame: FrameType) -> dict[str, Any]:
    """Return what a function that returns was called with, as far as it has not given the names other values."""
    code = frame.f_code
    names = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
    # A profile function looks at it: what is cleared is gone for a closure, too.
    found = local_names(frame, is_traced=True)
    return {name: found[name] for name in names if name in found}


def data_of(given: Mapping[str, Any]) -> Data:
    """Return the memory of tensors among arguments that need no gradient: the targets, or a whole batch."""
    return {
        (name, *place): _memory(tensor)
        for name, value in given.items()
        for place, tensor in results(value)
        if not Base.requires_grad.__get__(tensor)
    }


def is_same_batch(trained: Data, other: Data) -> bool:
    """Return whether all data that a loss was trained with is, at least in part, in the memory of that of another."""
    return all(key in other and _overlap(memory, other[key]) for key, memory in trained.items())


def _overlap(one: TensorMemory, other: TensorMemory) -> bool:
    # TensorMemory that was freed in between may be another's by now.
    is_there = one.storage() is not None and other.storage() is not None
    return is_there and one.device == other.device and one.first < other.end and other.first < one.end


def _memory(tensor: torch.Tensor) -> TensorMemory:
    first = end = 0
    with suppress(RuntimeError):  # a tensor may have no memory of its own
        first = end = Base.data_ptr(tensor)
        sizes, strides = Base.size(tensor), Base.stride(tensor)
        if 0 not in sizes:
            last = sum((size - 1) * stride for size, stride in zip(sizes, strides, strict=True))
            end += (last + 1) * Base.element_size(tensor)
    return TensorMemory(ref(Base.untyped_storage(tensor)), tensor.device, first, end)
