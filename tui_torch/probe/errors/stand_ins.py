"""Stand-ins for the learner's values in a trial: tensors of the same shape, strides and dtype, without the elements."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
import torch
from torch.nn.modules.lazy import LazyModuleMixin

from tui_torch.probe.isolation.readable_memory import is_readable_array
from tui_torch.probe.isolation.torch_internals import DropoutBase, copy_without_hooks, registered, set_registered
from tui_torch.probe.values.elements import Base

MOST_ON_CPU = 1 << 16
"""Maximum number of elements of all stand-ins together on the CPU; beyond it they are on the meta device."""
_LONGEST_LIST = 1000
"""Maximum number of items of a list or tuple that is looked through."""
_DEEPEST_MODULE = 10
"""Maximum depth of modules within modules that are copied."""
_NOT_COPIED = (torch.nn.RNNBase, torch.nn.MultiheadAttention, torch.nn.Transformer)
"""Modules that hold their parameters twice, or do more than their `forward` shows."""
_PLAIN_KINDS = (int, float, bool, str, complex, type(None), type(...), slice, torch.dtype, torch.device, torch.Size)


class CannotTryError(Exception):
    """The outcome of the code cannot be known without running the learner's code or computing too much."""


class TooManyElementsError(Exception):
    """The trial would compute more elements than it may on the CPU."""


def require(condition: object) -> None:
    """Raise CannotTryError unless a condition holds."""
    if not condition:
        raise CannotTryError


def is_tensor(value: object) -> bool:
    """Return whether a value is a tensor of PyTorch's own classes, and not of a subclass of the learner's."""
    return type(value) in (torch.Tensor, torch.nn.Parameter, torch.nn.Buffer)


def is_return_type(value: object) -> bool:
    """Return whether a value is a named tuple of PyTorch's, as `max(dim)` returns."""
    return issubclass(type(value), tuple) and type(value).__module__ == "torch.return_types"


def is_plain(value: object) -> bool:
    """Return whether a value is a number, text or the like, whose operators are not the learner's code."""
    return type(value) in _PLAIN_KINDS


def is_allowed(value: object) -> bool:
    """Return whether a value may be an argument: a plain value, a tensor, an array, or a list or tuple of those."""
    if type(value) in (list, tuple):
        return all(is_allowed(item) for item in value)  # type: ignore[attr-defined]
    return is_plain(value) or is_tensor(value) or type(value) is np.ndarray


def are_plain_or_tensors(*values: object) -> bool:
    """Return whether every value may be an operand: as `is_allowed()`, without arrays."""
    return all(is_allowed(value) and type(value) is not np.ndarray for value in values)


class StandIns:
    """Makes the stand-ins of one trial, one for each value however often it is named.

    On the CPU they are zeros, at most MOST_ON_CPU elements together; on the meta device they have no elements.
    """

    def __init__(self, device: str) -> None:
        """Start without stand-ins; `device` is "cpu" or "meta"."""
        self.device = device
        self._elements_left = MOST_ON_CPU if device == "cpu" else sys.maxsize
        self._made: dict[int, torch.Tensor] = {}
        """Stand-ins by the id of the tensor that each stands for."""

    def of(self, value: Any) -> Any:
        """Return what stands for a value: another tensor for a tensor, the value itself for what cannot change.

        Raises CannotTryError for a value of any other kind, and TooManyElementsError.
        """
        cls = type(value)
        if id(value) in self._made:
            return self._made[id(value)]
        if cls in (torch.Tensor, torch.nn.Parameter, torch.nn.Buffer):
            self._made[id(value)] = made = self._without_elements(value)
            return made
        if cls is np.ndarray:
            require(is_readable_array(value))
            return value
        if cls in (list, tuple):
            require(len(value) <= _LONGEST_LIST)
            return cls(self.of(item) for item in value)
        if is_return_type(value):
            return cls(tuple(map(self.of, value)))
        if is_plain(value):
            return value
        raise CannotTryError

    def of_module(self, module: torch.nn.Module, depth: int = 0) -> torch.nn.Module:
        """Return a copy of one of PyTorch's own modules, with stand-ins for what it holds and without its hooks."""
        cls = type(module)
        home = sys.modules.get(cls.__module__)
        stored: dict[str, Any] = object.__getattribute__(module, "__dict__")
        require(depth < _DEEPEST_MODULE and cls.__module__.startswith("torch.nn.modules."))
        require(getattr(home, cls.__name__, None) is cls and not issubclass(cls, _NOT_COPIED))
        require("forward" not in stored and not issubclass(cls, LazyModuleMixin))
        copied = copy_without_hooks(module)
        for kind in ("parameters", "buffers"):
            set_registered(copied, kind, {name: self.of(value) for name, value in registered(module, kind).items()})
        children = {
            name: None if child is None else self.of_module(child, depth + 1)
            for name, child in registered(module, "modules").items()
        }
        set_registered(copied, "modules", children)
        # A Dropout in training mode would draw random numbers.
        if issubclass(cls, DropoutBase):
            copied.__dict__["training"] = False
        return copied

    def _without_elements(self, tensor: torch.Tensor) -> torch.Tensor:
        # A meta tensor has no elements to compute with, and a trial on the meta device would not notice.
        require(not Base.is_meta.__get__(tensor))
        require(Base.layout.__get__(tensor) is torch.strided and not Base.is_nested.__get__(tensor))
        shape, strides = tuple(Base.shape.__get__(tensor)), tuple(Base.stride(tensor))
        stored = sum((size - 1) * stride for size, stride in zip(shape, strides, strict=True)) + 1
        self._elements_left -= max(stored, Base.numel(tensor))
        if self._elements_left < 0:
            raise TooManyElementsError
        made = torch.empty_strided(shape, strides, dtype=Base.dtype.__get__(tensor), device=self.device)
        if self.device == "cpu" and Base.numel(tensor):
            # All of its memory at once: several of its elements may share one place.
            made.as_strided((stored,), (1,)).zero_()
        if Base.requires_grad.__get__(tensor):
            made.requires_grad_()
            if not Base.is_leaf.__get__(tensor):
                made = made * 1
        return made
