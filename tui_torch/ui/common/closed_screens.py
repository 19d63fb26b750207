"""Frees the memory of screens that were closed."""

from __future__ import annotations

import gc

TIDY_AFTER = 0.3
"""Seconds from the end of another screen until its memory is freed."""


def free_closed_screens() -> None:
    """Collect garbage, where that takes little."""
    # A screen's widgets refer to each other, and Python would free them after more such screens were opened. To look
    # for them takes long unless what the app began with is exempt.
    if gc.get_freeze_count():
        gc.collect()
