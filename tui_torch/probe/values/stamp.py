"""Whether a value holds still since it was described: told in two microseconds, without describing it again.

A stamp is of one object, which it does not keep alive. What PyTorch and NumPy say of the object is compared first: its
identity, version, address, shape and gradient. Then its bytes, since `.data`, a NumPy array of the same memory and much
else go past the version counter.

All bytes are read while there is time. Without time, PARTS of PART bytes are, spread from end to end: a change is
missed then that lies between them and is no version. A value of more than `elements.EXACT` elements has no stamp; it is
described again each time, from a sample.
"""

from __future__ import annotations

import ctypes
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from weakref import ReferenceType, ref

import numpy as np
import torch

from tui_torch.probe.isolation.readable_memory import can_be_read, is_readable_array, owns_memory
from tui_torch.probe.isolation.torch_internals import counted_version
from tui_torch.probe.values.elements import EXACT, Base, grad_of

PARTS, PART = 8, 512
"""What is read of a value without time to read it all: the number of pieces, and the bytes of each."""

_SCALARS = {int, float, bool, complex, str, type(None)}
_LONGEST = 200
"""Maximum characters of a text, and bits of a whole number, that a stamp holds."""
_PLAIN_ARRAYS = frozenset("biufc")

_numel, _data_ptr, _stride, _storage_of = Base.numel, Base.data_ptr, Base.stride, Base.untyped_storage
_storage_offset, _element_size, _is_contiguous = Base.storage_offset, Base.element_size, Base.is_contiguous
_shape, _dtype, _grad, _grad_fn = Base.shape.__get__, Base.dtype.__get__, Base.grad.__get__, Base.grad_fn.__get__
_requires_grad, _is_leaf, _is_cpu, _layout = (
    Base.requires_grad.__get__,
    Base.is_leaf.__get__,
    Base.is_cpu.__get__,
    Base.layout.__get__,
)
_is_nested, _is_neg, _is_conj = Base.is_nested.__get__, Base.is_neg, Base.is_conj
_is_inference, _crc32 = Base.is_inference, zlib.crc32


@dataclass(slots=True)
class ValueStamp:
    """What one object was when it was described."""

    reference: ReferenceType[Any] | None
    """None for a number or a text, which `place` holds."""
    place: tuple[object, ...]
    """What is compared besides the bytes. The last is what a summary says besides the elements: class, shape, dtype."""
    start: int = 0
    """The address of the first of the bytes."""
    size: int = 0
    """The number of bytes, from the lowest that an element has to the highest."""
    part: int = 0
    """The checksum of some of the bytes, or of all if there are few."""
    whole: int | None = None
    """The checksum of all of them; None if there was no time to read them."""
    gradient: ValueStamp | None = None
    is_kept: bool = True
    """Whether the bytes stay where they are as long as `place` is the same. Those of a file may be cut."""
    window: ctypes.Array[ctypes.c_char] | None = None
    """The bytes where they lie, if they are few; to be read only while `place` is the same, since it keeps none."""
    is_at_once: bool = True
    """Whether all bytes are read in any case, those of the gradient too: they are few."""


def stamp_of(value: Any, in_time: bool) -> ValueStamp | None:
    """The stamp of a number, a short text, a plain NumPy array or a tensor in CPU memory; None of anything else.

    Call it inside `unobserved()`. Raises nothing.
    """
    try:
        cls = type(value)
        if cls is torch.Tensor or cls is torch.nn.Parameter:
            return _stamp_of_tensor(value, in_time, grad_of)
        if cls is np.ndarray:
            return _stamp_of_array(value, in_time)
        if cls in _SCALARS and _is_short(value):
            return ValueStamp(None, (cls, value, str(value)))
    except Exception:  # a tensor without memory of its own, such as one of a vmap()
        return None
    return None


def holds_still(stamp: ValueStamp, value: Any, in_time: bool) -> bool:
    """Whether a value is the object that a stamp was made of, and as it was.

    Call it inside `unobserved()`. Raises nothing.
    """
    reference = stamp.reference
    if reference is None:
        cls = type(value)
        return cls in _SCALARS and _is_short(value) and stamp.place == (cls, value, str(value))
    if reference() is not value:
        return False
    try:
        if type(value) is np.ndarray:
            if _place_of_array(value) != stamp.place:
                return False
        else:
            if _place_of_tensor(value) != stamp.place:
                return False
            gradient = _grad(value) if _is_leaf(value) else grad_of(value)
            if gradient is None:
                if stamp.gradient is not None:
                    return False
            elif stamp.gradient is None or not holds_still(stamp.gradient, gradient, in_time):
                return False
    except Exception:  # a view that was changed in a way autograd forbids
        return False
    if not (stamp.is_kept or _can_be_read_still(stamp, value)):
        return False
    if stamp.window is not None:
        return _crc32(stamp.window) == stamp.part
    if in_time and stamp.whole is not None:
        return _checksum(stamp.start, stamp.size) == stamp.whole
    return _checksum_of_parts(stamp.start, stamp.size) == stamp.part


def still_at_once(stamp: ValueStamp, value: Any) -> bool:
    """Whether a value of so few bytes that all of them are read in any case holds still; see `holds_still()`."""
    return stamp.is_at_once and holds_still(stamp, value, in_time=False)


def are_alike(one: ValueStamp, other: ValueStamp) -> bool:
    """Whether the values of two stamps are described alike, be they two objects. False unless all bytes were read."""
    if one.reference is None or other.reference is None:
        return one.reference is other.reference and one.place == other.place
    if one.whole is None or one.whole != other.whole or one.size != other.size or one.place[-1] != other.place[-1]:
        return False
    if one.gradient is None or other.gradient is None:
        return one.gradient is other.gradient
    return are_alike(one.gradient, other.gradient)


def _is_short(value: Any) -> bool:
    cls = type(value)
    return (cls is not str or len(value) <= _LONGEST) and (cls is not int or value.bit_length() <= _LONGEST)


def _stamp_of_tensor(
    tensor: torch.Tensor, in_time: bool, gradient_of: Callable[[torch.Tensor], torch.Tensor | None]
) -> ValueStamp | None:
    if _layout(tensor) is not torch.strided or not _is_cpu(tensor) or _is_nested(tensor) or _numel(tensor) > EXACT:
        return None
    place = _place_of_tensor(tensor)
    size = _extent(tensor, place[3])
    if size is None or size > EXACT * _element_size(tensor):
        return None
    gradient = gradient_of(tensor)
    of_gradient = None
    if gradient is not None:
        if type(gradient) is not torch.Tensor:
            return None
        of_gradient = _stamp_of_tensor(gradient, in_time, lambda _: None)
        if of_gradient is None:
            return None
    is_kept = owns_memory(_storage_of(tensor))
    if not (is_kept or can_be_read(place[1], size)):
        return None
    return _stamped(tensor, place, place[1], size, in_time, of_gradient, is_kept)


def _stamp_of_array(array: np.ndarray, in_time: bool) -> ValueStamp | None:
    if array.dtype.kind not in _PLAIN_ARRAYS or array.size > EXACT or not array.flags.c_contiguous:
        return None
    if not is_readable_array(array):
        return None
    place, is_kept = _place_of_array(array), array.flags.owndata
    return _stamped(array, place, array.ctypes.data, array.nbytes, in_time, None, is_kept)


def _stamped(
    value: Any,
    place: tuple[object, ...],
    start: int,
    size: int,
    in_time: bool,
    gradient: ValueStamp | None,
    is_kept: bool,
) -> ValueStamp:
    are_few = size <= PARTS * PART
    window = _bytes_at(start, size) if are_few and size else None
    whole = _checksum(start, size) if in_time else None
    part = whole if whole is not None and are_few else _checksum_of_parts(start, size)
    at_once = are_few and (gradient is None or gradient.is_at_once)
    return ValueStamp(ref(value), place, start, size, part, whole, gradient, is_kept, window, at_once)


def _can_be_read_still(stamp: ValueStamp, value: Any) -> bool:
    return is_readable_array(value) if type(value) is np.ndarray else can_be_read(stamp.start, stamp.size)


def _extent(tensor: torch.Tensor, stored: int) -> int | None:
    """The number of bytes from a tensor's first element to the end of its last; None if its memory has been freed.

    Args:
        tensor: On the CPU, strided.
        stored: The number of bytes of its storage.
    """
    reach = _numel(tensor)
    if not reach:
        return 0
    if not _is_contiguous(tensor):
        reach = 1 + sum((count - 1) * step for count, step in zip(_shape(tensor), _stride(tensor), strict=True))
    itemsize = _element_size(tensor)
    return reach * itemsize if (_storage_offset(tensor) + reach) * itemsize <= stored else None


def _place_of_tensor(tensor: torch.Tensor) -> tuple[int | None, int, int, int, object]:
    """What is compared of a tensor besides its bytes. As long as it is equal, the bytes are where they were."""
    # 2 µs for each name after each run are a millisecond of many names: nothing is called here that need not be.
    storage = _storage_of(tensor)
    form = (
        type(tensor),
        _shape(tensor),
        _stride(tensor),
        _dtype(tensor),
        _requires_grad(tensor),
        None if _is_leaf(tensor) else _operation(_grad_fn(tensor)),
        _is_neg(tensor),
        _is_conj(tensor),
    )
    version = None if _is_inference(tensor) else counted_version(tensor)
    return version, _data_ptr(tensor), storage.data_ptr(), storage.nbytes(), form


def _operation(node: Any) -> object:
    cls = type(node)
    return node.name() if cls.__name__ == "CppFunction" else cls


def _place_of_array(array: np.ndarray) -> tuple[object, ...]:
    return array.__array_interface__["data"], (array.shape, array.strides, array.dtype)


def _bytes_at(start: int, size: int) -> ctypes.Array[ctypes.c_char]:
    return (ctypes.c_char * size).from_address(start)


def _checksum(start: int, size: int) -> int:
    return _crc32(_bytes_at(start, size)) if size else 0


def _checksum_of_parts(start: int, size: int) -> int:
    if size <= PARTS * PART:
        return _checksum(start, size)
    found = 0
    for number in range(PARTS):
        found = _crc32(_bytes_at(start + (size - PART) * number // (PARTS - 1), PART), found)
    return found
