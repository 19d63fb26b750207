"""Names described at every line without any haste, for tests: a summary of each that has changed is made at once.

All of what is in a value is compared by checksums at each position. The quick way of the product is held against this.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import islice
from types import FrameType
from typing import Any

import numpy as np
import torch

from tui_torch.probe.inspector.namespace_diff import VARIABLES, fingerprint_of
from tui_torch.probe.isolation.torch_internals import registered
from tui_torch.probe.source.names_in_scope import has_own_names, local_names
from tui_torch.probe.values import elements
from tui_torch.probe.values.elements import Base, grad_of
from tui_torch.probe.values.fingerprint import (
    BLOCK,
    BLOCKS,
    USUAL,
    Fingerprint,
    SameObject,
    change_between,
    checksum_in_place,
    kind_of,
    memory_of,
    sampled_checksum_in_place,
)
from tui_torch.probe.values.learner_names import learner_variables
from tui_torch.probe.values.module_tree import parameters
from tui_torch.probe.values.summary import summarize, without_elements
from tui_torch.protocol.events import Change, Summary

READ = 10_000
"""Maximum number of elements of a tensor, or of a module's parameters together, that are read at every line."""

WHOLE = BLOCKS * BLOCK
"""Maximum number of bytes of a tensor that are compared; of a larger one, a sample of this size is."""
_PARAMETERS = 1000
"""Maximum number of a module's parameters that are compared."""
_DEPTH = 8
"""Maximum depth of layers within layers that are compared."""
_PLAIN = {int, float, bool, type(None)}
_TOO_LARGE = f"more than {READ:,} elements: not described at every line"
_SAMPLED = f"{_TOO_LARGE}; a change of a few by .data or NumPy, which PyTorch does not count, may go unseen"


def visible_names(namespace: Mapping[str, object], frame: FrameType | None) -> tuple[dict[str, object], int]:
    """Return the names that code in a frame sees, with their values, and the number of names left out.

    The function's own names take the place of the module's; without a frame, they are the module's. Of the module and
    of the function, the first VARIABLES each are returned. Names that no inspection shows do not count.
    """
    own = local_names(frame, is_traced=True) if frame is not None and has_own_names(frame) else {}
    outer = _shown({name: value for name, value in tuple(namespace.items()) if name not in own})
    inner = _shown(own)
    names = (*islice(outer.items(), VARIABLES), *islice(inner.items(), VARIABLES))
    return dict(names), len(outer) + len(inner) - len(names)


def _shown(names: Mapping[str, object]) -> dict[str, object]:
    return dict(learner_variables(names))


@dataclass(frozen=True, slots=True)
class _NameState:
    """What is remembered of a name from one position to the next."""

    fingerprint: Fingerprint
    gone: Summary
    """What is shown once the name is gone."""


class VisibleNames:
    """The names that could be seen at one position, as fingerprints; no value is kept alive."""

    def __init__(self, known: dict[str, _NameState] | None = None) -> None:
        self._known = known

    def look(self, seen: Mapping[str, object]) -> tuple[tuple[Summary, ...], VisibleNames]:
        """Return summaries of the names that have changed since this position, and what to compare with next time.

        Names that are gone come last. At the first look, all names are summarized, with the change "same".
        """
        before, first = self._known or {}, self._known is None
        known: dict[str, _NameState] = {}
        summaries: list[Summary] = []
        for name, value in seen.items():
            past = before.get(name)
            fingerprint, summary = _fingerprint_and_summary(name, value, None if past is None else past.fingerprint)
            if summary is None:
                if past is not None:
                    known[name] = past
                continue
            change: Change = "same" if first else _change_of(past, fingerprint)
            summaries.append(replace(summary, change=change))
            known[name] = _NameState(fingerprint, without_elements(summary))
        summaries.extend(past.gone for name, past in before.items() if name not in known)
        return tuple(summaries), VisibleNames(known)


def _change_of(past: _NameState | None, now: Fingerprint) -> Change:
    if past is None:
        return "new"
    change = change_between(past.fingerprint, now, True)
    # Something else that a summary shows has changed: a gradient was cleared, requires_grad set, a parameter added.
    return "changed in place" if change == "same" else change


def _fingerprint_and_summary(name: str, value: Any, past: Fingerprint | None) -> tuple[Fingerprint, Summary | None]:
    """Return a value's fingerprint, and its summary if the fingerprint differs from `past`."""
    cls = type(value)
    numel, summary = 0, None
    try:
        if issubclass(cls, torch.Tensor):
            numel = Base.numel(value)
            fingerprint = _tensor_fingerprint(value)
        elif issubclass(cls, torch.nn.Module):
            tensors = [tensor for _, tensor in islice(parameters(value), _PARAMETERS)]
            numel = sum(Base.numel(tensor) for tensor in tensors)
            fingerprint = _module_fingerprint(value, tensors)
        elif cls in _PLAIN:
            fingerprint = Fingerprint((cls, repr(value) if cls is float else value))
        elif past is not None and type(past.identity) is _Opaque and past.identity == _Opaque(value):
            fingerprint = past
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
        summary = replace(summary, note=_SAMPLED if _is_sampled(value) else _TOO_LARGE)
    return fingerprint, summary


def _is_sampled(value: Any) -> bool:
    """Return whether a change of a few elements can go unseen, if PyTorch does not count it."""
    if issubclass(type(value), torch.nn.Module):
        return any(_is_sampled(tensor) for _, tensor in islice(parameters(value), _PARAMETERS))
    if issubclass(type(value), torch.Tensor):
        in_place = type(value) in USUAL and Base.is_cpu.__get__(value) and Base.is_contiguous(value)
        return Base.numel(value) > READ and not (in_place and Base.numel(value) * Base.element_size(value) <= WHOLE)
    return np.ndarray.size.__get__(value) > elements.SAMPLE


class _Opaque(SameObject):
    """An object of a class of which a summary shows only the name."""

    __slots__ = ()


def _fingerprint_by(value: Any, summary: Summary | None) -> Fingerprint:
    if summary is None:
        return Fingerprint(id(value))
    says_nothing = summary.kind == "value" and not summary.text and summary.note is None
    if says_nothing and not issubclass(type(value), torch.optim.Optimizer):
        with suppress(TypeError):  # an object without weak references
            return Fingerprint(_Opaque(value))
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
    if not children or depth > _DEPTH:
        return []
    return [
        (name, id(child), _layer_identities(child, depth + 1)) for name, child in children.items() if child is not None
    ]
