"""Which tensors and arrays are in the same memory, without keeping or copying any of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from operator import itemgetter
from typing import Any, NamedTuple, TypeVar

import numpy as np
import torch

from tui_torch.probe.values.elements import Base
from tui_torch.probe.values.fingerprint import USUAL
from tui_torch.probe.values.tensor_facts import UNINITIALIZED, dtype_of

T = TypeVar("T")

COUNTED = 100_000
"""Maximum number of elements of a tensor whose shared elements are counted."""


class StorageRange(NamedTuple):
    """Where a storage is."""

    device: str
    start: int
    """Address of its first byte."""
    end: int
    """Address of the one after its last."""


@dataclass(frozen=True, slots=True)
class MemoryLayout:
    """Where the elements of a tensor or an array are in memory."""

    device: str
    storage: tuple[int, int]
    """Addresses of the storage's first byte and of the one after its last."""
    address: int
    """Of the first element."""
    shape: tuple[int, ...]
    steps: tuple[int, ...]
    """Bytes from one index to the next, along each dimension; may be negative in an array."""
    dtype: str
    itemsize: int

    @property
    def numel(self) -> int:
        return int(np.prod(self.shape, dtype=np.int64))

    @property
    def extent(self) -> tuple[int, int]:
        """Addresses of the lowest byte that an element has and of the one after the highest."""
        low = high = self.address
        for size, step in zip(self.shape, self.steps, strict=True):
            reach = (size - 1) * step
            low, high = (low + reach, high) if reach < 0 else (low, high + reach)
        return low, high + self.itemsize


def memory_layout_of(value: Any) -> MemoryLayout | None:
    """Where a value's elements are; None if it has none in memory of its own (sparse, meta, freed, empty).

    Call it inside `unobserved()`.
    """
    if issubclass(type(value), np.ndarray):
        return _layout_of_array(np.ndarray.view(value, np.ndarray), value)
    if not issubclass(type(value), torch.Tensor) or issubclass(type(value), UNINITIALIZED):
        return None
    try:
        if Base.layout.__get__(value) is not torch.strided or Base.is_nested.__get__(value) or not Base.numel(value):
            return None
        storage = Base.untyped_storage(value)
        start, size = storage.data_ptr(), storage.nbytes()
        itemsize = Base.element_size(value)
        if not start or not size:
            return None
        return MemoryLayout(
            str(Base.device.__get__(value)),
            (start, start + size),
            start + Base.storage_offset(value) * itemsize,
            tuple(Base.shape.__get__(value)),
            tuple(step * itemsize for step in Base.stride(value)),
            dtype_of(value),
            itemsize,
        )
    except Exception:  # a subclass or a backend that keeps its memory elsewhere
        return None


def storage_of(value: Any) -> StorageRange | None:
    """The storage that a value's elements are in; None where `memory_layout_of()` gives None.

    Call it inside `unobserved()`.
    """
    if type(value) not in USUAL:
        layout = memory_layout_of(value)
        return None if layout is None else StorageRange(layout.device, *layout.storage)
    # A third of the time that `memory_layout_of` takes: this is done for every name after every run.
    try:
        if Base.layout.__get__(value) is not torch.strided or Base.is_nested.__get__(value) or not Base.numel(value):
            return None
        storage = Base.untyped_storage(value)
        start = storage.data_ptr()
    except Exception:  # a backend that keeps its memory elsewhere
        return None
    return StorageRange(str(Base.device.__get__(value)), start, start + storage.nbytes()) if start else None


def _layout_of_array(array: np.ndarray, value: Any) -> MemoryLayout | None:
    if not array.size or array.dtype.hasobject or not array.itemsize:
        return None
    root = value
    while issubclass(type(base := np.ndarray.base.__get__(root)), np.ndarray):  # type: ignore[attr-defined]
        root = base
    root = np.ndarray.view(root, np.ndarray)
    here = MemoryLayout(
        "cpu",
        (0, 0),
        array.__array_interface__["data"][0],
        array.shape,
        array.strides,
        str(array.dtype),
        array.itemsize,
    )
    if not root.size:
        return None
    whole = MemoryLayout(
        "cpu", (0, 0), root.__array_interface__["data"][0], root.shape, root.strides, "", root.itemsize
    ).extent
    own = here.extent
    # What stands below the last array may be a larger buffer: the elements are inside it either way.
    storage = min(whole[0], own[0]), max(whole[1], own[1])
    return MemoryLayout(here.device, storage, here.address, here.shape, here.steps, here.dtype, here.itemsize)


def groups_in_one_storage(regions: Iterable[tuple[T, StorageRange]]) -> Iterable[list[T]]:
    """The values of each storage that holds more than one, as lists.

    Args:
        regions: (value, its storage) pairs.
    """
    device, reach = "", 0
    together: list[T] = []
    for what, region in sorted(regions, key=itemgetter(1)):
        if together and region.device == device and region.start < reach:
            together.append(what)
            reach = max(reach, region.end)
            continue
        if len(together) > 1:
            yield together
        together, device, reach = [what], region.device, region.end
    if len(together) > 1:
        yield together


def relation(mine: MemoryLayout, other: MemoryLayout) -> str | None:
    """How another layout lies to mine: `same memory`, `a view of it, transposed`, `overlaps 6 of 9 elements`.

    None if they are in different storages.
    """
    if mine.device != other.device or mine.storage[1] <= other.storage[0] or other.storage[1] <= mine.storage[0]:
        return None
    if (mine.address, mine.dtype) == (other.address, other.dtype):
        if (mine.shape, mine.steps) == (other.shape, other.steps):
            return "same memory"
        if len(mine.shape) > 1 and sorted(_axes(mine)) == sorted(_axes(other)) and len(other.shape) == len(mine.shape):
            return "a view of it, transposed" if len(mine.shape) == 2 else "a view of it, its dimensions permuted"
    low, high = other.extent
    here = mine.extent
    if here[1] <= low or high <= here[0]:
        return "the same storage, but none of its elements"
    shared = _shared(mine, other)
    if mine.dtype == other.dtype and shared == mine.numel == _distinct(mine):
        if 0 in other.steps:
            return "all of it, expanded (stride 0)"
        if other.shape == mine.shape:
            return "a view of it, in another order"
        if other.numel == mine.numel:
            return "a view of it, in another shape"
        return "all of it, and more"
    if shared is None:
        return "overlaps it" if mine.dtype == other.dtype else f"overlaps it, read as {other.dtype}"
    if not shared:
        return "the same storage, but none of its elements"
    seen = "" if mine.dtype == other.dtype else f", read as {other.dtype}"
    return f"overlaps {shared:,} of {mine.numel:,} {'element' if mine.numel == 1 else 'elements'}{seen}"


def _axes(layout: MemoryLayout) -> list[tuple[int, int]]:
    return list(zip(layout.shape, layout.steps, strict=True))


def _distinct(layout: MemoryLayout) -> int | None:
    """Number of elements, each counted once however many indices reach it; None if there are too many to count."""
    return None if layout.numel > COUNTED else np.unique(_addresses(layout)).size


def distinct_bytes(layout: MemoryLayout) -> int | None:
    """Bytes that the elements take if several indices share some; None if each has its own, or it is unknown."""
    shared = any(step == 0 and size > 1 for size, step in zip(layout.shape, layout.steps, strict=True))
    steps = sorted((abs(step), size) for size, step in zip(layout.shape, layout.steps, strict=True) if size > 1)
    reach = layout.itemsize
    for step, size in steps:
        shared = shared or step < reach
        reach = step * (size - 1) + reach
    if not shared:
        return None
    if all(step % layout.itemsize == 0 for step in layout.steps):
        # An expanded dimension adds no address.
        squeezed = MemoryLayout(
            layout.device,
            layout.storage,
            layout.address,
            tuple(1 if step == 0 else size for size, step in _axes(layout)),
            layout.steps,
            layout.dtype,
            layout.itemsize,
        )
        if (count := _distinct(squeezed)) is not None:
            return count * layout.itemsize if count < layout.numel else None
    return None


def _addresses(layout: MemoryLayout) -> np.ndarray:
    addresses = np.array([layout.address], np.int64)
    for size, step in _axes(layout):
        addresses = np.add.outer(addresses, np.arange(size, dtype=np.int64) * step).reshape(-1)
    return addresses


def _shared(mine: MemoryLayout, other: MemoryLayout) -> int | None:
    """Number of my elements that another layout has bytes of; None if there are too many to count."""
    if mine.numel > COUNTED or other.numel > COUNTED:
        return None
    starts = _addresses(mine)
    theirs = np.unique(_addresses(other))
    # An element is shared when one of theirs begins before its end and ends after its beginning.
    first = np.searchsorted(theirs, starts - other.itemsize, side="right")
    last = np.searchsorted(theirs, starts + mine.itemsize, side="left")
    return int(np.count_nonzero(last > first))
