"""Keeps what ipykernel itself sends within bounds: a line, a value or an error of 200 MB stays in the kernel."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from functools import partial, wraps
from typing import Any

MOST_PRINTED = 8_000_000
"""Characters that are sent of what was printed at once, or between two messages: a million short lines."""

MOST_SHOWN = 200_000
"""Characters that are sent of a value."""


def keep_in_bounds(shell: Any) -> None:
    """From here on, send so much of what is printed and of a value, and nothing of an error, which the probe tells."""
    for stream in (sys.stdout, sys.stderr):
        stream._flush_buffers = partial(_portions, stream._flush_buffers)  # type: ignore[attr-defined]
    formatter = shell.display_formatter
    formatter.format = partial(_format, formatter.format)
    shell._showtraceback = partial(_no_traceback, shell)
    shell.kernel.do_execute = _brief(shell.kernel.do_execute)


def shortened(text: str, most: int) -> str:
    """Text with at most about `most` characters, its middle left out where it is longer, and that said."""
    more = len(text) - most
    if more <= 0:
        return text
    return f"{text[: most // 2]}\n[{more:,} characters are left out here]\n{text[-(most // 2) :]}"


def _portions(flush: Callable[[], Iterable[tuple[Any, str]]]) -> Iterator[tuple[Any, str]]:
    for parent, text in flush():
        yield parent, shortened(text, MOST_PRINTED)


def _format(format_: Callable[..., tuple[dict[str, Any], Any]], *arguments: Any, **options: Any) -> Any:
    data, metadata = format_(*arguments, **options)
    return {
        kind: shortened(shown, MOST_SHOWN) if isinstance(shown, str) and kind.startswith("text/") else shown
        for kind, shown in data.items()
    }, metadata


def _no_traceback(shell: Any, *_: object) -> None:
    # What was printed before it comes before it.
    sys.stdout.flush()
    sys.stderr.flush()
    shell._last_traceback = []


def _brief(execute: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(execute)
    async def do_execute(*arguments: Any, **options: Any) -> Any:
        reply = await execute(*arguments, **options)
        return {**reply, "evalue": ""} if "evalue" in reply else reply

    return do_execute
