"""Keys that come in a burst, as over a slow line, do what they do in the order in which they were pressed."""

from __future__ import annotations

from textual import events
from textual.widget import Widget
from textual.widgets import Input

from tui_torch.ui.textual_internals import bindings_of


async def obey_at_once(widget: Widget, event: events.Key) -> None:
    """Do what a key is bound to in the widget that got it.

    Textual does it once the key has come up through all the widgets around. The letters pressed after a backspace have
    been typed by then, and it is one of them that goes.
    """
    for binding in bindings_of(widget, event.key):
        # A priority binding has had its turn.
        if not binding.priority and await widget.app.run_action(binding.action, widget):
            event.stop()
            event.prevent_default()
            return


class LineInput(Input):
    """A field for one line."""

    async def on_key(self, event: events.Key) -> None:
        await obey_at_once(self, event)
