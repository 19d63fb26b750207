"""One pane over the whole screen, and the others back in their places."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING

from textual.widget import Widget

if TYPE_CHECKING:
    from textual.screen import Screen

    _Base = Screen[None]
else:
    _Base = object


class Zoom:
    """Lets one pane fill the screen between the title and the status line.

    The screen's class `-zoomed` and the classes `-zoom` of the pane and `-zoom-around` of what it stands in say so to
    the stylesheet, which hides all that stands beside them.
    """

    def __init__(self, screen: Screen[None]) -> None:
        self._screen = screen
        self.pane: Widget | None = None
        """The pane that fills the screen; None if none does."""

    def fill(self, pane: Widget) -> None:
        """Let a pane fill the screen."""
        self.end()
        self.pane = pane
        for around in self._around(pane):
            around.add_class("-zoom-around")
        pane.add_class("-zoom")
        self._screen.add_class("-zoomed")

    def end(self) -> None:
        """Bring the other panes back."""
        pane, self.pane = self.pane, None
        if pane is not None:
            for around in self._around(pane):
                around.remove_class("-zoom-around")
            pane.remove_class("-zoom")
            self._screen.remove_class("-zoomed")

    @staticmethod
    def _around(pane: Widget) -> list[Widget]:
        """The containers that the pane stands in, up to the one of all panes."""
        around: list[Widget] = []
        for widget in pane.ancestors:
            if isinstance(widget, Widget):
                around.append(widget)
            if widget.id == "body":
                break
        return around


class FocusedPanes(_Base):
    """Keys of a screen that act on the pane with the focus: it fills the screen, and all of it is copied."""

    @property
    @abstractmethod
    def panes(self) -> dict[Widget, Callable[[], str]]:
        """Panes that take the focus, with what is copied of each."""

    @cached_property
    def zoom(self) -> Zoom:
        """Which pane fills the screen."""
        return Zoom(self)

    @property
    def _focused_pane(self) -> Widget | None:
        return next((pane for pane in self.panes if pane.has_focus_within), None)

    def action_zoom(self) -> None:
        """Let the pane with the focus fill the screen; if it does, bring the others back."""
        pane = self._focused_pane
        if self.zoom.pane is not None:
            self.zoom.end()
        elif pane is not None:
            self.zoom.fill(pane)

    def action_copy_pane(self) -> None:
        """Copy all of the pane with the focus."""
        pane = self._focused_pane
        if pane is not None and (text := self.panes[pane]()):
            self.app.copy_to_clipboard(text)

    def on_descendant_focus(self) -> None:
        self.refresh_bindings()
