"""Where a tensor's or an array's elements are in memory, and which other names are there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

import numpy as np
import torch

from tui_torch.probe.isolation.readable_memory import sparse_parts
from tui_torch.probe.isolation.torch_internals import is_functorch_tensor, version_of
from tui_torch.probe.values.elements import Base, is_packed
from tui_torch.probe.values.held_tensors import held_tensors
from tui_torch.probe.values.learner_names import learner_variables
from tui_torch.probe.values.shared_storage import distinct_bytes, memory_layout_of, relation
from tui_torch.probe.values.tensor_facts import dtype_of, dtype_text, shape_of
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
    if (why := _why_nowhere(tensor)) is not None:
        return MemoryView(request, 0, None, 0, shape, None, None, None, None, None, (), False, why)
    if Base.layout.__get__(tensor) is not torch.strided or Base.is_nested.__get__(tensor):
        nbytes, note = _in_parts(tensor)
        return MemoryView(
            request, nbytes, None, size, shape, None, None, None, version_of(tensor), None, sharers, False, note
        )
    layout = memory_layout_of(tensor)
    storage = Base.untyped_storage(tensor).nbytes()
    nbytes, note = numel * size, None
    if numel and not storage:
        note = "its memory has been freed"
    elif numel and layout is None:
        note = "no memory of its own: it stands for other tensors, or for none"
        return MemoryView(request, 0, None, 0, shape, None, None, None, None, None, (), False, note)
    elif (packed := is_packed(tensor)) is not None:
        nbytes, note = -(-numel // packed), f"{dtype_of(tensor)}: {packed} elements share a byte"
    return MemoryView(
        request,
        nbytes=nbytes,
        storage_nbytes=storage,
        element_size=size,
        shape=shape,
        strides=tuple(Base.stride(tensor)),
        offset=Base.storage_offset(tensor),
        contiguous=Base.is_contiguous(tensor),
        version=version_of(tensor),
        distinct=None if layout is None else distinct_bytes(layout),
        sharers=sharers,
        owner=nbytes == storage,
        note=note,
    )


def _why_nowhere(tensor: torch.Tensor) -> str | None:
    """Why a tensor has no memory of its own, as a sentence; None if it has some."""
    if Base.is_meta.__get__(tensor):
        return "on the meta device: a shape without elements, and no memory at all"
    if is_functorch_tensor(tensor):
        return "within a transform of torch.func: its elements are in the tensor that it stands for"
    if dtype_text(Base.layout.__get__(tensor)) == "_mkldnn":
        return "of the layout _mkldnn: oneDNN keeps its elements, and does not say in how many bytes"
    return None


def _in_parts(tensor: torch.Tensor) -> tuple[int, str]:
    """The bytes of a tensor that is not one stretch of memory, and a sentence on its parts."""
    layout = dtype_text(Base.layout.__get__(tensor))
    if not Base.is_nested.__get__(tensor):
        names = _PARTS[layout]
        parts: dict[str, Any] = dict(zip(names, sparse_parts(tensor), strict=True))
        called = layout
    elif type(tensor) is torch.Tensor:
        nbytes = _nbytes(Base.values(tensor))
        return nbytes, f"nested: its tensors stand one after the other in a buffer of {nbytes:,} bytes"
    else:
        jagged: Any = tensor
        parts = {"values": Base.values(tensor), "offsets": jagged.offsets(), "lengths": jagged.lengths()}
        called = "nested, jagged"
    sizes = {name: _nbytes(part) for name, part in parts.items() if part is not None}
    first, *others = (f"{size:,} of {name}" for name, size in sizes.items())
    listed = f"{', '.join([first, *others[:-1]])} and {others[-1]}"
    return sum(sizes.values()), f"{called}: {listed.replace(' of', ' bytes of', 1)}, each a tensor of its own"


_PARTS = {
    "sparse_coo": ("indices", "values"),
    "sparse_csr": ("row starts", "column indices", "values"),
    "sparse_bsr": ("row starts", "column indices", "values"),
    "sparse_csc": ("column starts", "row indices", "values"),
    "sparse_bsc": ("column starts", "row indices", "values"),
}
"""What the parts of each sparse layout are, in the order of `sparse_parts()`."""


def _nbytes(part: torch.Tensor) -> int:
    return Base.numel(part) * Base.element_size(part)


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
