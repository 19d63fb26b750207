"""Comparing a tensor's numbers with what they were earlier, without a copy of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch

from tui_torch.probe.isolation.torch_internals import version_of

MOST = 1 << 18
"""Maximum number of elements that are read; of a larger tensor, evenly spread ones."""


@dataclass(frozen=True, slots=True)
class Stamp:
    """What differs between two states of a tensor."""

    total: float
    norm: float
    version: int | None

    @property
    def is_zero(self) -> bool:
        """Whether all elements are 0."""
        return self.norm == 0.0

    def same_numbers(self, other: Stamp) -> bool:
        """Return whether the elements are most probably the same."""
        return self.total == other.total and self.norm == other.norm


def stamp(tensor: torch.Tensor) -> Stamp:
    """Return the state of a tensor; of a sparse one, that of its values. Has to be called inside `unobserved()`."""
    values = elements(tensor)
    return Stamp(float(values.sum()), float(torch.linalg.vector_norm(values)), version_of(tensor))


def elements(tensor: torch.Tensor) -> torch.Tensor:
    """Return at most MOST of the elements as a tensor of floats of shape [n]; absolute values of complex numbers."""
    values: Any = tensor.detach()
    if values.layout is not torch.strided:
        values = values.coalesce().values() if values.layout is torch.sparse_coo else values.values()
    flat = values.reshape(-1) if values.numel() <= MOST or values.is_contiguous() else values[..., 0].reshape(-1)
    if flat.numel() > MOST:
        flat = flat[:: -(-flat.numel() // MOST)]
    return flat.abs() if flat.is_complex() else flat.float() if not flat.is_floating_point() else flat
