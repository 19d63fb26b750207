"""How the learner calls things: the names under which tensors, modules and optimizers can be reached."""

from __future__ import annotations

import re
from collections import ChainMap
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from types import FrameType
from typing import Any

import torch
from torch import nn

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


def listed(items: Sequence[str], most: int = 3) -> str:
    """`` `a`, `b` and `c` ``; of more than `most`, the first ones and how many more."""
    shown = [f"`{item}`" for item in items[:most]]
    if len(items) > most:
        return f"{', '.join(shown)} and {len(items) - most} more"
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}"


def number(value: float) -> str:
    """A number as a sentence has it: 4 digits at most."""
    text = f"{value:.3g}"
    return re.sub(r"e([+-])0?(\d)", lambda found: f"e{'' if found[1] == '+' else '-'}{found[2]}", text)


def times(count: int, what: str) -> str:
    """`1 parameter`, `1,200 parameters`."""
    return f"{count:,} {what}{'' if count == 1 else 's'}"
