"""Whether there is a device beside the CPU."""

from __future__ import annotations

from functools import cache

import torch


@cache
def has_gpu() -> bool:
    """Whether PyTorch can use a GPU or another accelerator, which is not initialized to find out."""
    kind = torch.accelerator.current_accelerator()
    return kind is not None and (kind.type != "cuda" or torch.cuda.device_count() > 0)
