"""Bars of numbers beside each other, a line each."""

from __future__ import annotations

import math
from collections.abc import Sequence

DECADES = 4
"""Powers of ten from an empty bar to a full one on a logarithmic scale."""


def log_bars(norms: Sequence[float], width: int, *, ascii_only: bool = False) -> list[str]:
    """A bar for each number on a logarithmic scale: the largest has all the width, a tenth of it a quarter less."""
    largest = max((norm for norm in norms if math.isfinite(norm)), default=0.0)

    def share(norm: float) -> float:
        if not norm > 0:  # NaN, too
            return 0.0
        return 1.0 if norm >= largest else max(1 + (math.log10(norm) - math.log10(largest)) / DECADES, 0.0)

    return [share_bar(share(norm), width, ascii_only=ascii_only) for norm in norms]


def share_bar(share: float, width: int, *, ascii_only: bool = False) -> str:
    """A bar for a share from 0 to 1 of a width, in halves of a cell."""
    full, half = ("=", "-") if ascii_only else ("━", "╸")
    halves = round(share * 2 * width)
    return full * (halves // 2) + half * (halves % 2)
