"""Whether a loss grows by orders of magnitude."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from tui_torch.protocol.records.bounded_series import StepNumber

GROWN = 100
"""How many times larger than at its lowest a loss must be to be called exploding."""


def rising(points: Sequence[StepNumber]) -> StepNumber | None:
    """Return the lowest point, if the loss has grown since then and is GROWN times as large; or else None.

    It has to be larger than ever before, too: from one batch to the next, it may differ as much in each epoch.
    """
    if len(points) < 5 or points[-1][1] <= 0:
        return None
    lowest = min(range(len(points)), key=lambda at: points[at][1])
    since = [loss for _, loss in points[lowest:]]
    if len(since) < 5 or since[-1] < 0.5 * max(since) or since[0] < 1e-6:
        return None
    if since[-1] <= max((loss for _, loss in points[:lowest]), default=0.0):
        return None
    grows = sum(after > before for before, after in pairwise(since))
    return points[lowest] if since[-1] >= GROWN * since[0] and grows >= 0.75 * (len(since) - 1) else None
