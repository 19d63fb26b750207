"""Runs in a real kernel, and what came of them."""

from __future__ import annotations

from typing import Any, TypeVar

from tui_torch.kernel.session import KernelSession
from tui_torch.protocol.events import Event, Output
from tui_torch.protocol.orders import Run

EventKind = TypeVar("EventKind", bound=Event)


async def run(kernel: KernelSession, code: str, **order: Any) -> list[Event]:
    return [event async for event in kernel.run(Run(code, **order))]


def printed(events: list[Event]) -> str:
    return "".join(event.text for event in events if isinstance(event, Output))


def only(events: list[Event], kind: type[EventKind]) -> EventKind:
    found = [event for event in events if isinstance(event, kind)]
    assert len(found) == 1, events
    return found[0]
