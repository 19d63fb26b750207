"""A module as the tree of its layers: parameters, norms, and the shape of what each returned."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from typing import Any

import torch

from tui_torch.probe.inspector.output_shapes import OutputOf
from tui_torch.probe.values.elements import EXACT, Base, grad_of
from tui_torch.probe.values.module_tree import (
    extra_repr,
    members,
    norm,
    parameter_summary,
    parameters,
    refuse_without_layers,
)
from tui_torch.probe.values.short_repr import class_name, plain
from tui_torch.probe.values.tensor_facts import UNINITIALIZED
from tui_torch.protocol.orders import Request
from tui_torch.protocol.views import LAYERS, Layer, LayersView

OWN = 16
"""Maximum number of a layer's own parameters."""
SETTINGS = 80
"""Maximum characters of a layer's settings, and of its name."""
DEPTH = 20
"""Maximum depth of the tree."""
SECONDS = 0.3
"""Seconds of work after which the remaining parameters are described without reading their elements."""


def layers(request: Request, module: object, output_of: OutputOf) -> LayersView:
    """The tree of a module. Call it inside `unobserved()`.

    Args:
        request: Its expression is the name of the root.
        module: Any value.
        output_of: Returns what is known of a module's last result.

    Raises:
        UnreadableError: The value is not a module.
    """
    refuse_without_layers(module)
    # Seconds of this thread: what else the machine does leaves nothing unread.
    deadline = time.thread_time() + SECONDS
    norm_of = _Norms()
    found: list[Layer] = []
    omitted = 0
    for name, part, depth in _tree(request.expression, module, 0):
        if len(found) == LAYERS:
            omitted += 1
            continue
        own = [(key, tensor) for key, tensor in members(part, "parameters") if issubclass(type(tensor), torch.Tensor)]
        found.append(
            Layer(
                plain(name, SETTINGS),
                class_name(part),
                plain(extra_repr(part), SETTINGS),
                depth,
                tuple(
                    parameter_summary(key, tensor, time.thread_time() < deadline, norm_of)  # type: ignore[arg-type]
                    for key, tensor in own[:OWN]
                ),
                sum(map(_numel, _all(part))),
                None if (output := output_of(part)) is None else output.shape,
            )
        )
    everything = _all(module)
    gradients = [gradient for tensor in everything if (gradient := grad_of(tensor)) is not None]
    in_time = time.thread_time() < deadline
    note = None
    if any(_numel(tensor) > EXACT for tensor in everything):
        note = f"norms of more than {EXACT:,} elements are estimated from a sample"
    return LayersView(
        request,
        tuple(found),
        omitted,
        sum(map(_numel, everything)),
        sum(_numel(tensor) for tensor in everything if Base.requires_grad.__get__(tensor)),
        _together(everything, norm_of) if in_time else None,
        _together(gradients, norm_of) if in_time else None,
        note,
    )


class _Norms:
    """The norm of a tensor, which is computed once for its layer and for all together."""

    def __init__(self) -> None:
        # With the tensor, so that no other one gets its id().
        self._known: dict[int, tuple[torch.Tensor, float | None]] = {}

    def __call__(self, tensor: torch.Tensor) -> float | None:
        if id(tensor) not in self._known:
            self._known[id(tensor)] = tensor, norm(tensor)
        return self._known[id(tensor)][1]


def _tree(name: str, module: object, depth: int) -> Iterator[tuple[str, object, int]]:
    yield name, module, depth
    if depth < DEPTH:
        for key, child in members(module, "modules"):
            if issubclass(type(child), torch.nn.Module):
                yield from _tree(key, child, depth + 1)


def _all(module: object) -> list[torch.Tensor]:
    return [tensor for _, tensor in parameters(module)]


def _numel(tensor: torch.Tensor) -> int:
    return 0 if issubclass(type(tensor), UNINITIALIZED) else Base.numel(tensor)


def _together(tensors: list[Any], norm_of: Callable[[torch.Tensor], float | None]) -> float | None:
    norms = [norm_of(tensor) for tensor in tensors if not issubclass(type(tensor), UNINITIALIZED)]
    known = [found for found in norms if found is not None]
    return math.hypot(*known) if known and len(known) == len(norms) else None
