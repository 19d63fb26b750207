"""Turns Jupyter messages into events. The last place where a message is a dict.

What the probe says comes by its comm. A learner's code can display anything under any MIME type, and that is display
data. What does not decode is logged, once for each type, and left out.
"""

from __future__ import annotations

import base64
import logging
import re
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator, Mapping
from contextlib import suppress
from typing import Any, TypeVar, cast

from tui_torch.protocol import wire
from tui_torch.protocol.code_help import Documentation
from tui_torch.protocol.events import (
    Asking,
    Cleared,
    Displayed,
    Event,
    Failed,
    Figure,
    InputRequested,
    Inspected,
    LateOutput,
    LocalsRead,
    Note,
    Noted,
    Output,
    PagesRead,
    Printed,
    ProgramExited,
    TrainingProgress,
    Watched,
)
from tui_torch.protocol.inspection_updates import InspectionReceiver, InspectionUpdate
from tui_torch.protocol.mime_types import mime_type_of
from tui_torch.protocol.plots.plotted import Plotted
from tui_torch.protocol.plots.sampled_texts import TextsSampled

Message = Mapping[str, Any]

T = TypeVar("T")

_IS_NAMELESS = re.compile(r"<[\w.]+ object(?: at 0x[0-9a-f]+)?>")
"""How IPython writes an object of which it knows no text: `<IPython.core.display.SVG object>`."""

_log = logging.getLogger(__name__)
_logged: set[str] = set()
"""MIME types of which something did not decode."""


def parent_of(message: Message) -> str | None:
    """The id of the request that a message answers."""
    return message["parent_header"].get("msg_id")


def is_idle(message: Message) -> bool:
    """Whether the kernel says that it is done with a request: the last message about it."""
    return message["msg_type"] == "status" and message["content"]["execution_state"] == "idle"


def late_text(message: Message) -> Message | None:
    """The message of an earlier run as one of this run, which says that it came late; None unless it is text."""
    if message["msg_type"] == "stream":
        text = message["content"]["text"]
    elif (printed := received(message, Printed)) is not None:
        text = "".join(piece.text for piece in printed.pieces)
    else:
        return None
    return {"msg_type": "late_text", "content": {"text": text}}


async def in_order(messages: AsyncIterator[Message]) -> AsyncGenerator[Message, None]:
    """The messages of a run in the order in which they count.

    An input request comes by a socket of its own, and may overtake what was sent before it; the probe says, among that,
    when it belongs there. `clear_output(wait=True)` waits for the next output.
    """
    request: Message | None = None
    clearing: Message | None = None
    is_asking = False
    async for message in messages:
        if message["msg_type"] == "input_request":
            request = message
        elif received(message, Asking) is not None:
            is_asking = True
        elif message["msg_type"] == "clear_output" and message["content"].get("wait"):
            clearing = message
        else:
            if clearing is not None and _is_output(message):
                yield clearing
                clearing = None
            yield message
        if is_asking and request is not None:
            yield request
            request, is_asking = None, False


def _is_output(message: Message) -> bool:
    return (
        message["msg_type"] in ("stream", "execute_result", "display_data", "update_display_data")
        or received(message, Printed) is not None
    )


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
            if content["text"]:  # a stream that is flushed with nothing in it may send that
                yield Output(content["text"], content["name"])
        case "late_text":
            text = content["text"]
            yield LateOutput(text, f"Printed by what an earlier run has left running: {text.rstrip()}")
        case "execute_result":
            yield Displayed(_what_there_is_of(content["data"], _text_in(content["data"])), is_result=True)
            if (image := _image_in(content["data"])) is not None:
                yield Figure(image, "")
        case "comm_msg":
            data: Mapping[str, Any] = content["data"]
            if (printed := _decoded(Printed, data)) is not None:
                yield from printed.pieces
            for cls, event_of in _EVENTS:
                if (value := _decoded(cls, data)) is not None:
                    yield event_of(value)
            update = _decoded(InspectionUpdate, data)
            if update is not None and (inspection := inspections.inspection(update)) is not None:
                yield Inspected(inspection)
        case "display_data" | "update_display_data" as kind:
            yield from _displayed(content, is_update=kind == "update_display_data")
        case "clear_output":
            yield Cleared()
        case "input_request":
            yield InputRequested(content["prompt"], content["password"])
        case _:
            pass


_EVENTS: tuple[tuple[type[Any], Callable[[Any], Event]], ...] = (
    (TrainingProgress, lambda progress: progress),
    (Watched, lambda watched: watched),
    (LocalsRead, lambda read: read),
    (PagesRead, lambda pages: pages),
    (Plotted, lambda plotted: plotted),
    (TextsSampled, lambda texts: texts),
    (Note, Noted),
    (Failed, lambda failed: failed),
    (Documentation, lambda documentation: documentation),
    (ProgramExited, lambda exited: exited),
)
"""The classes that make an event, and how. A message that holds several yields its events in this order, and an
inspection last."""


_PICTURES = ("image/png", "image/jpeg", "image/gif")
"""The types of pictures that are drawn; of several, the first is taken."""

_NOT_DRAWN = {
    "image/svg+xml": "An SVG drawing is not shown: a terminal draws PNG, JPEG and GIF.",
    "application/pdf": "A PDF is not shown: a terminal draws PNG, JPEG and GIF.",
    "text/html": "HTML is not shown: it is for a browser.",
}
"""What is said of what no terminal draws."""


def _displayed(content: Mapping[str, Any], *, is_update: bool) -> Iterator[Event]:
    data, text = content["data"], _text_in(content["data"])
    given: Any = content.get("transient")
    name = cast("dict[str, Any]", given).get("display_id") if isinstance(given, dict) else None
    display_id = name if isinstance(name, str) else None
    if (image := _image_in(data)) is not None:
        yield Figure(image, text, display_id, is_update)
    elif text := _what_there_is_of(data, text):
        yield Displayed(text, display_id=display_id, is_update=is_update)


def _image_in(data: Mapping[str, Any]) -> bytes | None:
    for kind in _PICTURES:
        encoded = data.get(kind)
        if isinstance(encoded, str):
            with suppress(ValueError):  # not base64
                return base64.b64decode(encoded)
    return None


def _what_there_is_of(data: Mapping[str, Any], text: str) -> str:
    """The text of what is no picture, and below it why there is no more to see.

    HTML comes beside a text that says the same, as that of a table, unless the text is the name of a class alone.
    """
    kind = next((kind for kind in _NOT_DRAWN if kind in data), None)
    if kind is None or (kind == "text/html" and text and not _IS_NAMELESS.fullmatch(text)):
        return text
    return f"{text}\n{_NOT_DRAWN[kind]}" if text else _NOT_DRAWN[kind]


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
