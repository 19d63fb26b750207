"""Whether there is a device beside the CPU."""

from __future__ import annotations

from functools import cache

import torch


@cache
def has_gpu() -> bool:
    """Whether PyTorch can use a GPU or another accelerator, which is not initialized to find out."""
    try:
        kind = torch.accelerator.current_accelerator()
    except RuntimeError:  # PyTorch 2.6 raises it where later releases return None
        return False
    return kind is not None and (kind.type != "cuda" or torch.cuda.device_count() > 0)
