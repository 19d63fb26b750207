"""Whether a tensor's numbers are still what they were, without a copy of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch

from tui_torch.probe.isolation.torch_internals import version_of

MOST = 1 << 18
"""Elements that are read; of larger tensors, so many evenly spread ones."""


@dataclass(frozen=True, slots=True)
class Stamp:
    """What tells one state of a tensor from another."""

    total: float
    norm: float
    version: int | None

    @property
    def is_zero(self) -> bool:
        return self.norm == 0.0

    def same_numbers(self, other: Stamp) -> bool:
        return self.total == other.total and self.norm == other.norm


def stamp(tensor: torch.Tensor) -> Stamp:
    """The state that a tensor is in. Call it inside `unobserved()`; of a sparse tensor the values are read."""
    values = elements(tensor)
    return Stamp(float(values.sum()), float(torch.linalg.vector_norm(values)), version_of(tensor))


def elements(tensor: torch.Tensor) -> torch.Tensor:
    """The elements as one float dimension: at most MOST."""
    values: Any = tensor.detach()
    if values.layout is not torch.strided:
        values = values.coalesce().values() if values.layout is torch.sparse_coo else values.values()
    flat = values.reshape(-1) if values.numel() <= MOST or values.is_contiguous() else values[..., 0].reshape(-1)
    if flat.numel() > MOST:
        flat = flat[:: -(-flat.numel() // MOST)]
    return flat.abs() if flat.is_complex() else flat.float() if not flat.is_floating_point() else flat
