"""Lets keys that arrive in a burst, as over a slow line, act in the order in which they were pressed."""

from __future__ import annotations

from textual import events
from textual.widget import Widget
from textual.widgets import Input

from tui_torch.ui.textual_internals import bindings_of


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
    focused.post_message(events.Key(event.key, event.character))
    return True


def focus_at_once(widget: Widget) -> None:
    """Focus a widget, so that the keys that came in the same read are for it.

    Textual's own `focus()` waits for its turn, in which the focus may move twice in another order than the keys did.
    """
    widget.screen.set_focus(widget)


class LineInput(Input):
    """A field for one line of text."""

    async def on_key(self, event: events.Key) -> None:
        if not is_passed_on(self, event):
            await run_bound_action(self, event)
