"""Calling a learner's modules without changing their buffers, such as the running statistics of batch norm."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import torch

from tui_torch.probe.isolation.torch_internals import registered
from tui_torch.probe.isolation.undisturbed import unobserved
from tui_torch.probe.values.elements import Base
from tui_torch.probe.values.module_tree import members


@contextmanager
def buffers_kept(namespace: Mapping[str, object]) -> Iterator[None]:
    """A block in which the namespace's modules can be called, and after which they have the buffers they had.

    The modules have copies while the block runs, since a graph of the learner's may have saved the buffers.
    """
    kept: list[tuple[dict[str, Any], str, object]] = []
    met: set[int] = set()
    for value in namespace.values():
        if issubclass(type(value), torch.nn.Module):
            _swap(value, kept, met)
    try:
        yield
    finally:
        for buffers, name, buffer in kept:
            buffers[name] = buffer


def _swap(module: object, kept: list[tuple[dict[str, Any], str, object]], met: set[int]) -> None:
    if id(module) in met:
        return
    met.add(id(module))
    for name, buffer in members(module, "buffers"):
        if type(buffer) is torch.Tensor:
            with unobserved():
                buffers: dict[str, Any] = registered(module, "buffers")
                copy = Base.clone(buffer)
            buffers[name] = copy
            kept.append((buffers, name, buffer))
    for _, child in members(module, "modules"):
        if issubclass(type(child), torch.nn.Module):
            _swap(child, kept, met)
