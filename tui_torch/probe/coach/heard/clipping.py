"""What gradients are clipped with."""

from __future__ import annotations

import gc
from collections.abc import Mapping
from itertools import chain
from operator import length_hint
from types import GeneratorType
from typing import Any

import torch
from torch import nn

from tui_torch.probe.coach.rule import Clipping
from tui_torch.probe.isolation.torch_internals import clipping_arguments
from tui_torch.probe.source.frame_locals import local_names
from tui_torch.probe.source.names_in_scope import NamedValues


def clipping_of(called_with: Mapping[str, Any], line: int, names: NamedValues, backwards: int) -> Clipping | None:
    """Return the call that is about to happen; None if it is none.

    Args:
        called_with: The names in the frame that PyTorch calls the function in.
        line: The learner's line that clips.
        names: The names in scope there.
        backwards: The number of `backward()` calls before it.
    """
    arguments = clipping_arguments(called_with)
    if arguments is None:
        return None
    given, limit, is_of_norm = arguments
    return Clipping(line, names, _parameters(given), _is_used_up(given), float(limit), is_of_norm, backwards)


def _parameters(given: object) -> tuple[torch.Tensor, ...] | None:
    if isinstance(given, torch.Tensor):
        return (given,)
    if type(given) in (list, tuple):
        return tuple(one for one in given if isinstance(one, torch.Tensor))  # type: ignore[attr-defined]
    # To ask a generator for its items would leave none for the call.
    if isinstance(given, GeneratorType) and given.gi_frame is not None and given.gi_code in _OF_A_MODULE:
        module = local_names(given.gi_frame).get("self")
        return tuple(module.parameters()) if isinstance(module, nn.Module) else None
    return None


_OF_A_MODULE = (nn.Module.parameters.__code__,)


def _is_used_up(given: object, depth: int = 3) -> bool:
    """Return whether an iterator has nothing left, as far as that can be told without taking anything from it."""
    if isinstance(given, GeneratorType):
        return given.gi_frame is None
    if type(given) in _OF_SEQUENCES:
        return length_hint(given, 1) == 0
    if type(given) not in (filter, map, chain) or not depth:
        return False
    # What it draws from; a chain that came to its end has let go of that. From 3.12 on it refers to its class, too.
    sources = [source for source in gc.get_referents(given) if not isinstance(source, type)]
    if type(given) is chain:
        return not sources
    inside = [one for source in sources for one in (source if type(source) is tuple else (source,))]
    return any(_is_used_up(one, depth - 1) for one in inside)


_OF_SEQUENCES = tuple(type(iter(one)) for one in ([], (), {}, {}.values()))
