"""Keeps what ipykernel sends by itself within bounds: a line, a value or an error of 200 MB stays in the kernel."""

from __future__ import annotations

import sys
from functools import partial
from typing import Any

from tui_torch.probe.isolation.jupyter_internals import (
    leave_out_error_values,
    send_no_traceback,
    shorten_printed,
    shorten_values,
)

PRINTED_LIMIT = 8_000_000
"""Characters that are sent of what was printed at once, or between two messages: a million short lines."""

VALUE_LIMIT = 200_000
"""Characters that are sent of a value."""


def limit_output(shell: Any) -> None:
    """From here on, shorten printed text and values that are sent, and leave errors to the probe."""
    for stream in (sys.stdout, sys.stderr):
        shorten_printed(stream, partial(shortened, limit=PRINTED_LIMIT))
    shorten_values(shell, partial(shortened, limit=VALUE_LIMIT))
    send_no_traceback(shell)
    leave_out_error_values(shell)


def shortened(text: str, limit: int) -> str:
    """Text of about `limit` characters at most: where it is longer, its middle is replaced by how much is left out."""
    more = len(text) - limit
    if more <= 0:
        return text
    return f"{text[: limit // 2]}\n[{more:,} characters are left out here]\n{text[-(limit // 2) :]}"
