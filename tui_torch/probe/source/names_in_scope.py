"""The names that the learner's code can use where it is, and the names under which a value can be reached."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from itertools import islice
from types import FrameType
from typing import Any

import torch
from torch import nn

from tui_torch.probe.source.call_sites import caller
from tui_torch.probe.source.frame_locals import has_own_names, local_names
from tui_torch.probe.values.module_tree import as_python

FRAMES = 8
"""Maximum number of functions, from the innermost outwards, whose names are looked at."""
_MOST_NAMES = 500
"""Maximum number of names that a search for a value looks at."""

NamedValues = Mapping[str, Any]

"""Values by their names: the module's first, in the order in which they were bound."""


def names_in_scope(
    frame: FrameType | None, module_names: Mapping[str, object] | None = None, reach: int = 1
) -> dict[str, Any]:
    """Return the names that can be used where a frame is, with their values, as a copy.

    The names of a function (or of a class body) take the place of the module's of the same name.

    Args:
        frame: Where the code is, or is called from: frames of PyTorch and of the probe are left out. None for the
            module alone.
        module_names: The names of the module; those of the frame's own if None.
        reach: The number of functions, from the innermost outwards, whose names count. Those that called it count too,
            as far as they belong to the same module.
    """
    frame = caller(frame)
    if module_names is None:
        # A mapping of the learner's own, given to exec(), is not asked: it may run their code.
        module_names = frame.f_globals if frame is not None and type(frame.f_globals) is dict else {}
    names = dict(module_names)
    for function in reversed(tuple(islice(functions(frame), reach))):
        names.update(local_names(function))
    return names


def functions(frame: FrameType | None) -> Iterator[FrameType]:
    """Yield a frame, and those of the same module that called it, while they have names of their own; innermost first.

    At most FRAMES. Module code has no names of its own, and ends the search.
    """
    module_names = frame.f_globals if frame is not None else None
    for _ in range(FRAMES):
        frame = caller(frame)
        if frame is None or frame.f_globals is not module_names or not has_own_names(frame):
            return
        yield frame
        frame = frame.f_back


def reachable(names: NamedValues) -> Iterator[tuple[str, Any]]:
    """Yield names with their values, and the attributes of `self`; none that begins with an underscore."""
    for count, name in enumerate(list(names)):
        if count == _MOST_NAMES:
            return
        if name.startswith("_"):
            continue
        value = names.get(name)
        yield name, value
        if name == "self" and not isinstance(value, nn.Module):
            with suppress(AttributeError):  # one that has slots
                # To ask the object itself might run code of the learner's.
                for attribute, held in list(object.__getattribute__(value, "__dict__").items()):
                    yield f"self.{attribute}", held


def modules(names: NamedValues) -> list[tuple[str, nn.Module]]:
    """Return the modules that have a name, each once, with the first name."""
    met: dict[int, tuple[str, nn.Module]] = {}
    for name, value in reachable(names):
        if issubclass(type(value), nn.Module):
            met.setdefault(id(value), (name, value))
    return list(met.values())


def name_of(value: object, names: NamedValues) -> str | None:
    """Return the first name that is bound to a value; None if there is none."""
    return next((name for name, held in reachable(names) if held is value), None)


def name_of_tensor(tensor: torch.Tensor, names: NamedValues) -> str | None:
    """Return the name of a tensor: `w`, `model.weight`, `model[0].bias`; None if it has none."""
    name = name_of(tensor, names)
    if name is not None:
        return name
    for owner, module in modules(names):
        for path, parameter in module.named_parameters():
            if parameter is tensor:
                return as_python(f"{owner}.{path}")
    return None


def owner_of(tensor: torch.Tensor, names: NamedValues) -> str | None:
    """Return the name of the first module that has a tensor among its parameters; None if there is none."""
    for name, module in modules(names):
        if any(parameter is tensor for parameter in module.parameters()):
            return name
    return None
