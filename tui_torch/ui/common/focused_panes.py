"""Keys of a screen that act on the pane with the focus: it fills the screen, and all of it is copied."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING

from textual.widget import Widget

from tui_torch.ui.common.zoom import Zoom

if TYPE_CHECKING:
    from textual.screen import Screen

    _Base = Screen[None]
else:
    _Base = object


class FocusedPanes(_Base):
    """To be mixed into a screen."""

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
