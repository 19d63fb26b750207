"""The parameters and the structure of a module, read without calling a method that a learner's class may define."""

from __future__ import annotations

import math
import re
import sys
from collections.abc import Callable, Iterator
from typing import Literal
from weakref import ReferenceType, ref

import numpy as np
import torch

from tui_torch.probe.articles import an
from tui_torch.probe.isolation.torch_internals import own_parts, registered
from tui_torch.probe.values import elements
from tui_torch.probe.values.elements import Base, grad_of
from tui_torch.probe.values.fingerprint import USUAL, memory_of, sampled_checksum_in_place
from tui_torch.probe.values.short_repr import class_name
from tui_torch.probe.values.tensor_facts import UNINITIALIZED
from tui_torch.protocol.events import ParameterSummary

_NUMBER = re.compile(r"\.(\d+)(?=\.|$)")
"""A part of a dotted name that Python writes as an index."""


def members(module: object, kind: Literal["parameters", "buffers", "modules"]) -> list[tuple[str, object]]:
    """A module's own parameters, buffers or submodules, with their names."""
    return list(registered(module, kind).items())


def refuse_without_layers(value: object) -> None:
    """Raise UnreadableError, which names the class of a value, unless it is a module."""
    if not issubclass(type(value), torch.nn.Module):
        raise elements.UnreadableError(f"{an(class_name(value))} has no layers")


def as_python(path: str) -> str:
    """Return a dotted name of PyTorch's as Python reads it: `model[0].weight` for `model.0.weight`."""
    return _NUMBER.sub(r"[\1]", path)


def parameters(module: object, prefix: str = "", _met: set[int] | None = None) -> Iterator[tuple[str, torch.Tensor]]:
    """A module's parameters with their dotted names, each once, in the order of `named_parameters()`."""
    met = set[int]() if _met is None else _met
    own, children = own_parts(module)
    for name, parameter in [*own.items()]:
        if id(parameter) not in met and issubclass(type(parameter), torch.Tensor):
            met.add(id(parameter))
            yield prefix + name, parameter
    for name, child in [*children.items()]:
        if id(child) not in met and issubclass(type(child), torch.nn.Module):
            met.add(id(child))
            yield from parameters(child, f"{prefix}{name}.", met)


def norm(tensor: torch.Tensor) -> float | None:
    """Euclidean norm over all elements, estimated from a sample beyond elements.EXACT of them; None if unreadable."""
    try:
        held, _ = elements.stored(tensor)
        numel = Base.numel(held)
        if numel <= elements.EXACT and Base.is_cpu.__get__(held) and Base.is_floating_point(held):
            if numel <= elements.UNDIVIDED or not Base.is_contiguous(held):
                return float(torch.linalg.vector_norm(held, dtype=torch.float64))
            blocks = Base.split(Base.view(held, -1), elements.UNDIVIDED)
            norms = [float(torch.linalg.vector_norm(block, dtype=torch.float64)) for block in blocks]
            # hypot() of an infinity and NaN is infinite.
            return math.nan if any(map(math.isnan, norms)) else math.hypot(*norms)
        numbers = elements.read(held)
    except Exception:  # no elements to read
        return None
    with np.errstate(all="ignore"):
        norm = float(np.sqrt(np.add.reduce(numbers * numbers)))
    return norm * (numel / numbers.size) ** 0.5 if numbers.size else 0.0


def parameter_summary(
    path: str, tensor: torch.Tensor, statistics: bool, norm_of: Callable[[torch.Tensor], float | None] = norm
) -> ParameterSummary:
    """The summary of one parameter; the norms only with `statistics`. Call it inside `unobserved()`."""
    trainable = Base.requires_grad.__get__(tensor)
    if issubclass(type(tensor), UNINITIALIZED):
        return ParameterSummary(path, (), trainable, None, None)
    gradient = grad_of(tensor)
    return ParameterSummary(
        path,
        tuple(Base.shape.__get__(tensor)),
        trainable,
        norm_of(tensor) if statistics else None,
        norm_of(gradient) if statistics and gradient is not None else None,
    )


class KnownNorms:
    """Norms of large tensors, which are not read again as long as these hold still.

    The norm of more than elements.EXACT elements is estimated from a sample. It is kept while the tensor is the same
    object, of the same version in the same memory, and blocks that are spread over this read as before. A change that
    lies between the blocks and is no version, such as one through `.data`, is not seen.
    """

    def __init__(self) -> None:
        self._known: dict[int, tuple[ReferenceType[torch.Tensor], object, float | None]] = {}

    def norm_of(self, tensor: torch.Tensor) -> float | None:
        """As `norm()`. Call it inside `unobserved()`."""
        state = _state_of_large(tensor)
        if state is None:
            return norm(tensor)
        key = id(tensor)
        known = self._known.get(key)
        if known is not None and known[0]() is tensor and known[1] == state:
            return known[2]
        found = norm(tensor)
        self._known[key] = ref(tensor, lambda _: self._known.pop(key, None)), state, found
        return found


def _state_of_large(tensor: torch.Tensor) -> object:
    """What differs after most changes to a tensor whose norm is an estimate; None of any other tensor."""
    if type(tensor) not in USUAL or Base.numel(tensor) <= elements.EXACT:
        return None
    found = sampled_checksum_in_place(tensor)
    if found is None:
        return None
    return found, memory_of(tensor), Base.shape.__get__(tensor), Base.dtype.__get__(tensor)


def norm_in_blocks(tensor: torch.Tensor) -> float | None:
    """Euclidean norm over all elements, however many, of a tensor on the CPU; None if it is unreadable.

    A block is left to this thread alone, and most are read in single precision: it is for many large tensors in turn.
    """
    try:
        held, _ = elements.stored(tensor)
        if not (Base.is_cpu.__get__(held) and Base.is_floating_point(held) and Base.is_contiguous(held)):
            return norm(tensor)
        blocks = Base.split(Base.view(held, -1), elements.UNDIVIDED)
        squares = sum(_block_norm(block) ** 2 for block in blocks)
    except Exception:  # no elements to read
        return None
    return squares**0.5


def _block_norm(block: torch.Tensor) -> float:
    """Euclidean norm of a block in single precision, which is four times as fast, or in double where that fails."""
    single = torch.float64 if Base.dtype.__get__(block) is torch.float64 else torch.float32
    found = float(torch.linalg.vector_norm(block, dtype=single))
    # The square of a number beyond 1e19 is infinite in single precision, and that of one below 1e-23 is 0.
    if 1e-15 < found < 1e18:
        return found
    return float(torch.linalg.vector_norm(block, dtype=torch.float64))


def module_text(module: object, room: int, depth: int = 0) -> str:
    """A module's structure in one line: `Sequential(Linear(in_features=2, out_features=1, bias=True), ReLU())`.

    Children are left out after about `room` characters, and more than four levels down.
    """
    children = members(module, "modules")
    name = class_name(module)
    if not children:
        return f"{name}({extra_repr(module)})"
    parts: list[str] = []
    for key, child in children:
        if room <= 0 or depth > 3:
            parts.append("…")
            break
        text = "None" if child is None else module_text(child, room, depth + 1)
        parts.append(text if key.isdecimal() else f"{key}={text}")
        room -= len(parts[-1]) + 2
    return f"{name}({', '.join(parts)})"


def is_pytorchs_own(cls: type) -> bool:
    """Whether a class is one of PyTorch's modules."""
    home = sys.modules.get(cls.__module__)
    return cls.__module__.startswith("torch.nn.") and getattr(home, cls.__name__, None) is cls


def extra_repr(module: object) -> str:
    """The settings of one of PyTorch's own modules in one line; empty for a learner's module."""
    # PyTorch's own modules only: a learner's extra_repr() is the learner's code.
    if not is_pytorchs_own(type(module)):
        return ""
    try:
        return " ".join(module.extra_repr().split())  # type: ignore[attr-defined]
    except Exception:  # an attribute that the learner deleted
        return ""
