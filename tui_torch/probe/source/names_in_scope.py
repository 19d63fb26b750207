"""The names that the learner's code can use where it is, and the names under which a value can be reached."""

from __future__ import annotations

import re
import sys
from collections import ChainMap
from collections.abc import Iterator, Mapping
from contextlib import suppress
from inspect import CO_OPTIMIZED
from types import FrameType
from typing import Any

import torch
from torch import nn

from tui_torch.probe.source.call_sites import caller

FRAMES = 8
"""So many functions outwards are looked into for a name."""
Names = Mapping[str, Any]

_MOST = 500
"""Names that are looked through at most."""


def visible(frame: FrameType) -> Names:
    """What a frame's code can name, without what IPython keeps there for itself."""
    return ChainMap(frame.f_locals, frame.f_globals)  # type: ignore[arg-type]


def reachable(names: Names) -> Iterator[tuple[str, Any]]:
    """Names with their values, and the attributes of `self`."""
    for count, name in enumerate(list(names)):
        if count == _MOST:
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


def modules(names: Names) -> list[tuple[str, nn.Module]]:
    """The modules that have a name of their own, each once."""
    met: dict[int, tuple[str, nn.Module]] = {}
    for name, value in reachable(names):
        if issubclass(type(value), nn.Module):
            met.setdefault(id(value), (name, value))
    return list(met.values())


def name_of(value: object, names: Names) -> str | None:
    """The name that is bound to a value."""
    return next((name for name, held in reachable(names) if held is value), None)


def name_of_tensor(tensor: torch.Tensor, names: Names) -> str | None:
    """`w`, `model.weight`, `model[0].bias`; None for a tensor that has no name."""
    name = name_of(tensor, names)
    if name is not None:
        return name
    for owner, module in modules(names):
        for path, parameter in module.named_parameters():
            if parameter is tensor:
                return re.sub(r"\.(\d+)(?=\.|$)", r"[\1]", f"{owner}.{path}")
    return None


def owner_of(tensor: torch.Tensor, names: Names) -> str | None:
    """The outermost module that has a tensor among its parameters."""
    for name, module in modules(names):
        if any(parameter is tensor for parameter in module.parameters()):
            return name
    return None


def functions(frame: FrameType | None) -> Iterator[FrameType]:
    """A frame, and those that called it and are of the same module, as far as they are functions'; innermost first."""
    names = frame.f_globals if frame is not None else None
    for _ in range(FRAMES):
        frame = caller(frame)
        if frame is None or frame.f_globals is not names or not frame.f_code.co_flags & CO_OPTIMIZED:
            return
        yield frame
        frame = frame.f_back


def local_names(frame: FrameType) -> dict[str, object]:
    """The local variables of a function that is being run, as a copy: nothing of it outlives the copy."""
    held = frame.f_locals
    names = dict(held)
    # Until Python 3.12, the frame keeps what was asked for, and would keep a tensor alive that the function drops. The
    # very same dict is what the function's own `locals()` gave it, if it asked.
    if sys.version_info < (3, 13) and sys.getrefcount(held) <= _OURS:
        held.clear()
    return names


_OURS = 3
"""References to a frame's names when nobody else has them: the frame's, our variable's, and the count's own."""


def seen_from(frame: FrameType | None, namespace: Mapping[str, object]) -> dict[str, object]:
    """The names that can be seen where a frame is, and in the functions around it, in place of the namespace's."""
    seen = dict(namespace)
    for function in reversed(tuple(functions(frame))):
        seen.update(local_names(function))
    return seen
