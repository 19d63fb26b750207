"""How much of a GPU's memory PyTorch holds for this process's tensors."""

from __future__ import annotations

from contextlib import suppress

import torch

from tui_torch.protocol.records.lines import GpuMemory


def gpu_memory() -> GpuMemory | None:
    """What the current GPU's tensors take now, and at most so far; None where the program uses no GPU by CUDA or ROCm.

    PyTorch counts what it hands out: nothing is asked of the GPU, which is neither waited for nor begun to be used.
    """
    if not torch.cuda.is_initialized():
        return None
    with suppress(Exception):  # an allocator of the program's own, which counts nothing
        of_tensors = torch.cuda.memory_stats_as_nested_dict()["allocated_bytes"]["all"]
        # Known to PyTorch since CUDA began.
        total = torch.cuda.get_device_properties(torch.cuda.current_device()).total_memory
        return GpuMemory(of_tensors["current"], of_tensors["peak"], total)
    return None
