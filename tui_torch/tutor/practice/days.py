"""Days by the clock on the wall, and how many in a row something was solved or practised on."""

from __future__ import annotations

import time
from collections.abc import Iterable

DAY = 86_400
"""Seconds."""

_LATEST = 4_102_444_800
"""Unix seconds after which a time is a damaged file's: the clock of no machine can tell its day."""


def local_day(at: int) -> int:
    """The number of the day, by the clock on the wall, that a time in unix seconds is on."""
    local = time.localtime(at)
    return (at + local.tm_gmtoff) // DAY


def streak(times: Iterable[int], now: int) -> int:
    """How many days in a row, up to today or yesterday, have at least one of the times.

    A day that is not over yet ends none.

    Args:
        times: When something was solved or practised, in unix seconds.
        now: In unix seconds.
    """
    days = {local_day(at) for at in times if 0 <= at <= _LATEST}
    today = local_day(now)
    last = today if today in days else today - 1
    first = last
    while first in days:
        first -= 1
    return last - first
