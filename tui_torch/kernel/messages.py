"""Turns Jupyter messages into events. The last place where a message is a dict.

What the probe says comes by its comm. A learner's code can display anything under any MIME type, and that is display
data. What does not decode is logged, once for each type, and left out.
"""

from __future__ import annotations

import base64
import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from typing import Any, TypeVar

from tui_torch.protocol import wire
from tui_torch.protocol.events import (
    Displayed,
    Event,
    Failed,
    Figure,
    Fitted,
    InputRequested,
    Inspected,
    Note,
    Noted,
    Output,
    TrainingProgress,
    Watched,
)
from tui_torch.protocol.inspection_updates import InspectionReceiver, InspectionUpdate
from tui_torch.protocol.mime_types import mime_type_of

Message = Mapping[str, Any]

T = TypeVar("T")

_log = logging.getLogger(__name__)
_logged: set[str] = set()
"""MIME types of which something did not decode."""


def parent_of(message: Message) -> str | None:
    """The id of the request that a message answers."""
    return message["parent_header"].get("msg_id")


def is_idle(message: Message) -> bool:
    """Whether the kernel says that it is done with a request: the last message about it."""
    return message["msg_type"] == "status" and message["content"]["execution_state"] == "idle"


def asks_for_input(message: Message) -> bool:
    """Whether the code waits for a line."""
    return message["msg_type"] == "input_request"


def received(message: Message, cls: type[T]) -> T | None:
    """The probe's `cls` in a message; None when it holds none, or one that does not decode."""
    return _decoded(cls, message["content"]["data"]) if message["msg_type"] == "comm_msg" else None


def is_of_another_comm(message: Message, comm: str) -> bool:
    """Whether a message belongs to a comm that the learner's code has opened, and not to that of the probe."""
    return message["msg_type"].startswith("comm_") and message["content"].get("comm_id") != comm


def events_of(message: Message, inspections: InspectionReceiver) -> Iterator[Event]:
    """The events that a message of a run carries; none, when it says nothing to a learner.

    Args:
        inspections: Has the inspection before, of the same process.
    """
    content = message["content"]
    match message["msg_type"]:
        case "stream":
            yield Output(content["text"], content["name"])
        case "execute_result":
            yield Displayed(_text_in(content["data"]))
        case "comm_msg":
            data: Mapping[str, Any] = content["data"]
            for cls, event_of in _EVENTS:
                if (value := _decoded(cls, data)) is not None:
                    yield event_of(value)
            update = _decoded(InspectionUpdate, data)
            if update is not None and (inspection := inspections.inspection(update)) is not None:
                yield Inspected(inspection)
        case "display_data" | "update_display_data":
            text = _text_in(content["data"])
            if (figure := _figure_in(content["data"], text)) is not None:
                yield figure
            elif text:
                yield Displayed(text)
        case "input_request":
            yield InputRequested(content["prompt"], content["password"])
        case _:
            pass


_EVENTS: tuple[tuple[type[Any], Callable[[Any], Event]], ...] = (
    (TrainingProgress, lambda progress: progress),
    (Watched, lambda watched: watched),
    (Fitted, lambda fitted: fitted),
    (Note, Noted),
    (Failed, lambda failed: failed),
)
"""The classes that make an event, and how. A message that holds several yields its events in this order, and an
inspection last."""


def _figure_in(data: Mapping[str, Any], text: str) -> Figure | None:
    png = data.get("image/png")
    if isinstance(png, str):
        with suppress(ValueError):  # not base64
            return Figure(base64.b64decode(png), text)
    return None


def _decoded(cls: type[T], data: Mapping[str, Any]) -> T | None:
    mime_type = mime_type_of(cls)
    if (payload := data.get(mime_type)) is None:
        return None
    try:
        return wire.decode(cls, payload)
    except wire.WireError as error:
        if mime_type not in _logged:
            _logged.add(mime_type)
            _log.warning("left out what the kernel sent as %s: %s", mime_type, error)
        return None


def _text_in(data: Mapping[str, Any]) -> str:
    text = data.get("text/plain", "")
    return text if isinstance(text, str) else ""
