"""Lets keys that arrive in a burst, as over a slow line, act in the order in which they were pressed."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from contextlib import suppress
from itertools import count
from typing import Any
from weakref import WeakKeyDictionary

from textual import events
from textual.actions import parse
from textual.app import App
from textual.message import Message
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import Input, TextArea
from textual.worker import NoActiveWorker, Worker, WorkerError, get_current_worker

from tui_torch.ui.textual_internals import bindings_of

LONGEST_WAIT = 1.0
"""Seconds for which keys wait for a screen that an earlier key opens, at most."""

_given_to: WeakKeyDictionary[events.Event, Widget | None] = WeakKeyDictionary()
"""What has the focus when a key comes, or when it is passed on."""
_numbers: WeakKeyDictionary[events.Event, int] = WeakKeyDictionary()
"""The place of each key in the order in which they came."""


async def run_bound_action(widget: Widget, event: events.Key) -> None:
    """Run the action that a widget binds to a key, before any later key is handled.

    Textual runs it once the key has bubbled through all the widgets around. The letters pressed after a backspace are
    typed by then, and the backspace removes one of them.
    """
    for binding in bindings_of(widget, event.key):
        # Textual has tried the bindings with priority before.
        if not binding.priority and await widget.app.run_action(binding.action, widget):
            event.stop()
            event.prevent_default()
            return


def is_passed_on(widget: Widget, event: events.Key) -> bool:
    """Whether a key is for another widget, which is given it: one that an earlier key in the same read went to.

    Textual gives all of them to the widget that has the focus when they are read.
    """
    focused = widget.screen.focused
    if focused is None or focused is widget or widget.app.screen is not widget.screen:
        return False
    event.stop()
    event.prevent_default()
    _give(focused, event)
    return True


def _give(widget: Widget, event: events.Key | events.Paste) -> None:
    again = _again(event, widget.app)
    _given_to[again] = widget
    widget.post_message(again)


def _again(event: events.Key | events.Paste, app: App[Any]) -> events.Key | events.Paste:
    """The same key or text, on its way once more."""
    again = events.Key(event.key, event.character) if isinstance(event, events.Key) else events.Paste(event.text)
    if event in _numbers:
        _numbers[again] = _numbers[event]
    # As if from the terminal: what a widget sends does not bubble beyond that widget.
    return again.set_sender(app)


def focus_at_once(widget: Widget) -> None:
    """Focus a widget, so that the keys that came in the same read are for it.

    Textual's own `focus()` waits for its turn, in which the focus may move twice in another order than the keys did.
    """
    widget.screen.set_focus(widget)


def time_of_key(app: App[Any]) -> float:
    """When the key was pressed that is acted on, which may be a while ago: the app may have been busy."""
    return app.key_time if isinstance(app, KeysInOrder) else Message().time


class LineInput(Input):
    """A field for one line of text."""

    async def on_key(self, event: events.Key) -> None:
        if not is_passed_on(self, event):
            await run_bound_action(self, event)


class KeysInOrder(App[None]):
    """An app in which each key of a burst goes to what the keys before it lead to: a field, the editor, a screen."""

    OPEN_SCREENS: Collection[str] = ()
    """The actions that open a screen after a while; keys wait for it."""
    OPEN_BY_MESSAGE: Collection[str] = ()
    """Those of them that do so in answer to a message, and always."""
    TAKE_RESULT: Collection[str] = ()
    """The actions by which a screen is left for what was chosen in it; keys wait until that is shown."""

    def __init__(self) -> None:
        super().__init__()
        self.key_time = 0.0
        """When the key was pressed that came last, by the clock of `Message.time`."""
        self._arrivals = count()
        self._waiting: list[events.Key | events.Paste] = []
        self._waits_for: object | None = None
        """Stands for what keys wait for; None while they go their way."""
        self._waits_after = -1
        """The number of the key that they wait because of, where others before it may be on their way."""
        self._being_read = -1
        """The number of the key that is read now, which a binding with priority acts on; -1 for none."""
        self._openers: WeakKeyDictionary[Screen[Any], Worker[Any]] = WeakKeyDictionary()
        """The worker that opened a screen, and goes on with its result."""

    async def on_event(self, event: events.Event) -> None:
        if isinstance(event, events.Key | events.Paste) and not event.is_forwarded:
            _numbers[event] = next(self._arrivals)
            _given_to[event] = self.focused
            self.key_time = event.time
            if self._waits(event):
                return
            self._being_read = _numbers[event]
            try:
                await super().on_event(event)
            finally:
                self._being_read = -1
        else:
            await super().on_event(event)

    def on_key(self, event: events.Key) -> None:
        """Take a key to where the keys before it lead. It comes up to here from what had the focus when it was read."""
        self._lead(event)

    def on_paste(self, event: events.Paste) -> None:
        self._lead(event)

    def _lead(self, event: events.Key | events.Paste) -> None:
        field = self.focused
        if self._waits(event):
            event.prevent_default()
        elif isinstance(field, Input | TextArea) and _given_to.get(event) is not field:
            # Also what is no text: it comes after the letters before it.
            event.prevent_default()
            _give(field, event)

    def _waits(self, event: events.Key | events.Paste) -> bool:
        waits = self._waits_for is not None and _numbers.get(event, self._waits_after + 1) > self._waits_after
        if waits:
            self._waiting.append(event)
        return waits

    def _begin_waiting(self, after: int = -1) -> object:
        self._waits_for = waits_for = object()
        self._waits_after = after
        self.set_timer(LONGEST_WAIT, lambda: self._end_waiting(waits_for))
        return waits_for

    def _end_waiting(self, waits_for: object) -> None:
        if self._waits_for is waits_for:
            self._waits_for = None
            # Those that were on their way already come after others that were read later.
            waited, self._waiting = sorted(self._waiting, key=lambda event: _numbers.get(event, 0)), []
            for event in waited:
                self.post_message(_again(event, self))

    async def _wait_no_longer_than(self, workers: Iterable[Worker[Any]], waits_for: object) -> None:
        for worker in workers:
            with suppress(WorkerError):
                await worker.wait()
        self._end_waiting(waits_for)

    def keys_wait_for(self, worker: Worker[Any], after: int = -1) -> None:
        """Let keys wait until a worker is done, which changes what they are for."""
        waits_for = self._begin_waiting(after)
        self.run_worker(self._wait_no_longer_than([worker], waits_for), group="keys that wait")

    async def run_action(self, *arguments: Any, **options: Any) -> bool:
        action = arguments[0] if arguments else options.get("action")
        name = parse(action)[1] if isinstance(action, str) else ""
        opener = self._openers.get(self.screen) if name in self.TAKE_RESULT else None
        if opener is not None and not opener.is_finished:
            self.keys_wait_for(opener, self._being_read)
        if name not in self.OPEN_SCREENS:
            return await super().run_action(*arguments, **options)
        before, waits_for, is_done = set(self.workers), self._begin_waiting(), False
        try:
            is_done = await super().run_action(*arguments, **options)
        finally:
            opening = [worker for worker in self.workers if worker not in before]
            if opening:
                self.run_worker(self._wait_no_longer_than(opening, waits_for), group="keys that wait")
            elif not is_done or name not in self.OPEN_BY_MESSAGE:
                self._end_waiting(waits_for)
        return is_done

    def push_screen(self, *arguments: Any, **options: Any) -> Any:
        """Show a screen; keys wait until it hears them."""
        pushed: Any = super().push_screen(*arguments, **options)
        with suppress(NoActiveWorker):
            self._openers[self.screen] = get_current_worker()
        waits_for = self._begin_waiting()
        if not self.screen.call_later(self._end_waiting, waits_for):
            self._end_waiting(waits_for)
        return pushed
