"""Runs in a real kernel, and what came of them."""

from __future__ import annotations

import textwrap
from pathlib import Path
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


def lesson_of(path: Path, code: str) -> Path:
    """A lesson of one step, `one`, that runs this code."""
    path.write_text(
        f"schema: 1\nid: {path.stem}\ntitle: One\nsummary: One.\nminutes: 1\nsetup: import torch\nsteps:\n"
        "  - id: one\n    kind: example\n    title: One\n    text: One.\n    code: |\n"
        f"{textwrap.indent(code, '      ')}\n",
        "utf-8",
    )
    return path
