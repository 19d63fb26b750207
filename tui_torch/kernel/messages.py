"""Turns Jupyter messages into events. The last place where a message is a dict."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

from tui_torch.kernel import wire
from tui_torch.kernel.events import (
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


def event_of(message: Message) -> Event | None:
    """The event that a message of a run carries; None for messages that say nothing to a learner."""
    content = message["content"]
    match message["msg_type"]:
        case "stream":
            return Output(content["text"], content["name"])
        case "execute_result":
            return Displayed(content["data"].get("text/plain", ""))
        case "display_data" | "update_display_data":
            return _displayed(content["data"])
        case "input_request":
            return InputRequested(content["prompt"], content["password"])
        case _:
            return None


def _displayed(data: Mapping[str, Any]) -> Event | None:
    if (payload := data.get(wire.TRAINING)) is not None:
        return wire.decode(TrainingProgress, payload)
    if (payload := data.get(wire.WATCH)) is not None:
        return wire.decode(Watched, payload)
    if (payload := data.get(wire.PLOT)) is not None:
        return wire.decode(Fitted, payload)
    if (payload := data.get(wire.NOTE)) is not None:
        return Noted(wire.decode(Note, payload))
    if (payload := data.get(wire.INSPECTION)) is not None:
        return Inspected(wire.decode(Inspection, payload))
    if (payload := data.get(wire.FAILURE)) is not None:
        return wire.decode(Failed, payload)
    text = data.get("text/plain", "")
    if (png := data.get("image/png")) is not None:
        return Figure(base64.b64decode(png), text)
    return Displayed(text) if text else None
