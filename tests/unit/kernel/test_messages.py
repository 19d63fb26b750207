"""Jupyter messages as events: those of the probe, and whatever a learner's code displays."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

from tui_torch.kernel import messages
from tui_torch.kernel.messages import events_of, in_order, is_of_another_comm, received
from tui_torch.protocol import wire
from tui_torch.protocol.code_help import Completions, Documentation, Signatures
from tui_torch.protocol.events import (
    Asking,
    CheckResult,
    Cleared,
    Displayed,
    Event,
    Figure,
    Graded,
    Inspected,
    Inspection,
    Note,
    Noted,
    Output,
    Printed,
)
from tui_torch.protocol.inspection_updates import InspectionReceiver, InspectionSender
from tui_torch.protocol.mime_types import CODE_HELP, MIME_TYPES, VIEW, mime_type_of
from tui_torch.protocol.plots.plotted import Fitted, Plotted
from tui_torch.protocol.views import ANSWERS


@pytest.fixture(autouse=True)
def nothing_logged_yet() -> Iterator[None]:
    messages._logged.clear()
    yield
    messages._logged.clear()


def display(**data: Any) -> dict[str, Any]:
    """What a learner's code displays."""
    return {"msg_type": "display_data", "content": {"data": data}}


def said(**data: Any) -> dict[str, Any]:
    """What the probe says by its comm."""
    return {"msg_type": "comm_msg", "content": {"comm_id": "the probe's", "data": data}}


def events(message: dict[str, Any]) -> list[Event]:
    return list(events_of(message, InspectionReceiver()))


def test_what_the_probe_sends_in_one_message_is_told_in_the_order_of_a_run() -> None:
    inspection, note, fitted = Inspection((), ()), Note("a-rule", "It says."), Plotted((Fitted(((1.0, 2.0),)),))
    update = InspectionSender().update(inspection, 0)
    data = {MIME_TYPES[type(value)]: wire.encode(value) for value in (update, note, fitted)}
    assert events(said(**data)) == [fitted, Noted(note), Inspected(inspection)]


OF_CODE_HELP = (Completions, Signatures, Documentation)


def test_each_class_has_a_type_of_its_own_but_for_the_views_and_help() -> None:
    own = [mime_type for mime_type in MIME_TYPES.values() if mime_type != CODE_HELP]
    assert len(set(own)) == len(own)
    assert [cls for cls, mime_type in MIME_TYPES.items() if mime_type == CODE_HELP] == list(OF_CODE_HELP)
    assert {mime_type_of(cls) for cls in ANSWERS.values()} == {VIEW}
    assert VIEW not in MIME_TYPES.values()


def test_a_class_that_the_probe_does_not_send_has_no_type() -> None:
    with pytest.raises(KeyError):
        mime_type_of(Output)


@pytest.mark.parametrize("mime_type", [*dict.fromkeys(MIME_TYPES.values()), VIEW])
@pytest.mark.parametrize("rubbish", [0, "text", [], {}, {"positions": None}, True])
def test_rubbish_under_one_of_our_types_is_left_out(mime_type: str, rubbish: object) -> None:
    message = said(**{mime_type: rubbish})
    assert events(message) == []
    assert [received(message, cls) for cls in (*MIME_TYPES, *ANSWERS.values())] == [None] * (
        len(MIME_TYPES) + len(ANSWERS)
    )


def test_rubbish_is_logged_once_for_each_type(caplog: pytest.LogCaptureFixture) -> None:
    for _ in range(3):
        events(said(**{MIME_TYPES[Note]: {"rule": 1, "says": ""}, MIME_TYPES[Plotted]: []}))
    assert [record.getMessage() for record in caplog.records] == [
        f"left out what the kernel sent as {MIME_TYPES[Plotted]}: Plotted: expected an object, not a list",
        f"left out what the kernel sent as {MIME_TYPES[Note]}: Note.rule: expected str, not int",
    ]


def test_what_code_displays_under_one_of_our_types_is_display_data_and_nothing_else() -> None:
    grade = wire.encode(Graded((CheckResult("its own", passed=True),)))
    message = display(**{MIME_TYPES[Graded]: grade, MIME_TYPES[Note]: wire.encode(Note("a", "b")), "text/plain": "x"})
    assert received(message, Graded) is None
    assert events(message) == [Displayed("x")]


def test_only_the_comm_of_the_probe_is_heard() -> None:
    assert not is_of_another_comm(said(), "the probe's")
    assert is_of_another_comm(said(), "a widget's")
    assert is_of_another_comm({"msg_type": "comm_open", "content": {}}, "the probe's")
    assert not is_of_another_comm(display(), "the probe's")


@pytest.mark.parametrize("png", [5, None, [], "é", "a"])
def test_a_picture_that_is_none_is_shown_as_its_text(png: object) -> None:
    assert events(display(**{"image/png": png, "text/plain": "<Figure>"})) == [Displayed("<Figure>")]


def test_a_picture_is_told_with_its_text() -> None:
    png = base64.b64encode(b"\x89PNG").decode("ascii")
    assert events(display(**{"image/png": png, "text/plain": "<Figure>"})) == [Figure(b"\x89PNG", "<Figure>")]


def encoded(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


def test_of_several_kinds_of_a_picture_the_first_that_can_be_read_is_told() -> None:
    jpeg, gif = encoded(b"\xff\xd8"), encoded(b"GIF89a")
    assert events(display(**{"image/jpeg": jpeg, "image/gif": gif})) == [Figure(b"\xff\xd8", "")]
    assert events(display(**{"image/png": "é", "image/gif": gif})) == [Figure(b"GIF89a", "")]


def test_a_picture_that_is_the_value_of_the_last_line_is_told_after_its_text() -> None:
    data = {"image/png": encoded(b"\x89PNG"), "text/plain": "<PIL.Image.Image>"}
    message = {"msg_type": "execute_result", "content": {"data": data}}
    assert events(message) == [Displayed("<PIL.Image.Image>", is_result=True), Figure(b"\x89PNG", "")]


SVG, HTML = (
    "An SVG drawing is not shown: a terminal draws PNG, JPEG and GIF.",
    "HTML is not shown: it is for a browser.",
)


@pytest.mark.parametrize(
    ("data", "told"),
    [
        ({"image/svg+xml": "<svg/>"}, SVG),
        ({"image/svg+xml": "<svg/>", "text/plain": "<Figure size 640x480>"}, f"<Figure size 640x480>\n{SVG}"),
        ({"text/html": "<b>b</b>"}, HTML),
        ({"text/html": "<b>", "text/plain": "<a.HTML object>"}, f"<a.HTML object>\n{HTML}"),
        ({"text/html": "<table>", "text/plain": "   a  b\n0  1  2"}, "   a  b\n0  1  2"),
    ],
)
def test_what_no_terminal_draws_is_told_in_a_sentence_unless_its_text_says_the_same(
    data: dict[str, str], told: str
) -> None:
    assert events(display(**data)) == [Displayed(told)]


def test_a_text_that_is_none_is_left_out() -> None:
    assert events(display(**{"text/plain": 5})) == []


def test_what_is_printed_is_told_with_its_stream() -> None:
    message = {"msg_type": "stream", "content": {"text": "hi\n", "name": "stderr"}}
    assert events(message) == [Output("hi\n", "stderr")]


def test_texts_that_two_streams_had_in_turn_are_told_one_by_one() -> None:
    pieces = (Output("a\n"), Output("b\n", "stderr"), Output("c\n"))
    assert events(said(**{MIME_TYPES[Printed]: wire.encode(Printed(pieces))})) == list(pieces)


def shown(kind: str, display_id: object, **data: Any) -> dict[str, Any]:
    return {"msg_type": kind, "content": {"data": data, "transient": {"display_id": display_id}}}


def test_what_is_displayed_again_is_told_with_its_id() -> None:
    text, png = {"text/plain": "x"}, {"image/png": base64.b64encode(b"png").decode("ascii"), "text/plain": "x"}
    assert events(shown("display_data", "a", **text)) == [Displayed("x", display_id="a")]
    assert events(shown("update_display_data", "a", **text)) == [Displayed("x", display_id="a", is_update=True)]
    assert events(shown("update_display_data", "a", **png)) == [Figure(b"png", "x", "a", is_update=True)]


@pytest.mark.parametrize("transient", [None, [], "id", {"display_id": 5}, {"display_id": ["a"]}])
def test_an_id_that_is_none_is_left_out(transient: object) -> None:
    message = {"msg_type": "display_data", "content": {"data": {"text/plain": "x"}, "transient": transient}}
    assert events(message) == [Displayed("x")]


def test_a_result_is_told_apart_from_what_is_displayed() -> None:
    message = {"msg_type": "execute_result", "content": {"data": {"text/plain": "x"}}}
    assert events(message) == [Displayed("x", is_result=True)]


def test_clearing_is_told() -> None:
    assert events(CLEARING) == [Cleared()]


CLEARING = {"msg_type": "clear_output", "content": {"wait": True}}


async def arrived(*messages: dict[str, Any]) -> list[dict[str, Any]]:
    """The messages, in the order in which they count."""

    async def coming() -> AsyncIterator[dict[str, Any]]:
        for message in messages:
            yield message

    return [dict(message) async for message in in_order(coming())]


async def test_clearing_that_waits_comes_right_before_the_next_output() -> None:
    note = said(**{MIME_TYPES[Note]: wire.encode(Note("a", "b"))})
    printed = said(**{MIME_TYPES[Printed]: wire.encode(Printed((Output("a"), Output("b", "stderr"))))})
    assert await arrived(CLEARING, note) == [note]
    for output in (printed, display(**{"text/plain": "x"}), {"msg_type": "stream", "content": {}}):
        assert await arrived(CLEARING, note, output, output) == [note, CLEARING, output, output]
    at_once = {"msg_type": "clear_output", "content": {"wait": False}}
    assert await arrived(at_once, note) == [at_once, note]


async def test_a_request_for_input_waits_for_what_was_sent_before_it() -> None:
    asked = {"msg_type": "input_request", "content": {"prompt": "? ", "password": False}}
    printed = {"msg_type": "stream", "content": {"text": "a", "name": "stdout"}}
    asking = said(**{MIME_TYPES[Asking]: wire.encode(Asking(1))})

    for order in ([asked, printed, asking], [printed, asked, asking], [printed, asking, asked]):
        assert await arrived(*order, printed) == [printed, asked, printed]
