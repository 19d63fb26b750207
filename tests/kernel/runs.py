"""Runs in a real kernel, and what came of them."""

from __future__ import annotations

from tui_torch.kernel.session import KernelSession
from tui_torch.protocol.events import Event, Output
from tui_torch.protocol.orders import Run


async def run(kernel: KernelSession, code: str, **order: object) -> list[Event]:
    return [event async for event in kernel.run(Run(code, **order))]


def printed(events: list[Event]) -> str:
    return "".join(event.text for event in events if isinstance(event, Output))


def only(events: list[Event], kind: type[Event]) -> Event:
    found = [event for event in events if isinstance(event, kind)]
    assert len(found) == 1, events
    return found[0]
