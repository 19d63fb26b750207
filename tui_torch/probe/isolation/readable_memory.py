"""Whether what a tensor or an array says of its memory is so: to read what is not there would end the process.

A storage can be resized under its tensors, and the parts of a sparse tensor one by one; an array can be made with any
strides; a file that is mapped into memory can be cut by anybody. What changes between the question and the reading
cannot be told beforehand. Nor can it where the system does not answer, which only Linux does.
"""

from __future__ import annotations

import ctypes
import os
import struct
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import numpy as np
import torch

from tui_torch.probe.isolation.torch_internals import TensorBase, stored_indices, stored_values

_numel, _is_contiguous, _shape, _stride = (
    TensorBase.numel,
    TensorBase.is_contiguous,
    TensorBase.shape.__get__,
    TensorBase.stride,
)
_element_size, _offset, _storage_of = TensorBase.element_size, TensorBase.storage_offset, TensorBase.untyped_storage
_is_cpu, _layout = TensorBase.is_cpu.__get__, TensorBase.layout.__get__
_owns_memory: Callable[[Any], bool] = torch.UntypedStorage.resizable
_coo: Any = torch.sparse_coo_tensor
_compressed: Any = torch.sparse_compressed_tensor
_Array: Any = np.ndarray
# Those of a subclass may be the learner's.
_base_of, _flags_of, _interface_of = _Array.base.__get__, _Array.flags.__get__, _Array.__array_interface__.__get__
_size_of, _shape_of, _strides_of = _Array.size.__get__, _Array.shape.__get__, _Array.strides.__get__
_itemsize_of = _Array.itemsize.__get__
_STRIDED_BASE = type(_base_of(np.lib.stride_tricks.as_strided(np.empty(1))))
"""What holds the array that `as_strided()` was called with, between it and the result."""

FREED = "its memory has been freed"
GONE = "its memory is not there any more: the file that it is in was cut, or closed"
BEYOND = "its strides reach beyond its memory"


class UnreadableError(Exception):
    """The elements cannot be read; the message says why, in words for the learner."""


def refuse_unreadable(tensor: torch.Tensor) -> None:
    """Raise UnreadableError unless all of a strided tensor's elements are in memory. Call it inside `unobserved()`."""
    count = _numel(tensor)
    if not count:
        return
    if not _is_contiguous(tensor):
        count = 1 + sum((size - 1) * step for size, step in zip(_shape(tensor), _stride(tensor), strict=True))
    itemsize, storage = _element_size(tensor), _storage_of(tensor)
    if (_offset(tensor) + count) * itemsize > storage.nbytes():
        raise UnreadableError(FREED)
    if _owns_memory(storage) or not _is_cpu(tensor):
        return
    if not can_be_read(storage.data_ptr() + _offset(tensor) * itemsize, count * itemsize):
        raise UnreadableError(GONE)


def owns_memory(storage: Any) -> bool:
    """Whether a tensor's storage is in memory that PyTorch took for it, which stays; a mapped file's may go."""
    return _owns_memory(storage)


def refuse_unreadable_array(array: np.ndarray) -> None:
    """Raise UnreadableError unless all of an array's elements are in memory. No method of a subclass is called."""
    if _flags_of(array).owndata or not _size_of(array):
        return
    own = _extent(array)
    root = array
    for root in _bases(array):  # noqa: B007 - the last one
        pass
    whole = _extent(root)
    if not whole[0] <= own[0] <= own[1] <= whole[1]:
        raise UnreadableError(BEYOND)
    if not _flags_of(root).owndata and not can_be_read(own[0], own[1] - own[0]):
        raise UnreadableError(GONE)


def is_readable_array(array: np.ndarray) -> bool:
    """Whether all of an array's elements are in memory, as far as can be told."""
    try:
        refuse_unreadable_array(array)
    except UnreadableError:
        return False
    return True


def refuse_misfit_parts(tensor: torch.Tensor) -> None:
    """Raise UnreadableError unless a sparse tensor's parts are in memory and fit together.

    Call it inside `unobserved()`.
    """
    parts = sparse_parts(tensor)
    for part in parts:
        refuse_unreadable(part)
    size, layout = _shape(tensor), _layout(tensor)
    try:
        if layout is torch.sparse_coo:
            _coo(*parts, size, check_invariants=True)
        else:
            _compressed(*parts, size, layout=layout, check_invariants=True)
    except (RuntimeError, IndexError, TypeError, ValueError):
        raise UnreadableError("its indices and values do not fit together: they were changed one by one") from None


def can_be_read(start: int, size: int) -> bool:
    """Whether the first and the last byte of a stretch of this process's memory can be read, as far as can be told.

    A file that is cut loses its end.
    """
    read = _reader()
    return read is None or size <= 0 or read(start, start + size - 1) == 2


_STRETCHES = struct.Struct("@PNPN")
"""Two of what Linux calls `struct iovec`: an address, and a number of bytes."""


@cache
def _reader() -> Callable[[int, int], int] | None:
    """A function that reads the bytes at two addresses and returns how many there are; None where there is none."""
    try:
        call = ctypes.CDLL(None).process_vm_readv
    except (AttributeError, OSError, TypeError):  # not Linux
        return None
    call.restype = ctypes.c_ssize_t
    call.argtypes = (
        *(ctypes.c_int, ctypes.c_char_p, ctypes.c_ulong),
        *(ctypes.c_char_p, ctypes.c_ulong, ctypes.c_ulong),
    )
    found = (ctypes.c_char * 2)()
    start = ctypes.addressof(found)
    # Nobody looks at what is read there.
    to = _STRETCHES.pack(start, 2, start, 0)
    pack, own = _STRETCHES.pack, os.getpid

    def read(first: int, last: int, kept: object = found) -> int:
        return call(own(), to, 1, pack(first, 1, last, 1), 2, 0)

    # It may be forbidden, as in some containers.
    return read if read(start, start + 1) == 2 else None


def sparse_parts(tensor: torch.Tensor) -> tuple[torch.Tensor, ...]:
    """The tensors that a sparse one is made of, its values last."""
    match _layout(tensor):
        case torch.sparse_coo:
            return stored_indices(tensor), stored_values(tensor)
        case torch.sparse_csr | torch.sparse_bsr:
            return TensorBase.crow_indices(tensor), TensorBase.col_indices(tensor), TensorBase.values(tensor)
        case _:
            return TensorBase.ccol_indices(tensor), TensorBase.row_indices(tensor), TensorBase.values(tensor)


def _bases(array: np.ndarray) -> Iterator[np.ndarray]:
    """The array, the one that it is a view of, and so on."""
    base: Any = array
    while issubclass(type(base), np.ndarray):
        yield base
        base = _base_of(base)
        if type(base) is _STRIDED_BASE:
            base = base.base


def _extent(array: np.ndarray) -> tuple[int, int]:
    """Addresses of the lowest byte that an element has and of the one after the highest."""
    low = high = _interface_of(array)["data"][0]
    if not _size_of(array):
        return low, low
    for size, step in zip(_shape_of(array), _strides_of(array), strict=True):
        reach = (size - 1) * step
        low, high = (low + reach, high) if reach < 0 else (low, high + reach)
    return low, high + _itemsize_of(array)
