"""How the elements of a tensor or an array are spread: exact up to four million of them, from an even sample beyond."""

from __future__ import annotations

from typing import Any

import numpy as np

from tui_torch.probe.inspector.matrix import numbers
from tui_torch.probe.values import elements
from tui_torch.probe.values.elements import Base
from tui_torch.protocol.orders import Request
from tui_torch.protocol.views import BINS, DistributionView

EXACT = 4_000_000
"""Maximum number of elements that are all read."""
PERCENTS = (1, 25, 50, 75, 99)
"""The quantiles, in percent."""


def distribution(request: Request, value: Any) -> DistributionView:
    """Read the elements and describe them. Call it inside `unobserved()`.

    Raises:
        UnreadableError: There are no elements, or they cannot be read.
    """
    note: str | None = None
    if issubclass(type(value), np.ndarray):
        array = np.ndarray.view(value, np.ndarray)
        numel = array.size
        some = numbers(elements.sample(array, EXACT))
        integers = array.dtype.kind in "biu"
        is_complex = array.dtype.kind == "c"
    else:
        held, note = elements.stored(value)
        numel = Base.numel(held)
        some = elements.read(held, EXACT)
        dtype = Base.dtype.__get__(held)
        is_complex = dtype.is_complex
        integers = not (dtype.is_floating_point or is_complex or Base.is_quantized.__get__(held))
    if is_complex:
        note = f"{note}; of the magnitudes" if note else "complex: of the magnitudes"
    described = elements.statistics(some, 1 if not some.size else _bins(some, integers))
    low, high = described.minimum, described.maximum
    quantiles: tuple[tuple[int, float], ...] = ()
    if low is not None and high is not None:
        if described.nan or described.inf:
            some = some[np.isfinite(some)]
        found = _quantiles(some)
        quantiles = tuple(zip(PERCENTS, found, strict=True))
    return DistributionView(
        request,
        described.histogram,
        integers and low is not None and high is not None and len(described.histogram) == high - low + 1,
        low,
        high,
        described.mean,
        described.std,
        quantiles,
        described.zeros,
        described.nan,
        described.inf,
        described.seen,
        numel,
        note,
    )


def _bins(some: np.ndarray, integers: bool) -> int:
    if integers and (span := float(np.ptp(some))) < BINS:
        return int(span) + 1
    return BINS


def _quantiles(some: np.ndarray) -> list[float]:
    """The quantiles of an array, which may be reordered."""
    # The difference of two numbers near float64's largest overflows; that of their halves does not.
    scale = 0.5 if max(-float(some.min()), float(some.max())) > 1e150 else 1.0
    if scale != 1.0:
        some *= scale
    found = np.quantile(some, [percent / 100 for percent in PERCENTS], overwrite_input=True)
    return [float(number) / scale for number in found]
