"""The items of a list, a tuple, a dict or a dataclass, a screenful at a time."""

from __future__ import annotations

import time

from tui_torch.probe.articles import an
from tui_torch.probe.values.elements import UnreadableError
from tui_torch.probe.values.paths import is_container, items, size
from tui_torch.probe.values.short_repr import LIMIT, class_name, plain
from tui_torch.probe.values.summary import summarize
from tui_torch.protocol.events import Summary
from tui_torch.protocol.orders import Request
from tui_torch.protocol.views import ITEMS, ItemsView

SECONDS = 0.1
"""Seconds of work after which the remaining items are described without reading their elements."""


def contents(request: Request, value: object) -> ItemsView:
    """Summaries of at most ITEMS items, from number `request.row` on.

    Raises:
        UnreadableError: The value is not a container.
    """
    if not is_container(value):
        raise UnreadableError(f"{an(class_name(value))} holds no items")
    total = size(value)
    start = min(max(request.row, 0), max(total - ITEMS, 0))
    deadline = time.perf_counter() + SECONDS
    found: list[Summary] = []
    for path, item in items(request.expression, value, start, start + ITEMS):
        summary = summarize(path, item, statistics=time.perf_counter() < deadline)
        if summary is None:
            name = class_name(item)
            summary = Summary(path, "value", name, text=plain(f"<{name}>", LIMIT))
        found.append(summary)
    return ItemsView(request, tuple(found), start, total)
