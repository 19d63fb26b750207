"""The numbers inside a tensor or an array: read in place, sampled when there are many, described by statistics."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import torch

from tui_torch.probe.isolation.readable_memory import (
    UnreadableError,
    refuse_misfit_parts,
    refuse_unreadable,
    refuse_unreadable_array,
)
from tui_torch.probe.isolation.torch_internals import (
    TensorBase,
    is_batched,
    is_functional,
    stored_count,
    stored_values,
    without_negation,
)
from tui_torch.protocol.events import Element, Statistics

EXACT = 1_000_000
"""Maximum number of elements that are all read."""
SAMPLE = 100_000
"""Approximate number of elements that are read of a larger tensor."""
BLOCK = 16
"""Number of neighbouring elements that a sample takes at a time, since they lie in one page of memory."""
SHOWN = 64
"""Maximum number of elements that are all shown."""
BINS = 10
"""Number of bins of the histogram in a summary."""
CHUNK = 1 << 15
"""Number of elements at a time that fit the processor's cache."""
UNDIVIDED = 1 << 15
"""Number of elements up to which PyTorch does not divide an operation among threads.

Where other programs use the cores, waiting for those threads takes ten times as long as what they do.
"""

Base: Any = TensorBase
"""The class whose methods are called on any tensor: those of a subclass may be the learner's code."""
_is_leaf, _retains_grad, _grad = Base.is_leaf.__get__, Base.retains_grad.__get__, Base.grad.__get__
_NO_DISPATCH: Any = torch.Tensor.__torch_dispatch__  # type: ignore[reportAttributeAccessIssue]

_PACKED = {getattr(torch, name): many for name, many in (("quint4x2", 2), ("quint2x4", 4)) if hasattr(torch, name)}
_FLOAT8 = {getattr(torch, name) for name in dir(torch) if name.startswith("float8_")}
# Number of significant digits that tell any two neighbours of the type apart.
_DIGITS = {torch.bfloat16: 4} | dict.fromkeys(_FLOAT8, 3)


def grad_of(tensor: torch.Tensor) -> torch.Tensor | None:
    """A tensor's `.grad`, without the warning that PyTorch gives where there cannot be one."""
    try:
        return _grad(tensor) if _is_leaf(tensor) or _retains_grad(tensor) else None
    except RuntimeError:  # a view that was changed in a way autograd forbids; it raises once it is used
        return None


def is_packed(tensor: torch.Tensor) -> int | None:
    """How many elements share a byte; None where each has its own bytes."""
    return _PACKED.get(Base.dtype.__get__(tensor))


def stored(tensor: torch.Tensor) -> tuple[torch.Tensor, str | None]:
    """The elements that a tensor holds in memory, and a note if they are not all of its elements.

    The result is a detached strided tensor that shares the memory. Call it inside `unobserved()`.

    Raises:
        UnreadableError: The tensor is on the meta device, dispatches by itself, is not in memory, or has an unknown
            layout.
    """
    if Base.is_meta.__get__(tensor):
        raise UnreadableError("on the meta device: a shape without elements")
    if is_functional(tensor):
        raise UnreadableError("a functional tensor: its elements are in the one that it wraps")
    if is_batched(tensor):
        raise UnreadableError("a tensor of vmap(): its elements are in the tensor that it stands for")
    if is_packed(tensor) is not None:
        raise UnreadableError(f"{Base.dtype.__get__(tensor)}: several elements share a byte, and are not shown")
    cls = type(tensor)
    nested = Base.is_nested.__get__(tensor)
    dispatch: Any = getattr(cls, "__torch_dispatch__", None)
    if dispatch is not _NO_DISPATCH and not nested:
        raise UnreadableError("a subclass with its own __torch_dispatch__: its elements are left alone")
    tensor = Base.detach(tensor)
    if nested:
        if type(tensor) is not torch.Tensor:
            jagged: Any = tensor
            refuse_unreadable(jagged.offsets())
        rows = Base.unbind(tensor) if type(tensor) is torch.Tensor else tensor.unbind()
        shapes = ", ".join(str(tuple(row.shape)) for row in rows[:4])
        held = Base.values(tensor)
        refuse_unreadable(held)
        return held, f"nested: {len(rows)} tensors of shapes {shapes}{', …' if len(rows) > 4 else ''}"
    match Base.layout.__get__(tensor):
        case torch.strided:
            refuse_unreadable(tensor)
            return tensor, None
        case torch.sparse_coo:
            if not Base.is_coalesced(tensor) and stored_count(tensor) <= EXACT:
                refuse_misfit_parts(tensor)
                tensor = Base.coalesce(tensor)
            values = stored_values(tensor)
        case torch.sparse_csr | torch.sparse_csc | torch.sparse_bsr | torch.sparse_bsc:
            values = Base.values(tensor)
        case layout:
            raise UnreadableError(f"elements of the layout {str(layout).removeprefix('torch.')} are not shown")
    refuse_unreadable(values)
    return values, f"sparse: the statistics are of its {Base.numel(values):,} stored elements"


def dense(tensor: torch.Tensor) -> torch.Tensor:
    """A sparse tensor's elements, those that it does not store too, as a new strided tensor.

    Call it inside `unobserved()`. Raises UnreadableError where the tensor's parts do not fit together.
    """
    refuse_misfit_parts(tensor)
    return Base.to_dense(Base.detach(tensor))


def read(tensor: torch.Tensor, exact: int = EXACT) -> np.ndarray:
    """A 1-D float64 copy of a strided tensor's elements in row-major order; magnitudes of complex ones.

    Call it inside `unobserved()`, on a tensor that `stored()` returned.

    Args:
        tensor: Any shape, dtype and device.
        exact: The maximum number of elements that are all read; a sample of about SAMPLE is read of more.
    """
    negated = Base.is_neg(tensor)
    if negated:  # the same memory without the pending minus sign: resolving it would copy the whole tensor
        tensor = without_negation(tensor)
    if Base.is_conj(tensor):
        tensor = Base.conj(tensor)
    some = _some(tensor, exact)
    if not Base.is_cpu.__get__(some):
        some = Base.cpu(Base.contiguous(some))
    if Base.is_quantized.__get__(some):
        some = Base.dequantize(some)
    dtype = Base.dtype.__get__(some)
    if dtype.is_complex:
        if dtype is torch.complex32:
            some = some.to(torch.complex64)
        some = some.abs()
    numbers = Base.numpy(_copied(some)).reshape(-1)
    return -numbers if negated else numbers


def _copied(tensor: torch.Tensor) -> torch.Tensor:
    """A float64 copy of a tensor on the CPU, contiguous, of its shape.

    It is always a copy: numpy() on the learner's own tensor would forbid it to be resized from then on.
    """
    copy = torch.empty(Base.shape.__get__(tensor), dtype=torch.float64, device="cpu")
    numel = Base.numel(tensor)
    if numel <= UNDIVIDED:
        return Base.copy_(copy, tensor)
    to, source = copy, tensor
    if Base.is_contiguous(tensor):
        to, source = Base.view(copy, -1), Base.view(tensor, -1)
    sizes = tuple(Base.shape.__get__(source))
    axis = sizes.index(max(sizes))
    length = max(UNDIVIDED * sizes[axis] // numel, 1)
    for part, read in zip(Base.split(to, length, axis), Base.split(source, length, axis), strict=True):
        Base.copy_(part, read)
    return copy


def _some(tensor: torch.Tensor, exact: int) -> torch.Tensor:
    """All elements of a tensor, or a sample of them; in row-major order."""
    numel = Base.numel(tensor)
    if numel <= exact:
        return tensor
    if Base.is_contiguous(tensor):
        count, step = _blocks(numel)
        return Base.as_strided(tensor, (count, BLOCK), (step, 1), Base.storage_offset(tensor))
    device = Base.device.__get__(tensor)
    index = tuple(torch.from_numpy(axis).to(device) for axis in sampled_indices(tuple(Base.shape.__get__(tensor))))
    return Base.__getitem__(tensor, index)


def _blocks(numel: int) -> tuple[int, int]:
    """The number of blocks of a sample, and the distance between their starts, in elements.

    The distance shares no factor with any dimension, so that a sample of a matrix takes from every column.
    """
    step = numel * BLOCK // SAMPLE
    while math.gcd(step, numel) != 1:
        step += 1
    return (numel - BLOCK) // step + 1, step


def sampled_indices(shape: tuple[int, ...]) -> tuple[np.ndarray, ...]:
    """The indices of a sample along each dimension: int64 arrays of about SAMPLE numbers each."""
    count, step = _blocks(math.prod(shape))
    flat = (np.arange(count)[:, None] * step + np.arange(BLOCK)).reshape(-1)
    return np.unravel_index(flat, shape)


def sample(array: np.ndarray, exact: int = EXACT) -> np.ndarray:
    """A 1-D array of an array's elements in row-major order, of its dtype: a sample if there are more than `exact`.

    Raises UnreadableError where it reaches beyond its memory.
    """
    refuse_unreadable_array(array)
    if array.size <= exact:
        return array.reshape(-1)
    return array[sampled_indices(array.shape)]


def statistics(numbers: np.ndarray, bins: int = BINS) -> Statistics:
    """Describe a 1-D float64 array; `std` is the unbiased one, as that of `Tensor.std()`.

    Args:
        numbers: May be empty, and may have NaN and infinities, which are counted and left out of the rest.
        bins: The number of equal bins of the histogram.
    """
    with np.errstate(all="ignore"):
        return _statistics(numbers, bins)


def _statistics(numbers: np.ndarray, bins: int) -> Statistics:
    seen = count = numbers.size
    zeros = seen - int(np.count_nonzero(numbers))
    nan = inf = 0
    low, high = _ends(numbers)
    if not math.isfinite(high - low):  # NaN and Inf show in the ends, if there are any
        finite = np.isfinite(numbers)
        count = int(np.count_nonzero(finite))
        nan = int(np.count_nonzero(np.isnan(numbers)))
        inf = seen - count - nan
        numbers = numbers[finite]
        low, high = _ends(numbers)
    if not count:
        return Statistics(None, None, None, None, nan, inf, zeros, (), seen)
    if low == high:
        # The middle bin, where torch.histc puts equal elements too.
        middle = tuple(count if bin == bins // 2 else 0 for bin in range(bins))
        return Statistics(low, high, low, 0.0 if count > 1 else None, nan, inf, zeros, middle, seen)
    # Squares of such numbers leave what float64 holds, in either direction.
    largest = max(-low, high)
    scale = largest if largest > 1e150 or largest < 1e-150 else 1.0
    if scale != 1.0:
        numbers = numbers / scale
        low, high = low / scale, high / scale
    mean = min(max(float(np.add.reduce(numbers)) / count, low), high)
    squares = 0.0
    histogram = np.zeros(bins, np.intp)
    for start in range(0, count, CHUNK):
        chunk = numbers[start : start + CHUNK]
        work = chunk - mean
        squares += float(np.add.reduce(np.multiply(work, work, out=work)))
        np.divide(np.subtract(chunk, low, out=work), high - low, out=work)
        found = np.multiply(work, bins, out=work).astype(np.intp)
        histogram += np.bincount(np.minimum(found, bins - 1, out=found), minlength=bins)
    std = math.sqrt(squares / (count - 1))
    std = std * scale
    return Statistics(
        low * scale,
        high * scale,
        mean * scale,
        std if math.isfinite(std) else None,
        nan,
        inf,
        zeros,
        tuple(histogram.tolist()),
        seen,
    )


def statistics_of_rows(rows: np.ndarray, bins: int = BINS) -> list[Statistics]:
    """Describe each row of a 2-D float64 array as `statistics()` does, to the last digit, and many times as fast.

    Args:
        rows: Of shape (count, elements), C-contiguous. A row may be empty, and may have NaN and infinities.
        bins: The number of equal bins of each histogram.
    """
    count, seen = rows.shape
    if not seen or not count:
        return [statistics(row, bins) for row in rows]
    with np.errstate(all="ignore"):
        low, high = np.minimum.reduce(rows, axis=1), np.maximum.reduce(rows, axis=1)
        largest = np.maximum(-low, high)
        # The others are of one value, have elements left out, or need scaling.
        usual = (low < high) & np.isfinite(high - low) & (largest <= 1e150) & (largest >= 1e-150)
        found = dict(zip(np.flatnonzero(usual).tolist(), _usual_statistics(rows[usual], bins), strict=True))
        if seen == 1:
            return [_of_one(row, number, bins) for row, number in zip(rows, low.tolist(), strict=True)]
        return [found[at] if at in found else _statistics(row, bins) for at, row in enumerate(rows)]


def _of_one(row: np.ndarray, number: float, bins: int) -> Statistics:
    if not math.isfinite(number):
        return _statistics(row, bins)
    middle = tuple(1 if bin == bins // 2 else 0 for bin in range(bins))
    return Statistics(number, number, number, None, 0, 0, int(number == 0), middle, 1)


def _usual_statistics(rows: np.ndarray, bins: int) -> Iterator[Statistics]:
    """Describe rows of finite elements of which no two ends are equal; see `statistics_of_rows()`."""
    count, seen = rows.shape
    low, high = np.minimum.reduce(rows, axis=1), np.maximum.reduce(rows, axis=1)
    zeros = seen - np.count_nonzero(rows, axis=1)
    mean = np.minimum(np.maximum(np.add.reduce(rows, axis=1) / seen, low), high)
    squares, histogram = np.zeros(count), np.zeros((count, bins), np.intp)
    first_bins = np.arange(count)[:, None] * bins
    for start in range(0, seen, CHUNK):
        chunk = np.ascontiguousarray(rows[:, start : start + CHUNK])
        work = chunk - mean[:, None]
        squares += np.add.reduce(np.multiply(work, work, out=work), axis=1)
        np.divide(np.subtract(chunk, low[:, None], out=work), (high - low)[:, None], out=work)
        binned = np.minimum(np.multiply(work, bins, out=work).astype(np.intp), bins - 1)
        flat = (binned + first_bins).reshape(-1)
        histogram += np.bincount(flat, minlength=count * bins).reshape(count, bins)
    std = np.sqrt(squares / (seen - 1))
    columns = (low, high, mean, std, zeros, histogram)
    for least, most, middle, spread, none, bars in zip(*(column.tolist() for column in columns), strict=True):
        yield Statistics(least, most, middle, spread, 0, 0, none, tuple(bars), seen)


def _ends(numbers: np.ndarray) -> tuple[float, float]:
    if not numbers.size:
        return math.nan, math.nan
    return float(np.minimum.reduce(numbers)), float(np.maximum.reduce(numbers))


def values(tensor: torch.Tensor, numbers: np.ndarray | None = None) -> tuple[Element, ...]:
    """Every element of a small strided tensor in row-major order; `numbers` is what `read()` gave for it, if any."""
    dtype = Base.dtype.__get__(tensor)
    if dtype.is_floating_point or Base.is_quantized.__get__(tensor):
        return shortest(read(tensor) if numbers is None else numbers, dtype)
    flat = Base.reshape(Base.cpu(tensor), (-1,))
    if dtype.is_complex:
        wide = torch.complex128 if dtype is torch.complex128 else torch.complex64
        return tuple(str(number) for number in Base.numpy(Base.to(flat, wide, copy=True).resolve_conj()))
    return tuple(Base.tolist(flat))


def array_values(array: np.ndarray, text: Callable[[object], str]) -> tuple[Element, ...]:
    """Every element of a small array in row-major order; `text` writes those that are not numbers.

    Raises UnreadableError where it reaches beyond its memory.
    """
    refuse_unreadable_array(array)
    flat = array.reshape(-1)
    match array.dtype.kind:
        case "b" | "i" | "u":
            return tuple(flat.tolist())
        case "f":
            return tuple(_element(float(str(number))) for number in flat)
        case "O":
            return tuple(text(item) for item in flat.tolist())
        case "c" | "U" | "M" | "m":
            return tuple(str(item)[:SHOWN] for item in flat)
        case _:
            return tuple(text(item) for item in flat.tolist())


def shortest(numbers: np.ndarray, dtype: torch.dtype) -> tuple[Element, ...]:
    """Numbers with as few digits as tell them apart in a dtype: 0.1 of a float32, and not 0.10000000149.

    Args:
        numbers: 1-D float64, the elements of a tensor of that dtype.
        dtype: The dtype in which the result must equal `numbers`.
    """
    match dtype:
        case torch.float32 | torch.quint8 | torch.qint8 | torch.qint32:
            return tuple(_element(float(str(number))) for number in numbers.astype(np.float32))
        case torch.float16:
            return tuple(_element(float(str(number))) for number in numbers.astype(np.float16))
        case _ if dtype in _DIGITS:
            return tuple(map(_element, _fewest_digits(numbers, dtype)))
        case _:
            return tuple(map(_element, numbers.tolist()))


def _fewest_digits(numbers: np.ndarray, dtype: torch.dtype) -> list[float]:
    chosen: list[float] = numbers.tolist()
    todo = [i for i, number in enumerate(chosen) if math.isfinite(number)]
    for digits in range(1, _DIGITS[dtype] + 1):
        rounded = [float(f"{chosen[i]:.{digits}g}") for i in todo]
        seen = torch.tensor(rounded, dtype=torch.float64, device="cpu").to(dtype).to(torch.float64).tolist()
        fits = {i: short for i, short, back in zip(todo, rounded, seen, strict=True) if back == chosen[i]}
        for i, short in fits.items():
            chosen[i] = short
        todo = [i for i in todo if i not in fits]
    return chosen


def _element(number: float) -> Element:
    return number if math.isfinite(number) else str(number)
