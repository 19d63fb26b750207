"""The tensors and arrays that a value of the learner's holds."""

from __future__ import annotations

from collections.abc import Iterator
from functools import reduce
from itertools import islice
from typing import Any

import numpy as np
import torch

from tui_torch.probe.values.elements import grad_of
from tui_torch.probe.values.module_tree import parameters
from tui_torch.probe.values.paths import holds_tensors, is_container, items
from tui_torch.protocol.views import member

MOST_WITHIN = 200
"""Maximum number of a module's parameters, or of a container's items, that are looked at."""


def held_tensors(name: str, value: Any, depth: int = 2) -> Iterator[tuple[str, object]]:
    """Yield each tensor and array that a value is or holds, and their gradients, with the expression that reaches it.

    Looked into are modules, and containers up to `depth` deep. Call it inside `unobserved()`.
    """
    cls = type(value)
    if issubclass(cls, torch.Tensor):
        yield name, value
        if (gradient := grad_of(value)) is not None:
            yield f"{name}.grad", gradient
    elif issubclass(cls, np.ndarray):
        yield name, value
    elif issubclass(cls, torch.nn.Module):
        for path, parameter in islice(parameters(value), MOST_WITHIN):
            expression = reduce(member, path.split("."), name)
            yield expression, parameter
            if (gradient := grad_of(parameter)) is not None:
                yield f"{expression}.grad", gradient
    elif depth and is_container(value) and holds_tensors(value):
        for path, item in items(name, value, 0, MOST_WITHIN):
            yield from held_tensors(path, item, depth - 1)
