"""What `backward()` did, in a line that is made at once, for tests; see `eager_names`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice

import numpy as np
import torch

from tui_torch.probe.replay.tensor_states import READ
from tui_torch.probe.values import elements
from tui_torch.probe.values.elements import Base, grad_of
from tui_torch.probe.values.fingerprint import memory_of
from tui_torch.probe.values.module_tree import as_python, parameters
from tui_torch.probe.values.short_repr import SMALL, short_repr

GRADIENTS = 6
"""Maximum number of gradients that a note names; the others are counted."""
_PARAMETERS = 1000
"""Maximum number of a module's parameters that are looked at."""


@dataclass(frozen=True, slots=True)
class NamedGradient:
    """The gradient of a tensor that has a name, at one moment."""

    name: str
    """`w.grad`."""
    memory: object
    """Compares unequal once the gradient is filled or replaced; None if there is no gradient."""
    text: str
    """Its elements, or for a larger one its shape and norm."""
    is_short: bool
    """Whether `text` has its elements."""


def named_gradients(seen: Mapping[str, object]) -> dict[int, NamedGradient]:
    """Return the gradients of tensors and of modules' parameters, by the tensor's id."""
    found: dict[int, NamedGradient] = {}
    for name, tensor in _named_tensors(seen):
        if id(tensor) in found or not Base.requires_grad.__get__(tensor):
            continue
        gradient = grad_of(tensor)
        if gradient is None:
            found[id(tensor)] = NamedGradient(f"{name}.grad", None, "", True)
        else:
            short = Base.numel(gradient) <= SMALL
            memory = id(gradient), memory_of(gradient)
            found[id(tensor)] = NamedGradient(f"{name}.grad", memory, _numbers(gradient), short)
    return found


def _named_tensors(seen: Mapping[str, object]) -> Iterator[tuple[str, torch.Tensor]]:
    for name, value in seen.items():
        if issubclass(type(value), torch.Tensor):
            yield name, value  # type: ignore[misc]
    for name, value in seen.items():
        if issubclass(type(value), torch.nn.Module):
            for path, parameter in islice(parameters(value), _PARAMETERS):
                yield as_python(f"{name}.{path}"), parameter


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


def arrival_text(root: torch.Tensor, gradient: object, seen: Mapping[str, object]) -> str:
    """Return "the gradient 1.0 arrives at loss": what `root.backward(gradient)` starts with."""
    name = next((name for name, value in seen.items() if value is root), "the result")
    if issubclass(type(gradient), torch.Tensor):
        return f"the gradient {_numbers(gradient)} arrives at {name}"  # type: ignore[arg-type]
    return f"the gradient 1.0 arrives at {name}"


def filled_text(before: Mapping[int, NamedGradient], now: Mapping[int, NamedGradient]) -> str:
    """Return "; w.grad 3.0 → 6.0" for the gradients that differ between two moments; empty if none does."""
    texts: list[str] = []
    for key, gradient in now.items():
        past = before.get(key)
        if gradient.memory is None or (past is not None and past.memory == gradient.memory):
            continue
        accumulated = past is not None and past.memory is not None and past.is_short
        texts.append(f"{gradient.name} {f'{past.text} → ' if accumulated and past else ''}{gradient.text}")
    more = len(texts) - GRADIENTS
    shown = "; ".join(texts[:GRADIENTS])
    return f"; {shown}{f'; and {more} more' if more > 0 else ''}" if shown else ""
