"""Where a tensor's or an array's elements are in memory, and which other names are there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

import numpy as np
import torch

from tui_torch.probe.isolation.torch_internals import version_of
from tui_torch.probe.values.elements import Base
from tui_torch.probe.values.held_tensors import held_tensors
from tui_torch.probe.values.learner_names import learner_variables
from tui_torch.probe.values.shared_storage import distinct_bytes, memory_layout_of, relation
from tui_torch.probe.values.tensor_facts import dtype_text, shape_of
from tui_torch.protocol.orders import Request
from tui_torch.protocol.views import SHARERS, MemoryView, Sharer

CANDIDATES = 5000
"""Maximum number of the namespace's tensors and arrays that are compared."""


def memory(request: Request, value: Any, namespace: Mapping[str, object]) -> MemoryView:
    """Bytes, strides, and the other names in the same storage. Call it inside `unobserved()`."""
    sharers = tuple(islice(_sharers(request.expression, value, namespace), SHARERS))
    if issubclass(type(value), np.ndarray):
        return _of_array(request, value, sharers)
    return _of_tensor(request, value, sharers)


def _of_array(request: Request, value: np.ndarray, sharers: tuple[Sharer, ...]) -> MemoryView:
    array = np.ndarray.view(value, np.ndarray)
    size = array.itemsize
    layout = memory_layout_of(value)
    whole = all(step % size == 0 for step in array.strides) if size else False
    storage = None if layout is None else layout.storage[1] - layout.storage[0]
    return MemoryView(
        request,
        nbytes=array.nbytes,
        storage_nbytes=storage,
        element_size=size,
        shape=array.shape,
        strides=tuple(step // size for step in array.strides) if whole else None,
        offset=None if layout is None else (layout.address - layout.storage[0]) // size,
        contiguous=array.flags.c_contiguous,
        version=None,
        distinct=None if layout is None else distinct_bytes(layout),
        sharers=sharers,
        owner=array.nbytes == storage,
    )


def _of_tensor(request: Request, tensor: torch.Tensor, sharers: tuple[Sharer, ...]) -> MemoryView:
    size, numel = Base.element_size(tensor), Base.numel(tensor)
    shape = shape_of(tensor) or ()
    layout = Base.layout.__get__(tensor)
    if layout is not torch.strided or Base.is_nested.__get__(tensor):
        kind = "nested" if Base.is_nested.__get__(tensor) else dtype_text(layout)
        note = f"{kind}: its indices and its values are tensors of their own"
        return MemoryView(
            request, numel * size, None, size, shape, None, None, None, version_of(tensor), None, sharers, False, note
        )
    layout = memory_layout_of(tensor)
    storage = Base.untyped_storage(tensor).nbytes()
    note = "on the meta device: no memory at all" if Base.is_meta.__get__(tensor) else None
    if note is None and numel and not storage:
        note = "its memory has been freed"
    return MemoryView(
        request,
        nbytes=numel * size,
        storage_nbytes=None if Base.is_meta.__get__(tensor) else storage,
        element_size=size,
        shape=shape,
        strides=tuple(Base.stride(tensor)),
        offset=Base.storage_offset(tensor),
        contiguous=Base.is_contiguous(tensor),
        version=version_of(tensor),
        distinct=None if layout is None else distinct_bytes(layout),
        sharers=sharers,
        owner=numel * size == storage,
        note=note,
    )


def _sharers(expression: str, value: object, namespace: Mapping[str, object]) -> Iterator[Sharer]:
    mine = memory_layout_of(value)
    if mine is None:
        return
    for name, other in islice(_candidates(namespace), CANDIDATES):
        if name == expression:
            continue
        if other is value:
            yield Sharer(name, "the same object")
        elif (layout := memory_layout_of(other)) is not None and (how := relation(mine, layout)) is not None:
            yield Sharer(name, how)


def _candidates(namespace: Mapping[str, object]) -> Iterator[tuple[str, object]]:
    """Every tensor and array that a name leads to, with the expression that reaches it."""
    for name, value in learner_variables(namespace):
        yield from held_tensors(name, value)
