"""A module layer by layer as it fares in training: the norm of its gradients, and how active its units are."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Sequence
from typing import Any

import torch

from tui_torch.probe.inspector.activations import Activation
from tui_torch.probe.inspector.output_shapes import OutputOf
from tui_torch.probe.values.elements import grad_of
from tui_torch.probe.values.module_tree import members, norm, refuse_without_layers
from tui_torch.probe.values.short_repr import class_name, plain
from tui_torch.protocol.orders import Request
from tui_torch.protocol.views import LAYERS, ActivityView, LayerActivity, member

NAME = 60
"""Maximum characters of a layer's name."""
DEPTH = 20
"""Maximum depth of the tree."""
SECONDS = 0.1
"""Seconds of work after which the norms of the remaining layers are left out."""
NOT_CALLED = "none of its layers has been called in a run that is watched"


def activity(request: Request, module: object, output_of: OutputOf) -> ActivityView:
    """The layers of a module. Call it inside `unobserved()`.

    Args:
        request: Its expression is the name of the root.
        module: Any value.
        output_of: Returns what is known of a module's last result.

    Raises:
        UnreadableError: The value is not a module.
    """
    refuse_without_layers(module)
    deadline = time.thread_time() + SECONDS
    rows: list[LayerActivity] = []
    omitted, is_sampled, was_called = 0, False, False
    for name, part in _layers("", module, 0):
        last = output_of(part)
        was_called = was_called or last is not None
        parameters = [one for _, one in members(part, "parameters") if issubclass(type(one), torch.Tensor)]
        is_inner = any(child is not None for _, child in members(part, "modules"))
        if not parameters and (is_inner or last is None):
            continue
        if len(rows) >= LAYERS:
            omitted += 1
            continue
        if last is not None and last.function is not None:
            rows.append(_row(last.function.name, "", None, last.function.activation))
        gradient = _norm_of(parameters) if time.thread_time() < deadline else None
        activation = last.activation if last is not None else None
        is_sampled = is_sampled or (activation is not None and activation.seen < activation.numel)
        rows.append(_row(plain(name, NAME) or plain(request.expression, NAME), class_name(part), gradient, activation))
    note = None if was_called else NOT_CALLED
    return ActivityView(request, tuple(rows), omitted, is_sampled, note)


def _layers(name: str, module: object, depth: int) -> Iterator[tuple[str, object]]:
    yield name, module
    if depth < DEPTH:
        for key, child in members(module, "modules"):
            if issubclass(type(child), torch.nn.Module):
                yield from _layers(member(name, key), child, depth + 1)


def _norm_of(parameters: Sequence[Any]) -> float | None:
    """The norm of all their gradients together; None without any."""
    norms = [norm(gradient) for one in parameters if (gradient := grad_of(one)) is not None]
    known = [found for found in norms if found is not None]
    if not known or len(known) < len(norms):
        return None
    return math.nan if any(map(math.isnan, known)) else math.hypot(*known)


def _row(name: str, type: str, gradient: float | None, activation: Activation | None) -> LayerActivity:
    if activation is None:
        return LayerActivity(name, type, gradient)
    return LayerActivity(
        name,
        type,
        gradient,
        activation.mean,
        activation.spread,
        activation.zeros,
        activation.dead,
        activation.units,
    )
