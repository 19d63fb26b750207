"""Which names hold how much memory of a device, for an error that says that there is no more."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

import torch

from tui_torch.probe.isolation.torch_internals import registered
from tui_torch.probe.isolation.undisturbed import unobserved
from tui_torch.probe.values.held_tensors import held_tensors
from tui_torch.probe.values.shared_storage import storage_of

_NAMES = 500
"""Maximum number of names that are looked at."""
_TENSORS = 2000
"""Maximum number of tensors of one name that are looked at."""


def holders(names: Mapping[str, object], device: str) -> list[tuple[str, int]]:
    """Return the names that lead to tensors on a device, with the bytes that they hold there, largest first.

    A storage counts once, for the first name that leads to it; a model comes before the optimizer that steps it. Runs
    no code of the learner's classes.

    Args:
        names: Values by their names.
        device: As PyTorch writes it, `cuda:0`.
    """
    met: set[int] = set()
    held: dict[str, int] = {}
    with unobserved():
        for name, value in islice(tuple(names.items()), _NAMES):
            if not name.startswith("_"):
                for tensor in islice(_tensors(name, value), _TENSORS):
                    storage = storage_of(tensor)
                    if storage is not None and storage.device == device and storage.start not in met:
                        met.add(storage.start)
                        held[name] = held.get(name, 0) + storage.end - storage.start
    return sorted(held.items(), key=lambda pair: -pair[1])


def _tensors(name: str, value: Any) -> Iterator[object]:
    for _, tensor in held_tensors(name, value):
        yield tensor
    if issubclass(type(value), torch.nn.Module):
        yield from _buffers(value, set())
    if issubclass(type(value), torch.optim.Optimizer):
        state = object.__getattribute__(value, "__dict__").get("state")
        if isinstance(state, dict):
            for of_parameter in dict.values(state):
                if type(of_parameter) is dict:
                    yield from of_parameter.values()


def _buffers(module: object, met: set[int]) -> Iterator[object]:
    met.add(id(module))
    yield from registered(module, "buffers").values()
    for child in registered(module, "modules").values():
        if id(child) not in met and issubclass(type(child), torch.nn.Module):
            yield from _buffers(child, met)
