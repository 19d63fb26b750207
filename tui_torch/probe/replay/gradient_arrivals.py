"""What `backward()` did, in a line: which gradient arrives where, and what the named leaves hold afterwards."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import islice
from typing import Any

import numpy as np
import torch

from tui_torch.probe.isolation.torch_internals import own_parts
from tui_torch.probe.replay.names_in_view import View
from tui_torch.probe.replay.tensor_states import READ, TensorState, TensorStates
from tui_torch.probe.values import elements
from tui_torch.probe.values.elements import Base, grad_of
from tui_torch.probe.values.fingerprint import memory_of
from tui_torch.probe.values.module_tree import as_python, parameters
from tui_torch.probe.values.short_repr import SMALL, short_repr

_requires_grad = Base.requires_grad.__get__
GRADIENTS = 6
"""Maximum number of gradients that a note names; the others are counted."""
_PARAMETERS = 1000
"""Maximum number of a module's parameters that are looked at."""


class NamedGradient:
    """The gradient of a tensor that has a name, at one moment."""

    __slots__ = ("_content", "_owner", "_path", "is_short", "memory")

    def __init__(
        self, owner: str, path: str | None, memory: object, content: TensorState | str, *, is_short: bool
    ) -> None:
        self._owner = owner
        self._path = path
        self.memory = memory
        """Compares unequal once the gradient is filled or replaced."""
        self._content = content
        """A copy of its elements, or its text."""
        self.is_short = is_short
        """Whether `text` has its elements."""

    @property
    def name(self) -> str:
        """`w.grad`, `model[0].weight.grad`."""
        return f"{self._owner if self._path is None else as_python(f'{self._owner}.{self._path}')}.grad"

    @property
    def text(self) -> str:
        """Its elements, or for a larger one its shape and norm."""
        return self._content if isinstance(self._content, str) else _numbers(self._content.copy())

    def let_go(self) -> None:
        """Keep the text of a large gradient instead of a copy."""
        if not self.is_short:
            self._content = self.text


Gradients = Mapping[int, NamedGradient | None]
"""Gradients by their tensor's id; None for a tensor without one."""


def named_gradients(seen: View, states: TensorStates) -> Gradients:
    """Return the gradients of tensors and of modules' parameters.

    Call it inside `unobserved()`, with states whose look has begun.
    """
    found: dict[int, NamedGradient | None] = {}
    for at in seen.tensors:
        tensor: Any = seen.values[at]
        if _requires_grad(tensor) and id(tensor) not in found:
            gradient = grad_of(tensor)
            found[id(tensor)] = None if gradient is None else _named(gradient, seen.names[at], None, states)
    for at in seen.modules:
        own, children = own_parts(seen.values[at])
        held = islice(parameters(seen.values[at]), _PARAMETERS) if children else [*own.items()][:_PARAMETERS]
        for path, tensor in held:
            if id(tensor) not in found and issubclass(type(tensor), torch.Tensor) and _requires_grad(tensor):
                gradient = grad_of(tensor)
                found[id(tensor)] = None if gradient is None else _named(gradient, seen.names[at], path, states)
    return found


def gradients_at(tensors: Sequence[TensorState]) -> Gradients:
    """The gradients that tensors had when they were in such states; for a note, which does not name them."""
    found: dict[int, NamedGradient | None] = {}
    for tensor in tensors:
        if (state := tensor.gradient) is not None and tensor.form.requires_grad:
            # A gradient that is gone is no other.
            memory = id(state.reference()), (state.address, state.version)
            named = NamedGradient("", None, memory, state, is_short=state.form.numel <= SMALL)
            found.setdefault(id(tensor.reference()), named)
    return found


def _named(gradient: torch.Tensor, owner: str, path: str | None, states: TensorStates) -> NamedGradient:
    state = states.of_gradient(gradient)
    if state is not None:
        is_short = state.form.numel <= SMALL
        return NamedGradient(owner, path, (id(gradient), (state.address, state.version)), state, is_short=is_short)
    is_short = Base.numel(gradient) <= SMALL
    return NamedGradient(owner, path, (id(gradient), memory_of(gradient)), _numbers(gradient), is_short=is_short)


def _numbers(tensor: torch.Tensor) -> str:
    numel = Base.numel(tensor)
    if numel <= SMALL:
        if numel == 1 and Base.layout.__get__(tensor) is torch.strided:
            return str(elements.values(elements.stored(tensor)[0])[0])
        return short_repr(tensor) or ""
    shape = f"{list(Base.shape.__get__(tensor))}"
    if numel > READ or not Base.is_cpu.__get__(tensor):
        return shape
    norm = float(np.linalg.norm(elements.read(elements.stored(tensor)[0])))
    return f"{shape}, norm {norm:.4g}"


def arrival_text(roots: Sequence[torch.Tensor], gradient: object, seen: View) -> str:
    """Return "the gradient 1.0 arrives at loss": what going backward from the roots starts with.

    Args:
        roots: What `backward()` is called on, or what `torch.autograd.backward()` is called with.
        gradient: The gradient that it is given; of several roots, the gradients.
        seen: The names that can be seen.
    """
    if gradient is None and len(roots) == 1:  # as most often
        return f"the gradient 1.0 arrives at {_name_of(roots[0], seen)}"
    given: Sequence[object] = tuple(gradient) if isinstance(gradient, list | tuple) else [gradient] * len(roots)
    texts = [_numbers(one) if issubclass(type(one), torch.Tensor) else "1.0" for one in given]  # type: ignore[arg-type]
    names = [_name_of(root, seen) for root in roots]
    if len(set(texts)) == 1:
        return f"the gradient {texts[0]} arrives at {' and at '.join(dict.fromkeys(names))}"
    arrivals = [f"{text} at {name}" for text, name in zip(texts, names, strict=False)]
    return f"the gradients arrive: {', '.join(arrivals)}"


def _name_of(root: torch.Tensor, seen: View) -> str:
    for at in seen.tensors:
        if seen.values[at] is root:
            return seen.names[at]
    return "the result"


class ArrivalNote:
    """A line on what a `backward()` did: "the gradient 1.0 arrives at loss; w.grad 3.0 → 6.0"."""

    __slots__ = ("_arrival", "_filled", "_more")

    def __init__(
        self, arrival: str, before: Mapping[int, NamedGradient | None], now: Mapping[int, NamedGradient | None]
    ) -> None:
        """Keep copies of the gradients that differ between two moments.

        Args:
            arrival: What `arrival_text()` gave.
            before: The gradients before the call.
            now: Those after it.
        """
        self._arrival = arrival
        filled = [
            (before.get(key), gradient)
            for key, gradient in now.items()
            if gradient is not None and not ((past := before.get(key)) and past.memory == gradient.memory)
        ]
        self._filled = filled[:GRADIENTS]
        self._more = len(filled) - len(self._filled)
        for _, gradient in self._filled:
            gradient.let_go()

    def text(self) -> str:
        """The line."""
        texts: list[str] = []
        for past, gradient in self._filled:
            accumulated = past is not None and past.is_short
            texts.append(f"{gradient.name} {f'{past.text} → ' if accumulated and past else ''}{gradient.text}")
        more = f"; and {self._more} more" if self._more else ""
        return "; ".join([self._arrival, *texts]) + more
