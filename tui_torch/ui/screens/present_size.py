"""Screens that are laid out for the size that the terminal has now."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual import events

if TYPE_CHECKING:
    from textual.widget import Widget as _MixedInto
else:
    # Textual takes a screen's styles from the first of its bases that is a widget, which has to be the screen.
    _MixedInto = object


class PresentSize(_MixedInto):
    """Mixed into a screen: ignores sizes that the terminal had before.

    A screen of Textual's posts itself the size that it was laid out for. If two sizes come in quick succession with
    another message between them, it alternates between the two layouts without end.
    """

    def on_resize(self, event: events.Resize) -> None:
        if event.size != self.app.size:
            event.prevent_default()
