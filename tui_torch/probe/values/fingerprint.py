"""Whether a value is still what it was: compared without keeping it alive and without describing it."""

from __future__ import annotations

import ctypes
import zlib
from dataclasses import dataclass
from typing import Any
from weakref import ReferenceType, ref

import torch

from tui_torch.probe.isolation.readable_memory import can_be_read, owns_memory
from tui_torch.probe.isolation.torch_internals import version_of
from tui_torch.probe.values.elements import Base
from tui_torch.protocol.events import Change

USUAL = {torch.Tensor, torch.nn.Parameter}
"""Classes whose elements lie in their storage and nowhere else."""

BLOCKS, BLOCK = 64, 4096
"""A sample of a tensor's memory: the number of pieces, and the bytes of each."""


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """What is compared from one inspection to the next."""

    identity: object
    """Which object it is: a weak reference where there can be one, since a new object may get a dead one's id()."""
    place: object = None
    """What differs after a change in place that PyTorch knows of: memory, version."""
    content: object = None
    """What its elements were; None when they were not read."""
    gradient: Fingerprint | None = None
    """The fingerprint of its gradient; None if it has no gradient."""


class SameObject:
    """Equal to another one only while the object that both were made from is alive."""

    __slots__ = ("_reference",)

    def __init__(self, value: object) -> None:
        self._reference: ReferenceType[Any] = ref(value)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, SameObject) and (mine := self._reference()) is not None and mine is other._reference()

    __hash__ = None  # type: ignore[assignment]


def change_between(before: Fingerprint, now: Fingerprint, bound: bool) -> Change:
    """What happened to a name between two fingerprints.

    Args:
        before: The fingerprint of the inspection before.
        now: That of this one.
        bound: Whether it is a name. An expression may make a new object each time, which may be equal to the old one.
    """
    if before.identity != now.identity:
        return "changed" if bound or now.content is None or now.content != before.content else "same"
    if _touched(before, now):
        return "changed in place"
    if now.gradient is not None and (before.gradient is None or _touched(before.gradient, now.gradient)):
        return "gradient filled"
    return "same"


def _touched(before: Fingerprint, now: Fingerprint) -> bool:
    read_twice = before.content is not None and now.content is not None
    return before.place != now.place or (read_twice and before.content != now.content)


def memory_of(tensor: torch.Tensor) -> tuple[object, object]:
    """A tensor's address and version, each None if it has none. Call it inside `unobserved()`."""
    version = version_of(tensor)
    try:
        return Base.data_ptr(tensor), version
    except RuntimeError:  # sparse, or a subclass without memory of its own
        return None, version


def kind_of(tensor: torch.Tensor) -> tuple[object, ...]:
    """What a summary says of a tensor besides its elements. Call it inside `unobserved()`."""
    node = None
    if not Base.is_leaf.__get__(tensor):
        try:
            node = type(Base.grad_fn.__get__(tensor))
        except RuntimeError:  # a view that was changed in a way autograd forbids
            node = None
    return (
        None if Base.is_nested.__get__(tensor) else tuple(Base.shape.__get__(tensor)),
        Base.dtype.__get__(tensor),
        Base.device.__get__(tensor),
        Base.requires_grad.__get__(tensor),
        node,
    )


def checksum_in_place(tensor: torch.Tensor, largest: int) -> int | None:
    """The CRC-32 of a tensor's elements as they lie in memory, without an operation of PyTorch and without a copy.

    None for a tensor of more than `largest` bytes, and for one whose elements are not one after the other in CPU
    memory: not contiguous, sparse, of a subclass, on another device, freed, gone. Call it inside `unobserved()`.
    """
    start, size = _stretch(tensor)
    if start is None or size > largest:
        return None
    return zlib.crc32((ctypes.c_char * size).from_address(start)) if size else 0


def sampled_checksum_in_place(tensor: torch.Tensor) -> int | None:
    """The CRC-32 of BLOCKS blocks of BLOCK bytes, evenly spread over a larger tensor's memory from end to end.

    None for a smaller tensor, and where `checksum_in_place()` gives None.
    """
    start, size = _stretch(tensor)
    if start is None or size < BLOCKS * BLOCK:
        return None
    found = 0
    for number in range(BLOCKS):
        offset = (size - BLOCK) * number // (BLOCKS - 1)
        found = zlib.crc32((ctypes.c_char * BLOCK).from_address(start + offset), found)
    return found


def _stretch(tensor: torch.Tensor) -> tuple[int | None, int]:
    """Address and bytes of the stretch of CPU memory that has all of a tensor's elements; (None, 0) without one."""
    if type(tensor) not in USUAL or not Base.is_cpu.__get__(tensor):
        return None, 0
    if Base.layout.__get__(tensor) is not torch.strided or Base.is_nested.__get__(tensor):
        return None, 0
    if not Base.is_contiguous(tensor):
        return None, 0
    itemsize = Base.element_size(tensor)
    size = Base.numel(tensor) * itemsize
    end = Base.storage_offset(tensor) * itemsize + size
    storage = Base.untyped_storage(tensor)
    if end > storage.nbytes():  # freed, though the tensor is there
        return None, 0
    start = Base.data_ptr(tensor)
    return (start, size) if owns_memory(storage) or can_be_read(start, size) else (None, 0)
