"""The pages of the inspector that are in sight, read in the middle of a run."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from tui_torch.probe.inspector.answer import look
from tui_torch.probe.inspector.output_shapes import OutputOf
from tui_torch.probe.values.evaluate import quiet
from tui_torch.probe.values.paths import UnreachableError, reach
from tui_torch.protocol import wire
from tui_torch.protocol.events import PagesRead
from tui_torch.protocol.orders import LIVE_SIDES, Request


def read_pages(requests: Iterable[Request], namespace: Mapping[str, object], output_of: OutputOf) -> PagesRead | None:
    """The views of the values that are there; None if there are none.

    Args:
        requests: The pages. Those of a function's locals are read of the function that trains, the first of all.
        namespace: The names in scope.
        output_of: Returns what is known of a module's last result.
    """
    with quiet():
        views = tuple(
            wire.encode_tagged(look(request, namespace, output_of)) for request in _readable(requests, namespace)
        )
    return PagesRead(views) if views else None


def _readable(requests: Iterable[Request], namespace: Mapping[str, object]) -> Iterator[Request]:
    for request in requests:
        if request.side not in LIVE_SIDES or request.frame not in (None, 0):
            continue
        try:
            reach(request.expression, namespace)
        except UnreachableError:  # not there yet, or not in this function
            continue
        yield request
