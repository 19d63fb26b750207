"""What the names of a kernel are while a cell runs, seen from another thread: their types and shapes, no elements.

The cell may change a value, and free its memory, at any moment: what is asked here, Python answers within its lock.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any

from tui_torch.probe.attached.plain_names import summary_of, users_names
from tui_torch.protocol.attachment import Peeked
from tui_torch.protocol.events import Summary

NAMES = 500
"""Maximum number of names that are told."""


def peek(namespace: Mapping[str, object]) -> Peeked:
    """The user's names as they are at this moment."""
    found = users_names(namespace)
    return Peeked(tuple(_facts(name, value) for name, value in found[:NAMES]))


def _facts(name: str, value: Any) -> Summary:
    torch, numpy = sys.modules.get("torch"), sys.modules.get("numpy")
    cls = type(value)
    try:
        # Those of other classes may be asked by code of the user's.
        if torch is not None and cls in (torch.Tensor, torch.nn.Parameter):
            kind = "tensor" if cls is torch.Tensor else "parameter"
            shape, dtype = tuple(map(int, value.shape)), str(value.dtype).removeprefix("torch.")
            return Summary(name, kind, cls.__name__, shape, dtype, str(value.device), value.requires_grad)
        if torch is not None and issubclass(cls, torch.nn.Module):
            return Summary(name, "module", cls.__name__)
        if numpy is not None and cls is numpy.ndarray:
            return Summary(name, "array", "ndarray", value.shape, str(value.dtype))
    except Exception:  # a module that is being imported, a tensor that has no shape yet
        return Summary(name, "value", cls.__name__)
    return summary_of(name, value)
