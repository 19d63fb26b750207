"""The number in a value that a learner logs, of any kind."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from tui_torch.probe.isolation.readable_memory import refuse_unreadable_array
from tui_torch.probe.isolation.undisturbed import unobserved
from tui_torch.probe.values.elements import Base


def number(value: Any) -> float | torch.Tensor | None:
    """A value as a float; a tensor on another device as it is, since to read it would wait; None if it is not a number.

    A bool counts as 1 or 0. Raises nothing, and runs no code of the learner's classes.
    """
    cls = type(value)
    if cls is float:
        return value
    try:
        if issubclass(cls, int | float):  # without calling a __float__ of the learner's
            return float.__float__(value) if issubclass(cls, float) else int.__float__(value)
        if issubclass(cls, torch.Tensor):
            with unobserved():
                if Base.numel(value) != 1 or Base.dtype.__get__(value).is_complex or Base.is_meta.__get__(value):
                    return None
                return float(Base.item(value)) if Base.is_cpu.__get__(value) else value
        if issubclass(cls, np.ndarray | np.generic):
            array = np.asarray(value)
            if array.size != 1 or array.dtype.kind not in "biuf":
                return None
            refuse_unreadable_array(array)
            return float(array.reshape(-1)[0])
    except Exception:  # too large for a float, without elements
        return None
    return None
