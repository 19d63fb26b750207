"""Screens that are laid out for the size that the terminal has."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual import events

if TYPE_CHECKING:
    from textual.widget import Widget as _Beside
else:
    # Textual takes the styles of a screen from the first of its bases that is a widget.
    _Beside = object


class PresentSize(_Beside):
    """Beside a screen: keeps it from a size that the terminal had, and has no more.

    A screen of Textual's that is laid out for a size tells itself of that size again. When two sizes come soon one
    after the other, and something else between them, it goes to and fro between both layouts for ever.
    """

    def on_resize(self, event: events.Resize) -> None:
        if event.size != self.app.size:
            event.prevent_default()
