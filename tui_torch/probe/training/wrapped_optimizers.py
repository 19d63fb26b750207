"""Optimizers that hold another one and step it, such as those that Accelerate prepares: one optimizer, and not two."""

from __future__ import annotations

from types import FrameType

import torch

from tui_torch.probe.source.call_sites import caller
from tui_torch.probe.source.frame_locals import has_own_names, local_names

_WRAPPERS = 4
"""Maximum number of optimizers around each other."""


def is_same_optimizer(one: object, other: object) -> bool:
    """Return whether two optimizers are one, or one hands on the other's groups of parameters as its own."""
    if one is other:
        return True
    if not (issubclass(type(one), torch.optim.Optimizer) and issubclass(type(other), torch.optim.Optimizer)):
        return False
    try:
        return one.param_groups is other.param_groups  # type: ignore[attr-defined]
    except Exception:  # a property of the learner's own
        return False


def outside_of_wrappers(optimizer: torch.optim.Optimizer, frame: FrameType | None) -> FrameType | None:
    """Return the frame that steps the outermost optimizer around one that a frame steps."""
    frame = caller(frame)
    for _ in range(_WRAPPERS):
        if frame is None or not has_own_names(frame):
            break
        wrapper = local_names(frame).get("self")
        if wrapper is optimizer or not is_same_optimizer(wrapper, optimizer):
            break
        frame = caller(frame.f_back)
    return frame
