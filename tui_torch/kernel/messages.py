"""Turns Jupyter messages into events. The last place where a message is a dict."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping
from typing import Any

from tui_torch.protocol import wire
from tui_torch.protocol.events import (
    Displayed,
    Event,
    Failed,
    Figure,
    Fitted,
    InputRequested,
    Inspected,
    Inspection,
    Note,
    Noted,
    Output,
    TrainingProgress,
    Watched,
)

Message = Mapping[str, Any]


def parent_of(message: Message) -> str | None:
    """The id of the request that a message answers."""
    return message["parent_header"].get("msg_id")


def is_idle(message: Message) -> bool:
    """Whether the kernel says that it is done with a request: the last message about it."""
    return message["msg_type"] == "status" and message["content"]["execution_state"] == "idle"


def payload_of(message: Message, mime: str) -> Any:
    """What the probe sent under one of `kernel.wire`'s types; None when the message is something else."""
    if message["msg_type"] != "display_data":
        return None
    return message["content"]["data"].get(mime)


_SEEN_IN_A_LOOP: dict[str, type[Event]] = {
    wire.TRAINING: TrainingProgress,
    wire.WATCH: Watched,
    wire.PLOT: Fitted,
}


def events_of(message: Message) -> Iterator[Event]:
    """The events that a message of a run carries; none, when it says nothing to a learner."""
    content = message["content"]
    match message["msg_type"]:
        case "stream":
            yield Output(content["text"], content["name"])
        case "execute_result":
            yield Displayed(content["data"].get("text/plain", ""))
        case "display_data" | "update_display_data":
            yield from _displayed(content["data"])
        case "input_request":
            yield InputRequested(content["prompt"], content["password"])
        case _:
            pass


def _displayed(data: Mapping[str, Any]) -> Iterator[Event]:
    # What is seen in a loop comes together.
    for mime, kind in _SEEN_IN_A_LOOP.items():
        if (payload := data.get(mime)) is not None:
            yield wire.decode(kind, payload)
    if (payload := data.get(wire.NOTE)) is not None:
        yield Noted(wire.decode(Note, payload))
    if (payload := data.get(wire.INSPECTION)) is not None:
        yield Inspected(wire.decode(Inspection, payload))
    if (payload := data.get(wire.FAILURE)) is not None:
        yield wire.decode(Failed, payload)
    text = data.get("text/plain", "")
    if (png := data.get("image/png")) is not None:
        yield Figure(base64.b64decode(png), text)
    elif text:
        yield Displayed(text)
