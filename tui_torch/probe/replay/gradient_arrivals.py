"""What `backward()` did, in a line: which gradient arrives where, and what the named leaves hold afterwards."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice

import numpy as np
import torch

from tui_torch.probe.replay.names_in_view import View
from tui_torch.probe.replay.tensor_states import READ, TensorState, TensorStates
from tui_torch.probe.values import elements
from tui_torch.probe.values.elements import Base, grad_of
from tui_torch.probe.values.fingerprint import USUAL, memory_of
from tui_torch.probe.values.module_tree import as_python, parameters
from tui_torch.probe.values.short_repr import SMALL, short_repr

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
        """Compares unequal once the gradient is filled or replaced; None if there is no gradient."""
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


def named_gradients(seen: View, states: TensorStates) -> dict[int, NamedGradient]:
    """Return the gradients of tensors and of modules' parameters, by the tensor's id.

    Call it inside `unobserved()`, with states whose look has begun.
    """
    found: dict[int, NamedGradient] = {}
    for owner, path, tensor in _named_tensors(seen):
        if id(tensor) in found or not Base.requires_grad.__get__(tensor):
            continue
        state = states.now(tensor) if type(tensor) in USUAL else None
        if state is not None and (filled := state.gradient) is not None:
            memory = id(filled.reference()), (filled.address, filled.version)
            short = filled.facts.numel <= SMALL
            found[id(tensor)] = NamedGradient(owner, path, memory, filled, is_short=short)
            continue
        gradient = None if state is not None else grad_of(tensor)
        if gradient is None:
            found[id(tensor)] = NamedGradient(owner, path, None, "", is_short=True)
        else:
            short = Base.numel(gradient) <= SMALL
            memory = id(gradient), memory_of(gradient)
            found[id(tensor)] = NamedGradient(owner, path, memory, _numbers(gradient), is_short=short)
    return found


def _named_tensors(seen: View) -> Iterator[tuple[str, str | None, torch.Tensor]]:
    for name, value in seen.pairs():
        if issubclass(type(value), torch.Tensor):
            yield name, None, value  # type: ignore[misc]
    for name, value in seen.pairs():
        if issubclass(type(value), torch.nn.Module):
            for path, parameter in islice(parameters(value), _PARAMETERS):
                yield name, path, parameter


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


def arrival_text(root: torch.Tensor, gradient: object, seen: View) -> str:
    """Return "the gradient 1.0 arrives at loss": what `root.backward(gradient)` starts with."""
    name = next((name for name, value in seen.pairs() if value is root), "the result")
    if issubclass(type(gradient), torch.Tensor):
        return f"the gradient {_numbers(gradient)} arrives at {name}"  # type: ignore[arg-type]
    return f"the gradient 1.0 arrives at {name}"


class ArrivalNote:
    """A line on what a `backward()` did: "the gradient 1.0 arrives at loss; w.grad 3.0 → 6.0"."""

    __slots__ = ("_arrival", "_filled", "_more")

    def __init__(self, arrival: str, before: Mapping[int, NamedGradient], now: Mapping[int, NamedGradient]) -> None:
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
            if gradient.memory is not None and not ((past := before.get(key)) and past.memory == gradient.memory)
        ]
        self._filled = filled[:GRADIENTS]
        self._more = len(filled) - len(self._filled)
        for _, gradient in self._filled:
            gradient.let_go()

    def text(self) -> str:
        """The line."""
        texts: list[str] = []
        for past, gradient in self._filled:
            accumulated = past is not None and past.memory is not None and past.is_short
            texts.append(f"{gradient.name} {f'{past.text} → ' if accumulated and past else ''}{gradient.text}")
        more = f"; and {self._more} more" if self._more else ""
        return "; ".join([self._arrival, *texts]) + more
