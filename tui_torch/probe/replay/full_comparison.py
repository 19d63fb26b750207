"""A value compared by checksums of all that its summary shows, and described at once where it has changed."""

from __future__ import annotations

import zlib
from contextlib import suppress
from dataclasses import replace
from itertools import islice
from typing import Any

import numpy as np
import torch

from tui_torch.probe.inspector.namespace_diff import fingerprint_of
from tui_torch.probe.isolation.torch_internals import registered
from tui_torch.probe.replay.module_states import COMPARED, DEPTH
from tui_torch.probe.replay.tensor_states import READ, TOO_LARGE
from tui_torch.probe.values import elements
from tui_torch.probe.values.elements import Base, grad_of
from tui_torch.probe.values.fingerprint import (
    BLOCK,
    BLOCKS,
    USUAL,
    Fingerprint,
    SameObject,
    checksum_in_place,
    kind_of,
    memory_of,
    sampled_checksum_in_place,
)
from tui_torch.probe.values.module_tree import parameters
from tui_torch.probe.values.summary import summarize
from tui_torch.protocol.events import Summary

WHOLE = BLOCKS * BLOCK
"""Maximum number of bytes of a tensor that are compared; of a larger one, a sample of this size is."""
PLAIN = {int, float, bool, type(None)}
"""Types whose values are compared as they are."""
_SAMPLED = f"{TOO_LARGE}; a change of a few by .data or NumPy, which PyTorch does not count, may go unseen"


def fingerprint_and_summary(name: str, value: Any, past: Fingerprint | None) -> tuple[Fingerprint, Summary | None]:
    """Return a value's fingerprint, and its summary if the fingerprint differs from `past` and the value is shown."""
    cls = type(value)
    numel, summary = 0, None
    try:
        if issubclass(cls, torch.Tensor):
            numel = Base.numel(value)
            fingerprint = _tensor_fingerprint(value)
        elif issubclass(cls, torch.nn.Module):
            tensors = [tensor for _, tensor in islice(parameters(value), COMPARED)]
            numel = sum(Base.numel(tensor) for tensor in tensors)
            fingerprint = _module_fingerprint(value, tensors)
        elif cls in PLAIN:
            fingerprint = Fingerprint((cls, repr(value) if cls is float else value))
        else:
            numel = np.ndarray.size.__get__(value) if issubclass(cls, np.ndarray) else 0
            summary = summarize(name, value, statistics=numel <= READ)
            fingerprint = _fingerprint_by(value, summary)
    except RecursionError:
        raise
    except Exception:  # a value that cannot be read; its summary says why
        fingerprint = Fingerprint(id(value))
    if fingerprint == past:
        return fingerprint, None
    if summary is None:
        summary = summarize(name, value, statistics=numel <= READ)
    if summary is not None and numel > READ and summary.note is None:
        summary = replace(summary, note=_SAMPLED if _is_sampled(value) else TOO_LARGE)
    return fingerprint, summary


def _is_sampled(value: Any) -> bool:
    """Return whether a change of a few elements can go unseen, if PyTorch does not count it."""
    if issubclass(type(value), torch.nn.Module):
        return any(_is_sampled(tensor) for _, tensor in islice(parameters(value), COMPARED))
    if issubclass(type(value), torch.Tensor):
        in_place = type(value) in USUAL and Base.is_cpu.__get__(value) and Base.is_contiguous(value)
        return Base.numel(value) > READ and not (in_place and Base.numel(value) * Base.element_size(value) <= WHOLE)
    return np.ndarray.size.__get__(value) > elements.SAMPLE


class Opaque(SameObject):
    """An object of a class of which a summary shows only the name."""

    __slots__ = ()


def _fingerprint_by(value: Any, summary: Summary | None) -> Fingerprint:
    if summary is None:
        return Fingerprint(id(value))
    says_nothing = summary.kind == "value" and not summary.text and summary.note is None
    if says_nothing and not issubclass(type(value), torch.optim.Optimizer):
        with suppress(TypeError):  # an object without weak references
            return Fingerprint(Opaque(value))
    return fingerprint_of(value, summary)


def _tensor_fingerprint(tensor: torch.Tensor) -> Fingerprint:
    """Return a fingerprint of all that a summary shows of a tensor, without making a summary."""
    gradient = grad_of(tensor)
    filled = None if gradient is None else Fingerprint(None, *_kind_and_content(gradient))
    return Fingerprint(SameObject(tensor), *_kind_and_content(tensor), filled)


def _kind_and_content(tensor: torch.Tensor) -> tuple[object, object]:
    """Return a tensor's kind and a checksum of its elements; unless all are read, its memory and version too."""
    kind = kind_of(tensor)
    # To read from another device would be to wait for it.
    if not Base.is_cpu.__get__(tensor) or Base.layout.__get__(tensor) is not torch.strided or kind[0] is None:
        return (kind, memory_of(tensor)), None
    content = checksum_in_place(tensor, WHOLE)
    if content is None and Base.numel(tensor) <= READ:
        content = _checksum_of_copy(tensor)
    if content is not None:
        return (kind, None), content
    return (kind, memory_of(tensor)), sampled_checksum_in_place(tensor)


def _checksum_of_copy(tensor: torch.Tensor) -> int | None:
    """Return a checksum of a tensor's elements; None if they cannot be read."""
    try:
        held, _ = elements.stored(tensor)
        # A copy, because a tensor on which numpy() was called can no longer be resized.
        copy = Base.clone(held, memory_format=torch.contiguous_format)
        if Base.is_neg(copy) or Base.is_conj(copy):
            copy = Base.resolve_neg(Base.resolve_conj(copy))
        return zlib.crc32(Base.numpy(Base.view(Base.reshape(copy, (-1,)), torch.uint8)))
    except RecursionError:
        raise
    except Exception:  # no elements to read
        return None


def _module_fingerprint(module: object, tensors: list[torch.Tensor]) -> Fingerprint:
    gradients = [grad_of(tensor) for tensor in tensors]
    held = [(id(tensor), *_kind_and_content(tensor)) for tensor in tensors]
    filled = [None if gradient is None else _kind_and_content(gradient) for gradient in gradients]
    some = any(gradient is not None for gradient in gradients)
    place = (_layer_identities(module, 0), held)
    return Fingerprint(SameObject(module), place, None, Fingerprint(None, filled) if some else None)


def _layer_identities(module: object, depth: int) -> list[object]:
    """Return the layers by name and identity, which differ once one is added, removed or replaced."""
    children: Any = registered(module, "modules")
    if not children or depth > DEPTH:
        return []
    return [
        (name, id(child), _layer_identities(child, depth + 1)) for name, child in children.items() if child is not None
    ]
