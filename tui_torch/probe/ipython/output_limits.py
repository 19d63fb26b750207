"""Keeps what ipykernel sends by itself within bounds: a line, a value or an error of 200 MB stays in the kernel."""

from __future__ import annotations

from typing import Any

from tui_torch.probe.isolation.jupyter_internals import (
    Piece,
    leave_out_error_values,
    send_no_traceback,
    shorten_values,
)

PRINTED_LIMIT = 8_000_000
"""Characters that are sent of what was printed at once, or between two messages: a million short lines."""

PIECE_SIZE = 40
"""Characters that it takes to say to which stream a text was written."""

VALUE_LIMIT = 200_000
"""Characters that are sent of a value."""

DATA_LIMIT = 50_000_000
"""Bytes of the largest picture, or other data that is no text, which is sent of a value."""


def limit_output(shell: Any) -> None:
    """From here on, shorten values that are sent, and leave errors to the probe."""
    shorten_values(shell, shortened_value)
    send_no_traceback(shell)
    leave_out_error_values(shell)


def shortened_value(data: dict[str, Any]) -> dict[str, Any]:
    """What is displayed of a value, with its texts shortened, and without data that is too large, which is said."""
    kept: dict[str, Any] = {}
    for kind, shown in data.items():
        if kind.startswith("text/"):
            kept[kind] = shortened(shown, VALUE_LIMIT) if isinstance(shown, str) else shown
        elif not isinstance(shown, str | bytes) or len(shown) <= DATA_LIMIT:
            kept[kind] = shown
    for kind in sorted(data.keys() - kept.keys()):
        size = len(data[kind]) // 1_000_000
        left_out = f"[{kind} of {size} MB is left out: up to {DATA_LIMIT // 1_000_000} MB are shown]"
        kept["text/plain"] = f"{kept.get('text/plain', '')}\n{left_out}".lstrip()
    return kept


def shortened(text: str, limit: int) -> str:
    """Text of about `limit` characters at most: where it is longer, its middle is replaced by how much is left out."""
    more = len(text) - limit
    if more <= 0:
        return text
    return f"{text[: limit // 2]}{_left_out(more)}{text[-(limit // 2) :]}"


def shortened_pieces(pieces: list[Piece], limit: int = PRINTED_LIMIT) -> list[Piece]:
    """Texts of about `limit` characters at most in all: where there are more, those in the middle are left out."""
    if len(pieces) == 1:
        return [(name, shortened(text, limit)) for name, text in pieces]
    if sum(len(text) + PIECE_SIZE for _, text in pieces) <= limit:
        return pieces
    pieces = [(name, shortened(text, limit // 4)) for name, text in pieces]
    first = _number_that_fits(pieces, limit // 2)
    last = len(pieces) - _number_that_fits(pieces[::-1], limit // 2)
    if first >= last:
        return pieces
    more = sum(len(text) for _, text in pieces[first:last])
    return [*pieces[:first], (pieces[first][0], _left_out(more)), *pieces[last:]]


def _number_that_fits(pieces: list[Piece], limit: int) -> int:
    size = 0
    for number, (_, text) in enumerate(pieces):
        size += len(text) + PIECE_SIZE
        if size > limit:
            return number
    return len(pieces)


def _left_out(count: int) -> str:
    return f"\n[{count:,} characters are left out here]\n"
