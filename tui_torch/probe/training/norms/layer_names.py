"""What the layers are called whose parameters an optimizer steps: as the code around the step names its modules."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from types import FrameType
from typing import Any

import torch

from tui_torch.probe.autograd.models_in_reach import Models, ModulePath, models_in_reach
from tui_torch.probe.source.call_sites import caller
from tui_torch.probe.source.frame_locals import has_own_names, local_names
from tui_torch.probe.training.parameter_groups import Holder, module_groups

LAYERS = 8
"""Maximum number of groups of one optimizer's parameters."""
OTHERS = "others"
"""The name of the parameters that belong to no module in reach."""
_FRAMES = 32
"""Maximum number of frames around a step in which its models are looked for: a library's trainer has many."""
_NUMBERED = re.compile(r"\.(\d+(?::\d+)?)(?=\.|$)")
"""A part of a dotted name that Python writes as an index, or as a slice."""
_REPLICAS = ("DistributedDataParallel", "DataParallel")
"""Modules that hold the model as their `module`, which is no part of the model's own names."""


def layer_names(parameters: Sequence[torch.Tensor], frame: FrameType | None) -> list[str] | None:
    """Return for each parameter the layer that it is counted to: `model.encoder`, `model[0]`, `model.layers[0:4]`.

    Parameters without a module go by their own names.

    Args:
        parameters: Those of an optimizer.
        frame: The code that steps it.

    Returns:
        At most LAYERS different names; None where there is nothing to tell apart.
    """
    wanted = {id(parameter) for parameter in parameters}
    best: dict[int, Holder] = {}
    for namespace in _namespaces(frame):
        found = _holders(models_in_reach(namespace, ()), wanted)
        for name, value in namespace.items():
            if id(value) in wanted and not name.startswith("_"):
                found.setdefault(id(value), (name,))
        if len(found) > len(best):
            best = found
        if len(best) == len(wanted):
            break
    if not best:
        return None
    groups = module_groups([best.get(id(parameter), (OTHERS,)) for parameter in parameters], LAYERS)
    if len(set(groups)) < 2:
        return None
    return [_NUMBERED.sub(r"[\1]", ".".join(group)).removeprefix("self.") for group in groups]


def _namespaces(frame: FrameType | None) -> Iterator[Mapping[str, Any]]:
    """The variables of the functions around a step, and of their modules, from the inside out."""
    seen: set[int] = set()
    for _ in range(_FRAMES):
        frame = caller(frame)
        if frame is None:
            return
        if has_own_names(frame):
            yield local_names(frame)
        if id(frame.f_globals) not in seen and type(frame.f_globals) is dict:
            seen.add(id(frame.f_globals))
            yield dict(frame.f_globals)
        frame = frame.f_back


def _holders(models: Models, wanted: set[int]) -> dict[int, Holder]:
    """The modules that each of these parameters is in, by its id."""
    return {key: _named(models, places[0][0]) for key, places in models.owners.items() if key in wanted}


def _named(models: Models, path: ModulePath) -> Holder:
    """A path without what `DistributedDataParallel` puts into it."""
    around = [path[:length] for length in range(1, len(path))]
    hidden = {len(one) for one in around if path[len(one)] == "module" and models.class_of(one) in _REPLICAS}
    return tuple(name for at, name in enumerate(path) if at not in hidden)
