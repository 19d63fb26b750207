"""What the tests' apps do in less comes to what Textual does."""

from __future__ import annotations

from functools import partial, wraps

from rich.segment import Segment
from textual import events
from textual.reactive import Reactive
from textual.strip import Strip
from textual.widgets import Button, Markdown, OptionList, TextArea

from tests.ui.conftest import Build, started
from tests.ui.sooner_done import count, count_parameters, find_handlers, handlers, reactive, read

MESSAGES = (
    events.Mount(),
    events.Idle(),
    events.Key("down", None),
    events.Focus(),
    Button.Pressed(Button()),
    TextArea.Changed(TextArea()),
    OptionList.OptionHighlighted(OptionList("one"), OptionList("one").get_option_at_index(0), 0),
    Markdown.LinkClicked(Markdown(), ""),
)


async def test_each_message_has_the_handlers_and_each_attribute_the_value_that_textual_finds(build: Build) -> None:
    async with started(build(), (80, 24)) as pilot:
        widgets = [pilot.app, *pilot.app.screen.walk_children(with_self=True)]
        counts = {True: 0, False: 0}
        for widget in widgets:
            for message in MESSAGES:
                named = type(message).handler_name
                found = [*handlers(widget, named, message)]
                assert found == [*find_handlers(widget, named, message)]
                counts[bool(found)] += 1
            for name in {name for cls in type(widget).__mro__ for name in vars(cls)}:
                if isinstance(one := getattr(type(widget), name, None), Reactive):
                    assert reactive(one, widget, type(widget)) == read(one, widget, type(widget)), (widget, name)
        assert all(counts.values()), counts


def test_a_line_that_keeps_nothing_is_cut_alike_each_time() -> None:
    line = Strip([Segment("one "), Segment("two")])
    for _ in range(2):
        assert (line.crop(2, 5).text, line.adjust_cell_length(9).text) == ("e t", "one two  ")
        assert [part.text for part in line.divide([3, 7])] == ["one", " two"]


def test_a_callback_has_as_many_parameters_as_textual_counts() -> None:
    def other(one: int, /, two: int = 0, *rest: int, three: int, **named: int) -> None: ...

    @wraps(other)
    def wrapping(one: int) -> None: ...

    callbacks = (lambda: None, lambda one: None, other, wrapping, partial(other, 1), Strip.crop, Strip, len)
    for _ in range(2):
        assert [*map(count_parameters, callbacks)] == [*map(count, callbacks)]
