"""Which layer of a Sequential handed on what the next one failed on."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from tui_torch.probe.errors.case import ErrorCase
from tui_torch.probe.errors.names import MISSING
from tui_torch.probe.isolation.torch_internals import registered
from tui_torch.probe.source.frame_locals import local_names


@dataclass(frozen=True, slots=True)
class LayerBefore:
    """A layer within a Sequential that handed a value on to the one after it."""

    module: torch.nn.Module
    path: str
    """`model[0]`; `Sequential[0]` if the Sequential has no name where it was called."""
    path_after: str
    """The layer that was given the value."""
    container: torch.nn.Module


def layer_before(case: ErrorCase, given: object) -> LayerBefore | None:
    """Return the layer that handed on a value; None if the value was what the Sequential itself was given.

    Args:
        case: The error.
        given: The input of the layer in which it was raised.
    """
    traceback = case.error.__traceback__
    found: LayerBefore | None = None
    while traceback is not None:
        frame = traceback.tb_frame
        held = local_names(frame)
        container = held.get("self", MISSING)
        if frame.f_code.co_name == "forward" and type(container) is torch.nn.Sequential and held.get("input") is given:
            children = list(registered(container, "modules").values())
            running = held.get("module", MISSING)
            at = next((index for index, child in enumerate(children) if child is running), 0)
            if at > 0:
                name = case.path_of(container) or "Sequential"
                found = LayerBefore(children[at - 1], f"{name}[{at - 1}]", f"{name}[{at}]", container)  # type: ignore[arg-type]
        traceback = traceback.tb_next
    return found
